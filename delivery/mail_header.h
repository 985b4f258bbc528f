/* mail_header: header lines of a mail. Only for mail*.c; `name` is always one of ours. */
#ifndef DELIVERY_MAIL_HEADER_H
#define DELIVERY_MAIL_HEADER_H

#include "base/buf.h"

/* Free text: as it is when it is short printable ASCII, else in encoded words. Control characters become spaces. */
void mail_header_text(struct buf *out, const char *name, const char *value, size_t len);
/* A mailbox, perhaps with how people read it (`display` may be ""). ERR_REFUSED when it is none. */
enum err mail_header_mailbox(struct buf *out, const char *name, const char *display, const char *mailbox) MUST_CHECK;
void mail_header_date(struct buf *out, int64_t now);

#endif
