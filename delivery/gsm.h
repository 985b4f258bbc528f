/* gsm: text that fits an SMS: the GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, once GSM 03.38).
 *
 * A character of the extension table takes two septets. One segment holds 160. */
#ifndef DELIVERY_GSM_H
#define DELIVERY_GSM_H

#include "base/buf.h"

enum { GSM_SEGMENT = 160 };

/* Septets of a UTF-8 text, or -1 when it is not UTF-8 or a character is in neither table. */
int gsm_septets(const char *text);

/* Append text in at most `most` septets, never failing: a letter that GSM lacks becomes its base letter ("ê" "e") or
 * '?', control characters become '?', and a text that is too long ends in ".." where there is room for it. */
void gsm_fit(const char *text, size_t most, struct buf *out);

#endif
