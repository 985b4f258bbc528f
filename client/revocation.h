/* revocation: the lists of a CA (RFC 5280 section 5), verified, kept, and read again in time. */
#ifndef CLIENT_REVOCATION_H
#define CLIENT_REVOCATION_H

#include "client/outcome.h"

#include <openssl/x509.h>

enum { REVOCATION_MAX = 8 << 20, REVOCATION_LISTS_MAX = 8, REVOCATION_WHY_SIZE = 320 };

struct revocation_settings {
	const char *source;            /* path or http:// URL; copied */
	const STACK_OF(X509) *issuers; /* whose lists count; borrowed as long as the lists live */
	uint32_t refresh_ms, keep_ms, timeout_ms;
};

struct revocation;
struct revocation_lists; /* what was read at one time; counted by its holders, never changes */

/* NULL: out of memory. */
struct revocation *revocation_new(const struct revocation_settings *settings);
void revocation_free(struct revocation *revocation);

/* What is known of a verified chain (leaf first) at the time `now`: the leaf must be listed as good by its issuer; of the
 * CAs above it only an entry counts. UNKNOWN says why. Any number of threads. */
counterfoil_revocation revocation_of(struct revocation *revocation, const STACK_OF(X509) *chain, int64_t now,
				     char why[REVOCATION_WHY_SIZE]);

/* The same of the CAs alone, when there is a better source for the leaf. UNKNOWN when there are CAs between it and the trusted
 * one, and no lists that can be used, or one of theirs is over: that would hide an entry. */
counterfoil_revocation revocation_of_cas(struct revocation *revocation, const STACK_OF(X509) *chain, int64_t now,
					 char why[REVOCATION_WHY_SIZE]);

/* Below: the lists by themselves. Those of `bytes` (one in DER, or several in PEM) that one of the issuers signed, owned;
 * NULL with the reason when none is left. */
struct revocation_lists *revocation_lists_read(counterfoil_bytes bytes, const STACK_OF(X509) *issuers,
					       char why[REVOCATION_WHY_SIZE]);
struct revocation_lists *revocation_lists_hold(struct revocation_lists *lists);
void revocation_lists_free(struct revocation_lists *lists);
/* Where `older` has a later list of the same issuer than `lists`, that one stays. */
void revocation_lists_keep_later(struct revocation_lists *lists, const struct revocation_lists *older);
counterfoil_revocation revocation_lists_of(const struct revocation_lists *lists, const STACK_OF(X509) *chain,
					   int64_t now, char why[REVOCATION_WHY_SIZE]);
counterfoil_revocation revocation_lists_of_cas(const struct revocation_lists *lists, const STACK_OF(X509) *chain,
					       int64_t now, char why[REVOCATION_WHY_SIZE]);

#endif
