/* peer_status: whether a peer was revoked, by whatever was given to learn it from.
 *
 * A fresh answer by OCSP goes first, for the certificate itself: it is the CA's latest word on it, also when it says that it
 * knows no such certificate, which a list cannot say. The lists decide when there is no answer, and they are looked into in
 * any case for the CAs above, of which OCSP says nothing. */
#include "client/peer.h"

#include <stdio.h>

static counterfoil_revocation by_lists_instead(const counterfoil_verifier *v, const STACK_OF(X509) *chain, int64_t now,
					       char why[REVOCATION_WHY_SIZE])
{
	char of_lists[REVOCATION_WHY_SIZE] = "", both[2 * REVOCATION_WHY_SIZE];
	counterfoil_revocation found = revocation_of(v->lists, chain, now, of_lists);
	snprintf(both, sizeof both, "%s; %s", why, of_lists);
	snprintf(why, REVOCATION_WHY_SIZE, "%.*s", REVOCATION_WHY_SIZE - 1, both);
	return found;
}

/* The CA's word that it knows no such certificate cannot be outdone by a list, which is silent of such; an entry counts. */
static counterfoil_revocation by_entry_alone(const counterfoil_verifier *v, const STACK_OF(X509) *chain, int64_t now)
{
	char unsaid[REVOCATION_WHY_SIZE];
	counterfoil_revocation found = revocation_of(v->lists, chain, now, unsaid);
	return found == COUNTERFOIL_REVOCATION_GOOD ? COUNTERFOIL_REVOCATION_UNKNOWN : found;
}

counterfoil_revocation peer_status(const counterfoil_verifier *v, const STACK_OF(X509) *chain, int64_t now,
				   char why[REVOCATION_WHY_SIZE])
{
	snprintf(why, REVOCATION_WHY_SIZE, "no revocation list was given, and no OCSP responder");
	if (!v->inquiry)
		return v->lists ? revocation_of(v->lists, chain, now, why) : COUNTERFOIL_REVOCATION_UNKNOWN;
	bool denied;
	counterfoil_revocation found = inquiry_of(v->inquiry, chain, now, &denied, why);
	if (!v->lists)
		return found;
	if (denied)
		return by_entry_alone(v, chain, now);
	if (found == COUNTERFOIL_REVOCATION_UNKNOWN)
		return by_lists_instead(v, chain, now, why);
	return found == COUNTERFOIL_REVOCATION_GOOD ? revocation_of_cas(v->lists, chain, now, why) : found;
}
