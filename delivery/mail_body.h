/* mail_body: text as a mail carries it. Only for mail*.c. */
#ifndef DELIVERY_MAIL_BODY_H
#define DELIVERY_MAIL_BODY_H

#include "base/buf.h"

/* Lines that end in LF, from lines that end in LF, as format=flowed (RFC 3676): the lines of a paragraph flow together, and
 * long ones are cut at a space. A line that begins with a space is a paragraph by itself; one with a link in it stands as it
 * is. */
void mail_flow(const char *text, size_t len, struct buf *out);

/* The headers of a part, and its body as 7bit, or quoted-printable where 7bit does not carry it (RFC 2045). A 7bit body
 * has no "=_" in it, and a quoted-printable one cannot: what is to part bodies has. Control characters become spaces. */
void mail_part(const char *type, const struct buf *body, struct buf *out);

#endif
