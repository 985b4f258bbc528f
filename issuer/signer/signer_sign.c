/* SIGN: the certificate of an approved order whose key the recipient has made. The front has read the request and looked into
 * the books; here nobody relies on that: it is read again, and the ticket must say that a request was approved. */
#include "base/log.h"
#include "ca/request.h"
#include "issuer/signer/serve.h"

#include <string.h>

/* Of keys that the books do not have, because no certificate of an order was made for them. */
static enum err ours_check(const struct signer *s, const EVP_PKEY *key, struct errbuf *why)
{
	X509 *const ours[] = {s->has.root, s->has.courier, NULL};
	bool own = s->has.ocsp_key && EVP_PKEY_eq(key, s->has.ocsp_key) == 1;
	for (size_t i = 0; ours[i]; i++)
		own |= EVP_PKEY_eq(key, X509_get0_pubkey(ours[i])) == 1;
	for (size_t i = 0; i < s->ca_count; i++)
		own |= EVP_PKEY_eq(key, X509_get0_pubkey(s->cas[i].authority->certificate)) == 1;
	return own ? fail(why, ERR_INVALID, "the key is one of this authority's own") : ERR_OK;
}

/* A front that asks for this in place of a package would have a key that it can use. Where a request may take the place of the
 * key that was ordered, what the profile takes of requests is all that it is measured by. */
static enum err approved_check(struct making *m, struct errbuf *why)
{
	const struct own_keys *own = &m->subject.fields.rules->own;
	if (facts_take_request(&m->subject.facts)) {
		m->subject.fields.own_key = true;
		return own->curves || own->rsa_most ? ERR_OK : fail(why, ERR_INVALID, "the profile %s takes no request", m->subject.facts.profile);
	}
	log_event(LOG_LEVEL_ALARM, "ticket.refused", {"order", m->subject.facts.order}, {"why", "a request was not approved"});
	return fail(why, ERR_REFUSED, "the key of this order is made here: no request was approved");
}

static enum err make(struct making *m, struct buf *answer, struct errbuf *why)
{
	struct buf certificate = BUF_INIT(REQUEST_MAX_BYTES);
	enum err rc = making_certify(m, why);
	if (!rc)
		rc = certificate_encode(m->certificate, &certificate, why);
	if (!rc)
		pack_bytes(answer, certificate.data, certificate.len);
	buf_free(&certificate);
	return rc;
}

/* ERR_REFUSED is for the ticket alone. */
static enum err take_request(struct making *m, const uint8_t *der, size_t len, struct errbuf *why)
{
	struct certificate_request r = {.key = NULL};
	enum err rc = request_read(der, len, &r, why);
	if (rc)
		return rc == ERR_REFUSED ? ERR_INVALID : rc;
	m->key = r.key;
	memcpy(m->request, r.hash, sizeof m->request);
	return ours_check(m->signer, m->key, why);
}

enum err signer_on_sign(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct making m = {.signer = s};
	size_t len, der_len;
	const uint8_t *facts = unpack_bytes(request, &len);
	unpack_fixed(request, m.ticket, sizeof m.ticket);
	const uint8_t *der = unpack_bytes(request, &der_len);
	enum err rc = unpack_end(request);
	if (!rc)
		rc = making_begin(&m, facts, len, why);
	if (!rc)
		rc = approved_check(&m, why);
	if (!rc)
		rc = take_request(&m, der, der_len, why);
	if (!rc)
		rc = making_run(&m, make, answer, why);
	making_clear(&m);
	return rc;
}
