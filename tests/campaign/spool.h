/* spool: the messages as those to whom they were sent would have them: the files of the spool channel. */
#ifndef TESTS_CAMPAIGN_SPOOL_H
#define TESTS_CAMPAIGN_SPOOL_H

#include "tests/campaign/ledger.h"

enum { MESSAGE_SIZE = 8192 };

/* The text of the file of a message; false when there is none. */
bool spool_read(const struct installation *i, const char *message, char out[MESSAGE_SIZE]);
/* From its text: the 22 characters of a link, the 8 of a code, the 29 of a password. */
bool spool_link(const char *text, const char *public_url, char out[32]);
bool spool_code(const char *text, char out[16]);
bool spool_password(const char *text, char out[32]);

/* An order has ended. Its messages are there once each, as the database says, and nothing else is; then they are removed,
 * so that what comes later still would be seen. */
bool spool_settle(const struct installation *i, struct ledger *l, const char *order, char fault[FAULT_SIZE]);

#endif
