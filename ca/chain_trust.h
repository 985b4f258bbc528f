/* chain_trust: the CAs at which a chain may end. Private to ca/.
 *
 * An intermediate of ours is verified up to its root once, when it is loaded, in all but the time; from then on chains end
 * at it: its signature does not change, and a P-384 one costs more than the rest of a verification. Not so where a
 * certificate above it limits those below (path length, names, policies): such chains are looked at as a whole. */
#ifndef CA_CHAIN_TRUST_H
#define CA_CHAIN_TRUST_H

#include "ca/chain.h"

#include <openssl/x509.h>

enum { CHAIN_DEPTH_MAX = 8 };

struct chain_trust {
	X509_STORE *store;             /* the roots, and the intermediates that they vouch for */
	STACK_OF(X509) *intermediates; /* ours, so that a peer need not send them */
	struct vouch *vouches;         /* one for each of them */
	X509_CRL *root_list;           /* what a root has revoked; NULL: nobody said */
};

/* ERR_REFUSED: the list says that a CA of the chain is revoked. */
enum err chain_unrevoked(const struct chain_trust *t, const STACK_OF(X509) *chain, struct errbuf *why) MUST_CHECK;

X509 *chain_decode(const void *der, size_t len); /* NULL unless it is one certificate and nothing behind it */

bool chain_trust_has(const struct chain_trust *t, const struct der_view *der); /* among the intermediates */
/* ERR_EXPIRED when the chain ends at an intermediate and one above it is out of its time. */
enum err chain_trust_time(const struct chain_trust *t, const STACK_OF(X509) *chain, int64_t now,
			  struct errbuf *why) MUST_CHECK;

/* Policies matter to whole paths alone (RFC 5280 section 6.1.2): a chain with such a certificate ends at no intermediate. */
bool chain_limits_policies(const X509 *x);

struct chain_asked {
	const struct der_view *ders; /* borrowed: the leaf, and what came with it */
	size_t n;
	enum chain_purpose purpose;
	int64_t now;
};

/* All of chain_verify but what it asks of the leaf by itself: its version, its extensions' form, and its own purpose. */
enum err chain_path(const struct chain_trust *t, const struct chain_asked *asked, X509 *leaf, struct errbuf *why) MUST_CHECK;

/* Of every certificate of a chain: P-256 or better, RSA 2048 or better, SHA-256 or better. */
enum err chain_strong(const STACK_OF(X509) *chain, struct errbuf *why) MUST_CHECK;

#endif
