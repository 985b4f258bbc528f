/* The methods of ECDSA and RSA keys are the one way to do this without a provider of our own; OpenSSL 3 calls them
 * deprecated, and still goes by them. */
#include "ca/key_remote.h"

#include "base/secret.h"
#include "ca/crypto_why.h"
#include "ca/key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* What a key of ours carries. */
struct remote {
	const struct key_hand *hand;
	EVP_PKEY *public;
};

static struct {
	EC_KEY_METHOD *ec;
	RSA_METHOD *rsa;
	int ec_index, rsa_index;
	bool made;
} methods;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool digest_take(struct key_digest *d, int algorithm, const uint8_t *bytes, size_t len)
{
	*d = (struct key_digest){.algorithm = algorithm, .len = len};
	if (len == 0 || len > sizeof d->bytes)
		return false;
	memcpy(d->bytes, bytes, len);
	return true;
}

static EVP_PKEY_CTX *context_of(EVP_PKEY *key, int algorithm, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	const EVP_MD *md = EVP_get_digestbynid(algorithm);
	if (ctx && md && init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	    (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1))
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

enum err key_digest_sign(EVP_PKEY *key, const struct key_digest *digest, struct key_signature *out)
{
	EVP_PKEY_CTX *ctx = context_of(key, digest->algorithm, EVP_PKEY_sign_init);
	out->len = sizeof out->bytes;
	bool done = ctx && EVP_PKEY_sign(ctx, out->bytes, &out->len, digest->bytes, digest->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return done ? ERR_OK : ERR_CRYPTO; /* what the queue says of it is the caller's to read */
}

bool key_digest_verify(EVP_PKEY *public, const struct key_digest *digest, const struct key_signature *s)
{
	EVP_PKEY_CTX *ctx = context_of(public, digest->algorithm, EVP_PKEY_verify_init);
	bool right = ctx && EVP_PKEY_verify(ctx, s->bytes, s->len, digest->bytes, digest->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return right;
}

/* 1 for a signature that is the key's. */
static int sign(const struct remote *r, const struct key_digest *digest, uint8_t *out, unsigned *out_len)
{
	struct key_signature s = {.len = 0};
	size_t most = r ? (size_t)EVP_PKEY_get_size(r->public) : 0; /* a copy has no hand */
	if (!r || r->hand->sign(r->hand->ctx, digest, &s) || s.len == 0 || s.len > most ||
	    !key_digest_verify(r->public, digest, &s))
		return 0;
	memcpy(out, s.bytes, s.len);
	*out_len = (unsigned)s.len;
	return 1;
}

/* ECDSA hands over no algorithm: its length tells it, for we sign by two only. */
static int sign_ec(int type, const unsigned char *bytes, int len, unsigned char *out, unsigned *out_len,
		   const BIGNUM *kinv, const BIGNUM *r, EC_KEY *key)
{
	struct key_digest d;
	(void)type, (void)kinv, (void)r;
	return len > 0 && digest_take(&d, len == 48 ? NID_sha384 : NID_sha256, bytes, (size_t)len) &&
	       sign(EC_KEY_get_ex_data(key, methods.ec_index), &d, out, out_len);
}

static int sign_rsa(int algorithm, const unsigned char *bytes, unsigned len, unsigned char *out, unsigned *out_len,
		    const RSA *key)
{
	struct key_digest d;
	return digest_take(&d, algorithm, bytes, len) &&
	       sign(RSA_get_ex_data(key, methods.rsa_index), &d, out, out_len);
}

static void remote_free(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	struct remote *r = data;
	(void)parent, (void)ad, (void)index, (void)argl, (void)argp;
	if (r)
		EVP_PKEY_free(r->public);
	OPENSSL_free(r);
}

/* What is made of a copy of the key's members is no copy of its hand. */
static int remote_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **data, int index, long argl, void *argp)
{
	(void)to, (void)from, (void)index, (void)argl, (void)argp;
	*data = NULL;
	return 1;
}

static void methods_make(void)
{
	methods.ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	methods.rsa = RSA_meth_dup(RSA_get_default_method());
	methods.ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, remote_dup, remote_free);
	methods.rsa_index = RSA_get_ex_new_index(0, NULL, NULL, remote_dup, remote_free);
	methods.made = methods.ec && methods.rsa && methods.ec_index >= 0 && methods.rsa_index >= 0 &&
		       RSA_meth_set_sign(methods.rsa, sign_rsa) == 1;
	if (methods.ec)
		EC_KEY_METHOD_set_sign(methods.ec, sign_ec, NULL, NULL);
}

static bool assign_ec(EVP_PKEY *key, const EC_KEY *public, struct remote *r)
{
	EC_KEY *own = public ? EC_KEY_dup(public) : NULL;
	if (own && EC_KEY_set_method(own, methods.ec) == 1 && EVP_PKEY_assign_EC_KEY(key, own) == 1)
		return EC_KEY_set_ex_data(own, methods.ec_index, r) == 1;
	EC_KEY_free(own);
	return false;
}

static bool assign_rsa(EVP_PKEY *key, const RSA *public, struct remote *r)
{
	RSA *own = public ? RSAPublicKey_dup(public) : NULL;
	if (own && RSA_set_method(own, methods.rsa) == 1 && EVP_PKEY_assign_RSA(key, own) == 1)
		return RSA_set_ex_data(own, methods.rsa_index, r) == 1;
	RSA_free(own);
	return false;
}

static bool assign(EVP_PKEY *key, struct remote *r)
{
	if (EVP_PKEY_is_a(r->public, "RSA") == 1)
		return assign_rsa(key, EVP_PKEY_get0_RSA(r->public), r);
	return EVP_PKEY_is_a(r->public, "EC") == 1 && assign_ec(key, EVP_PKEY_get0_EC_KEY(r->public), r);
}

enum err key_remote_new(const EVP_PKEY *public, const struct key_hand *hand, EVP_PKEY **out)
{
	EVP_PKEY *key = EVP_PKEY_new();
	struct remote *r = OPENSSL_zalloc(sizeof *r);
	pthread_once(&once, methods_make);
	if (r)
		*r = (struct remote){.hand = hand, .public = key_public_half(public)};
	if (methods.made && key && r && r->public && assign(key, r)) {
		*out = key;
		return ERR_OK;
	}
	if (r)
		EVP_PKEY_free(r->public);
	OPENSSL_free(r);
	EVP_PKEY_free(key);
	return crypto_why(NULL, ERR_REFUSED, "key");
}

enum err key_digest_random(struct key_digest *out)
{
	*out = (struct key_digest){.algorithm = NID_sha256, .len = 32};
	return random_bytes(out->bytes, out->len);
}

enum err key_remote_try(EVP_PKEY *key, struct errbuf *why)
{
	struct key_signature s;
	struct key_digest d;
	enum err rc = key_digest_random(&d);
	if (!rc)
		rc = key_digest_sign(key, &d, &s);
	return rc ? crypto_why(why, ERR_CRYPTO, "the key does not sign, or it is another one") : ERR_OK;
}
