#include "issuer/order/alert.h"

#include "delivery/message.h"
#include "delivery/seal.h"

#include <stdio.h>
#include <string.h>

enum { AN_HOUR = 3600, A_DAY = 86400, ALERTS_AN_HOUR = 10, REASON_SIZE = 257 };

struct death {
	const char *kind, *order, *reason;
};

/* A reason that no mail can hold, cut in the middle of a letter perhaps, is left out: the log and the order have it. */
static enum err compose(const struct settings *s, const struct death *d, const char *id, struct secret **plain)
{
	char why[REASON_SIZE];
	snprintf(why, sizeof why, "%s", d->reason && d->reason[0] ? d->reason : "-");
	struct message_field fields[] = {
		{"why", why}, {"kind", d->kind}, {"order", d->order[0] ? d->order : "-"}, {"language", s->language}, {0}};
	const char *about = d->order[0] ? d->order : id;
	enum err rc = message_compose(MESSAGE_DEAD, about, s->staff_mail, fields, plain, NULL);
	fields[0].value = "-";
	return rc != ERR_INVALID ? rc : message_compose(MESSAGE_DEAD, about, s->staff_mail, fields, plain, NULL);
}

enum err alert_make(X509 *courier, const struct settings *s, const char *kind, const char *order, const char *reason,
		    struct alert *out)
{
	struct secret *plain = NULL;
	*out = (struct alert){.sealed = BUF_INIT(SEAL_MAX_BYTES)};
	if (!s->staff_mail[0] || strcmp(kind, message_kind_name(MESSAGE_DEAD)) == 0)
		return ERR_OK;
	enum err rc = id_new(out->id);
	if (!rc)
		rc = compose(s, &(struct death){kind, order, reason}, out->id, &plain);
	if (!rc)
		rc = seal_to(courier, secret_peek(plain), secret_len(plain), &out->sealed);
	if (rc)
		buf_clear(&out->sealed);
	secret_free(plain);
	return rc;
}

enum err alert_store(struct store *s, const struct alert *a, int64_t now)
{
	if (a->sealed.len == 0)
		return ERR_OK;
	return store_exec(s, STATEMENT_ALERT_ADD,
			  STORE_VALUES(value_text(a->id), value_text(message_kind_name(MESSAGE_DEAD)),
				       value_text(message_channel_name(message_channel_of(MESSAGE_DEAD))),
				       value_blob(a->sealed.data, a->sealed.len), value_integer(now), value_integer(now + A_DAY),
				       value_integer(now - AN_HOUR), value_integer(ALERTS_AN_HOUR)), NULL);
}

void alert_clear(struct alert *a)
{
	buf_free(&a->sealed);
}
