#include "tests/bench/bare_crypto.h"
#include "tests/bench/bare.h"

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 2048, SERIAL_BYTES = 20, NONCE_BYTES = 12, TAG_BYTES = 16, YEARS_2 = 730 * 86400 };

static X509 *issuing, *root, *courier;
static EVP_PKEY *issuing_key, *courier_key;
static unsigned char rest_key[32];

static void must(bool good, const char *what)
{
	if (!good)
		bare_die(what);
}

static void *read_pem(const char *folder, const char *name, bool key)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	BIO *bio = BIO_new_file(path, "r");
	void *read = !bio ? NULL
		     : key ? (void *)PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
			   : (void *)PEM_read_bio_X509(bio, NULL, NULL, NULL);
	must(read != NULL, path);
	BIO_free(bio);
	return read;
}

void crypto_open(const char *installation)
{
	root = read_pem(installation, "ca/root.pem", false);
	issuing = read_pem(installation, "ca/issuing.pem", false);
	courier = read_pem(installation, "keys/courier.pem", false);
	issuing_key = read_pem(installation, "keys/issuing.key", true);
	courier_key = read_pem(installation, "keys/courier.key", true);
	must(RAND_bytes(rest_key, sizeof rest_key) == 1, "random");
}

static void extend(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	must(e && X509_add_ext(x, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

static X509 *draft(EVP_PKEY *key, char serial_text[64])
{
	unsigned char serial[SERIAL_BYTES];
	X509V3_CTX ctx;
	X509 *x = X509_new();
	must(x && RAND_bytes(serial, sizeof serial) == 1, "certificate");
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
	BIGNUM *n = BN_bin2bn(serial, sizeof serial, NULL);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	char *hex = BN_bn2hex(n);
	snprintf(serial_text, 64, "%s", hex);
	OPENSSL_free(hex);
	BN_free(n);
	X509_NAME *name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Nordbank", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8, (const unsigned char *)"Document archive", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"e-banking", -1, -1, 0);
	must(X509_set_version(x, X509_VERSION_3) && X509_set_issuer_name(x, X509_get_subject_name(issuing)) &&
		 X509_gmtime_adj(X509_getm_notBefore(x), -300) && X509_gmtime_adj(X509_getm_notAfter(x), YEARS_2) &&
		 X509_set_pubkey(x, key),
	     "certificate");
	X509V3_set_ctx(&ctx, issuing, x, NULL, NULL, 0);
	extend(x, &ctx, NID_basic_constraints, "critical,CA:FALSE");
	extend(x, &ctx, NID_key_usage, "critical,digitalSignature");
	extend(x, &ctx, NID_ext_key_usage, "clientAuth");
	extend(x, &ctx, NID_subject_key_identifier, "hash");
	extend(x, &ctx, NID_authority_key_identifier, "keyid");
	extend(x, &ctx, NID_subject_alt_name,
	       "URI:spiffe://test.example/org/nordbank/service/document-archive/client/e-banking");
	extend(x, &ctx, NID_crl_distribution_points, "URI:http://localhost:8080/crl/issuing.crl");
	return x;
}

/* The hash of the to-be-signed bytes is journalled before anybody sees the certificate, and the signature checked against
 * the issuer, as the product does. */
static X509 *certify(EVP_PKEY *key, const char *token, char serial[64],
		     void (*journal)(const char *token, const char *serial, const unsigned char hash[32]))
{
	unsigned char *tbs = NULL, hash[32];
	X509 *x = draft(key, serial);
	must(X509_sign(x, issuing_key, EVP_sha256()) > 0, "signature");
	int len = i2d_re_X509_tbs(x, &tbs);
	must(len > 0, "certificate");
	SHA256(tbs, (size_t)len, hash);
	OPENSSL_free(tbs);
	journal(token, serial, hash);
	must(X509_verify(x, X509_get0_pubkey(issuing)) == 1, "signature");
	return x;
}

static void rest_seal(const void *plain, size_t len, struct bytes *out)
{
	int n = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	must(len + NONCE_BYTES + TAG_BYTES <= sizeof out->bytes && RAND_bytes(out->bytes, NONCE_BYTES) == 1 &&
		 EVP_EncryptInit_ex2(c, EVP_aes_256_gcm(), rest_key, out->bytes, NULL) == 1 &&
		 EVP_EncryptUpdate(c, out->bytes + NONCE_BYTES, &n, plain, (int)len) == 1 &&
		 EVP_EncryptFinal_ex(c, out->bytes + NONCE_BYTES + n, &n) == 1 &&
		 EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out->bytes + NONCE_BYTES + len) == 1,
	     "seal");
	out->len = len + NONCE_BYTES + TAG_BYTES;
	EVP_CIPHER_CTX_free(c);
}

size_t rest_open(const unsigned char *sealed, size_t len, unsigned char out[BARE_PACKAGE_MOST])
{
	int n = 0, last = 0;
	size_t plain = len - NONCE_BYTES - TAG_BYTES;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	must(EVP_DecryptInit_ex2(c, EVP_aes_256_gcm(), rest_key, sealed, NULL) == 1 &&
		 EVP_DecryptUpdate(c, out, &n, sealed + NONCE_BYTES, (int)plain) == 1 &&
		 EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, (void *)(sealed + len - TAG_BYTES)) == 1 &&
		 EVP_DecryptFinal_ex(c, out + n, &last) == 1,
	     "open");
	EVP_CIPHER_CTX_free(c);
	return plain;
}

/* Made, then opened again and compared: what leaves can be read. */
static void pack(struct parcel *p, const char *password, EVP_PKEY *key, X509 *x)
{
	EVP_PKEY *key_again = NULL;
	X509 *x_again = NULL;
	STACK_OF(X509) *chain = sk_X509_new_null(), *chain_again = NULL;
	unsigned char der[BARE_PACKAGE_MOST], *at = der;
	const unsigned char *from = der;
	sk_X509_push(chain, issuing);
	sk_X509_push(chain, root);
	PKCS12 *p12 = PKCS12_create(password, "e-banking", key, x, chain, NID_aes_256_cbc, NID_aes_256_cbc, ROUNDS, ROUNDS, 0);
	must(p12 && i2d_PKCS12(p12, NULL) <= (int)sizeof der, "PKCS12_create");
	int len = i2d_PKCS12(p12, &at);
	PKCS12 *again = d2i_PKCS12(NULL, &from, len);
	must(again && PKCS12_parse(again, password, &key_again, &x_again, &chain_again) == 1 &&
		 EVP_PKEY_eq(key, key_again) == 1 && X509_cmp(x, x_again) == 0 && sk_X509_num(chain_again) == 2,
	     "PKCS12_parse");
	SHA256(der, (size_t)len, p->sha256);
	rest_seal(der, (size_t)len, &p->package);
	EVP_PKEY_free(key_again);
	X509_free(x_again);
	sk_X509_pop_free(chain_again, X509_free);
	sk_X509_free(chain);
	PKCS12_free(again);
	PKCS12_free(p12);
}

static void message_seal(const char *password, struct bytes *out)
{
	char text[256];
	int len = snprintf(text, sizeof text, "+4791234567\n%s is the password of the file for e-banking.", password);
	STACK_OF(X509) *to = sk_X509_new_null();
	sk_X509_push(to, courier);
	BIO *in = BIO_new_mem_buf(text, len);
	CMS_ContentInfo *cms = CMS_encrypt(to, in, EVP_aes_256_gcm(), CMS_BINARY);
	unsigned char *at = out->bytes;
	must(cms && i2d_CMS_ContentInfo(cms, NULL) <= (int)sizeof out->bytes, "CMS_encrypt");
	out->len = (size_t)i2d_CMS_ContentInfo(cms, &at);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	sk_X509_free(to);
}

size_t message_open(const unsigned char *sealed, size_t len, unsigned char out[BARE_PACKAGE_MOST])
{
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &sealed, (long)len);
	BIO *text = BIO_new(BIO_s_mem());
	must(cms && CMS_decrypt(cms, courier_key, courier, NULL, text, CMS_BINARY) == 1, "CMS_decrypt");
	int n = BIO_read(text, out, BARE_PACKAGE_MOST);
	CMS_ContentInfo_free(cms);
	BIO_free(text);
	return n > 0 ? (size_t)n : 0;
}

static void password_new(char out[30])
{
	static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	unsigned char random[24];
	size_t at = 0;
	must(RAND_bytes(random, sizeof random) == 1, "random");
	for (size_t i = 0; i < sizeof random; i++) {
		if (i && i % 4 == 0)
			out[at++] = '-';
		out[at++] = alphabet[random[i] % 32];
	}
	out[at] = '\0';
}

void parcel_make(struct parcel *p, const char *token,
		 void (*journal)(const char *token, const char *serial, const unsigned char hash[32]))
{
	char password[30];
	unsigned char key_der[512], *at = key_der, *der = p->certificate.bytes;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	must(key != NULL, "key");
	password_new(password);
	X509 *x = certify(key, token, p->serial, journal);
	p->certificate.len = (size_t)i2d_X509(x, &der);
	pack(p, password, key, x);
	rest_seal(key_der, (size_t)i2d_PrivateKey(key, &at), &p->key);
	message_seal(password, &p->password);
	X509_free(x);
	EVP_PKEY_free(key);
}
