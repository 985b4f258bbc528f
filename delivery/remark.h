/* remark: what a server said, made fit for a log and for staff. */
#ifndef DELIVERY_REMARK_H
#define DELIVERY_REMARK_H

#include <stddef.h>

enum { REMARK_SIZE = 160 };

/* The words of `text` that tell nobody's address, number, link or code: short ones of letters, digits and plain marks that
 * stand in no relation to `to`. Each other word becomes "*". Spaces, line breaks and what is no printable ASCII part words;
 * what does not fit is left out. */
void remark(const char *text, size_t len, const char *to, char out[REMARK_SIZE]);

#endif
