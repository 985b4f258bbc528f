/* Our own lists read back, value by value: OpenSSL's objects for a million entries take seconds and hundreds of megabytes. */
#include "ca/crl.h"

#include "ca/asn1_time.h"
#include "ca/crypto_why.h"
#include "ca/der_read.h"
#include "ca/signature.h"

#include <openssl/x509v3.h>
#include <string.h>

/* The pieces of a CertificateList, still in its octets. */
struct pieces {
	struct der_in tbs, algorithm, signature; /* tbs and algorithm with their own tag and length */
};

static struct der_in whole(struct der_in *in)
{
	struct der_in value = {.at = in->at};
	der_in_skip(in);
	value.left = in->bad ? 0 : (size_t)(in->at - value.at);
	return value;
}

static enum err take_apart(const void *der, size_t len, struct pieces *p)
{
	struct der_in in = der_in_begin(der, len), list = der_in_take(&in, DER_SEQUENCE);
	p->tbs = whole(&list);
	p->algorithm = whole(&list);
	p->signature = der_in_take(&list, DER_BIT_STRING);
	return der_in_end(&in) || der_in_end(&list) || p->signature.left < 2 || p->signature.at[0] != 0 ? ERR_MALFORMED : ERR_OK;
}

static enum err signature_check(const struct pieces *p, struct der_in *inner, X509 *issuer, struct errbuf *why)
{
	struct buf algorithm = BUF_INIT(CRL_PART_MAX);
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct der_in told = whole(inner);
	enum err rc = ctx && key ? signature_algorithm_write(key, &algorithm) : ERR_CRYPTO;
	if (!rc && (told.left != algorithm.len || p->algorithm.left != algorithm.len ||
		    memcmp(told.at, algorithm.data, algorithm.len) != 0 ||
		    memcmp(p->algorithm.at, algorithm.data, algorithm.len) != 0))
		rc = ERR_REFUSED;
	if (!rc && (EVP_DigestVerifyInit(ctx, NULL, signature_digest(key), NULL, key) != 1 ||
		    EVP_DigestVerify(ctx, p->signature.at + 1, p->signature.left - 1, p->tbs.at, p->tbs.left) != 1))
		rc = ERR_REFUSED;
	EVP_MD_CTX_free(ctx);
	buf_free(&algorithm);
	return rc ? crypto_why(why, rc, "the list's signature is not its issuer's") : ERR_OK;
}

static enum err issuer_check(struct der_in *tbs, X509 *issuer, struct errbuf *why)
{
	const uint8_t *name = NULL;
	size_t len = 0;
	struct der_in told = whole(tbs);
	if (X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &len) != 1)
		return crypto_why(why, ERR_CRYPTO, "name");
	return told.left == len && memcmp(told.at, name, len) == 0 ? ERR_OK
								   : fail(why, ERR_REFUSED, "the list is another issuer's");
}

static bool is_time(const struct der_in *in)
{
	return der_in_is(in, DER_UTC_TIME) || der_in_is(in, DER_GENERALIZED_TIME);
}

static enum err time_take(struct der_in *tbs, int64_t *out)
{
	struct der_in told = is_time(tbs) ? whole(tbs) : (struct der_in){.bad = true};
	const uint8_t *at = told.at;
	ASN1_TIME *t = told.left ? d2i_ASN1_TIME(NULL, &at, (long)told.left) : NULL;
	enum err rc = t && asn1_time_form_right(t) ? asn1_time_read(t, out) : ERR_MALFORMED;
	ASN1_TIME_free(t);
	return rc;
}

/* Of an entry: extensions of RFC 5280's own arc (2.5.29), none critical. */
static bool extensions_right(struct der_in list)
{
	bool right = list.left > 0;
	while (list.left && right) {
		struct der_in one = der_in_take(&list, DER_SEQUENCE), object = der_in_take(&one, DER_OBJECT);
		(void)der_in_take(&one, DER_OCTET_STRING);
		right = der_in_end(&one) == ERR_OK && object.left == 3 && memcmp(object.at, "\x55\x1d", 2) == 0 &&
			!(object.at[2] & 0x80);
	}
	return right && der_in_end(&list) == ERR_OK;
}

/* As crl_entry.c writes them. False: not so. */
static bool entry_take(struct der_in *list, struct der_in *before)
{
	struct der_in entry = der_in_take(list, DER_SEQUENCE), serial = der_in_integer(&entry);
	bool rises = serial.left > before->left ||
		     (serial.left == before->left && serial.left && memcmp(serial.at, before->at, serial.left) > 0);
	if (!rises || serial.at[0] & 0x80 || !is_time(&entry))
		return false;
	der_in_skip(&entry);
	if (entry.left && !extensions_right(der_in_take(&entry, DER_SEQUENCE)))
		return false;
	*before = serial;
	return der_in_end(&entry) == ERR_OK;
}

static enum err entries_take(struct der_in *tbs, size_t *n, struct errbuf *why)
{
	struct der_in list = {.left = 0}, before = {.left = 0};
	if (der_in_is(tbs, DER_SEQUENCE))
		list = der_in_take(tbs, DER_SEQUENCE);
	for (*n = 0; list.left; ++*n)
		if (!entry_take(&list, &before))
			return fail(why, ERR_MALFORMED, "entry %zu of the list has not its form or its place", *n + 1);
	return ERR_OK;
}

static enum err number_take(struct der_in *tbs, uint64_t *out, struct errbuf *why)
{
	struct der_in explicit = der_in_take(tbs, DER_CONTEXT_0_CONSTRUCTED);
	const uint8_t *at = explicit.at;
	X509_EXTENSIONS *list = explicit.left ? d2i_X509_EXTENSIONS(NULL, &at, (long)explicit.left) : NULL;
	ASN1_INTEGER *number = list ? X509V3_get_d2i(list, NID_crl_number, NULL, NULL) : NULL;
	bool good = der_in_end(tbs) == ERR_OK && number && ASN1_INTEGER_get_uint64(out, number) == 1;
	ASN1_INTEGER_free(number);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return good ? ERR_OK : crypto_why(why, ERR_MALFORMED, "the list has no readable cRLNumber below 2^64");
}

static enum err tbs_read(const struct pieces *p, X509 *issuer, struct crl_head *head, size_t *entries, struct errbuf *why)
{
	struct der_in outer = p->tbs, tbs = der_in_take(&outer, DER_SEQUENCE), version = der_in_integer(&tbs);
	if (version.left != 1 || version.at[0] != X509_CRL_VERSION_2)
		return fail(why, ERR_MALFORMED, "this is not one version 2 revocation list in DER");
	struct der_in at_algorithm = tbs;
	der_in_skip(&tbs);
	enum err rc = issuer_check(&tbs, issuer, why);
	if (rc)
		return rc;
	rc = signature_check(p, &at_algorithm, issuer, why);
	if (rc)
		return rc;
	if (time_take(&tbs, &head->this_update) || time_take(&tbs, &head->next_update))
		return crypto_why(why, ERR_MALFORMED, "the list's times cannot be read");
	rc = entries_take(&tbs, entries, why);
	return rc ? rc : number_take(&tbs, &head->number, why);
}

enum err crl_read(const void *der, size_t len, X509 *issuer, struct crl_head *head, size_t *entries, struct errbuf *why)
{
	struct crl_head found = {.number = 0};
	struct pieces pieces;
	size_t n = 0;
	if (take_apart(der, len, &pieces))
		return fail(why, ERR_MALFORMED, "this is not one version 2 revocation list in DER");
	enum err rc = tbs_read(&pieces, issuer, &found, &n, why);
	if (rc)
		return rc;
	*head = found;
	*entries = n;
	return ERR_OK;
}

enum err crl_check(const void *der, size_t len, X509 *issuer, const struct crl_head *asked, size_t entries,
		   struct errbuf *why)
{
	struct crl_head head = {.number = 0};
	size_t n = 0;
	enum err rc = crl_read(der, len, issuer, &head, &n, why);
	if (rc)
		return rc;
	if (head.number != asked->number || head.this_update != asked->this_update ||
	    head.next_update != asked->next_update || n != entries)
		return fail(why, ERR_INTERNAL, "the list does not say what was asked");
	return ERR_OK;
}
