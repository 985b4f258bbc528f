/* pkcs12: a hostile PKCS#12 (RFC 7292) taken apart: one private key, its certificate, the other certificates.
 *
 * OpenSSL decodes, derives and decrypts; this walks the bags itself, so that every algorithm and every count of rounds
 * is looked at before it is run, and so that two keys, or none, are told apart. */
#ifndef CLIENT_PKCS12_H
#define CLIENT_PKCS12_H

#include "client/outcome.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum {
	PKCS12_FILE_MAX = 1 << 20,
	PKCS12_PASSWORD_MAX = 1024,
	PKCS12_ROUNDS_MAX = 1300000, /* what is advised for PBKDF2 with SHA-1; a wrong password takes no tenth of a second */
	PKCS12_ROUNDS_TOGETHER_MAX = 4000000,
	PKCS12_BAGS_MAX = 64,
	PKCS12_DEPTH_MAX = 4
};

struct pkcs12_parts {
	EVP_PKEY *key;          /* owned */
	X509 *certificate;      /* owned; its public key is the key's */
	STACK_OF(X509) *others; /* owned; in the file's order, none twice */
};

/* COUNTERFOIL_OK, or a code of the category INPUT, TOO_LARGE, OUT_OF_MEMORY or FAILED; then *parts is empty. */
counterfoil_code pkcs12_open(counterfoil_bytes file, counterfoil_bytes password, struct pkcs12_parts *parts,
			     counterfoil_error *error);
/* The same for tests and fuzzing, which have less time and want to know what was spent: `*rounds` are permitted at the beginning (all of
 * them PKCS12_ROUNDS_TOGETHER_MAX at most) and left at the end; a derivation that is refused has cost none. */
counterfoil_code pkcs12_open_within(int64_t *rounds, counterfoil_bytes file, counterfoil_bytes password,
				    struct pkcs12_parts *parts, counterfoil_error *error);
/* The key, that certificate which is its own, and the others: given away to *parts, or NO_KEY and nothing was. */
counterfoil_code pkcs12_match(EVP_PKEY **key, STACK_OF(X509) **certificates, struct pkcs12_parts *parts);
void pkcs12_parts_clear(struct pkcs12_parts *parts);

/* What one AlgorithmIdentifier of password-based encryption costs: OK and *rounds, or OLD_ENCRYPTION, UNSUPPORTED,
 * TOO_COSTLY, NOT_PKCS12 (parameters that cannot be read). Nothing is derived. */
counterfoil_code pkcs12_cost(const X509_ALGOR *algorithm, int64_t *rounds);

#endif
