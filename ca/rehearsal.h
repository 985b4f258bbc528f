/* rehearsal: an issuer's understudy, which is its certificate with a throw-away key in the place of its own.
 *
 * A signature cannot be taken back. So what is to be signed is first signed by the understudy, and that is read from its
 * bytes and held against all that the signed certificate will be held against: the issuer's key never signs what would be
 * refused afterwards. The understudy's key is never written anywhere, and what it has signed never leaves. */
#ifndef CA_REHEARSAL_H
#define CA_REHEARSAL_H

#include "ca/certificate.h"

struct rehearsal;

/* `issuer` is the certificate whose place is taken; NULL for a root, whose key is `key` (only its type is looked at). */
enum err rehearsal_new(X509 *issuer, EVP_PKEY *key, struct rehearsal **out, struct errbuf *why) MUST_CHECK;
void rehearsal_free(struct rehearsal *r);

/* Sign `built` with the throw-away key, which leaves that signature in it; then the lint, the comparison with the subject's
 * key and a strict verification. Of a root, which only its own key could sign, the last is not possible. ERR_INVALID with
 * the reason. */
enum err certificate_rehearse(const struct rehearsal *r, const struct certificate_fields *f, X509 *built,
			      EVP_PKEY *subject_key, struct errbuf *why) MUST_CHECK;

#endif
