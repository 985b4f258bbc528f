/* chain: does a presented certificate chain to our authority, for a purpose, at a time (RFC 5280 section 6).
 * Whether a leaf is revoked is not looked at here: the daemon asks its database. */
#ifndef CA_CHAIN_H
#define CA_CHAIN_H

#include "ca/certificate.h"

struct chain_trust; /* anchors and intermediates, read-only after birth: shared by threads */

/* From PEM: roots are anchors, the others intermediates. */
enum err chain_trust_new(const void *pem, size_t len, struct chain_trust **out, struct errbuf *why) MUST_CHECK;
/* Take the revocation list of one of the roots, in DER, before the first verification: no chain goes by a CA that stands in
 * it. ERR_REFUSED: it is no such list. */
enum err chain_trust_list(struct chain_trust *t, const void *der, size_t len, struct errbuf *why) MUST_CHECK;
bool chain_list_has(const struct chain_trust *t, const X509 *ca); /* has the root revoked it, by that list? */
int64_t chain_list_number(const struct chain_trust *t); /* of that list; 0: it has none that can be compared */
void chain_trust_free(struct chain_trust *t);

struct der_view {
	const uint8_t *bytes;
	size_t len;
};

enum chain_purpose { CHAIN_CLIENT, CHAIN_SERVER };

/* ders[0] is the leaf, the rest (at most 7) what the peer sent with it. ERR_OK; ERR_EXPIRED (expired or not yet valid);
 * ERR_REFUSED for any other failure, the reason in why; ERR_MALFORMED. P-256 or better, RSA 2048 or better,
 * SHA-256 or better. */
enum err chain_verify(const struct chain_trust *t, const struct der_view *ders, size_t n, enum chain_purpose purpose,
		      int64_t now, struct errbuf *why) MUST_CHECK;

#endif
