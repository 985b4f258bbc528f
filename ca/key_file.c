#include "ca/key.h"

#include "ca/crypto_why.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

enum { ROUNDS = 600000, SALT_BYTES = 16, PASS_MAX = 1024 };

static enum err pass_check(const struct secret *pass)
{
	return secret_len(pass) <= PASS_MAX ? ERR_OK : ERR_TOO_LARGE;
}

/* PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256. */
static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *info, const struct secret *pass)
{
	X509_ALGOR *pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ROUNDS, NULL, SALT_BYTES, NULL, NID_hmacWithSHA256);
	if (!pbe)
		return NULL;
	X509_SIG *sealed = PKCS8_set0_pbe(secret_string(pass), (int)secret_len(pass), info, pbe);
	if (!sealed)
		X509_ALGOR_free(pbe);
	return sealed;
}

static enum err write_pem(BIO *bio, PKCS8_PRIV_KEY_INFO *info, const struct secret *pass)
{
	if (!pass)
		return PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1 ? ERR_OK : ERR_CRYPTO;
	enum err rc = pass_check(pass);
	if (rc)
		return rc;
	X509_SIG *sealed = encrypt(info, pass);
	if (!sealed)
		return ERR_CRYPTO;
	rc = PEM_write_bio_PKCS8(bio, sealed) == 1 ? ERR_OK : ERR_CRYPTO;
	X509_SIG_free(sealed);
	return rc;
}

enum err key_write_pem(EVP_PKEY *key, const struct secret *pass, struct buf *out)
{
	enum err rc = ERR_CRYPTO;
	const char *text = NULL;
	BIO *bio = BIO_new(BIO_s_secmem()); /* wipes what it held */
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	if (!bio || !info)
		goto out;
	rc = write_pem(bio, info, pass);
	if (rc)
		goto out;
	long len = BIO_get_mem_data(bio, &text);
	if (len <= 0) {
		rc = ERR_CRYPTO;
		goto out;
	}
	buf_add(out, text, (size_t)len);
	rc = buf_check(out);
out:
	PKCS8_PRIV_KEY_INFO_free(info);
	BIO_free(bio);
	return rc ? crypto_why(NULL, rc, "key") : ERR_OK;
}

struct block { /* one PEM block */
	char *name, *header;
	uint8_t *der;
	long len;
};

static enum err read_plain(const struct block *b, const struct secret *pass, EVP_PKEY **out, struct errbuf *why)
{
	(void)pass;
	if (key_read_der(b->der, (size_t)b->len, out))
		return fail(why, ERR_MALFORMED, "the private key cannot be read: PKCS#8 was wanted");
	return ERR_OK;
}

static enum err read_encrypted(const struct block *b, const struct secret *pass, EVP_PKEY **out, struct errbuf *why)
{
	const uint8_t *at = b->der;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	enum err rc = ERR_MALFORMED;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &at, b->len);
	if (!sealed || at != b->der + b->len) {
		rc = crypto_why(why, ERR_MALFORMED, "the encrypted private key cannot be read");
		goto out;
	}
	if (!pass) {
		rc = fail(why, ERR_REFUSED, "the private key is encrypted and no pass phrase was given");
		goto out;
	}
	rc = pass_check(pass);
	if (rc)
		goto out;
	info = PKCS8_decrypt(sealed, secret_string(pass), (int)secret_len(pass));
	if (!info || !(*out = EVP_PKCS82PKEY(info))) {
		rc = crypto_why(why, ERR_REFUSED, "the private key does not open with this pass phrase");
		goto out;
	}
	rc = ERR_OK;
out:
	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(sealed);
	return rc;
}

static enum err read_traditional(const struct block *b, const struct secret *pass, EVP_PKEY **out, struct errbuf *why)
{
	(void)b;
	(void)pass;
	(void)out;
	return fail(why, ERR_MALFORMED, "the private key is not PKCS#8: convert it with openssl pkcs8 -topk8");
}

static const struct {
	const char *label;
	enum err (*read)(const struct block *, const struct secret *, EVP_PKEY **, struct errbuf *);
} readers[] = {
	{PEM_STRING_PKCS8INF, read_plain},
	{PEM_STRING_PKCS8, read_encrypted},
	{PEM_STRING_ECPRIVATEKEY, read_traditional},
	{PEM_STRING_RSA, read_traditional},
};

/* ERR_NOT_FOUND: not a private key, go on to the next block. */
static enum err read_block(const struct block *b, const struct secret *pass, EVP_PKEY **out, struct errbuf *why)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].label, b->name) == 0)
			return readers[i].read(b, pass, out, why);
	return ERR_NOT_FOUND;
}

enum err key_read_pem(const void *pem, size_t len, const struct secret *pass, EVP_PKEY **out, struct errbuf *why)
{
	if (len == 0 || len > INT_MAX)
		return fail(why, ERR_MALFORMED, "there is no private key in %zu bytes", len);
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	if (!bio)
		return crypto_why(why, ERR_MEMORY, "private key");
	enum err rc = ERR_NOT_FOUND;
	while (rc == ERR_NOT_FOUND) {
		struct block b = {NULL, NULL, NULL, 0};
		if (PEM_read_bio_ex(bio, &b.name, &b.header, &b.der, &b.len, PEM_FLAG_SECURE) != 1)
			break;
		rc = read_block(&b, pass, out, why);
		OPENSSL_secure_free(b.name);
		OPENSSL_secure_free(b.header);
		OPENSSL_secure_clear_free(b.der, (size_t)b.len);
	}
	BIO_free(bio);
	return rc == ERR_NOT_FOUND ? crypto_why(why, ERR_MALFORMED, "there is no private key in this PEM text") : rc;
}

enum err key_write_der(EVP_PKEY *key, struct secret **out)
{
	enum err rc = ERR_CRYPTO;
	struct secret *s = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
	if (len <= 0)
		goto out;
	s = secret_new((size_t)len);
	if (!s) {
		rc = ERR_MEMORY;
		goto out;
	}
	uint8_t *at = secret_bytes(s);
	if (i2d_PKCS8_PRIV_KEY_INFO(info, &at) != len)
		goto out;
	*out = s;
	s = NULL;
	rc = ERR_OK;
out:
	secret_free(s);
	PKCS8_PRIV_KEY_INFO_free(info);
	return rc ? crypto_why(NULL, rc, "key") : ERR_OK;
}

enum err key_read_der(const void *der, size_t len, EVP_PKEY **out)
{
	const uint8_t *at = der;
	if (len == 0 || len > LONG_MAX)
		return ERR_MALFORMED;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)len);
	EVP_PKEY *key = info && at == (const uint8_t *)der + len ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	if (!key)
		return crypto_why(NULL, ERR_MALFORMED, "key");
	*out = key;
	return ERR_OK;
}
