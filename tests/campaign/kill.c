/* kill: processes die at the named places of base/crash.def, and are started again.
 *
 *   kill BUILD KILLS SEED [INSTALLATIONS]
 *
 * Run it from the top of the tree. It prints what it does, and at last a row for the campaign's report. Exit status 1 when
 * anything was violated. */
#include "tests/campaign/rounds.h"

int main(int argc, char **argv)
{
	static const struct rounds kills = {.name = "kill", .unit = "kills", .installations = 24,
					    .title = "kills, restarts and what must hold after each"};
	return rounds_main(&kills, argc, argv);
}
