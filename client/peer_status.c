/* peer_status: whether a peer was revoked, by whatever was given to learn it from.
 *
 * A fresh answer by OCSP goes first, for the certificate itself: it is the CA's latest word on it. The lists decide when none
 * can be had, and they are looked into in any case for the CAs above, of which OCSP says nothing. */
#include "client/peer.h"

#include <stdio.h>

static counterfoil_revocation above(const counterfoil_verifier *v, const STACK_OF(X509) *chain, int64_t now,
				    char why[REVOCATION_WHY_SIZE])
{
	char of_lists[REVOCATION_WHY_SIZE]; /* that a list says nothing of a CA is no reason to refuse whom it made */
	STACK_OF(X509) *cas = sk_X509_dup(chain);
	if (!cas) {
		snprintf(why, REVOCATION_WHY_SIZE, "out of memory");
		return COUNTERFOIL_REVOCATION_UNKNOWN;
	}
	sk_X509_shift(cas);
	counterfoil_revocation found = revocation_of(v->lists, cas, now, of_lists);
	sk_X509_free(cas);
	return found == COUNTERFOIL_REVOCATION_UNKNOWN ? COUNTERFOIL_REVOCATION_GOOD : found;
}

static counterfoil_revocation by_lists_instead(const counterfoil_verifier *v, const STACK_OF(X509) *chain, int64_t now,
					       char why[REVOCATION_WHY_SIZE])
{
	char of_lists[REVOCATION_WHY_SIZE] = "", both[2 * REVOCATION_WHY_SIZE];
	counterfoil_revocation found = revocation_of(v->lists, chain, now, of_lists);
	snprintf(both, sizeof both, "%s; %s", why, of_lists);
	snprintf(why, REVOCATION_WHY_SIZE, "%.*s", REVOCATION_WHY_SIZE - 1, both);
	return found;
}

counterfoil_revocation peer_status(const counterfoil_verifier *v, const STACK_OF(X509) *chain, int64_t now,
				   char why[REVOCATION_WHY_SIZE])
{
	snprintf(why, REVOCATION_WHY_SIZE, "no revocation list was given, and no OCSP responder");
	if (!v->inquiry)
		return v->lists ? revocation_of(v->lists, chain, now, why) : COUNTERFOIL_REVOCATION_UNKNOWN;
	counterfoil_revocation found = inquiry_of(v->inquiry, chain, now, why);
	if (!v->lists)
		return found;
	if (found == COUNTERFOIL_REVOCATION_UNKNOWN)
		return by_lists_instead(v, chain, now, why);
	return found == COUNTERFOIL_REVOCATION_GOOD ? above(v, chain, now, why) : found;
}
