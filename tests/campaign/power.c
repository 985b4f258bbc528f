/* power: the power fails under a whole installation at the named places of base/crash.def, or at any moment, and comes back.
 *
 *   power BUILD CUTS SEED [INSTALLATIONS]
 *
 * Run it from the top of the tree as root, in a mount namespace of its own. It prints what it does, and at last a row for the
 * campaign's report. Exit status 1 when anything was violated. */
#include "tests/campaign/rounds.h"

int main(int argc, char **argv)
{
	static const struct rounds cuts = {.name = "power", .unit = "cuts", .power = true, .installations = 6,
					   .title = "power cuts, and what must hold after each"};
	return rounds_main(&cuts, argc, argv);
}
