/* addresses: what stands in every certificate of the issuing CA: where its status and its issuer are to be had. */
#ifndef ISSUER_ADDRESSES_H
#define ISSUER_ADDRESSES_H

#include "ca/certificate.h"
#include "issuer/settings.h"

struct addresses {
	char crl[512], issuer[512], ocsp[512];
};

/* From status.url. ERR_TOO_LARGE: it does not fit. */
enum err addresses_make(const struct settings *s, struct addresses *out) MUST_CHECK;
/* Into the fields, which then point into it. A delegate of the OCSP responder has no status of its own to ask for
 * (noCheck), and names no responder. */
void addresses_name(const struct addresses *a, struct certificate_fields *f);

#endif
