#include "ca/request.h"

#include "ca/crypto_why.h"
#include "ca/der_read.h"
#include "ca/key_weak.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

/* The parts of RFC 2986 4; all point into the request. */
struct parts {
	struct der_in whole;       /* CertificationRequestInfo with its tag: what is signed */
	struct der_in key;         /* SubjectPublicKeyInfo with its tag */
	struct der_in algorithm;   /* AlgorithmIdentifier of the key with its tag */
	struct der_in object;      /* the OBJECT IDENTIFIER in it */
	struct der_in point;       /* the key's BIT STRING behind its count of unused bits */
	struct der_in signed_with; /* AlgorithmIdentifier of the signature with its tag */
	struct der_in signature;
};

static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
			       0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t p384[] = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
			       0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
enum { EC_OBJECT_AT = 4, EC_OBJECT_LEN = 7, UNCOMPRESSED = 4 };

/* By the octets of their AlgorithmIdentifier: a curve by explicit parameters is never even read. */
static const struct kind {
	const uint8_t *algorithm;
	size_t len;
	size_t point; /* octets of an uncompressed point; 0: RSA */
	const char *curve;
} kinds[] = {{rsa, sizeof rsa, 0, NULL}, {p256, sizeof p256, 65, "prime256v1"}, {p384, sizeof p384, 97, "secp384r1"}};

/* RFC 4055 5 and RFC 5758 3.2 */
#define RSA_WITH(last) {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, (last), 0x05, 0x00}, 15, false
#define ECDSA_WITH(last) {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (last)}, 12, true
static const struct algorithm {
	uint8_t der[15];
	size_t len;
	bool ec;
	const EVP_MD *(*digest)(void);
} algorithms[] = {
	{RSA_WITH(0x0b), EVP_sha256},  {RSA_WITH(0x0c), EVP_sha384},  {RSA_WITH(0x0d), EVP_sha512},
	{ECDSA_WITH(0x02), EVP_sha256}, {ECDSA_WITH(0x03), EVP_sha384}, {ECDSA_WITH(0x04), EVP_sha512},
};

/* The next value with its tag and length; the reader goes on behind it. */
static struct der_in whole_take(struct der_in *in, enum der_tag tag, struct der_in *content)
{
	const uint8_t *from = in->at;
	*content = der_in_take(in, tag);
	return content->bad ? *content : der_in_begin(from, (size_t)(content->at + content->left - from));
}

/* A BIT STRING of whole octets. */
static struct der_in octets_take(struct der_in *in)
{
	struct der_in bits = der_in_take(in, DER_BIT_STRING);
	if (bits.left == 0 || bits.at[0] != 0)
		in->bad = bits.bad = true;
	else
		bits = der_in_begin(bits.at + 1, bits.left - 1);
	return bits;
}

static bool key_split(struct der_in *in, struct parts *p)
{
	struct der_in content, parameters;
	p->key = whole_take(in, DER_SEQUENCE, &content);
	p->algorithm = whole_take(&content, DER_SEQUENCE, &parameters);
	p->object = der_in_take(&parameters, DER_OBJECT);
	p->point = octets_take(&content);
	return der_in_end(&content) == ERR_OK;
}

static bool info_split(struct der_in info, struct parts *p)
{
	struct der_in version = der_in_integer(&info);
	bool first = version.left == 1 && version.at[0] == 0;
	(void)der_in_take(&info, DER_SEQUENCE); /* the name that is wished for */
	bool key = key_split(&info, p);
	if (der_in_is(&info, DER_CONTEXT_0_CONSTRUCTED)) /* RFC 2986 wants it; some leave it out when it is empty */
		der_in_skip(&info);
	return first && key && der_in_end(&info) == ERR_OK;
}

static enum err split(const void *der, size_t len, struct parts *p, struct errbuf *why)
{
	struct der_in in = der_in_begin(der, len), info, parameters;
	struct der_in request = der_in_take(&in, DER_SEQUENCE);
	p->whole = whole_take(&request, DER_SEQUENCE, &info);
	p->signed_with = whole_take(&request, DER_SEQUENCE, &parameters);
	p->signature = octets_take(&request);
	if (der_in_end(&request) || der_in_end(&in) || !info_split(info, p))
		return fail(why, ERR_MALFORMED, "this is not a certificate request: PKCS#10 in DER, whole and nothing behind it");
	return ERR_OK;
}

static bool same(const struct der_in *a, const void *bytes, size_t len)
{
	return !a->bad && a->at && a->left == len && memcmp(a->at, bytes, len) == 0;
}

static enum err kind_check(const struct parts *p, const struct kind **out, struct errbuf *why)
{
	const struct kind *k = NULL;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !k; i++)
		if (same(&p->algorithm, kinds[i].algorithm, kinds[i].len))
			k = &kinds[i];
	if (!k && same(&p->object, p256 + EC_OBJECT_AT, EC_OBJECT_LEN))
		return fail(why, ERR_REFUSED, "the key's curve is not P-256 or P-384, said by its name");
	if (!k)
		return fail(why, ERR_REFUSED, "the key is not RSA, P-256 or P-384");
	if (k->point && (p->point.left != k->point || p->point.at[0] != UNCOMPRESSED))
		return fail(why, ERR_REFUSED, "the key is not an uncompressed point of its curve");
	*out = k;
	return ERR_OK;
}

/* RFC 8017 A.1.1: two positive numbers, and nothing more. */
static bool rsa_numbers(struct der_in key, struct der_in *n, struct der_in *e)
{
	struct der_in numbers = der_in_take(&key, DER_SEQUENCE);
	*n = der_in_integer(&numbers);
	*e = der_in_integer(&numbers);
	return der_in_end(&numbers) == ERR_OK && der_in_end(&key) == ERR_OK && !(n->at[0] & 0x80) && !(e->at[0] & 0x80);
}

static OSSL_PARAM *rsa_params(const struct der_in *n, const struct der_in *e)
{
	OSSL_PARAM *params = NULL;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = BN_bin2bn(n->at, (int)n->left, NULL), *exponent = BN_bin2bn(e->at, (int)e->left, NULL);
	if (builder && modulus && exponent && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		params = OSSL_PARAM_BLD_to_param(builder);
	BN_free(modulus);
	BN_free(exponent);
	OSSL_PARAM_BLD_free(builder);
	return params;
}

static EVP_PKEY *key_of(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* By its numbers, or by its curve's name and point: the library's decoder of keys would cost seven times as much, and take
 * more than one encoding. One key, one encoding: by another one it would pass for a key that nobody has seen. */
static enum err key_take(const struct parts *p, const struct kind *k, EVP_PKEY **out, struct errbuf *why)
{
	struct der_in n, e;
	if (k->point) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)k->curve, 0),
			OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)p->point.at, p->point.left),
			OSSL_PARAM_construct_end()};
		*out = key_of("EC", params);
		return *out ? ERR_OK : crypto_why(why, ERR_REFUSED, "the key cannot be read, or is not a point of its curve");
	}
	if (!rsa_numbers(p->point, &n, &e))
		return fail(why, ERR_REFUSED, "the RSA key is not two positive numbers in the one form that DER gives them");
	OSSL_PARAM *params = rsa_params(&n, &e);
	*out = key_of("RSA", params);
	OSSL_PARAM_free(params);
	return *out ? ERR_OK : crypto_why(why, ERR_REFUSED, "the RSA key cannot be read");
}

static enum err possession_check(const struct parts *p, EVP_PKEY *key, struct errbuf *why)
{
	const struct algorithm *a = NULL;
	bool ec = EVP_PKEY_is_a(key, "EC") == 1;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms && !a; i++)
		if (algorithms[i].ec == ec && same(&p->signed_with, algorithms[i].der, algorithms[i].len))
			a = &algorithms[i];
	if (!a)
		return fail(why, ERR_REFUSED, "the request is not signed with SHA-256, SHA-384 or SHA-512 and %s",
			    ec ? "ECDSA" : "RSA (PKCS#1 1.5)");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int right = ctx && EVP_DigestVerifyInit(ctx, NULL, a->digest(), NULL, key) == 1
			    ? EVP_DigestVerify(ctx, p->signature.at, p->signature.left, p->whole.at, p->whole.left)
			    : -1;
	EVP_MD_CTX_free(ctx);
	if (right == 1)
		return ERR_OK;
	return crypto_why(why, ERR_REFUSED, "the request is not signed by its own key: nothing shows that its sender has it");
}

static bool hash_of(const struct der_in *bytes, uint8_t out[KEY_HASH_BYTES])
{
	return EVP_Digest(bytes->at, bytes->left, out, NULL, EVP_sha256(), NULL) == 1;
}

enum err request_read(const void *der, size_t len, struct certificate_request *out, struct errbuf *why)
{
	struct parts p = {.whole = {.bad = true}};
	struct certificate_request r = {.key = NULL};
	const struct kind *k = NULL;
	if (len > REQUEST_MAX_BYTES)
		return fail(why, ERR_TOO_LARGE, "a certificate request has at most %d bytes, this one %zu", REQUEST_MAX_BYTES, len);
	enum err rc = split(der, len, &p, why);
	if (!rc)
		rc = kind_check(&p, &k, why);
	if (!rc)
		rc = k ? key_take(&p, k, &r.key, why) : ERR_INTERNAL;
	if (!rc)
		rc = key_own_check(r.key, &key_own_any, why);
	if (!rc)
		rc = possession_check(&p, r.key, why);
	if (!rc)
		rc = key_weak_check(r.key, why);
	if (!rc && (EVP_Digest(der, len, r.hash, NULL, EVP_sha256(), NULL) != 1 || !hash_of(&p.key, r.key_hash)))
		rc = crypto_why(why, ERR_CRYPTO, "the request's hash");
	if (rc)
		request_clear(&r);
	else
		*out = r;
	return rc;
}

void request_clear(struct certificate_request *r)
{
	EVP_PKEY_free(r->key);
	*r = (struct certificate_request){.key = NULL};
}

static bool is_request(const char *label)
{
	return strcmp(label, PEM_STRING_X509_REQ) == 0 || strcmp(label, PEM_STRING_X509_REQ_OLD) == 0;
}

enum err request_to_der(const void *text, size_t len, struct buf *out, struct errbuf *why)
{
	char *label = NULL, *header = NULL;
	uint8_t *der = NULL;
	long der_len = 0;
	if (len > REQUEST_MAX_BYTES)
		return fail(why, ERR_TOO_LARGE, "a certificate request has at most %d bytes, this one %zu", REQUEST_MAX_BYTES, len);
	if (len > 0 && *(const uint8_t *)text == DER_SEQUENCE) {
		buf_add(out, text, len);
		return buf_check(out);
	}
	BIO *bio = len ? BIO_new_mem_buf(text, (int)len) : NULL;
	enum err rc = ERR_MALFORMED;
	if (bio && PEM_read_bio(bio, &label, &header, &der, &der_len) == 1 && is_request(label)) {
		buf_add(out, der, (size_t)der_len);
		rc = buf_check(out);
	} else {
		rc = crypto_why(why, ERR_MALFORMED, "this is neither DER nor a PEM block CERTIFICATE REQUEST");
	}
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, (size_t)der_len); /* it may have been a key */
	BIO_free(bio);
	return rc;
}
