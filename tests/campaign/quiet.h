/* quiet: at the end of a campaign, when nobody does anything any more. */
#ifndef TESTS_CAMPAIGN_QUIET_H
#define TESTS_CAMPAIGN_QUIET_H

#include "tests/campaign/ledger.h"

/* After an orderly stop and a start, and a moment for the clerk, nothing is left open; the journal is whole, and the audit
 * chain as an operator would verify it. */
bool becomes_quiet(struct installation *i, struct ledger *l, char fault[FAULT_SIZE]);

#endif
