#include "ca/issuer_label.h"

#include "base/encode.h"
#include "ca/crypto_why.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ID_BYTES = 8, NAME_MOST = 256 };

static enum err id_of(const uint8_t *bits, int len, char out[ISSUER_ID_SIZE])
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	if (len <= 0 || EVP_Digest(bits, (size_t)len, hash, NULL, EVP_sha256(), NULL) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "");
	hex_encode(hash, ID_BYTES, out);
	return ERR_OK;
}

enum err issuer_id(EVP_PKEY *key, char out[ISSUER_ID_SIZE])
{
	const uint8_t *bits = NULL;
	X509_PUBKEY *public = NULL;
	int len = 0;
	bool done = X509_PUBKEY_set(&public, key) == 1 && X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, public) == 1;
	enum err rc = done ? id_of(bits, len, out) : crypto_why(NULL, ERR_CRYPTO, "");
	X509_PUBKEY_free(public);
	return rc;
}

enum err issuer_digits(EVP_PKEY *key, char out[ISSUER_DIGITS_SIZE])
{
	char id[ISSUER_ID_SIZE];
	enum err rc = issuer_id(key, id);
	snprintf(out, ISSUER_DIGITS_SIZE, "%.8s", rc ? "" : id);
	return rc;
}

/* The common name ends with a space and the digits. */
static bool says(const X509 *certificate, const char *digits)
{
	char name[NAME_MOST] = "";
	int len = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
	size_t end = strlen(digits) + 1;
	return len > (int)end && name[len - (int)end] == ' ' && strcmp(name + len - (int)end + 1, digits) == 0;
}

/* Asked for each certificate that is made: the bits stand in the CA's own, and to write its key out again would cost as much as
 * two signatures. */
enum err issuer_label(const X509 *certificate, char out[ISSUER_LABEL_SIZE])
{
	char id[ISSUER_ID_SIZE], digits[ISSUER_DIGITS_SIZE];
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);
	enum err rc = bits ? id_of(ASN1_STRING_get0_data(bits), ASN1_STRING_length(bits), id) : crypto_why(NULL, ERR_CRYPTO, "");
	if (rc)
		return rc;
	snprintf(digits, sizeof digits, "%.8s", id);
	snprintf(out, ISSUER_LABEL_SIZE, "issuing%s%s", says(certificate, digits) ? "-" : "", says(certificate, digits) ? digits : "");
	return ERR_OK;
}
