#include "issuer/order/certify.h"

#include "issuer/signer/signer.h"

struct dry_run {
	const struct step *step;
	const char *refused;
};

/* There will be no such order, but that it was asked for is not forgotten. */
static enum err note_refusal(struct store *s, void *ctx)
{
	const struct dry_run *r = ctx;
	return step_note(s, r->step, "certificate.refused", r->refused, "the dry run at its order");
}

enum err certify(struct desk *d, const struct step *t, const struct order_facts *f, struct buf *text,
		 uint8_t ticket[TICKET_BYTES], struct errbuf *why)
{
	struct errbuf reason = {""};
	enum err rc = facts_write(f, text);
	if (rc == ERR_OK && !buf_string(text))
		rc = buf_check(text);
	if (rc != ERR_OK)
		return fail(why, rc, "the order's facts cannot be written");
	rc = signer_ticket(d->signer, text->data, text->len, ticket, &reason);
	if (rc == ERR_INVALID) {
		struct dry_run r = {t, err_why(rc, &reason)};
		enum err noted = writer_run(d->writer, note_refusal, &r);
		rc = noted != ERR_OK ? noted : rc;
	}
	return rc == ERR_OK ? ERR_OK : fail(why, rc, "%s", err_why(rc, &reason));
}
