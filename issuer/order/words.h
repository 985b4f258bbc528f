/* words: what the directory's rows are found by when people search: the folded words (base/fold.h) of their names, slugs and
 * addresses. */
#ifndef ISSUER_ORDER_WORDS_H
#define ISSUER_ORDER_WORDS_H

#include "issuer/order/order.h"

/* Inside the transaction that has added the row, or changed its name or address: its words anew. */
enum err words_renew(struct store *s, enum directory_kind kind, const char *id) MUST_CHECK;

#endif
