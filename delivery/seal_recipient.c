#include "delivery/seal.h"
#include "base/clock.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { SERIAL_BYTES = 16, DAYS = 20 * 365 + 5 };

static bool set_serial(X509 *certificate)
{
	uint8_t bytes[SERIAL_BYTES];
	if (random_bytes(bytes, sizeof bytes) != ERR_OK)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and always of this length */
	BIGNUM *serial = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool good = serial && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));
	BN_free(serial);
	return good;
}

static bool set_names(X509 *certificate, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
					  0) == 1 &&
	       X509_set_issuer_name(certificate, subject) == 1;
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool good = e && X509_add_ext(certificate, e, -1) == 1;
	X509_EXTENSION_free(e);
	return good;
}

static bool set_life(X509 *certificate)
{
	time_t now = (time_t)clock_now();
	return X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &now) &&
	       X509_time_adj_ex(X509_getm_notAfter(certificate), DAYS, 0, &now);
}

static bool fill(X509 *certificate, const char *name, EVP_PKEY *key)
{
	return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
	       set_names(certificate, name) && set_life(certificate) && X509_set_pubkey(certificate, key) == 1 &&
	       add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(certificate, NID_key_usage, "critical,keyAgreement") &&
	       add_extension(certificate, NID_subject_key_identifier, "hash") &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

enum err seal_recipient_new(const char *name, EVP_PKEY **key, X509 **certificate)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	if (k && x && fill(x, name, k)) {
		*key = k;
		*certificate = x;
		return ERR_OK;
	}
	EVP_PKEY_free(k);
	X509_free(x);
	return ERR_CRYPTO;
}
