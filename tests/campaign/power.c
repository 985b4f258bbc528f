/* power: the power fails under a whole installation at the named places of base/crash.def, or at any moment, and comes back.
 *
 *   power BUILD CUTS SEED [INSTALLATIONS]
 *   power --off FOLDER                      that of one file system, for scripts
 *
 * Run it from the top of the tree as root, in a mount namespace of its own. It prints what it does, and at last a row for the
 * campaign's report. Exit status 1 when anything was violated. */
#include "tests/campaign/mains.h"
#include "tests/campaign/rounds.h"

#include <string.h>

int main(int argc, char **argv)
{
	static const struct rounds cuts = {.name = "power", .unit = "cuts", .power = true, .installations = 6,
					   .title = "power cuts, and what must hold after each"};
	if (argc == 3 && strcmp(argv[1], "--off") == 0)
		return mains_off(argv[2]) ? 0 : 1;
	return rounds_main(&cuts, argc, argv);
}
