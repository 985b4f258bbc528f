/* package: a private key, its certificate and the chain as PKCS#12 (RFC 7292) under a password.
 *
 * modern:     PBES2, AES-256-CBC, PBKDF2-HMAC-SHA-256, MAC HMAC-SHA-256, 8-byte salts, 2,048 rounds.
 * compatible: PBE-SHA1-3DES with a SHA-1 MAC, 2,048 rounds, for Windows Server 2016, old macOS, Java 8. Never RC2.
 * The password is used exactly as shown, hyphens included. The key's bag and its certificate's carry friendlyName (the
 * client's display name) and localKeyID (SHA-1 of the certificate, as peers expect); the chain's bags carry neither,
 * for some programs take a name there as the user's own certificate. */
#ifndef DELIVERY_PACKAGE_H
#define DELIVERY_PACKAGE_H

#include "base/buf.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum package_encoding { PACKAGE_MODERN, PACKAGE_COMPATIBLE, PACKAGE_ENCODING_COUNT };
enum { PACKAGE_MAX_BYTES = 32768, PACKAGE_ROUNDS = 2048 };

const char *package_encoding_name(enum package_encoding e); /* "modern", "compatible" */
enum err package_encoding_from_name(const char *name, enum package_encoding *out) MUST_CHECK;

struct package_parts {
	EVP_PKEY *key;
	X509 *certificate;
	X509 *const *chain; /* issuing CA first, then the root */
	size_t chain_count;
	const char *friendly_name; /* UTF-8, or NULL for none */
};

/* Append the DER to out. ERR_INVALID when key and certificate do not belong together. Before it is kept it is opened
 * again with the password's keys, its parameters are checked to be exactly those above, and key, certificate and chain
 * are compared: ERR_CRYPTO and nothing appended when they differ. */
enum err package_make(const struct package_parts *parts, enum package_encoding encoding, const struct secret *password,
		      struct buf *out, struct errbuf *why) MUST_CHECK;

#endif
