/* peer: inside of a verifier and of what it says of a caller. */
#ifndef CLIENT_PEER_H
#define CLIENT_PEER_H

#include "client/identity.h"
#include "client/inquiry.h"

#include <stdbool.h>

struct counterfoil_verifier {
	X509_STORE *trust;
	STACK_OF(X509) *authorities; /* those of trust, for whose lists count */
	struct revocation *lists;    /* NULL: none was given */
	struct inquiry *inquiry;     /* NULL: no responder was given */
	unsigned kinds;
	bool accept_unknown;
};

struct counterfoil_peer {
	char *facts[IDENTITY_FACTS]; /* owned, never NULL */
	int64_t not_before, not_after;
	counterfoil_kind kind;
	counterfoil_revocation revocation;
	bool accepted;
};

/* Whether the certificate (first of presented) comes from a CA given and is for a TLS client, or of a server where those
 * are served. COUNTERFOIL_OK, PEER_EXPIRED, PEER_NOT_YET_VALID: then *chain is the path to that CA, owned. Otherwise
 * PEER_UNKNOWN_CA, PEER_WEAK, PEER_WRONG_PURPOSE, OUT_OF_MEMORY, and it is NULL. */
counterfoil_code peer_chain(const counterfoil_verifier *verifier, STACK_OF(X509) *presented, int64_t now,
			    STACK_OF(X509) **chain, counterfoil_error *error);

/* The same but for what the leaf is for. */
counterfoil_code peer_path(const counterfoil_verifier *verifier, STACK_OF(X509) *presented, int64_t now,
			   STACK_OF(X509) **chain, counterfoil_error *error);

/* What the responder and the lists that were given say of a chain that was verified; UNKNOWN says why. */
counterfoil_revocation peer_status(const counterfoil_verifier *verifier, const STACK_OF(X509) *chain, int64_t now,
				   char why[REVOCATION_WHY_SIZE]);

#endif
