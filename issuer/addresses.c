#include "issuer/addresses.h"

#include "ca/issuer_label.h"

enum err addresses_make(const struct settings *s, const struct profile *p, const X509 *issuer, struct addresses *out)
{
	char label[ISSUER_LABEL_SIZE] = "issuing";
	const struct profile_name names[] = {{"status", s->status_url}, {"issuing", label}, {NULL, NULL}};
	enum err rc = issuer ? issuer_label(issuer, label) : ERR_OK;
	if (!rc)
		rc = profile_fill(p->crl, names, out->crl, sizeof out->crl, NULL);
	if (!rc)
		rc = profile_fill(p->issuer, names, out->issuer, sizeof out->issuer, NULL);
	return rc ? rc : profile_fill(p->ocsp, names, out->ocsp, sizeof out->ocsp, NULL);
}

static const char *or_none(const char *address)
{
	return address[0] ? address : NULL;
}

void addresses_name(const struct addresses *a, struct certificate_fields *f)
{
	f->crl_url = or_none(a->crl);
	f->issuer_url = or_none(a->issuer);
	f->ocsp_url = or_none(a->ocsp);
}
