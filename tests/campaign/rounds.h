/* rounds: orders on several installations at once, each through a round of its own, while what the plan of a round says
 * befalls them; and nothing may be lost, doubled, unknown or told too early. */
#ifndef TESTS_CAMPAIGN_ROUNDS_H
#define TESTS_CAMPAIGN_ROUNDS_H

#include <stdbool.h>

struct rounds {
	const char *name;  /* "kill" */
	const char *unit;  /* "kills" */
	const char *title; /* of its row in the report */
	bool power;        /* of the whole (mains.h), and not one process's death */
	int installations; /* unless said otherwise */
};

/* The program NAME BUILD COUNT SEED [INSTALLATIONS]; its exit status. An installation in which something was violated is kept in
 * BUILD/campaign. */
int rounds_main(const struct rounds *r, int argc, char **argv);

#endif
