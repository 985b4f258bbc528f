#include "delivery/package_lock.h"

#include <gnutls/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

enum { BLOCK_BYTES = 16, STACK_BYTES = 16384 };

static bool is(const X509_ALGOR *how, int nid)
{
	const ASN1_OBJECT *object = NULL;
	X509_ALGOR_get0(&object, NULL, NULL, how);
	return OBJ_obj2nid(object) == nid;
}

static void *parameter(const X509_ALGOR *how, const ASN1_ITEM *item)
{
	const ASN1_OBJECT *object = NULL;
	const void *value = NULL;
	int type = 0;
	X509_ALGOR_get0(&object, &type, &value, how);
	return type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, item) : NULL;
}

static bool rounds_as_wanted(const ASN1_INTEGER *iterations)
{
	int64_t n = 0;
	return ASN1_INTEGER_get_int64(&n, iterations) == 1 && n == PACKAGE_ROUNDS;
}

/* modern: PBES2 (RFC 8018) with AES-256-CBC and PBKDF2-HMAC-SHA-256 */

static bool aes(const struct package_keys *k, const uint8_t *iv, int encrypt, const uint8_t *in, size_t len,
		uint8_t *out, int *out_len)
{
	int n = 0, last = 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool good = ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_cbc(), k->cipher_key, iv, encrypt, NULL) == 1 &&
		    EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && EVP_CipherFinal_ex(ctx, out + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	*out_len = n + last;
	return good;
}

static bool modern_encrypt(const struct package_keys *k, const uint8_t *plain, size_t len, X509_ALGOR **how,
			   ASN1_OCTET_STRING **closed)
{
	uint8_t iv[BLOCK_BYTES], salt[PACKAGE_SALT_BYTES];
	int n = 0;
	if (random_bytes(iv, sizeof iv) != ERR_OK)
		return false;
	memcpy(salt, k->salt, sizeof salt);
	*how = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PACKAGE_ROUNDS, salt, sizeof salt, iv, NID_hmacWithSHA256);
	*closed = ASN1_OCTET_STRING_new();
	uint8_t *bytes = OPENSSL_malloc(len + BLOCK_BYTES);
	if (!*how || !*closed || !bytes || !aes(k, iv, 1, plain, len, bytes, &n)) {
		OPENSSL_free(bytes);
		return false;
	}
	ASN1_STRING_set0(*closed, bytes, n);
	return true;
}

static bool pbkdf2_as_wanted(const struct package_keys *k, const X509_ALGOR *how)
{
	PBKDF2PARAM *p = is(how, NID_id_pbkdf2) ? parameter(how, ASN1_ITEM_rptr(PBKDF2PARAM)) : NULL;
	const ASN1_OCTET_STRING *salt = p && p->salt->type == V_ASN1_OCTET_STRING ? p->salt->value.octet_string : NULL;
	int64_t length = sizeof k->cipher_key;
	bool good = salt && ASN1_STRING_length(salt) == PACKAGE_SALT_BYTES &&
		    memcmp(ASN1_STRING_get0_data(salt), k->salt, PACKAGE_SALT_BYTES) == 0 &&
		    rounds_as_wanted(p->iter) && p->prf && is(p->prf, NID_hmacWithSHA256) &&
		    (!p->keylength || ASN1_INTEGER_get_int64(&length, p->keylength) == 1) &&
		    length == sizeof k->cipher_key;
	PBKDF2PARAM_free(p);
	return good;
}

/* The IV, or NULL when the cipher is not AES-256-CBC. Borrowed from how. */
static const uint8_t *aes_iv(const X509_ALGOR *how)
{
	const ASN1_OBJECT *object = NULL;
	const void *value = NULL;
	int type = 0;
	X509_ALGOR_get0(&object, &type, &value, how);
	bool good = OBJ_obj2nid(object) == NID_aes_256_cbc && type == V_ASN1_OCTET_STRING &&
		    ASN1_STRING_length(value) == BLOCK_BYTES;
	return good ? ASN1_STRING_get0_data(value) : NULL;
}

static bool modern_as_wanted(const struct package_keys *k, const X509_ALGOR *how)
{
	PBE2PARAM *p = is(how, NID_pbes2) ? parameter(how, ASN1_ITEM_rptr(PBE2PARAM)) : NULL;
	bool good = p && pbkdf2_as_wanted(k, p->keyfunc) && aes_iv(p->encryption);
	PBE2PARAM_free(p);
	return good;
}

static bool modern_decrypt(const struct package_keys *k, const X509_ALGOR *how, const ASN1_OCTET_STRING *closed,
			   struct buf *plain)
{
	PBE2PARAM *p = parameter(how, ASN1_ITEM_rptr(PBE2PARAM));
	const uint8_t *iv = p ? aes_iv(p->encryption) : NULL;
	size_t len = (size_t)ASN1_STRING_length(closed);
	uint8_t *room = buf_room(plain, len + BLOCK_BYTES);
	int n = 0;
	bool good = iv && room && aes(k, iv, 0, ASN1_STRING_get0_data(closed), len, room, &n);
	plain->len = good ? (size_t)n : 0;
	PBE2PARAM_free(p);
	return good;
}

/* compatible: PBE-SHA1-3DES (RFC 7292 appendix C). Its IV is derived from the salt: each use has a salt of its own. */

static bool compatible_crypt(const struct package_keys *k, const X509_ALGOR *how, const uint8_t *in, size_t len,
			     unsigned char **out, int *out_len, int encrypt)
{
	return PKCS12_pbe_crypt(how, secret_string(k->password), (int)secret_len(k->password), in, (int)len, out,
				out_len, encrypt) != NULL;
}

static bool compatible_encrypt(const struct package_keys *k, const uint8_t *plain, size_t len, X509_ALGOR **how,
			       ASN1_OCTET_STRING **closed)
{
	uint8_t salt[PACKAGE_SALT_BYTES];
	unsigned char *bytes = NULL;
	int n = 0;
	if (random_bytes(salt, sizeof salt) != ERR_OK)
		return false;
	*how = PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, PACKAGE_ROUNDS, salt, sizeof salt);
	*closed = ASN1_OCTET_STRING_new();
	if (!*how || !*closed || !compatible_crypt(k, *how, plain, len, &bytes, &n, 1))
		return false;
	ASN1_STRING_set0(*closed, bytes, n);
	return true;
}

static bool compatible_as_wanted(const struct package_keys *k, const X509_ALGOR *how)
{
	(void)k; /* no salt of the keys is in it */
	PBEPARAM *p = is(how, NID_pbe_WithSHA1And3_Key_TripleDES_CBC) ? parameter(how, ASN1_ITEM_rptr(PBEPARAM)) : NULL;
	bool good = p && ASN1_STRING_length(p->salt) == PACKAGE_SALT_BYTES && rounds_as_wanted(p->iter);
	PBEPARAM_free(p);
	return good;
}

static bool compatible_decrypt(const struct package_keys *k, const X509_ALGOR *how, const ASN1_OCTET_STRING *closed,
			       struct buf *plain)
{
	unsigned char *bytes = NULL;
	int n = 0;
	if (!compatible_crypt(k, how, ASN1_STRING_get0_data(closed), (size_t)ASN1_STRING_length(closed), &bytes, &n, 0))
		return false;
	buf_add(plain, bytes, (size_t)n);
	OPENSSL_clear_free(bytes, (size_t)n);
	return buf_check(plain) == ERR_OK;
}

const struct package_lock package_locks[PACKAGE_ENCODING_COUNT] = {
	[PACKAGE_MODERN] = {.name = "modern",
			    .digest = EVP_sha256,
			    .derives_cipher_key = true,
			    .encrypt = modern_encrypt,
			    .as_wanted = modern_as_wanted,
			    .decrypt = modern_decrypt},
	[PACKAGE_COMPATIBLE] = {.name = "compatible",
				.digest = EVP_sha1,
				.encrypt = compatible_encrypt,
				.as_wanted = compatible_as_wanted,
				.decrypt = compatible_decrypt},
};

/* What a function called before this one has left on the stack. GnuTLS goes about 5 KB deep. */
__attribute__((noinline)) static void wipe_stack(void)
{
	uint8_t below[STACK_BYTES];
	explicit_bzero(below, sizeof below);
}

/* By GnuTLS, which takes half the time for the same rounds: OpenSSL copies contexts in each. It wipes its own, but
 * works on the stack. */
static bool cipher_key_derive(struct package_keys *k)
{
	const gnutls_datum_t password = {(void *)(uintptr_t)secret_peek(k->password),
					 (unsigned)secret_len(k->password)};
	const gnutls_datum_t salt = {k->salt, sizeof k->salt};
	int rc = gnutls_pbkdf2(GNUTLS_MAC_SHA256, &password, &salt, PACKAGE_ROUNDS, k->cipher_key,
			       sizeof k->cipher_key);
	wipe_stack();
	return rc == 0;
}

bool package_keys_derive(const struct package_lock *lock, struct package_keys *k)
{
	const char *password = secret_string(k->password);
	int len = (int)secret_len(k->password);
	if (lock->derives_cipher_key && !cipher_key_derive(k))
		return false;
	return PKCS12_key_gen_utf8(password, len, k->mac_salt, sizeof k->mac_salt, PKCS12_MAC_ID, PACKAGE_ROUNDS,
				   EVP_MD_get_size(lock->digest()), k->mac_key, lock->digest()) == 1;
}

enum err package_keys_new(const struct package_lock *lock, const struct secret *password, struct secret **held,
			  const struct package_keys **keys)
{
	struct secret *s = secret_new(sizeof(struct package_keys));
	if (!s)
		return ERR_MEMORY;
	struct package_keys *k = (struct package_keys *)(void *)secret_bytes(s);
	k->password = password;
	if (random_bytes(k->salt, sizeof k->salt) != ERR_OK ||
	    random_bytes(k->mac_salt, sizeof k->mac_salt) != ERR_OK || !package_keys_derive(lock, k)) {
		secret_free(s);
		return ERR_CRYPTO;
	}
	*held = s;
	*keys = k;
	return ERR_OK;
}

bool package_mac(const struct package_lock *lock, const struct package_keys *k, const uint8_t *bytes, size_t len,
		 uint8_t out[EVP_MAX_MD_SIZE], size_t *out_len)
{
	unsigned n = 0;
	bool good = HMAC(lock->digest(), k->mac_key, EVP_MD_get_size(lock->digest()), bytes, len, out, &n) != NULL;
	*out_len = n;
	return good;
}
