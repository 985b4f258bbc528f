#include "ca/ocsp_internal.h"

#include "ca/asn1_time.h"
#include "ca/authority.h"
#include "ca/crypto_why.h"
#include "ca/der.h"
#include "ca/signature.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEY_DIGEST_BYTES = 20,
	PREFIX_MAX = 128,
	CUTOFF_MAX = 64,
	ALGORITHM_MAX = 64,
	CERTIFICATE_MAX = 4096,
	SIGNATURE_MAX = 1024,
	TBS_MAX = 8192
};

/* DER of the OIDs, contents only. */
static const uint8_t basic_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01},
		     cutoff_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x06};

struct ocsp_responder {
	EVP_PKEY_CTX *signing; /* initialised once: that costs half a signature */
	EVP_MD_CTX *hashing;
	EVP_MD *digest;
	uint8_t key_digest[KEY_DIGEST_BYTES];
	struct buf prefix[OCSP_HASH_COUNT]; /* of a CertID: all but the serial */
	struct buf cutoff;                  /* singleExtensions */
	struct buf algorithm, certificate;
	struct buf tbs;
};

void ocsp_responder_free(struct ocsp_responder *r)
{
	if (!r)
		return;
	EVP_PKEY_CTX_free(r->signing);
	EVP_MD_CTX_free(r->hashing);
	EVP_MD_free(r->digest);
	for (int h = 0; h < OCSP_HASH_COUNT; h++)
		buf_free(&r->prefix[h]);
	buf_free(&r->cutoff);
	buf_free(&r->algorithm);
	buf_free(&r->certificate);
	buf_free(&r->tbs);
	free(r);
}

static void prefix_write(struct buf *b, enum ocsp_hash h, const struct ocsp_issuer *issuer)
{
	const struct ocsp_digest *digest = &ocsp_digests[h];
	size_t algorithm = der_open(b, DER_SEQUENCE);
	der_primitive(b, DER_OBJECT, digest->oid, digest->oid_len);
	der_primitive(b, DER_NULL, "", 0);
	der_close(b, algorithm);
	der_primitive(b, DER_OCTET_STRING, issuer->name[h], digest->len);
	der_primitive(b, DER_OCTET_STRING, issuer->key[h], digest->len);
}

struct extensions {
	size_t explicit, list, extension, value;
};

static struct extensions extensions_open(struct buf *b, const uint8_t *oid, size_t len)
{
	struct extensions e = {.explicit = der_open(b, DER_CONTEXT_1_CONSTRUCTED)};
	e.list = der_open(b, DER_SEQUENCE);
	e.extension = der_open(b, DER_SEQUENCE);
	der_primitive(b, DER_OBJECT, oid, len);
	e.value = der_open(b, DER_OCTET_STRING);
	return e;
}

static void extensions_close(struct buf *b, struct extensions e)
{
	der_close(b, e.value);
	der_close(b, e.extension);
	der_close(b, e.list);
	der_close(b, e.explicit);
}

/* RFC 6960 4.4.4. No certificate is ever forgotten, so it is the day on which the issuer could begin to issue. */
static enum err cutoff_write(struct buf *b, const X509 *issuer)
{
	int64_t since = 0;
	enum err rc = asn1_time_read(X509_get0_notBefore(issuer), &since);
	struct extensions e = extensions_open(b, cutoff_oid, sizeof cutoff_oid);
	der_time(b, since, true);
	extensions_close(b, e);
	return rc ? rc : buf_check(b);
}

static enum err certificate_write(struct buf *b, X509 *delegate)
{
	size_t explicit = der_open(b, DER_CONTEXT_0_CONSTRUCTED);
	size_t list = der_open(b, DER_SEQUENCE);
	enum err rc = certificate_encode(delegate, b, NULL);
	der_close(b, list);
	der_close(b, explicit);
	return rc ? rc : buf_check(b);
}

static enum err constants_write(struct ocsp_responder *r, const X509 *issuer, X509 *delegate, const EVP_PKEY *key)
{
	struct ocsp_issuer id, own;
	enum err rc = ocsp_issuer_of(issuer, &id);
	if (!rc)
		rc = ocsp_issuer_of(delegate, &own);
	for (int h = 0; !rc && h < OCSP_HASH_COUNT; h++) {
		prefix_write(&r->prefix[h], (enum ocsp_hash)h, &id);
		rc = buf_check(&r->prefix[h]);
	}
	if (!rc) {
		memcpy(r->key_digest, own.key[OCSP_SHA1], sizeof r->key_digest);
		rc = cutoff_write(&r->cutoff, issuer);
	}
	if (!rc)
		rc = signature_algorithm_write(key, &r->algorithm);
	return rc ? rc : certificate_write(&r->certificate, delegate);
}

static enum err signing_begin(struct ocsp_responder *r, EVP_PKEY *key)
{
	const EVP_MD *md = signature_digest(key);
	r->signing = EVP_PKEY_CTX_new(key, NULL);
	r->hashing = EVP_MD_CTX_new();
	r->digest = EVP_MD_fetch(NULL, EVP_MD_get0_name(md), NULL);
	if (r->signing && r->hashing && r->digest && EVP_PKEY_sign_init(r->signing) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(r->signing, md) == 1)
		return ERR_OK;
	return crypto_why(NULL, ERR_CRYPTO, "signature");
}

enum err ocsp_responder_new(const X509 *issuer, X509 *delegate, EVP_PKEY *key, struct ocsp_responder **out)
{
	struct ocsp_responder *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_MEMORY;
	for (int h = 0; h < OCSP_HASH_COUNT; h++)
		r->prefix[h] = BUF_INIT(PREFIX_MAX);
	r->cutoff = BUF_INIT(CUTOFF_MAX);
	r->algorithm = BUF_INIT(ALGORITHM_MAX);
	r->certificate = BUF_INIT(CERTIFICATE_MAX);
	r->tbs = BUF_INIT(TBS_MAX);
	enum err rc = constants_write(r, issuer, delegate, key);
	if (!rc)
		rc = signing_begin(r, key);
	if (rc)
		ocsp_responder_free(r);
	else
		*out = r;
	return rc;
}

static void status_write(struct buf *b, const struct ocsp_single *s)
{
	if (s->status != OCSP_REVOKED) {
		der_primitive(b, s->status == OCSP_GOOD ? DER_CONTEXT_0 : DER_CONTEXT_2, "", 0);
		return;
	}
	size_t revoked = der_open(b, DER_CONTEXT_1_CONSTRUCTED);
	der_time(b, s->revoked_at, true);
	if (s->reason != REASON_UNSPECIFIED) {
		size_t reason = der_open(b, DER_CONTEXT_0_CONSTRUCTED);
		der_number(b, DER_ENUMERATED, s->reason);
		der_close(b, reason);
	}
	der_close(b, revoked);
}

/* The two times are the same in every single: they are made once. */
struct times {
	char this_update[ASN1_TIME_TEXT_SIZE], next_update[ASN1_TIME_TEXT_SIZE];
};

static void single_write(struct ocsp_responder *r, const struct ocsp_single *s, const struct times *t)
{
	struct buf *b = &r->tbs;
	size_t single = der_open(b, DER_SEQUENCE);
	size_t id = der_open(b, DER_SEQUENCE);
	buf_add(b, r->prefix[s->hash].data, r->prefix[s->hash].len);
	der_primitive(b, DER_INTEGER, s->serial, s->serial_len); /* as it came */
	der_close(b, id);
	status_write(b, s);
	der_primitive(b, DER_GENERALIZED_TIME, t->this_update, strlen(t->this_update));
	size_t next = der_open(b, DER_CONTEXT_0_CONSTRUCTED);
	der_primitive(b, DER_GENERALIZED_TIME, t->next_update, strlen(t->next_update));
	der_close(b, next);
	if (s->status != OCSP_UNKNOWN)
		buf_add(b, r->cutoff.data, r->cutoff.len);
	der_close(b, single);
}

static void nonce_write(struct buf *b, const struct ocsp_answer *a)
{
	if (!a->nonce_len)
		return;
	struct extensions e = extensions_open(b, ocsp_nonce_oid, sizeof ocsp_nonce_oid);
	der_primitive(b, DER_OCTET_STRING, a->nonce, a->nonce_len);
	extensions_close(b, e);
}

/* ResponseData (RFC 6960 4.2.1). */
static enum err data_write(struct ocsp_responder *r, const struct ocsp_answer *a)
{
	struct buf *b = &r->tbs;
	struct times t;
	asn1_time_text(a->this_update, true, t.this_update);
	asn1_time_text(a->next_update, true, t.next_update);
	buf_clear(b);
	size_t data = der_open(b, DER_SEQUENCE);
	size_t responder = der_open(b, DER_CONTEXT_2_CONSTRUCTED);
	der_primitive(b, DER_OCTET_STRING, r->key_digest, sizeof r->key_digest);
	der_close(b, responder);
	der_primitive(b, DER_GENERALIZED_TIME, t.this_update, strlen(t.this_update));
	size_t list = der_open(b, DER_SEQUENCE);
	for (size_t i = 0; i < a->count; i++)
		single_write(r, &a->singles[i], &t);
	der_close(b, list);
	nonce_write(b, a);
	der_close(b, data);
	return buf_check(b);
}

static enum err data_sign(struct ocsp_responder *r, uint8_t signature[SIGNATURE_MAX], size_t *len)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned hash_len = 0;
	*len = SIGNATURE_MAX;
	if (EVP_DigestInit_ex2(r->hashing, r->digest, NULL) != 1 ||
	    EVP_DigestUpdate(r->hashing, r->tbs.data, r->tbs.len) != 1 ||
	    EVP_DigestFinal_ex(r->hashing, hash, &hash_len) != 1 ||
	    EVP_PKEY_sign(r->signing, signature, len, hash, hash_len) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "signature");
	return ERR_OK;
}

/* OCSPResponse, successful, with a BasicOCSPResponse in it. */
static enum err response_write(const struct ocsp_responder *r, const uint8_t *signature, size_t len, struct buf *b)
{
	size_t response = der_open(b, DER_SEQUENCE);
	der_number(b, DER_ENUMERATED, 0);
	size_t explicit = der_open(b, DER_CONTEXT_0_CONSTRUCTED);
	size_t bytes = der_open(b, DER_SEQUENCE);
	der_primitive(b, DER_OBJECT, basic_oid, sizeof basic_oid);
	size_t octets = der_open(b, DER_OCTET_STRING);
	size_t basic = der_open(b, DER_SEQUENCE);
	buf_add(b, r->tbs.data, r->tbs.len);
	buf_add(b, r->algorithm.data, r->algorithm.len);
	size_t bits = der_open(b, DER_BIT_STRING);
	buf_byte(b, 0); /* no unused bits */
	buf_add(b, signature, len);
	der_close(b, bits);
	buf_add(b, r->certificate.data, r->certificate.len);
	der_close(b, basic);
	der_close(b, octets);
	der_close(b, bytes);
	der_close(b, explicit);
	der_close(b, response);
	return buf_check(b);
}

static bool single_right(const struct ocsp_single *s)
{
	if ((unsigned)s->hash >= OCSP_HASH_COUNT || (unsigned)s->status >= OCSP_STATUS_COUNT || s->serial_len < 1 ||
	    s->serial_len > OCSP_SERIAL_MAX)
		return false;
	return s->status != OCSP_REVOKED || (crl_reason_name(s->reason) && asn1_time_right(s->revoked_at));
}

static bool answer_right(const struct ocsp_answer *a)
{
	bool right = a->count >= 1 && a->count <= OCSP_SINGLES_MAX && a->nonce_len <= OCSP_NONCE_MAX &&
		     asn1_time_right(a->this_update) && asn1_time_right(a->next_update) && a->next_update > a->this_update;
	for (size_t i = 0; right && i < a->count; i++)
		right = single_right(&a->singles[i]);
	return right;
}

enum err ocsp_answer_make(struct ocsp_responder *r, const struct ocsp_answer *a, struct buf *out)
{
	uint8_t signature[SIGNATURE_MAX];
	size_t len = 0;
	if (!answer_right(a))
		return ERR_INVALID;
	enum err rc = data_write(r, a);
	if (!rc)
		rc = data_sign(r, signature, &len);
	return rc ? rc : response_write(r, signature, len, out);
}

void ocsp_refusal_make(enum ocsp_refusal refusal, uint8_t out[OCSP_REFUSAL_BYTES])
{
	const uint8_t der[OCSP_REFUSAL_BYTES] = {DER_SEQUENCE, 3, DER_ENUMERATED, 1, (uint8_t)refusal};
	memcpy(out, der, sizeof der);
}
