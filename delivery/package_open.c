#include "delivery/package_lock.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

struct check {
	const struct package_lock *lock;
	const struct package_keys *keys;
	const struct package_parts *parts;
	const struct buf *key_info;
	const struct buf *der;
};

/* The bytes under the MAC: the content of the authenticated safe (RFC 7292 section 4), which PKCS12 does not lend. */
static PKCS7 *authenticated_safe(const struct buf *der)
{
	const unsigned char *p = der->data;
	long inner = 0;
	int tag = 0, class = 0;
	int form = ASN1_get_object(&p, &inner, &tag, &class, (long)der->len);
	if (form != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || p + inner != der->data + der->len)
		return NULL;
	ASN1_INTEGER *version = d2i_ASN1_INTEGER(NULL, &p, inner);
	int64_t v = 0;
	bool three = version && ASN1_INTEGER_get_int64(&v, version) == 1 && v == 3;
	ASN1_INTEGER_free(version);
	PKCS7 *p7 = three ? d2i_PKCS7(NULL, &p, (long)(der->data + der->len - p)) : NULL;
	if (p7 && PKCS7_type_is_data(p7) && p7->d.data)
		return p7;
	PKCS7_free(p7);
	return NULL;
}

static bool mac_kind_is_wanted(const struct check *c, const X509_ALGOR *how, const ASN1_OCTET_STRING *salt,
			       const ASN1_INTEGER *rounds)
{
	const ASN1_OBJECT *digest = NULL;
	int parameters = V_ASN1_UNDEF;
	int64_t n = 0;
	X509_ALGOR_get0(&digest, &parameters, NULL, how);
	return OBJ_obj2nid(digest) == EVP_MD_get_type(c->lock->digest()) && parameters == V_ASN1_NULL &&
	       ASN1_STRING_length(salt) == PACKAGE_SALT_BYTES &&
	       memcmp(ASN1_STRING_get0_data(salt), c->keys->mac_salt, PACKAGE_SALT_BYTES) == 0 &&
	       ASN1_INTEGER_get_int64(&n, rounds) == 1 && n == PACKAGE_ROUNDS;
}

static const char *check_mac(const struct check *c, const PKCS12 *p12)
{
	const ASN1_OCTET_STRING *mac = NULL, *salt = NULL;
	const X509_ALGOR *how = NULL;
	const ASN1_INTEGER *rounds = NULL; /* absent when it is 1 */
	uint8_t wanted[EVP_MAX_MD_SIZE];
	size_t len = 0;
	PKCS12_get0_mac(&mac, &how, &salt, &rounds, p12);
	if (!mac || !rounds || !mac_kind_is_wanted(c, how, salt, rounds))
		return "its MAC is not of the kind that was wanted";
	PKCS7 *safe = authenticated_safe(c->der);
	bool good = safe && package_mac(c->lock, c->keys, ASN1_STRING_get0_data(safe->d.data),
					(size_t)ASN1_STRING_length(safe->d.data), wanted, &len) &&
		    (size_t)ASN1_STRING_length(mac) == len &&
		    CRYPTO_memcmp(ASN1_STRING_get0_data(mac), wanted, len) == 0;
	PKCS7_free(safe);
	return good ? NULL : "its MAC is wrong";
}

/* What stands in a bag behind its own tag and length; *bytes is to be freed. */
static const unsigned char *bag_content(const PKCS12_SAFEBAG *bag, unsigned char **bytes, size_t *len)
{
	int all = bag ? i2d_PKCS12_SAFEBAG(bag, bytes) : 0, tag = 0, class = 0;
	const unsigned char *p = *bytes;
	long inner = 0;
	if (all <= 0 || ASN1_get_object(&p, &inner, &tag, &class, all) != V_ASN1_CONSTRUCTED)
		return NULL;
	*len = (size_t)inner;
	return p;
}

/* Byte for byte what a bag of this certificate is, and behind it at most attributes. To read the certificate out of the
 * bag would decode its key too, which costs as much as a signature. */
static bool bag_is(const PKCS12_SAFEBAG *bag, X509 *wanted)
{
	PKCS12_SAFEBAG *alone = PKCS12_SAFEBAG_create_cert(wanted);
	unsigned char *a = NULL, *b = NULL;
	size_t had_len = 0, len = 0;
	const unsigned char *had = bag_content(bag, &a, &had_len), *content = bag_content(alone, &b, &len);
	bool same = had && content && len > 0 && had_len >= len && memcmp(had, content, len) == 0;
	OPENSSL_free(a);
	OPENSSL_free(b);
	PKCS12_SAFEBAG_free(alone);
	return same;
}

/* localKeyID ties the key to its certificate in other programs; friendlyName is what they show. */
static bool bag_is_named(const struct check *c, PKCS12_SAFEBAG *bag)
{
	const ASN1_TYPE *id = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
	uint8_t wanted[SHA_DIGEST_LENGTH];
	if (X509_digest(c->parts->certificate, EVP_sha1(), wanted, NULL) != 1 || !id ||
	    id->type != V_ASN1_OCTET_STRING || ASN1_STRING_length(id->value.octet_string) != sizeof wanted ||
	    memcmp(ASN1_STRING_get0_data(id->value.octet_string), wanted, sizeof wanted) != 0)
		return false;
	char *name = PKCS12_get_friendlyname(bag);
	bool good = c->parts->friendly_name ? name && strcmp(name, c->parts->friendly_name) == 0 : !name;
	OPENSSL_free(name);
	return good;
}

static bool bags_are_wanted(const struct check *c, const STACK_OF(PKCS12_SAFEBAG) *bags)
{
	bool good = sk_PKCS12_SAFEBAG_num(bags) == (int)c->parts->chain_count + 1 &&
		    bag_is(sk_PKCS12_SAFEBAG_value(bags, 0), c->parts->certificate) &&
		    bag_is_named(c, sk_PKCS12_SAFEBAG_value(bags, 0));
	for (size_t i = 0; good && i < c->parts->chain_count; i++)
		good = bag_is(sk_PKCS12_SAFEBAG_value(bags, (int)i + 1), c->parts->chain[i]);
	return good;
}

static const char *check_certificates(const struct check *c, const PKCS7 *safe)
{
	struct buf plain = BUF_INIT(PACKAGE_MAX_BYTES);
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	const char *fault = "its certificates are not encrypted as was wanted";
	const PKCS7_ENC_CONTENT *content = PKCS7_type_is_encrypted(safe) ? safe->d.encrypted->enc_data : NULL;
	if (!content || !content->enc_data || !c->lock->as_wanted(c->keys, content->algorithm))
		goto out;
	fault = "its certificates cannot be decrypted";
	if (!c->lock->decrypt(c->keys, content->algorithm, content->enc_data, &plain))
		goto out;
	const unsigned char *p = plain.data;
	bags = (STACK_OF(PKCS12_SAFEBAG) *)ASN1_item_d2i(NULL, &p, (long)plain.len, ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
	fault = "its certificates are not those that were put in";
	if (bags && p == plain.data + plain.len && bags_are_wanted(c, bags))
		fault = NULL;
out:
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	buf_free(&plain);
	return fault;
}

/* PKCS#8 of a P-256 key (RFC 5958, RFC 5915): its algorithm, the private number, the public point. */
enum { P256_BYTES = 32, P256_POINT_BYTES = 1 + 2 * P256_BYTES };
static const uint8_t p256_head[] = {
	0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
	0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t p256_middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
enum {
	P256_MIDDLE = sizeof p256_head + P256_BYTES,
	P256_POINT = P256_MIDDLE + sizeof p256_middle,
	P256_KEY_BYTES = P256_POINT + P256_POINT_BYTES
};

static bool is_p256_form(const struct buf *plain)
{
	return plain->len == P256_KEY_BYTES && memcmp(plain->data, p256_head, sizeof p256_head) == 0 &&
	       memcmp(plain->data + P256_MIDDLE, p256_middle, sizeof p256_middle) == 0;
}

static bool p256_is(const struct buf *plain, const EVP_PKEY *wanted)
{
	uint8_t number[P256_BYTES], point[P256_POINT_BYTES];
	size_t len = 0;
	BIGNUM *n = NULL;
	bool same = is_p256_form(plain) && EVP_PKEY_get_bn_param(wanted, OSSL_PKEY_PARAM_PRIV_KEY, &n) == 1 &&
		    BN_bn2binpad(n, number, sizeof number) == sizeof number &&
		    EVP_PKEY_get_octet_string_param(wanted, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) == 1 &&
		    len == sizeof point &&
		    CRYPTO_memcmp(plain->data + sizeof p256_head, number, sizeof number) == 0 &&
		    memcmp(plain->data + P256_POINT, point, sizeof point) == 0;
	BN_clear_free(n);
	explicit_bzero(number, sizeof number);
	return same;
}

/* All bytes, the secret ones too, and then as another program would read them. OpenSSL's own reader takes longer over a
 * P-256 key than it took to make it, so that form is read here. */
static bool key_is_wanted(const struct check *c, const struct buf *plain)
{
	if (plain->len != c->key_info->len || CRYPTO_memcmp(plain->data, c->key_info->data, plain->len) != 0)
		return false;
	if (EVP_PKEY_is_a(c->parts->key, "EC") && EVP_PKEY_get_bits(c->parts->key) == 8 * P256_BYTES)
		return p256_is(plain, c->parts->key);
	const unsigned char *p = plain->data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)plain->len);
	EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;
	bool same = key && EVP_PKEY_eq(key, c->parts->key) == 1;
	EVP_PKEY_free(key);
	PKCS8_PRIV_KEY_INFO_free(info);
	return same;
}

static const char *check_shrouded(const struct check *c, const PKCS12_SAFEBAG *bag)
{
	struct buf plain = BUF_INIT(PACKAGE_MAX_BYTES);
	const X509_ALGOR *how = NULL;
	const ASN1_OCTET_STRING *closed = NULL;
	const char *fault = NULL;
	X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &how, &closed);
	if (!c->lock->as_wanted(c->keys, how))
		fault = "its key is not encrypted as was wanted";
	else if (!c->lock->decrypt(c->keys, how, closed, &plain))
		fault = "its key cannot be decrypted";
	else if (!key_is_wanted(c, &plain))
		fault = "its key is not the one that was put in";
	buf_free(&plain);
	return fault;
}

static const char *check_key(const struct check *c, const PKCS7 *safe)
{
	STACK_OF(PKCS12_SAFEBAG) *bags =
	    PKCS7_type_is_data(safe) ? PKCS12_unpack_p7data((PKCS7 *)(uintptr_t)safe) : NULL;
	PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_num(bags) == 1 ? sk_PKCS12_SAFEBAG_value(bags, 0) : NULL;
	const char *fault = "it does not hold one key";
	if (bag && PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag && bag_is_named(c, bag))
		fault = check_shrouded(c, bag);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return fault;
}

static const char *check_all(const struct check *c)
{
	const unsigned char *p = c->der->data;
	const char *fault = "it cannot be parsed";
	STACK_OF(PKCS7) *safes = NULL;
	PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)c->der->len);
	if (!p12 || p != c->der->data + c->der->len)
		goto out;
	if ((fault = check_mac(c, p12)))
		goto out;
	safes = PKCS12_unpack_authsafes(p12);
	fault = "it does not hold two safes";
	if (!safes || sk_PKCS7_num(safes) != 2)
		goto out;
	if ((fault = check_certificates(c, sk_PKCS7_value(safes, 0))))
		goto out;
	fault = check_key(c, sk_PKCS7_value(safes, 1));
out:
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(p12);
	return fault;
}

enum err package_check(const struct package_lock *lock, const struct package_keys *k, const struct package_parts *parts,
		       const struct buf *key_info, const struct buf *der, struct errbuf *why)
{
	struct check c = {.lock = lock, .keys = k, .parts = parts, .key_info = key_info, .der = der};
	const char *fault = check_all(&c);
	return fault ? fail(why, ERR_CRYPTO, "the package, opened again: %s", fault) : ERR_OK;
}
