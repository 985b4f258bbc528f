#include "delivery/mail.h"
#include "delivery/mail_body.h"
#include "delivery/mail_header.h"

#include <string.h>

enum { FLOWED_MOST = 65536 };

/* What is sent on its own must not be answered by a machine (RFC 3834). */
static enum err write_headers(const struct mail_settings *s, const char *id, const struct message *m, int64_t now,
			      struct buf *out)
{
	mail_header_date(out, now);
	enum err rc = mail_header_mailbox(out, "From", s->from_name, s->from);
	if (!rc)
		rc = mail_header_mailbox(out, "To", "", m->to);
	if (rc)
		return rc;
	mail_header_text(out, "Subject", (const char *)m->subject.data, m->subject.len);
	buf_format(out, "Message-ID: <%s@%s>\r\n", id, strchr(s->from, '@') + 1);
	buf_text(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
	return ERR_OK;
}

static void write_body(const char *id, const struct message *m, const struct buf *flowed, struct buf *out)
{
	static const char plain[] = "text/plain; charset=utf-8; format=flowed", html[] = "text/html; charset=utf-8";
	if (m->html.len == 0) {
		mail_part(plain, flowed, out);
		return;
	}
	buf_format(out, "Content-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n--=_%s\r\n", id, id);
	mail_part(plain, flowed, out);
	buf_format(out, "\r\n--=_%s\r\n", id);
	mail_part(html, &m->html, out);
	buf_format(out, "\r\n--=_%s--\r\n", id);
}

enum err mail_write(const struct mail_settings *s, const char *id, const struct message *m, int64_t now, struct buf *out,
		    struct errbuf *why)
{
	struct buf flowed = BUF_INIT(FLOWED_MOST);
	if (!channel_id_ok(id))
		return fail(why, ERR_REFUSED, "mail: that is not a message's id");
	enum err rc = write_headers(s, id, m, now, out);
	if (rc)
		return fail(why, rc, "mail: its sender or its recipient is no mailbox");
	mail_flow((const char *)m->text.data, m->text.len, &flowed);
	rc = buf_check(&flowed);
	if (!rc) {
		write_body(id, m, &flowed, out);
		rc = buf_check(out);
	}
	buf_free(&flowed);
	return rc == ERR_TOO_LARGE ? fail(why, ERR_REFUSED, "mail: the message is too long") : rc;
}
