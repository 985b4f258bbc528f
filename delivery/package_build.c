#include "delivery/package_lock.h"

#include <openssl/sha.h>
#include <string.h>

struct build {
	const struct package_lock *lock;
	const struct package_keys *keys;
	const struct package_parts *parts;
	uint8_t key_id[SHA_DIGEST_LENGTH];
};

static bool name_bag(const struct build *b, PKCS12_SAFEBAG *bag)
{
	uint8_t id[SHA_DIGEST_LENGTH];
	memcpy(id, b->key_id, sizeof id);
	return PKCS12_add_localkeyid(bag, id, sizeof id) == 1 &&
	       (!b->parts->friendly_name || PKCS12_add_friendlyname_utf8(bag, b->parts->friendly_name, -1) == 1);
}

/* Takes the bag, also when it fails. */
static bool push(STACK_OF(PKCS12_SAFEBAG) *bags, PKCS12_SAFEBAG *bag)
{
	if (bags && bag && sk_PKCS12_SAFEBAG_push(bags, bag) > 0)
		return true;
	PKCS12_SAFEBAG_free(bag);
	return false;
}

static PKCS12_SAFEBAG *shrouded_key(const struct build *b, const struct buf *key_info)
{
	X509_ALGOR *how = NULL, *place = NULL;
	ASN1_OCTET_STRING *closed = NULL, *bytes = NULL;
	PKCS12_SAFEBAG *bag = NULL;
	X509_SIG *sig = X509_SIG_new();
	if (sig && b->lock->encrypt(b->keys, key_info->data, key_info->len, &how, &closed)) {
		X509_SIG_getm(sig, &place, &bytes);
		if (X509_ALGOR_copy(place, how) == 1 && ASN1_STRING_copy(bytes, closed) == 1)
			bag = PKCS12_SAFEBAG_create0_pkcs8(sig);
	}
	if (!bag)
		X509_SIG_free(sig);
	X509_ALGOR_free(how);
	ASN1_OCTET_STRING_free(closed);
	return bag;
}

static PKCS7 *key_safe(const struct build *b, const struct buf *key_info)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	PKCS7 *safe = NULL;
	if (push(bags, shrouded_key(b, key_info)) && name_bag(b, sk_PKCS12_SAFEBAG_value(bags, 0)))
		safe = PKCS12_pack_p7data(bags);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return safe;
}

static STACK_OF(PKCS12_SAFEBAG) *certificate_bags(const struct build *b)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	bool good = push(bags, PKCS12_SAFEBAG_create_cert(b->parts->certificate)) &&
		    name_bag(b, sk_PKCS12_SAFEBAG_value(bags, 0));
	for (size_t i = 0; good && i < b->parts->chain_count; i++)
		good = push(bags, PKCS12_SAFEBAG_create_cert(b->parts->chain[i]));
	if (good)
		return bags;
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return NULL;
}

/* Encrypted data (RFC 2315 section 13) around bytes closed already; takes both when it succeeds. */
static PKCS7 *encrypted_data(X509_ALGOR *how, ASN1_OCTET_STRING *closed)
{
	PKCS7 *p7 = PKCS7_new();
	if (!p7 || PKCS7_set_type(p7, NID_pkcs7_encrypted) != 1) {
		PKCS7_free(p7);
		return NULL;
	}
	PKCS7_ENC_CONTENT *content = p7->d.encrypted->enc_data;
	X509_ALGOR_free(content->algorithm);
	ASN1_OCTET_STRING_free(content->enc_data);
	content->algorithm = how;
	content->enc_data = closed;
	return p7;
}

static PKCS7 *certificate_safe(const struct build *b)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = certificate_bags(b);
	X509_ALGOR *how = NULL;
	ASN1_OCTET_STRING *closed = NULL;
	unsigned char *der = NULL;
	PKCS7 *safe = NULL;
	int len = bags ? ASN1_item_i2d((ASN1_VALUE *)bags, &der, ASN1_ITEM_rptr(PKCS12_SAFEBAGS)) : 0;
	if (len > 0 && b->lock->encrypt(b->keys, der, (size_t)len, &how, &closed))
		safe = encrypted_data(how, closed);
	if (!safe) {
		X509_ALGOR_free(how);
		ASN1_OCTET_STRING_free(closed);
	}
	OPENSSL_free(der);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return safe;
}

/* Certificates first, then the key, as other programs write it. */
static STACK_OF(PKCS7) *both_safes(const struct build *b, const struct buf *key_info)
{
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	PKCS7 *certificates = certificate_safe(b), *key = key_safe(b, key_info);
	if (safes && certificates && key && sk_PKCS7_reserve(safes, 2) == 1) {
		(void)sk_PKCS7_push(safes, certificates);
		(void)sk_PKCS7_push(safes, key);
		return safes;
	}
	PKCS7_free(certificates);
	PKCS7_free(key);
	sk_PKCS7_free(safes);
	return NULL;
}

static bool set_mac(const struct build *b, PKCS12 *p12, const STACK_OF(PKCS7) *safes)
{
	uint8_t mac[EVP_MAX_MD_SIZE], salt[PACKAGE_SALT_BYTES];
	size_t mac_len = 0;
	unsigned char *der = NULL;
	const ASN1_OCTET_STRING *place = NULL;
	int len = ASN1_item_i2d((const ASN1_VALUE *)safes, &der, ASN1_ITEM_rptr(PKCS12_AUTHSAFES));
	memcpy(salt, b->keys->mac_salt, sizeof salt);
	bool good = len > 0 && package_mac(b->lock, b->keys, der, (size_t)len, mac, &mac_len) &&
		    PKCS12_setup_mac(p12, PACKAGE_ROUNDS, salt, sizeof salt, b->lock->digest()) == 1;
	if (good)
		PKCS12_get0_mac(&place, NULL, NULL, NULL, p12);
	/* OpenSSL has no setter for a MAC made elsewhere; PKCS12_set_mac would derive the key once more. */
	good = good && place && ASN1_OCTET_STRING_set((ASN1_OCTET_STRING *)(uintptr_t)place, mac, (int)mac_len) == 1;
	OPENSSL_free(der);
	return good;
}

enum err package_build(const struct package_lock *lock, const struct package_keys *k, const struct package_parts *parts,
		       const struct buf *key_info, struct buf *der)
{
	struct build b = {.lock = lock, .keys = k, .parts = parts};
	enum err rc = ERR_CRYPTO;
	STACK_OF(PKCS7) *safes = NULL;
	PKCS12 *p12 = NULL;
	unsigned char *bytes = NULL;
	int len = 0;
	if (X509_digest(parts->certificate, EVP_sha1(), b.key_id, NULL) != 1)
		goto out;
	safes = both_safes(&b, key_info);
	p12 = safes ? PKCS12_add_safes(safes, 0) : NULL;
	if (!p12 || !set_mac(&b, p12, safes))
		goto out;
	len = i2d_PKCS12(p12, &bytes);
	if (len <= 0)
		goto out;
	buf_add(der, bytes, (size_t)len);
	rc = buf_check(der);
out:
	OPENSSL_free(bytes);
	PKCS12_free(p12);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return rc;
}
