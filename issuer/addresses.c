#include "issuer/addresses.h"

#include <stdio.h>

static bool join(const char *base, const char *path, char out[512])
{
	int n = snprintf(out, 512, "%s%s", base, path);
	return n > 0 && n < 512;
}

enum err addresses_make(const struct settings *s, struct addresses *out)
{
	bool fit = join(s->status_url, "/crl/issuing.crl", out->crl) && join(s->status_url, "/ca/issuing.cer", out->issuer) &&
		   join(s->status_url, "/ocsp", out->ocsp);
	return fit ? ERR_OK : ERR_TOO_LARGE;
}

void addresses_name(const struct addresses *a, struct certificate_fields *f)
{
	f->crl_url = a->crl;
	f->issuer_url = a->issuer;
	f->ocsp_url = f->profile == PROFILE_OCSP ? NULL : a->ocsp;
}
