/* identity_facts: what a certificate says of its holder, as text that stays with the identity. */
#include "base/encode.h"
#include "client/identity.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SERIAL_DIGITS = 40 }; /* RFC 5280 4.1.2.2 */

/* A string with a NUL inside would read as a shorter name than the one that was certified. */
static counterfoil_code text_of(const ASN1_STRING *value, char **out)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, value);
	if (len < 0)
		return COUNTERFOIL_NOT_PKCS12;
	counterfoil_code code = COUNTERFOIL_NOT_PKCS12;
	if (!memchr(utf8, 0, (size_t)len)) {
		*out = strndup((const char *)utf8, (size_t)len);
		code = *out ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
	}
	OPENSSL_free(utf8);
	return code;
}

static counterfoil_code subject_part(const X509 *certificate, int nid, char **out)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, nid, -1);
	return at < 0 ? COUNTERFOIL_OK : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), out);
}

enum { NOT_THERE = -1 }; /* as X509_get_ext_d2i says it */

/* An extension that is there and cannot be had is not one that is not there. */
static counterfoil_code unread(int found)
{
	if (found == NOT_THERE)
		return COUNTERFOIL_OK;
	return ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_NOT_PKCS12;
}

static counterfoil_code first_uri(const X509 *certificate, char **out)
{
	int found = NOT_THERE;
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, NULL);
	counterfoil_code code = names ? COUNTERFOIL_OK : unread(found);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_URI)
			continue;
		code = text_of(name->d.uniformResourceIdentifier, out);
		break;
	}
	GENERAL_NAMES_free(names);
	return code;
}

/* Where the list is, by the first distribution point that says so in a way that needs no certificate to fetch it. */
static counterfoil_code crl_url(const X509 *certificate, char **out)
{
	int found = NOT_THERE;
	CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, &found, NULL);
	counterfoil_code code = points ? COUNTERFOIL_OK : unread(found);
	for (int i = 0; !code && !*out && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *point = sk_DIST_POINT_value(points, i)->distpoint;
		const GENERAL_NAMES *names = point && point->type == 0 ? point->name.fullname : NULL;
		for (int n = 0; !code && !*out && n < sk_GENERAL_NAME_num(names); n++) {
			const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, n);
			const ASN1_STRING *uri = name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;
			if (uri && ASN1_STRING_length(uri) > 7 && memcmp(ASN1_STRING_get0_data(uri), "http://", 7) == 0)
				code = text_of(uri, out);
		}
	}
	CRL_DIST_POINTS_free(points);
	return code;
}

/* As Counterfoil's service writes it: 40 digits. Of OpenSSL's number the leading zero octets are gone: one serial in 256. */
static counterfoil_code serial_text(const X509 *certificate, char **out)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;
	size_t len = hex ? strlen(hex) : 0, zeros = len < SERIAL_DIGITS ? SERIAL_DIGITS - len : 0;
	char *text = hex ? malloc(zeros + len + 1) : NULL;
	if (text) {
		memset(text, '0', zeros);
		memcpy(text + zeros, hex, len + 1);
	}
	for (char *p = text; p && *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p + 32);
	OPENSSL_free(hex);
	BN_free(number);
	*out = text;
	return *out ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
}

static counterfoil_code issuer_text(const X509 *certificate, char **out)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	if (memory && X509_NAME_print_ex(memory, X509_get_issuer_name(certificate), 0,
					 XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		long len = BIO_get_mem_data(memory, &bytes);
		*out = strndup(len > 0 ? bytes : "", len > 0 ? (size_t)len : 0);
	}
	BIO_free(memory);
	return *out ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
}

static counterfoil_code fingerprint_text(const X509 *certificate, char **out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	if (!X509_digest(certificate, EVP_sha256(), digest, &len))
		return COUNTERFOIL_FAILED;
	hex_encode(digest, len, hex);
	*out = strdup(hex);
	return *out ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
}

static counterfoil_code seconds_of(const ASN1_TIME *time, int64_t *out)
{
	struct tm parts;
	if (!ASN1_TIME_to_tm(time, &parts))
		return COUNTERFOIL_NOT_PKCS12;
	*out = (int64_t)timegm(&parts);
	return COUNTERFOIL_OK;
}

static counterfoil_code read_names(const X509 *certificate, char **facts)
{
	counterfoil_code code = subject_part(certificate, NID_commonName, &facts[COUNTERFOIL_FACT_COMMON_NAME]);
	if (!code)
		code = subject_part(certificate, NID_organizationName, &facts[COUNTERFOIL_FACT_ORGANISATION]);
	if (!code)
		code = subject_part(certificate, NID_organizationalUnitName, &facts[COUNTERFOIL_FACT_UNIT]);
	if (!code)
		code = first_uri(certificate, &facts[COUNTERFOIL_FACT_URI]);
	if (!code && facts[COUNTERFOIL_FACT_URI])
		code = certificate_uri_facts(facts[COUNTERFOIL_FACT_URI], facts);
	if (!code)
		code = crl_url(certificate, &facts[COUNTERFOIL_FACT_CRL_URL]);
	if (!code)
		code = serial_text(certificate, &facts[COUNTERFOIL_FACT_SERIAL]);
	if (!code)
		code = issuer_text(certificate, &facts[COUNTERFOIL_FACT_ISSUER]);
	if (!code)
		code = fingerprint_text(certificate, &facts[COUNTERFOIL_FACT_FINGERPRINT]);
	return code;
}

static counterfoil_code encode_all(counterfoil_identity *identity)
{
	int others = sk_X509_num(identity->parts.others);
	identity->der = calloc((size_t)others + 2, sizeof *identity->der);
	if (!identity->der)
		return COUNTERFOIL_OUT_OF_MEMORY;
	for (int i = 0; i <= others; i++) {
		const X509 *one = i == 0 ? identity->parts.certificate : sk_X509_value(identity->parts.others, i - 1);
		unsigned char *der = NULL;
		int len = i2d_X509(one, &der);
		if (len <= 0)
			return COUNTERFOIL_OUT_OF_MEMORY;
		identity->der[i] = (counterfoil_bytes){der, (size_t)len};
	}
	return COUNTERFOIL_OK;
}

counterfoil_code certificate_facts(const X509 *certificate, char *facts[IDENTITY_FACTS], int64_t *not_before,
				   int64_t *not_after)
{
	counterfoil_code code = read_names(certificate, facts);
	for (size_t i = 0; !code && i < IDENTITY_FACTS; i++)
		if (!facts[i] && !(facts[i] = strdup("")))
			code = COUNTERFOIL_OUT_OF_MEMORY;
	if (!code)
		code = seconds_of(X509_get0_notBefore(certificate), not_before);
	return code ? code : seconds_of(X509_get0_notAfter(certificate), not_after);
}

counterfoil_code identity_read_facts(counterfoil_identity *identity)
{
	counterfoil_code code = certificate_facts(identity->parts.certificate, identity->facts, &identity->not_before,
						  &identity->not_after);
	return code ? code : encode_all(identity);
}
