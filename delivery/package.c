#include "delivery/package.h"
#include "delivery/package_lock.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

const char *package_encoding_name(enum package_encoding e)
{
	return (unsigned)e < PACKAGE_ENCODING_COUNT ? package_locks[e].name : "?";
}

enum err package_encoding_from_name(const char *name, enum package_encoding *out)
{
	for (unsigned e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		if (strcmp(package_locks[e].name, name) == 0) {
			*out = (enum package_encoding)e;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

/* Known answers, worked out with another program (Python's hashlib and RFC 7292 appendix B by hand). They stand in for
 * a second derivation when a package is checked: only the derivation links the keys to the password. */
static const char known_password[] = "2345-6789-ABCD-EFGH-JKLM-NPQR";
static const struct {
	enum package_encoding encoding;
	uint8_t cipher_key[32];
	size_t mac_key_len;
	uint8_t mac_key[32];
} known[] = {
	{.encoding = PACKAGE_MODERN,
	 .cipher_key = {0x30, 0x1f, 0x30, 0x43, 0x4b, 0x7a, 0x56, 0xd3, 0x1e, 0x4d, 0x1c, 0x89, 0x40, 0x0d, 0xc1, 0xc0,
			0x7c, 0x67, 0x7c, 0xc1, 0x2a, 0x81, 0x43, 0x68, 0x86, 0x95, 0x94, 0x9f, 0x22, 0x77, 0x1c, 0x5f},
	 .mac_key_len = 32,
	 .mac_key = {0x10, 0xb6, 0xa4, 0x88, 0x94, 0x99, 0x4a, 0x24, 0xd8, 0x2a, 0x98, 0x11, 0xcc, 0xfa, 0x54, 0xd3,
		     0x57, 0x24, 0x06, 0x37, 0xfd, 0x12, 0x50, 0xbf, 0x78, 0x96, 0xaf, 0xff, 0x88, 0xa6, 0x1d, 0x9e}},
	{.encoding = PACKAGE_COMPATIBLE,
	 .mac_key_len = 20,
	 .mac_key = {0x53, 0xa1, 0x24, 0xfd, 0x1d, 0xff, 0x66, 0x0e, 0x8f, 0x00, 0xdc, 0xd3, 0xa8, 0xe0, 0xd5, 0xd2,
		     0x01, 0x0d, 0xca, 0xfb}},
};

static bool answers_known(size_t i)
{
	static const uint8_t salt[PACKAGE_SALT_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7};
	struct secret *password = secret_copy(known_password, sizeof known_password - 1);
	struct package_keys k = {.password = password};
	memcpy(k.salt, salt, sizeof salt);
	memcpy(k.mac_salt, salt, sizeof salt);
	bool good = password && package_keys_derive(&package_locks[known[i].encoding], &k) &&
		    memcmp(k.cipher_key, known[i].cipher_key, sizeof k.cipher_key) == 0 &&
		    memcmp(k.mac_key, known[i].mac_key, known[i].mac_key_len) == 0;
	secret_free(password);
	return good;
}

static bool derivation_is_right;

static void try_derivation(void)
{
	derivation_is_right = true;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		derivation_is_right = derivation_is_right && answers_known(i);
}

static enum err key_info_of(EVP_PKEY *key, struct buf *out)
{
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	if (len > 0)
		buf_add(out, der, (size_t)len);
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	return len > 0 ? buf_check(out) : ERR_CRYPTO;
}

static enum err check_parts(const struct package_parts *parts, const struct secret *password, struct errbuf *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (pthread_once(&once, try_derivation) != 0 || !derivation_is_right)
		return fail(why, ERR_CRYPTO, "package: the derivation of keys does not give the known answers");
	if (strlen(secret_string(password)) != secret_len(password))
		return fail(why, ERR_INVALID, "package: a password with a NUL in it");
	if (X509_check_private_key(parts->certificate, parts->key) != 1)
		return fail(why, ERR_INVALID, "package: the key is not the certificate's");
	return ERR_OK;
}

enum err package_make(const struct package_parts *parts, enum package_encoding encoding, const struct secret *password,
		      struct buf *out, struct errbuf *why)
{
	const struct package_lock *lock = &package_locks[encoding];
	struct buf key_info = BUF_INIT(PACKAGE_MAX_BYTES), der = BUF_INIT(PACKAGE_MAX_BYTES);
	struct secret *held = NULL;
	const struct package_keys *keys = NULL;
	enum err rc = check_parts(parts, password, why);
	if (rc || (rc = key_info_of(parts->key, &key_info)) || (rc = package_keys_new(lock, password, &held, &keys)))
		goto out;
	if ((rc = package_build(lock, keys, parts, &key_info, &der)) ||
	    (rc = package_check(lock, keys, parts, &key_info, &der, why)))
		goto out;
	buf_add(out, der.data, der.len);
	rc = buf_check(out);
out:
	secret_free(held);
	buf_free(&der);
	buf_free(&key_info);
	ERR_clear_error();
	return rc;
}
