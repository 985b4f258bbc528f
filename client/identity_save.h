/* identity_save: what is being written of an identity. Internal to client/identity_save*.c. */
#ifndef CLIENT_IDENTITY_SAVE_H
#define CLIENT_IDENTITY_SAVE_H

#include "client/identity.h"

#include <openssl/bio.h>
#include <stdbool.h>

enum { SAVING_EVERYTHING = COUNTERFOIL_CONTENT_CERTIFICATE | COUNTERFOIL_CONTENT_CA | COUNTERFOIL_CONTENT_KEY };

struct saving {
	const struct pkcs12_parts *parts;
	STACK_OF(X509) *chain; /* borrows from parts: the certificate's issuer, and so on to the root; NULL: not looked for */
	const char *name;      /* friendlyName */
	unsigned content;
	char password[PKCS12_PASSWORD_MAX + 1];
	int password_len;
};

/* Fill chain (sk_X509_free ends it): NO_TRUST when it does not reach a root, BAD_CHAIN, OUT_OF_MEMORY. */
counterfoil_code saving_chain(const counterfoil_identity *identity, struct saving *s, counterfoil_error *error);
/* As PEM, those that the content names. */
bool saving_certificates(const struct saving *s, BIO *out);
/* All CA certificates, as PKCS#12 for Java. */
bool saving_trust_store(const struct saving *s, BIO *out);

#endif
