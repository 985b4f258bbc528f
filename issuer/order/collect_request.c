/* The certificate for a key that the recipient has made: the private half never comes here, and no password is sent. */
#include "issuer/order/certified.h"
#include "issuer/order/preparing.h"
#include "issuer/order/served.h"

#include "base/clock.h"
#include "base/log.h"

#include <string.h>

/* What was approved, and what became of it: one order has one key. */
static enum err request_fits(const struct order_row *row, struct errbuf *why)
{
	struct order_facts facts;
	enum err rc = row_facts(row, &facts);
	if (rc)
		return rc;
	if (!facts_take_request(&facts))
		return fail(why, ERR_CONFLICT, "the key of this order is made here: fetch the file");
	if (row->serial[0] && !row->by_request)
		return row->alive ? fail(why, ERR_CONFLICT,
					 "the key of this order was made here already: fetch the file, or have a "
					 "new certificate ordered for a key of your own")
				  : fail(why, ERR_REVOKED, "the certificate has been revoked");
	return ERR_OK;
}

/* What is wrong with the request is its sender's to repair: ERR_REFUSED is for the claim alone. */
static enum err request_take(const void *text, size_t len, struct buf *der, struct certificate_request *out, struct errbuf *why)
{
	enum err rc = request_to_der(text, len, der, why);
	if (!rc)
		rc = request_read(der->data, der->len, out, why);
	return rc == ERR_REFUSED ? ERR_INVALID : rc;
}

static enum err look(struct desk *d, const struct certificate_request *r, const char *order, struct buf *certificate, struct errbuf *why)
{
	struct store *s = readers_take(d->readers);
	enum err rc = certified_look(s, r, order, certificate, why);
	readers_give(d->readers, s);
	return rc;
}

static enum err sign(struct desk *d, struct preparing *p, const struct buf *request, struct errbuf *why)
{
	struct issued issued = ISSUED_INIT;
	enum err rc = signer_sign(d->signer, p->row->facts, p->row->facts_len, p->row->ticket, request, &issued.certificate, why);
	rc = preparing_end(d, p, rc, &issued, why);
	issued_free(&issued);
	return rc;
}

/* The answer is always what the database has: by this call, by an earlier one, or by one beside it. */
static enum err certify(struct desk *d, struct preparing *p, const struct buf *der, const struct certificate_request *r,
			struct buf *certificate, struct errbuf *why)
{
	enum err rc = look(d, r, p->step.order, certificate, why);
	if (rc || certificate->len)
		return rc;
	if (p->row->serial[0])
		return p->row->alive ? fail(why, ERR_CONFLICT, "this order has its certificate, by another request")
				     : fail(why, ERR_REVOKED, "the certificate has been revoked");
	p->request_hash = r->hash;
	rc = sign(d, p, der, why);
	enum err again = look(d, r, p->step.order, certificate, rc ? NULL : why);
	if (rc || again)
		buf_clear(certificate);
	if (!rc && !again && !certificate->len)
		again = fail(why, ERR_UNAVAILABLE, "the certificate could not be made now; try again");
	return rc ? rc : again;
}

enum err collect_request(struct desk *d, const struct actor *who, const struct collect_claim *c, const void *request,
			 size_t len, struct buf *certificate, struct errbuf *why)
{
	struct order_row row;
	struct actor contact = {.id = row.contact, .role = "recipient", .request = who->request};
	struct preparing p = {.step = {&contact, row.id, clock_now()}, .row = &row, .issuer = d->issuer_name};
	struct buf der = BUF_INIT(REQUEST_MAX_BYTES);
	struct certificate_request r = {.key = NULL};
	struct serving v = {p.step, &row, SERVED_CERTIFICATE, "certificate"};
	enum err rc = row_by_claim(d, c->token, c->claim, p.step.now, &row, why);
	if (rc)
		return rc;
	rc = request_fits(&row, why);
	if (!rc)
		rc = request_take(request, len, &der, &r, why);
	if (!rc)
		rc = certify(d, &p, &der, &r, certificate, why);
	if (!rc && row.state == ORDER_COLLECTING)
		rc = served_note(d, &v, c, why);
	if (rc)
		buf_clear(certificate);
	if (rc == ERR_INVALID)
		log_event(LOG_LEVEL_WARNING, "request.refused", {"order", row.id}, {"why", err_why(rc, why)});
	request_clear(&r);
	buf_free(&der);
	return rc;
}

static enum err take_der(void *ctx, const struct row *r)
{
	size_t len = 0;
	const uint8_t *der = row_blob(r, 0, &len);
	buf_add(ctx, der, len);
	return buf_check(ctx);
}

enum err collect_certificate(struct desk *d, const struct actor *who, const struct collect_claim *c,
			     struct buf *certificate, struct errbuf *why)
{
	struct order_row row;
	struct actor contact = {.id = row.contact, .role = "recipient", .request = who->request};
	struct serving v = {{&contact, row.id, clock_now()}, &row, SERVED_CERTIFICATE, "certificate"};
	enum err rc = row_by_claim(d, c->token, c->claim, v.step.now, &row, why);
	if (rc)
		return rc;
	if (!row.by_request)
		return fail(why, ERR_CONFLICT, "no certificate was made here for a key of your own");
	if (!row.alive)
		return fail(why, ERR_REVOKED, "the certificate has been revoked");
	struct store *s = readers_take(d->readers);
	rc = store_one(s, STATEMENT_CERTIFICATE_DER, STORE_VALUES(value_text(row.serial)), take_der, certificate);
	readers_give(d->readers, s);
	if (!rc && row.state == ORDER_COLLECTING)
		rc = served_note(d, &v, c, why);
	if (rc)
		buf_clear(certificate);
	return rc;
}
