#include "ca/certificate.h"

#include "ca/asn1_time.h"
#include "ca/crypto_why.h"

#include <limits.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* A string with a NUL inside, or longer than its place, is not cut but refused: cut, it would name somebody else. */
static enum err text_copy(char *out, size_t size, const void *text, size_t len, const char *what, struct errbuf *why)
{
	if (len >= size)
		return fail(why, ERR_MALFORMED, "the certificate's %s is longer than %zu bytes", what, size - 1);
	if (memchr(text, '\0', len))
		return fail(why, ERR_MALFORMED, "the certificate's %s has a NUL inside", what);
	memcpy(out, text, len);
	out[len] = '\0';
	return ERR_OK;
}

static enum err serial_read(const X509 *x, uint8_t out[SERIAL_BYTES], struct errbuf *why)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	int len = ASN1_STRING_length(serial);
	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || len < 0 || len > SERIAL_BYTES)
		return fail(why, ERR_MALFORMED, "the certificate's serial is negative or has more than 20 octets");
	memset(out, 0, SERIAL_BYTES);
	memcpy(out + SERIAL_BYTES - len, ASN1_STRING_get0_data(serial), (size_t)len);
	return ERR_OK;
}

static enum err attribute_read(X509_NAME *name, int nid, char out[NAME_SIZE], struct errbuf *why)
{
	uint8_t *utf8 = NULL;
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	if (at < 0)
		return ERR_OK;
	int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len < 0)
		return crypto_why(why, ERR_MALFORMED, "a name in the certificate cannot be read");
	enum err rc = text_copy(out, NAME_SIZE, utf8, (size_t)len, OBJ_nid2ln(nid), why);
	OPENSSL_free(utf8);
	return rc;
}

/* RFC 2253, but characters beyond ASCII stay UTF-8. */
static enum err name_read(X509_NAME *name, char *out, size_t size, const char *what, struct errbuf *why)
{
	char *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	enum err rc = ERR_MALFORMED;
	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		long len = BIO_get_mem_data(bio, &text);
		rc = text_copy(out, size, len ? text : "", (size_t)len, what, why);
	} else {
		rc = crypto_why(why, rc, "a name in the certificate cannot be read");
	}
	BIO_free(bio);
	return rc;
}

/* More than one URI would make it a matter of taste whom the certificate names. */
static enum err uris_read(const GENERAL_NAMES *names, char *out, size_t size, struct errbuf *why)
{
	enum err rc = ERR_OK;
	for (int i = 0; rc == ERR_OK && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_URI)
			continue;
		if (out[0])
			return fail(why, ERR_MALFORMED, "the certificate's subjectAltName has several URIs");
		const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
		rc = text_copy(out, size, ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri), "SAN URI", why);
	}
	return rc;
}

static enum err san_uri_read(const X509 *x, char *out, size_t size, struct errbuf *why)
{
	int critical = 0;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
	if (!names)
		return critical == -1 ? ERR_OK
				      : crypto_why(why, ERR_MALFORMED, "the certificate's subjectAltName cannot be read");
	enum err rc = uris_read(names, out, size, why);
	GENERAL_NAMES_free(names);
	return rc;
}

static enum err names_read(X509 *x, struct certificate_facts *out, struct errbuf *why)
{
	X509_NAME *subject = X509_get_subject_name(x);
	enum err rc = attribute_read(subject, NID_organizationName, out->organisation, why);
	if (rc == ERR_OK)
		rc = attribute_read(subject, NID_organizationalUnitName, out->unit, why);
	if (rc == ERR_OK)
		rc = attribute_read(subject, NID_commonName, out->common_name, why);
	if (rc == ERR_OK)
		rc = san_uri_read(x, out->san_uri, sizeof out->san_uri, why);
	if (rc == ERR_OK)
		rc = name_read(subject, out->subject, sizeof out->subject, "subject", why);
	if (rc == ERR_OK)
		rc = name_read(X509_get_issuer_name(x), out->issuer, sizeof out->issuer, "issuer", why);
	return rc;
}

/* OpenSSL decodes the key of every certificate that it reads, which costs eight times the rest. A library context
 * without algorithms leaves it undecoded; nobody asks for it here. It lives as long as the process. */
static OSSL_LIB_CTX *without_keys;

static void make_without_keys(void)
{
	without_keys = OSSL_LIB_CTX_new();
	if (without_keys && OSSL_PROVIDER_load(without_keys, "null"))
		return;
	OSSL_LIB_CTX_free(without_keys);
	without_keys = NULL; /* the default one does as well, but slower */
}

static X509 *decode(const uint8_t *der, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const uint8_t *at = der;
	pthread_once(&once, make_without_keys);
	X509 *x = X509_new_ex(without_keys, NULL);
	if (x && d2i_X509(&x, &at, (long)len) && at == der + len)
		return x;
	X509_free(x);
	return NULL;
}

/* As it stands there: nobody asks here whether it is a key. */
static bool key_hash_read(const X509 *x, uint8_t out[KEY_HASH_BYTES])
{
	uint8_t *key = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key);
	bool done = len > 0 && EVP_Digest(key, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_free(key);
	return done;
}

enum err certificate_read(const void *der, size_t len, struct certificate_facts *out, struct errbuf *why)
{
	struct certificate_facts facts = {.san_uri = ""};
	X509 *x = len <= LONG_MAX && len > 0 ? decode(der, len) : NULL;
	enum err rc = ERR_MALFORMED;
	if (!x) {
		rc = crypto_why(why, ERR_MALFORMED, "this is not one certificate in DER");
		goto out;
	}
	if (EVP_Digest(der, len, facts.fingerprint, NULL, EVP_sha256(), NULL) != 1 || !key_hash_read(x, facts.key_hash)) {
		rc = crypto_why(why, ERR_CRYPTO, "the certificate's fingerprint");
		goto out;
	}
	if (asn1_time_read(X509_get0_notBefore(x), &facts.not_before) ||
	    asn1_time_read(X509_get0_notAfter(x), &facts.not_after)) {
		rc = fail(why, ERR_MALFORMED, "the certificate's validity cannot be read");
		goto out;
	}
	rc = serial_read(x, facts.serial, why);
	if (rc == ERR_OK)
		rc = names_read(x, &facts, why);
	if (rc == ERR_OK)
		*out = facts;
out:
	X509_free(x);
	return rc;
}
