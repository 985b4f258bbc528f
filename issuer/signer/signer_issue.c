/* ISSUE: key, password, certificate and package of an approved order; once, however often it is asked. */
#include "base/log.h"
#include "delivery/code.h"
#include "delivery/message.h"
#include "delivery/seal.h"
#include "issuer/signer/packing.h"

#include <string.h>

struct parcel {
	struct secret *password;
	struct issued out;
};

void issued_free(struct issued *i)
{
	buf_free(&i->certificate);
	buf_free(&i->sealed_key);
	buf_free(&i->sealed_modern);
	buf_free(&i->sealed_password);
	explicit_bzero(i->sha256_modern, sizeof i->sha256_modern);
}

/* Password, order and number travel together: the courier sends to the number inside, whatever the database says. */
static enum err seal_password(const struct making *m, struct parcel *p, struct errbuf *why)
{
	const struct order_facts *f = &m->subject.facts;
	const struct message_field fields[] = {{"password", secret_string(p->password)},
					       {"client", f->client_name},
					       {"staff", facts_of_staff(f) ? "1" : ""},
					       {f->language[0] ? "language" : NULL, f->language},
					       {0}};
	struct secret *plain = NULL;
	enum err rc = message_compose(MESSAGE_PASSWORD, f->order, f->mobile, fields, &plain, why);
	if (!rc)
		rc = seal_to(m->signer->has.courier, secret_peek(plain), secret_len(plain), &p->out.sealed_password);
	secret_free(plain);
	return rc;
}

static enum err make_parcel(const struct making *m, struct parcel *p, struct errbuf *why)
{
	const struct order_facts *f = &m->subject.facts;
	const struct packing packing = {f->order, f->client_name, PACKAGE_MODERN, m->key, m->certificate, p->password};
	enum err rc = certificate_encode(m->certificate, &p->out.certificate, why);
	if (!rc)
		rc = package_seal(m->signer, &packing, &p->out.sealed_modern, p->out.sha256_modern, why);
	if (!rc)
		rc = subject_key_seal(m->signer, f->order, m->key, p->password, &p->out.sealed_key);
	return rc ? rc : seal_password(m, p, why);
}

static void parcel_pack(const struct issued *o, struct buf *answer)
{
	pack_bytes(answer, o->certificate.data, o->certificate.len);
	pack_bytes(answer, o->sealed_key.data, o->sealed_key.len);
	pack_bytes(answer, o->sealed_modern.data, o->sealed_modern.len);
	pack_bytes(answer, o->sha256_modern, sizeof o->sha256_modern);
	pack_bytes(answer, o->sealed_password.data, o->sealed_password.len);
}

static enum err make(struct making *m, struct buf *answer, struct errbuf *why)
{
	struct parcel p = {.out = ISSUED_INIT};
	enum err rc = packaging_check(m->signer, why);
	if (!rc)
		rc = signer_key(m->signer, m->subject.key_type, &m->key);
	m->waits = rc == ERR_UNAVAILABLE;
	if (m->waits)
		return ERR_OK;
	if (!rc)
		rc = password_new(&p.password);
	if (!rc)
		rc = making_certify(m, why);
	if (!rc)
		rc = make_parcel(m, &p, why);
	if (!rc)
		parcel_pack(&p.out, answer);
	secret_free(p.password);
	issued_free(&p.out);
	return rc;
}

enum err signer_on_issue(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct making m = {.signer = s};
	size_t len;
	const uint8_t *facts = unpack_bytes(request, &len);
	unpack_fixed(request, m.ticket, sizeof m.ticket);
	enum err rc = unpack_end(request);
	if (!rc)
		rc = making_begin(&m, facts, len, why);
	if (!rc && m.subject.fields.own_key)
		rc = fail(why, ERR_CONFLICT, "the key of this order is its recipient's: a request is wanted");
	if (!rc)
		rc = making_run(&m, make, answer, why);
	making_clear(&m);
	return rc;
}
