/* addresses: what stands in every certificate: where its status and its issuer are to be had. */
#ifndef ISSUER_ADDRESSES_H
#define ISSUER_ADDRESSES_H

#include "ca/certificate.h"
#include "issuer/settings.h"

struct addresses {
	char crl[512], issuer[512], ocsp[512];
};

/* What the profile makes of status.url and of the issuer's label (issuer_label.h); "" is left out. issuer NULL: the root,
 * or the first issuing CA. ERR_TOO_LARGE: it does not fit. */
enum err addresses_make(const struct settings *s, const struct profile *p, const X509 *issuer,
			struct addresses *out) MUST_CHECK;
/* Into the fields, which then point into it. */
void addresses_name(const struct addresses *a, struct certificate_fields *f);

#endif
