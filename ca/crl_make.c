#include "ca/crl.h"

#include "ca/asn1_time.h"
#include "ca/crypto_why.h"
#include "ca/der.h"
#include "ca/signature.h"

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

enum { ENTRY_MAX = 96, HEAD_MAX = 4096 }; /* bytes at most: an entry, and all that is not entries */

/* Extension OIDs of RFC 5280 in DER, contents only: all are id-ce, 2.5.29.n. */
static const uint8_t crl_number_oid[] = {0x55, 0x1d, 20}, reason_oid[] = {0x55, 0x1d, 21},
		     invalidity_oid[] = {0x55, 0x1d, 24}, authority_key_id_oid[] = {0x55, 0x1d, 35};

static bool time_right(int64_t t)
{
	return t > 0 && t <= ASN1_TIME_LAST;
}

static enum err head_check(const struct crl_head *h, X509 *issuer, EVP_PKEY *issuer_key, struct errbuf *why)
{
	if (!time_right(h->this_update) || !time_right(h->next_update) || h->next_update <= h->this_update)
		return fail(why, ERR_INVALID, "the list's nextUpdate is not after its thisUpdate");
	if (!X509_get0_subject_key_id(issuer) || !(X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN))
		return fail(why, ERR_INVALID, "the issuer's certificate has no key identifier or may not sign lists");
	if (EVP_PKEY_eq(X509_get0_pubkey(issuer), issuer_key) != 1)
		return crypto_why(why, ERR_INVALID, "the issuer's key does not belong to the issuer's certificate");
	return ERR_OK;
}

/* NULL when nothing is. `before` is the serial of the entry before, or zero. */
static const char *entry_wrong(const struct crl_entry *e, const uint8_t before[SERIAL_BYTES])
{
	if (memcmp(e->serial, before, SERIAL_BYTES) <= 0)
		return "is zero, repeated or out of order";
	if (e->serial[0] & 0x80)
		return "has more than 159 bits";
	if (!crl_reason_name(e->reason))
		return "has an unknown reason";
	if (!time_right(e->revoked_at) || (e->compromised_at && !time_right(e->compromised_at)))
		return "has a time outside 1970 to 9999";
	return NULL;
}

static enum err entries_check(const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	static const uint8_t zero[SERIAL_BYTES];
	char serial[SERIAL_TEXT_SIZE];
	for (size_t i = 0; i < n; i++) {
		const char *what = entry_wrong(&entries[i], i ? entries[i - 1].serial : zero);
		if (!what)
			continue;
		serial_text(entries[i].serial, serial);
		return fail(why, ERR_INVALID, "entry %zu of the list, serial %s, %s", i + 1, serial, what);
	}
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

/* RFC 5280 5.3.1: unspecified is said by leaving the reason out. 5.3.2: an invalidity date is always GeneralizedTime. */
static void entry_extensions_write(struct buf *b, const struct crl_entry *e)
{
	if (e->reason == REASON_UNSPECIFIED && !e->compromised_at)
		return;
	size_t list = der_open(b, DER_SEQUENCE);
	if (e->reason != REASON_UNSPECIFIED) {
		struct extension reason = extension_open(b, reason_oid, sizeof reason_oid);
		der_number(b, DER_ENUMERATED, e->reason);
		extension_close(b, reason);
	}
	if (e->compromised_at) {
		struct extension invalidity = extension_open(b, invalidity_oid, sizeof invalidity_oid);
		der_time(b, e->compromised_at, true);
		extension_close(b, invalidity);
	}
	der_close(b, list);
}

/* revokedCertificates is absent when there are none (RFC 5280 5.1.2.6). */
static void entries_write(struct buf *b, const struct crl_entry *entries, size_t n)
{
	if (n == 0)
		return;
	size_t list = der_open(b, DER_SEQUENCE);
	for (size_t i = 0; i < n; i++) {
		size_t entry = der_open(b, DER_SEQUENCE);
		der_unsigned(b, DER_INTEGER, entries[i].serial, SERIAL_BYTES);
		der_time(b, entries[i].revoked_at, false);
		entry_extensions_write(b, &entries[i]);
		der_close(b, entry);
	}
	der_close(b, list);
}

static void extensions_write(struct buf *b, const struct crl_head *head, X509 *issuer)
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
	der_number(b, DER_INTEGER, head->number);
	extension_close(b, number);

	der_close(b, list);
	der_close(b, explicit);
}

struct list {
	const struct crl_head *head;
	const struct crl_entry *entries;
	size_t n;
};

/* TBSCertList (RFC 5280 5.1.2). */
static enum err tbs_write(struct buf *b, const struct list *l, X509 *issuer, const EVP_PKEY *key)
{
	const uint8_t *name = NULL;
	size_t name_len = 0;
	if (X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_len) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "name");
	size_t tbs = der_open(b, DER_SEQUENCE);
	der_number(b, DER_INTEGER, X509_CRL_VERSION_2);
	enum err rc = signature_algorithm_write(key, b);
	if (rc)
		return rc;
	buf_add(b, name, name_len);
	der_time(b, l->head->this_update, false);
	der_time(b, l->head->next_update, false);
	entries_write(b, l->entries, l->n);
	extensions_write(b, l->head, issuer);
	der_close(b, tbs);
	return buf_check(b);
}

/* CertificateList: what was signed, the algorithm, the signature. */
static enum err list_write(struct buf *b, const struct buf *tbs, EVP_PKEY *key)
{
	size_t list = der_open(b, DER_SEQUENCE);
	buf_add(b, tbs->data, tbs->len);
	enum err rc = signature_algorithm_write(key, b);
	if (rc)
		return rc;
	size_t bits = der_open(b, DER_BIT_STRING);
	buf_byte(b, 0); /* no unused bits */
	rc = signature_make(key, tbs->data, tbs->len, b);
	if (rc)
		return rc;
	der_close(b, bits);
	der_close(b, list);
	return buf_check(b);
}

/* What left the writer must say what was asked, to somebody who only reads. */
static enum err list_check(const struct buf *der, const struct list *l, X509 *issuer, struct errbuf *why)
{
	struct crl_head head = {.number = 0};
	size_t entries = 0;
	enum err rc = crl_read(der->data, der->len, issuer, &head, &entries, why);
	if (rc)
		return rc;
	if (head.number != l->head->number || head.this_update != l->head->this_update ||
	    head.next_update != l->head->next_update || entries != l->n)
		return fail(why, ERR_INTERNAL, "the list does not say what was asked");
	return ERR_OK;
}

enum err crl_make(const struct crl_head *head, const struct crl_entry *entries, size_t n, X509 *issuer,
		  EVP_PKEY *issuer_key, struct buf *out, struct errbuf *why)
{
	const struct list l = {.head = head, .entries = entries, .n = n};
	if (n > (SIZE_MAX - HEAD_MAX) / ENTRY_MAX)
		return ERR_TOO_LARGE;
	struct buf tbs = BUF_INIT(n * ENTRY_MAX + HEAD_MAX);
	struct buf der = BUF_INIT(n * ENTRY_MAX + HEAD_MAX);
	enum err rc = head_check(head, issuer, issuer_key, why);
	if (rc)
		goto out;
	rc = entries_check(entries, n, why);
	if (rc)
		goto out;
	rc = tbs_write(&tbs, &l, issuer, issuer_key);
	if (rc)
		goto out;
	rc = list_write(&der, &tbs, issuer_key);
	if (rc)
		goto out;
	rc = list_check(&der, &l, issuer, why);
	if (rc)
		goto out;
	buf_add(out, der.data, der.len);
	rc = buf_check(out);
out:
	buf_free(&tbs);
	buf_free(&der);
	return rc;
}
