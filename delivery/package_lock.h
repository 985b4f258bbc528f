/* package_lock: how the bytes of a package are closed and opened again under its password; one row an encoding. Only
 * for package*.c.
 *
 * The slow derivations run once a package: the keys are kept (locked memory, wiped) from the making to the checking. */
#ifndef DELIVERY_PACKAGE_LOCK_H
#define DELIVERY_PACKAGE_LOCK_H

#include "delivery/package.h"

#include <openssl/pkcs12.h>
#include <stdbool.h>

enum { PACKAGE_SALT_BYTES = 8 };

struct package_keys {
	uint8_t salt[PACKAGE_SALT_BYTES];     /* modern: shared by both PBES2 uses, whose IVs differ */
	uint8_t mac_salt[PACKAGE_SALT_BYTES];
	uint8_t cipher_key[32];               /* modern only */
	uint8_t mac_key[32];                  /* as long as the digest */
	const struct secret *password;        /* borrowed */
};

struct package_lock {
	const char *name;
	const EVP_MD *(*digest)(void); /* of the MAC */
	bool derives_cipher_key;
	/* Close: *how and *closed are the caller's to free. */
	bool (*encrypt)(const struct package_keys *k, const uint8_t *plain, size_t len, X509_ALGOR **how,
			ASN1_OCTET_STRING **closed);
	/* Scheme, cipher, derivation, rounds and salt are exactly those of package.h. */
	bool (*as_wanted)(const struct package_keys *k, const X509_ALGOR *how);
	bool (*decrypt)(const struct package_keys *k, const X509_ALGOR *how, const ASN1_OCTET_STRING *closed,
			struct buf *plain);
};

extern const struct package_lock package_locks[PACKAGE_ENCODING_COUNT];

/* Fresh salts and their keys, in *held. */
enum err package_keys_new(const struct package_lock *lock, const struct secret *password, struct secret **held,
			  const struct package_keys **keys) MUST_CHECK;
/* The keys for the salts that stand in k. */
bool package_keys_derive(const struct package_lock *lock, struct package_keys *k) MUST_CHECK;
bool package_mac(const struct package_lock *lock, const struct package_keys *k, const uint8_t *bytes, size_t len,
		 uint8_t out[EVP_MAX_MD_SIZE], size_t *out_len) MUST_CHECK;

/* package_build.c: the DER, without any check. `key_info` is the key's PKCS#8 (PrivateKeyInfo) in DER. */
enum err package_build(const struct package_lock *lock, const struct package_keys *k, const struct package_parts *parts,
		       const struct buf *key_info, struct buf *der) MUST_CHECK;
/* package_open.c: read the DER again and compare everything with what it was to hold. */
enum err package_check(const struct package_lock *lock, const struct package_keys *k, const struct package_parts *parts,
		       const struct buf *key_info, const struct buf *der, struct errbuf *why) MUST_CHECK;

#endif
