/* fake_signer: the calls of issuer/signer/signer.h without a line: an authority of its own makes real certificates, the
 * parcel's seal is a prefix, and tickets, failures and delays are in the test's hands. Include it in one file of a
 * binary: the definitions here stand in for the library's. */
#ifndef TESTS_FAKE_SIGNER_H
#define TESTS_FAKE_SIGNER_H

#include "tests/support/test.h"

#include "base/clock.h"
#include "ca/authority.h"
#include "ca/request.h"
#include "delivery/code.h"
#include "delivery/message.h"
#include "delivery/seal.h"
#include "issuer/signer/signer.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* A test that makes calls fail spares this other process. */
#ifndef FAKE_SPARED
#define FAKE_SPARED (void)0
#endif

#define FAKE_PASSWORD "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ"
enum { FAKE_MOST = 128 };

static struct fake_signer {
	struct authority root, issuing;
	EVP_PKEY *courier_key;
	X509 *courier;
	pthread_mutex_t lock;
	struct made {
		char order[17];
		bool done;
		struct issued issued;
	} made[FAKE_MOST];
	size_t made_count;
	char revoked[FAKE_MOST][SERIAL_TEXT_SIZE];
	size_t revoked_count;
	struct revocation revocation; /* the last */
	enum err fail[SIGNER_OPERATION_COUNT]; /* not ERR_OK: returned at once */
	_Atomic unsigned asked, not_yet;       /* ISSUE: how often asked; so often more it answers that the key is being made */
	void (*before_issuing)(void);          /* runs once, before the order's earlier certificate is looked for */
	void (*while_issuing)(void);           /* runs once, after the certificate is made, before it is handed over */
	uint8_t head[32];                      /* of the last done or revoke */
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline void fake_signer_born(int64_t now)
{
	static const struct authority_names names = {"Fake Authority", "Fake Root", "Fake Issuing", "http://ca.test/root.crl",
						     "http://ca.test/root.cer", NULL, NULL, NULL};
	struct errbuf why = {{0}};
	if (fake.root.key)
		return;
	if (authority_make_root(&names, now, &fake.root, &why) ||
	    authority_make_issuing(&names, &fake.root, now, &fake.issuing, &why) ||
	    key_generate(KEY_P256, &fake.courier_key))
		fail_msg("fake signer: %s", why.text);
	X509 *x = X509_new(); /* the courier's: only its key matters */
	assert_non_null(x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"courier", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_set_pubkey(x, fake.courier_key) && X509_sign(x, fake.courier_key, EVP_sha256()));
	fake.courier = x;
}

static inline void fake_signer_reset(void)
{
	for (size_t i = 0; i < fake.made_count; i++)
		issued_free(&fake.made[i].issued);
	memset(fake.made, 0, sizeof fake.made);
	memset(fake.revoked, 0, sizeof fake.revoked);
	memset(fake.fail, 0, sizeof fake.fail);
	fake.made_count = fake.revoked_count = 0;
	fake.asked = fake.not_yet = 0;
	fake.before_issuing = fake.while_issuing = NULL;
}

static inline void fake_signer_end(void)
{
	fake_signer_reset();
	authority_clear(&fake.root);
	authority_clear(&fake.issuing);
	EVP_PKEY_free(fake.courier_key);
	X509_free(fake.courier);
}

static inline bool fake_signer_revoked(const char *serial)
{
	for (size_t i = 0; i < fake.revoked_count; i++)
		if (strcmp(fake.revoked[i], serial) == 0)
			return true;
	return false;
}

void issued_free(struct issued *i)
{
	buf_free(&i->certificate);
	buf_free(&i->sealed_key);
	buf_free(&i->sealed_modern);
	buf_free(&i->sealed_password);
}

static inline void fake_ticket(const void *facts, size_t len, uint8_t ticket[TICKET_BYTES])
{
	SHA256(facts, len, ticket);
	ticket[0] ^= 0x5a; /* not the hash that anybody could make */
}

enum err signer_ticket(struct line *l, const void *facts, size_t len, uint8_t ticket[TICKET_BYTES], struct errbuf *why)
{
	FAKE_SPARED;
	struct order_facts f;
	(void)l;
	if (fake.fail[SIGNER_TICKET])
		return fail(why, fake.fail[SIGNER_TICKET], "made to fail");
	fake_ticket(facts, len, ticket);
	return facts_read(facts, len, &f, why);
}

static inline void fake_package(const char *order, enum package_encoding encoding, struct buf *sealed, uint8_t sha256[32])
{
	char package[64];
	snprintf(package, sizeof package, "package %s of %s", package_encoding_name(encoding), order);
	SHA256((const uint8_t *)package, strlen(package), sha256);
	buf_format(sealed, "sealed:%s", package);
}

/* own NULL: for a key of its own. */
static inline void fake_make_certificate(const struct order_facts *f, EVP_PKEY *own, struct buf *out)
{
	char uri[512];
	struct errbuf why = {{0}};
	EVP_PKEY *key = NULL;
	bool staff = facts_of_staff(f);
	const struct profile *profile = profile_get(staff ? PROFILE_STAFF : PROFILE_CLIENT);
	const struct profile_name member[] = {{"domain", "counterfoil.test"}, {"staff", f->staff}, {NULL, NULL}};
	const struct profile_name names[] = {{"domain", "counterfoil.test"}, {"organisation", f->organisation_slug},
					     {"service", f->service_slug}, {"client", f->client_slug}, {NULL, NULL}};
	struct certificate_fields fields = {.profile = profile->id,
					    .organisation = staff ? "Counterfoil" : f->organisation_name,
					    .service = staff ? NULL : f->service_name,
					    .common_name = f->client_name,
					    .san_uri = uri,
					    .crl_url = "http://ca.test/crl/issuing.crl",
					    .issuer_url = "http://ca.test/ca/issuing.cer"};
	certificate_life(profile, fake.issuing.certificate, clock_now(), &fields);
	fields.own_key = own != NULL;
	if (key_generate(KEY_P256, &key) || serial_new(fields.serial) ||
	    profile_uri(profile, staff ? member : names, uri, &why) ||
	    authority_issue(&fake.issuing, &fields, own ? own : key, NULL, out, &why))
		fail_msg("fake signer: %s", why.text);
	EVP_PKEY_free(key);
}

static inline void fake_make(struct made *m, const struct order_facts *f)
{
	const struct message_field fields[] = {{"password", FAKE_PASSWORD}, {"client", f->client_name}, {0}};
	struct secret *plain = NULL;
	m->issued = ISSUED_INIT;
	memcpy(m->order, f->order, sizeof m->order);
	fake_make_certificate(f, NULL, &m->issued.certificate);
	buf_format(&m->issued.sealed_key, "sealed:key of %s", f->order);
	fake_package(f->order, PACKAGE_MODERN, &m->issued.sealed_modern, m->issued.sha256_modern);
	assert_int_equal(message_compose(MESSAGE_PASSWORD, f->order, f->mobile, fields, &plain, NULL), ERR_OK);
	assert_int_equal(seal_to(fake.courier, secret_peek(plain), secret_len(plain), &m->issued.sealed_password), ERR_OK);
	secret_free(plain);
}

static inline struct made *fake_find(const char *order)
{
	for (size_t i = 0; i < fake.made_count; i++)
		if (strcmp(fake.made[i].order, order) == 0)
			return &fake.made[i];
	return NULL;
}

enum err signer_issue(struct line *l, const void *facts, size_t len, const uint8_t ticket[TICKET_BYTES], struct issued *out,
		      struct errbuf *why)
{
	FAKE_SPARED;
	uint8_t wanted[TICKET_BYTES];
	struct order_facts f;
	(void)l;
	if (fake.fail[SIGNER_ISSUE])
		return fail(why, fake.fail[SIGNER_ISSUE], "made to fail");
	fake_ticket(facts, len, wanted);
	if (memcmp(wanted, ticket, sizeof wanted) != 0)
		return fail(why, ERR_REFUSED, "the ticket is not for this order");
	assert_int_equal(facts_read(facts, len, &f, why), ERR_OK);
	fake.asked++;
	if (fake.not_yet) {
		fake.not_yet--;
		return ERR_OK;
	}
	pthread_mutex_lock(&fake.lock);
	void (*first)(void) = fake.before_issuing;
	fake.before_issuing = NULL;
	pthread_mutex_unlock(&fake.lock);
	if (first)
		first();
	pthread_mutex_lock(&fake.lock);
	struct made *m = fake_find(f.order);
	if (!m) {
		assert_true(fake.made_count < FAKE_MOST);
		m = &fake.made[fake.made_count++];
		fake_make(m, &f);
	}
	enum err rc = m->done ? ERR_CONFLICT : ERR_OK;
	buf_add(&out->certificate, m->issued.certificate.data, m->issued.certificate.len);
	buf_add(&out->sealed_key, m->issued.sealed_key.data, m->issued.sealed_key.len);
	buf_add(&out->sealed_modern, m->issued.sealed_modern.data, m->issued.sealed_modern.len);
	buf_add(&out->sealed_password, m->issued.sealed_password.data, m->issued.sealed_password.len);
	memcpy(out->sha256_modern, m->issued.sha256_modern, 32);
	void (*meanwhile)(void) = fake.while_issuing;
	fake.while_issuing = NULL;
	pthread_mutex_unlock(&fake.lock);
	if (meanwhile)
		meanwhile();
	return rc;
}

/* Its requests are read by the real reader. */
enum err signer_sign(struct line *l, const void *facts, size_t len, const uint8_t ticket[TICKET_BYTES],
		     const struct buf *request, struct buf *certificate, struct errbuf *why)
{
	FAKE_SPARED;
	uint8_t wanted[TICKET_BYTES];
	struct order_facts f;
	struct certificate_request r;
	(void)l;
	if (fake.fail[SIGNER_SIGN])
		return fail(why, fake.fail[SIGNER_SIGN], "made to fail");
	fake_ticket(facts, len, wanted);
	if (memcmp(wanted, ticket, sizeof wanted) != 0)
		return fail(why, ERR_REFUSED, "the ticket is not for this order");
	assert_int_equal(facts_read(facts, len, &f, why), ERR_OK);
	enum err rc = request_read(request->data, request->len, &r, why);
	if (rc)
		return rc == ERR_REFUSED ? ERR_INVALID : rc;
	pthread_mutex_lock(&fake.lock);
	assert_true(fake.made_count < FAKE_MOST);
	struct made *m = &fake.made[fake.made_count++];
	m->issued = ISSUED_INIT;
	memcpy(m->order, f.order, sizeof m->order);
	fake_make_certificate(&f, r.key, &m->issued.certificate);
	buf_add(certificate, m->issued.certificate.data, m->issued.certificate.len);
	request_clear(&r);
	void (*meanwhile)(void) = fake.while_issuing;
	fake.while_issuing = NULL;
	pthread_mutex_unlock(&fake.lock);
	if (meanwhile)
		meanwhile();
	return ERR_OK;
}

enum err signer_package(struct line *l, const char *order, enum package_encoding encoding, const struct buf *sealed_key,
			const struct buf *certificate, struct buf *sealed, uint8_t sha256[32], struct errbuf *why)
{
	FAKE_SPARED;
	char wanted[64];
	(void)l;
	if (fake.fail[SIGNER_PACKAGE])
		return fail(why, fake.fail[SIGNER_PACKAGE], "made to fail");
	snprintf(wanted, sizeof wanted, "sealed:key of %s", order);
	assert_int_equal(sealed_key->len, strlen(wanted));
	assert_memory_equal(sealed_key->data, wanted, sealed_key->len);
	assert_true(certificate->len > 100);
	fake_package(order, encoding, sealed, sha256);
	return ERR_OK;
}

enum err signer_unseal(struct line *l, const char *order, enum package_encoding encoding, const struct buf *sealed,
		       struct buf *package, struct errbuf *why)
{
	FAKE_SPARED;
	(void)l, (void)order, (void)encoding;
	if (fake.fail[SIGNER_UNSEAL])
		return fail(why, fake.fail[SIGNER_UNSEAL], "made to fail");
	if (sealed->len < 7 || memcmp(sealed->data, "sealed:", 7) != 0)
		return fail(why, ERR_REFUSED, "not sealed here");
	buf_add(package, sealed->data + 7, sealed->len - 7);
	return buf_check(package);
}

enum err signer_done(struct line *l, const char *order, const char *serial, const uint8_t audit_head[32])
{
	FAKE_SPARED;
	(void)l, (void)serial;
	if (fake.fail[SIGNER_DONE])
		return fake.fail[SIGNER_DONE];
	pthread_mutex_lock(&fake.lock);
	struct made *m = fake_find(order);
	if (m)
		m->done = true;
	memcpy(fake.head, audit_head, 32);
	pthread_mutex_unlock(&fake.lock);
	return ERR_OK;
}

enum err signer_revoke(struct line *l, const struct revocation *r, const uint8_t audit_head[32], struct errbuf *why)
{
	FAKE_SPARED;
	(void)l;
	if (fake.fail[SIGNER_REVOKE])
		return fail(why, fake.fail[SIGNER_REVOKE], "made to fail");
	pthread_mutex_lock(&fake.lock);
	assert_true(fake.revoked_count < FAKE_MOST);
	fake.revocation = *r;
	memcpy(fake.revoked[fake.revoked_count++], r->serial, SERIAL_TEXT_SIZE);
	memcpy(fake.head, audit_head, 32);
	pthread_mutex_unlock(&fake.lock);
	return ERR_OK;
}

enum err signer_crl_begin(struct line *l, const char *issuer, const struct crl_head *times, size_t entries_len,
			  struct errbuf *why)
{
	(void)l, (void)issuer, (void)times, (void)entries_len;
	return fail(why, ERR_INTERNAL, "not asked by an order");
}

enum err signer_crl_add(struct line *l, size_t before, const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	(void)l, (void)before, (void)entries, (void)n;
	return fail(why, ERR_INTERNAL, "not asked by an order");
}

enum err signer_crl_end(struct line *l, struct buf *head, struct buf *tail, uint64_t *number, struct errbuf *why)
{
	(void)l, (void)head, (void)tail, (void)number;
	return fail(why, ERR_INTERNAL, "not asked by an order");
}

enum err signer_open_intents(struct line *l, struct open_intent *out, size_t most, size_t *n, struct errbuf *why)
{
	(void)l, (void)out, (void)most, (void)n;
	return fail(why, ERR_INTERNAL, "not asked by an order");
}

enum err signer_last(struct line *l, struct journal_last *out, struct errbuf *why)
{
	(void)l, (void)out;
	return fail(why, ERR_INTERNAL, "not asked by an order");
}

enum err signer_resume(struct line *l, bool ok, struct errbuf *why)
{
	(void)l, (void)ok;
	return fail(why, ERR_INTERNAL, "not asked by an order");
}

#endif
