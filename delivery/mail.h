/* mail: a message as the bytes of a mail (RFC 5322): multipart/alternative of flowed text (RFC 3676) and HTML, or the text
 * alone where there is no HTML. Pure.
 *
 * No value can make a header or end one: what stands in a header is a mailbox that mailbox_check has taken, or text that is
 * written as printable ASCII or in encoded words (RFC 2047), never otherwise. */
#ifndef DELIVERY_MAIL_H
#define DELIVERY_MAIL_H

#include "delivery/channel.h"

/* Appended to out; lines end in CR LF and are at most 998 characters. The Message-ID is made of `id` and the sender's
 * domain, so that a repeat has the same one. ERR_REFUSED for a message that no mail can be made of. */
enum err mail_write(const struct mail_settings *s, const char *id, const struct message *m, int64_t now, struct buf *out,
		    struct errbuf *why) MUST_CHECK;

#endif
