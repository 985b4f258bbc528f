#include "ca/subject.h"

#include "ca/host.h"
#include "ca/uri.h"

#include <openssl/objects.h>
#include <string.h>

enum need { NO, MAY, MUST };

static const struct rule {
	enum need organisation, service, common_name, san_uri, hosts, addresses;
} rules[PROFILE_COUNT] = {
	[PROFILE_ROOT] = {.organisation = MAY, .common_name = MUST},
	[PROFILE_ISSUING] = {.organisation = MAY, .common_name = MUST, .addresses = MAY},
	[PROFILE_CLIENT] = {.organisation = MUST, .service = MUST, .common_name = MUST, .san_uri = MUST, .addresses = MAY},
	[PROFILE_STAFF] = {.organisation = MUST, .common_name = MUST, .san_uri = MUST, .addresses = MAY},
	[PROFILE_SERVER] = {.organisation = MAY, .hosts = MUST, .addresses = MAY},
	[PROFILE_OCSP] = {.organisation = MAY, .common_name = MUST, .addresses = MAY},
};

static enum err need_check(const struct certificate_fields *f, enum need need, const void *value, const char *what,
			   struct errbuf *why)
{
	if (need == MUST && !value)
		return fail(why, ERR_INVALID, "profile %s needs %s", profile_get(f->profile)->name, what);
	if (need == NO && value)
		return fail(why, ERR_INVALID, "profile %s takes no %s", profile_get(f->profile)->name, what);
	return ERR_OK;
}

static enum err needs_check(const struct certificate_fields *f, struct errbuf *why)
{
	const struct rule *r = &rules[f->profile];
	const struct {
		enum need need;
		const void *value;
		const char *what;
	} wanted[] = {
		{r->organisation, f->organisation, "organisation"},
		{r->service, f->service, "service"},
		{r->common_name, f->common_name, "common name"},
		{r->san_uri, f->san_uri, "SAN URI"},
		{r->hosts, f->hosts, "hosts"},
		{r->addresses, f->crl_url, "CRL address"},
		{r->addresses, f->issuer_url, "issuer address"},
		{r->addresses, f->ocsp_url, "OCSP address"},
	};
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		enum err rc = need_check(f, wanted[i].need, wanted[i].value, wanted[i].what, why);
		if (rc)
			return rc;
	}
	return ERR_OK;
}

static enum err hosts_check(const struct certificate_fields *f, struct errbuf *why)
{
	struct host host;
	size_t n = 0;
	for (; f->hosts && f->hosts[n]; n++) {
		if (n == HOST_COUNT_MAX)
			return fail(why, ERR_INVALID, "more than %d hosts", HOST_COUNT_MAX);
		enum err rc = host_read(f->hosts[n], &host, why);
		if (rc)
			return rc;
		for (size_t i = 0; i < n; i++)
			if (strcmp(f->hosts[i], f->hosts[n]) == 0)
				return fail(why, ERR_INVALID, "the host %s is given twice", f->hosts[n]);
	}
	return f->hosts && n == 0 ? fail(why, ERR_INVALID, "no host is given") : ERR_OK;
}

static enum err addresses_check(const struct certificate_fields *f, struct errbuf *why)
{
	const char *const url[] = {f->crl_url, f->issuer_url, f->ocsp_url};
	for (size_t i = 0; i < sizeof url / sizeof url[0]; i++) {
		enum err rc = url[i] ? uri_check_http(url[i], why) : ERR_OK;
		if (rc)
			return rc;
	}
	return f->san_uri ? uri_check_spiffe(f->san_uri, why) : ERR_OK;
}

static enum err part_add(struct subject *s, const struct profile_part *part, const struct profile_name *names,
			 struct errbuf *why)
{
	struct errbuf reason = {""};
	if (profile_left_out(part->pattern, names))
		return ERR_OK;
	char *text = s->part[s->count].text;
	enum err rc = profile_fill(part->pattern, names, text, NAME_SIZE, &reason);
	if (!rc)
		rc = name_check(text, strlen(text), &reason);
	if (rc)
		return fail(why, ERR_INVALID, "%s \"%s\": %s", OBJ_nid2ln(part->nid), text, reason.text);
	s->part[s->count++].nid = part->nid;
	return ERR_OK;
}

static enum err parts_add(const struct certificate_fields *f, struct subject *out, struct errbuf *why)
{
	const struct profile *p = certificate_profile(f);
	const struct profile_name names[] = {
		{"organisation", f->organisation}, {"service", f->service}, {"name", f->common_name},
		{"host", f->hosts ? f->hosts[0] : NULL}, {NULL, NULL}};
	enum err rc = ERR_OK;
	for (size_t i = 0; !rc && i < p->subject_count; i++)
		rc = part_add(out, &p->subject[i], names, why);
	return rc;
}

enum err subject_from_fields(const struct certificate_fields *f, struct subject *out, struct errbuf *why)
{
	*out = (struct subject){.count = 0};
	if (!certificate_profile(f))
		return fail(why, ERR_INVALID, "there is no profile %d", (int)f->profile);
	enum err rc = needs_check(f, why);
	if (rc == ERR_OK)
		rc = hosts_check(f, why);
	if (rc == ERR_OK)
		rc = addresses_check(f, why);
	return rc == ERR_OK ? parts_add(f, out, why) : rc;
}
