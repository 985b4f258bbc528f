/* A list is signed while it goes by. */
#include "ca/asn1_time.h"
#include "ca/crl.h"
#include "ca/crypto_why.h"
#include "ca/der.h"
#include "ca/signature.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURE_MAX = 1024, WRITTEN_AT_ONCE = 512 };

/* Extension OIDs of RFC 5280 in DER, contents only: id-ce, 2.5.29.n. */
static const uint8_t crl_number_oid[] = {0x55, 0x1d, 20}, authority_key_id_oid[] = {0x55, 0x1d, 35};

struct crl_signing {
	EVP_MD_CTX *hashing;
	struct buf head;      /* of TBSCertList, to the first entry */
	struct buf tail;      /* behind the last: extensions, then the algorithm */
	size_t extensions;    /* octets of tail that are signed */
	size_t announced, added; /* octets of entries */
	uint8_t before[SERIAL_BYTES];
	struct buf written;
	bool spoilt;
};

void crl_signing_free(struct crl_signing *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->hashing);
	buf_free(&s->head);
	buf_free(&s->tail);
	buf_free(&s->written);
	free(s);
}

static enum err head_check(const struct crl_head *h, X509 *issuer, EVP_PKEY *issuer_key, struct errbuf *why)
{
	if (!asn1_time_right(h->this_update) || !asn1_time_right(h->next_update) || h->next_update <= h->this_update)
		return fail(why, ERR_INVALID, "the list's nextUpdate is not after its thisUpdate");
	if (!X509_get0_subject_key_id(issuer) || !(X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN))
		return fail(why, ERR_INVALID, "the issuer's certificate has no key identifier or may not sign lists");
	if (EVP_PKEY_eq(X509_get0_pubkey(issuer), issuer_key) != 1)
		return crypto_why(why, ERR_INVALID, "the issuer's key does not belong to the issuer's certificate");
	return ERR_OK;
}

/* Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING }; none of ours is critical. */
struct extension {
	size_t outer, value;
};

static struct extension extension_open(struct buf *b, const uint8_t *oid, size_t len)
{
	struct extension e = {.outer = der_open(b, DER_SEQUENCE)};
	der_primitive(b, DER_OBJECT, oid, len);
	e.value = der_open(b, DER_OCTET_STRING);
	return e;
}

static void extension_close(struct buf *b, struct extension e)
{
	der_close(b, e.value);
	der_close(b, e.outer);
}

static void extensions_write(struct buf *b, uint64_t list_number, X509 *issuer)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
	size_t explicit = der_open(b, DER_CONTEXT_0_CONSTRUCTED);
	size_t list = der_open(b, DER_SEQUENCE);

	struct extension key_id = extension_open(b, authority_key_id_oid, sizeof authority_key_id_oid);
	size_t aki = der_open(b, DER_SEQUENCE);
	der_primitive(b, DER_CONTEXT_0, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	der_close(b, aki);
	extension_close(b, key_id);

	struct extension number = extension_open(b, crl_number_oid, sizeof crl_number_oid);
	der_number(b, DER_INTEGER, list_number);
	extension_close(b, number);

	der_close(b, list);
	der_close(b, explicit);
}

/* TBSCertList (RFC 5280 5.1.2) up to its entries; what follows them is in s->tail already. */
static enum err head_write(struct crl_signing *s, const struct crl_head *head, X509 *issuer, const EVP_PKEY *key)
{
	struct buf fields = BUF_INIT(CRL_PART_MAX), entries = BUF_INIT(16);
	const uint8_t *name = NULL;
	size_t name_len = 0;
	enum err rc = ERR_CRYPTO;
	if (X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_len) != 1) {
		rc = crypto_why(NULL, ERR_CRYPTO, "name");
		goto out;
	}
	der_number(&fields, DER_INTEGER, X509_CRL_VERSION_2);
	rc = signature_algorithm_write(key, &fields);
	if (rc)
		goto out;
	buf_add(&fields, name, name_len);
	der_time(&fields, head->this_update, false);
	der_time(&fields, head->next_update, false);
	if (s->announced > 0) /* revokedCertificates is absent when there are none (RFC 5280 5.1.2.6) */
		der_header(&entries, DER_SEQUENCE, s->announced);
	der_header(&s->head, DER_SEQUENCE, fields.len + entries.len + s->announced + s->extensions);
	buf_add(&s->head, fields.data, fields.len);
	buf_add(&s->head, entries.data, entries.len);
	rc = buf_check(&fields) ? buf_check(&fields) : buf_check(&entries) ? buf_check(&entries) : buf_check(&s->head);
out:
	buf_free(&fields);
	buf_free(&entries);
	return rc;
}

static enum err hash(struct crl_signing *s, const void *bytes, size_t len)
{
	return EVP_DigestSignUpdate(s->hashing, bytes, len) == 1 ? ERR_OK : crypto_why(NULL, ERR_CRYPTO, "digest");
}

static enum err begin(struct crl_signing *s, const struct crl_head *head, X509 *issuer, EVP_PKEY *key)
{
	extensions_write(&s->tail, head->number, issuer);
	s->extensions = s->tail.len;
	enum err rc = signature_algorithm_write(key, &s->tail);
	if (!rc)
		rc = head_write(s, head, issuer, key);
	if (rc)
		return rc;
	s->hashing = EVP_MD_CTX_new();
	if (!s->hashing || EVP_DigestSignInit(s->hashing, NULL, signature_digest(key), NULL, key) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "signature");
	return hash(s, s->head.data, s->head.len);
}

enum err crl_signing_begin(const struct crl_head *head, size_t entries_len, X509 *issuer, EVP_PKEY *issuer_key,
			   struct crl_signing **out, struct errbuf *why)
{
	enum err rc = head_check(head, issuer, issuer_key, why);
	if (rc)
		return rc;
	if (entries_len > CRL_MAX_BYTES - 2 * CRL_PART_MAX)
		return fail(why, ERR_TOO_LARGE, "a list of %zu octets is more than anybody reads", entries_len);
	struct crl_signing *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_MEMORY;
	s->announced = entries_len;
	s->head = s->tail = BUF_INIT(CRL_PART_MAX);
	s->written = BUF_INIT((size_t)WRITTEN_AT_ONCE * CRL_ENTRY_MAX);
	rc = begin(s, head, issuer, issuer_key);
	if (rc)
		crl_signing_free(s);
	else
		*out = s;
	return rc;
}

static enum err add(struct crl_signing *s, const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	buf_clear(&s->written);
	enum err rc = crl_entries_write(entries, n, s->before, &s->written, why);
	if (rc)
		return rc;
	s->added += s->written.len;
	memcpy(s->before, entries[n - 1].serial, SERIAL_BYTES);
	return hash(s, s->written.data, s->written.len);
}

enum err crl_signing_add(struct crl_signing *s, const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	enum err rc = s->spoilt ? ERR_INVALID : ERR_OK;
	for (size_t i = 0; !rc && i < n; i += WRITTEN_AT_ONCE)
		rc = add(s, entries + i, n - i < WRITTEN_AT_ONCE ? n - i : WRITTEN_AT_ONCE, why);
	s->spoilt = rc != ERR_OK;
	return rc;
}

static enum err end(struct crl_signing *s, struct buf *head, struct buf *tail)
{
	uint8_t signature[SIGNATURE_MAX];
	size_t len = sizeof signature;
	enum err rc = hash(s, s->tail.data, s->extensions);
	if (rc)
		return rc;
	if (EVP_DigestSignFinal(s->hashing, signature, &len) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "signature");
	der_header(&s->tail, DER_BIT_STRING, len + 1);
	buf_byte(&s->tail, 0); /* no unused bits */
	buf_add(&s->tail, signature, len);
	der_header(head, DER_SEQUENCE, s->head.len + s->added + s->tail.len);
	buf_add(head, s->head.data, s->head.len);
	buf_add(tail, s->tail.data, s->tail.len);
	rc = buf_check(&s->tail) ? buf_check(&s->tail) : buf_check(head);
	return rc ? rc : buf_check(tail);
}

enum err crl_signing_end(struct crl_signing *s, struct buf *head, struct buf *tail, struct errbuf *why)
{
	if (s->spoilt || s->added != s->announced)
		return fail(why, ERR_INVALID, "the list has %zu octets of entries, and not the %zu announced", s->added,
			    s->announced);
	s->spoilt = true; /* it is signed once */
	return end(s, head, tail);
}
