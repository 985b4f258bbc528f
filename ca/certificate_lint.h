/* certificate_lint: the rules of certificate_lint() for a caller who has read the certificate from its encoding himself.
 * Private to ca/. */
#ifndef CA_CERTIFICATE_LINT_H
#define CA_CERTIFICATE_LINT_H

#include "ca/certificate.h"

/* x as others will read it: encoded, and read from that encoding, which encodes to the same bytes once more. NULL when
 * it does not. The caller frees it. */
X509 *certificate_reread(X509 *x) MUST_CHECK;

/* `read` is what certificate_reread gave. */
enum err certificate_lint_read(const struct certificate_fields *f, X509 *read, X509 *issuer, struct errbuf *why) MUST_CHECK;

/* As a strict stranger would verify a signed certificate for its profile's purpose, who trusts nobody but `anchor`.
 * ERR_INVALID with the reason. */
enum err certificate_verify_strictly(const struct certificate_fields *f, X509 *x, X509 *anchor, struct errbuf *why) MUST_CHECK;

#endif
