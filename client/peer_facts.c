/* peer_facts: what may be asked of a peer. */
#include "client/peer.h"

#include <stdlib.h>
#include <string.h>

void counterfoil_peer_free(counterfoil_peer *peer)
{
	if (!peer)
		return;
	for (size_t i = 0; i < IDENTITY_FACTS; i++)
		free(peer->facts[i]);
	free(peer);
}

int counterfoil_peer_may_reach(const counterfoil_peer *peer, const char *organisation, const char *service)
{
	return peer && organisation && service && peer->accepted && peer->kind == COUNTERFOIL_KIND_CLIENT &&
	       strcmp(peer->facts[COUNTERFOIL_FACT_ORGANISATION_SLUG], organisation) == 0 &&
	       strcmp(peer->facts[COUNTERFOIL_FACT_SERVICE_SLUG], service) == 0;
}

const char *counterfoil_peer_fact(const counterfoil_peer *peer, counterfoil_fact fact)
{
	return peer && (unsigned)fact < IDENTITY_FACTS ? peer->facts[fact] : "";
}

counterfoil_kind counterfoil_peer_kind(const counterfoil_peer *peer)
{
	return peer ? peer->kind : COUNTERFOIL_KIND_NONE;
}

counterfoil_revocation counterfoil_peer_revocation(const counterfoil_peer *peer)
{
	return peer ? peer->revocation : COUNTERFOIL_REVOCATION_UNKNOWN;
}

int64_t counterfoil_peer_not_before(const counterfoil_peer *peer)
{
	return peer ? peer->not_before : 0;
}

int64_t counterfoil_peer_not_after(const counterfoil_peer *peer)
{
	return peer ? peer->not_after : 0;
}
