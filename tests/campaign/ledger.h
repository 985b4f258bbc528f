/* ledger: what must hold between the database, the journal and the audit chain, looked at from outside.
 *
 * The journal is read into a table of its own beside the attached database; an invariant is a query that finds no row.
 * The audit chain is followed record by record. Only whole records count; everything is read incrementally. */
#ifndef TESTS_CAMPAIGN_LEDGER_H
#define TESTS_CAMPAIGN_LEDGER_H

#include "tests/campaign/installation.h"

#include <stddef.h>

enum { FAULT_SIZE = 512 };

struct ledger;
struct ledger *ledger_open(const struct installation *i);
void ledger_close(struct ledger *l);

/* Take up what the journal and the audit chain have got since. false with what is wrong with them. */
bool ledger_read(struct ledger *l, char fault[FAULT_SIZE]);
/* Everything that must hold for an order of which nobody is doing anything any more. */
bool ledger_order(struct ledger *l, const char *order, char fault[FAULT_SIZE]);
/* Everything that must hold for all, but for what the clerk still has time to put right. quiet: for that too. */
bool ledger_all(struct ledger *l, bool quiet, char fault[FAULT_SIZE]);
/* Intents without an end. */
long ledger_open_intents(struct ledger *l);
/* Does the newest revocation list have every certificate that the database has revoked? */
bool ledger_crl(struct ledger *l, char fault[FAULT_SIZE]);

/* The first column of the first row; arg is ?1. 0 and "" when there is none. The database's tables are those of "d". */
long long ledger_number(struct ledger *l, const char *sql, const char *arg);
bool ledger_text(struct ledger *l, const char *sql, const char *arg, char *out, size_t size);
/* Someone was told that it is so ("ordered", "fetched", "received", "cancelled" with an order; "revoked" with a serial). From
 * then on it must be so, whatever happens. */
void ledger_promise(struct ledger *l, const char *what, const char *about);
bool ledger_promises(struct ledger *l, char fault[FAULT_SIZE]);

/* Let go of the files: what could be seen in them by then is promised too. Only ledger_back may follow. */
void ledger_away(struct ledger *l);
/* The files are there again: everything is read anew. */
void ledger_back(struct ledger *l);

/* Let time pass for a row, as one of the database's writers. */
bool ledger_change(struct ledger *l, const char *sql, const char *arg);
/* Nobody writes to the database in between. ledger_change may not be called there. */
bool ledger_hold(struct ledger *l);
void ledger_let_go(struct ledger *l);

#endif
