/* identity: what the rest of the library sees of an identity. Never changes after it was made; counted by its holders. */
#ifndef CLIENT_IDENTITY_H
#define CLIENT_IDENTITY_H

#include "client/pkcs12.h"

#include <stdatomic.h>

enum { IDENTITY_FACTS = COUNTERFOIL_FACT_STAFF + 1 };

struct counterfoil_identity {
	atomic_int holders;
	struct pkcs12_parts parts;
	char *facts[IDENTITY_FACTS]; /* owned, never NULL */
	counterfoil_bytes *der;      /* certificate and others, then one of data NULL; owned */
	int64_t not_before, not_after;
};

/* Takes the parts, whatever comes of it: COUNTERFOIL_OK and *identity, with one holder, or what identity_read_facts says. */
counterfoil_code identity_make(struct pkcs12_parts *parts, counterfoil_identity **identity, counterfoil_error *error);

/* One holder more. NULL gives NULL. */
counterfoil_identity *identity_hold(const counterfoil_identity *identity);

/* Fill facts, der and times from parts: COUNTERFOIL_OK, NOT_PKCS12 (a name or a time that cannot be read), OUT_OF_MEMORY. */
counterfoil_code identity_read_facts(counterfoil_identity *identity);

/* What any certificate says: text (owned, never NULL on COUNTERFOIL_OK) and times. NOT_PKCS12 (a name or a time that cannot
 * be read), FAILED, OUT_OF_MEMORY; what was filled by then is the caller's to free. */
counterfoil_code certificate_facts(const X509 *certificate, char *facts[IDENTITY_FACTS], int64_t *not_before,
				   int64_t *not_after);

/* The short names in a URI of ours into facts; nothing when it is not one of ours to the last character. */
counterfoil_code certificate_uri_facts(const char *uri, char *facts[IDENTITY_FACTS]);

/* BAD_CHAIN when the certificate's issuer is in the file and a server that trusts that CA would refuse the certificate:
 * a wrong signature, a CA whose time is over, a certificate that is not for TLS clients. */
counterfoil_code identity_check_chain(const counterfoil_identity *identity, int64_t now, counterfoil_error *error);

#endif
