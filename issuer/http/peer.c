#include "issuer/http/peer.h"

#include <stdlib.h>
#include <string.h>

enum { LEAF_MAX_BYTES = 16384 };

struct peer {
	bool presented;
	enum err chain; /* the verdict on the chain */
	struct errbuf chain_why;
	struct buf leaf;

	bool looked;
	enum err status; /* the verdict of the last look */
	struct errbuf status_why;
	uint64_t generation; /* as read before that look */
	int64_t looked_at;
	struct identity identity;
};

struct peer *peer_new(void)
{
	struct peer *p = calloc(1, sizeof *p);
	if (p)
		p->leaf = BUF_INIT(LEAF_MAX_BYTES);
	return p;
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	buf_free(&p->leaf);
	free(p);
}

bool peer_presented(const struct peer *p)
{
	return p->presented;
}

void peer_present(struct peer *p, const struct chain_trust *trust, const struct der_view *ders, size_t n, int64_t now)
{
	if (p->presented)
		return;
	p->presented = true;
	if (n == 0) {
		p->chain = fail(&p->chain_why, ERR_UNAUTHENTICATED, "no client certificate was presented");
		return;
	}
	if (n > PEER_CHAIN_MAX) {
		p->chain = fail(&p->chain_why, ERR_REFUSED, "more than %d certificates were presented", PEER_CHAIN_MAX);
		return;
	}
	p->chain = chain_verify(trust, ders, n, CHAIN_CLIENT, now, &p->chain_why);
	if (p->chain == ERR_OK) {
		buf_add(&p->leaf, ders[0].bytes, ders[0].len);
		p->chain = buf_check(&p->leaf);
	} else if (p->chain != ERR_EXPIRED) {
		p->chain = ERR_REFUSED; /* unreadable or foreign: not ours, whatever the reason */
	}
}

void peer_present_session(struct peer *p, const struct chain_trust *trust, gnutls_session_t session, int64_t now)
{
	unsigned n = 0;
	struct der_view ders[PEER_CHAIN_MAX];
	const gnutls_datum_t *list = session ? gnutls_certificate_get_peers(session, &n) : NULL;
	if (!list)
		n = 0;
	for (unsigned i = 0; i < n && i < PEER_CHAIN_MAX; i++)
		ders[i] = (struct der_view){list[i].data, list[i].size};
	peer_present(p, trust, ders, n, now);
}

static bool must_look(const struct peer *p, uint64_t generation, int64_t now)
{
	return !p->looked || p->generation != generation || now - p->looked_at >= PEER_LOOK_SECONDS ||
	       now < p->looked_at;
}

/* The counter is read before the database: a revocation in between is seen at the next request, never missed. */
static void look(struct peer *p, const struct peer_source *from, int64_t now)
{
	uint64_t generation = atomic_load(from->generation);
	if (!must_look(p, generation, now))
		return;
	struct der_view leaf = {p->leaf.data, p->leaf.len};
	memset(&p->identity, 0, sizeof p->identity);
	p->status_why.text[0] = '\0';
	p->status = from->find(from->ctx, &leaf, now, &p->identity, &p->status_why);
	switch (p->status) {
	case ERR_OK:
	case ERR_REVOKED:
	case ERR_EXPIRED:
	case ERR_REFUSED:
		p->looked = true;
		break;
	default: /* no answer is no verdict: ask again at the next request */
		p->looked = false;
		p->status = fail(&p->status_why, ERR_UNAVAILABLE, "the status of the certificate cannot be read");
	}
	p->generation = generation;
	p->looked_at = now;
}

enum err peer_check(struct peer *p, const struct peer_source *from, int64_t now, const struct identity **out,
		    struct errbuf *why)
{
	*out = NULL;
	if (!p->presented)
		return fail(why, ERR_UNAUTHENTICATED, "no client certificate was presented");
	if (p->chain != ERR_OK)
		return fail(why, p->chain, "%s", err_why(p->chain, &p->chain_why));
	look(p, from, now);
	if (p->status != ERR_OK)
		return fail(why, p->status, "%s", err_why(p->status, &p->status_why));
	if (p->identity.kind == IDENTITY_NONE)
		return fail(why, ERR_REFUSED, "the certificate is nobody's");
	if (p->identity.not_after < now)
		return fail(why, ERR_EXPIRED, "the certificate has expired");
	*out = &p->identity;
	return ERR_OK;
}
