/* A profile in plain words, for `counterfoild check`. */
#include "ca/profile.h"

#include "ca/profile_check.h"

#include <inttypes.h>
#include <openssl/objects.h>
#include <string.h>

static void explain_life(int64_t seconds, struct buf *out)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t i = 0;
	while (seconds % units[i].seconds != 0)
		i++;
	int64_t n = seconds / units[i].seconds;
	buf_format(out, "%" PRId64 " %s%s", n, units[i].name, n == 1 ? "" : "s");
}

static void explain_made(const struct profile *p, struct buf *out)
{
	const char *between = "keys made here are ";
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++)
		if (p->key_types & 1u << t) {
			buf_format(out, "%s%s", between, key_type_name((enum key_type)t));
			between = ", ";
		}
}

static void explain_brought(const struct own_keys *own, struct buf *out)
{
	const char *between = "; a request may bring ";
	if (!own->curves && !own->rsa_most)
		buf_text(out, "; no request is taken");
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++)
		if (own->curves & 1u << t) {
			buf_format(out, "%s%s", between, key_type_name((enum key_type)t));
			between = ", ";
		}
	if (own->rsa_most)
		buf_format(out, "%sRSA of %d to %d bits", between, own->rsa_least, own->rsa_most);
}

static void explain_subject(const struct profile *p, struct buf *out)
{
	buf_text(out, "its subject is");
	for (size_t i = 0; i < p->subject_count; i++)
		buf_format(out, "%s %s=%s", i ? "," : "", OBJ_nid2sn(p->subject[i].nid), p->subject[i].pattern);
	if (p->uri[0])
		buf_format(out, "; its holder is %s", p->uri);
	if (p->hosts)
		buf_text(out, "; it names DNS names and IP addresses");
}

static void explain_addresses(const struct profile *p, struct buf *out)
{
	const struct {
		const char *what, *address;
	} all[] = {{"revocation list", p->crl}, {"OCSP", p->ocsp}, {"issuer", p->issuer}};
	const char *between = "whoever checks it is told of ";
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].address[0]) {
			buf_format(out, "%sits %s at %s", between, all[i].what, all[i].address);
			between = ", ";
		}
	if (*between == 'w')
		buf_text(out, "it names no address at which it could be checked");
}

enum err profile_explain(const struct profile *p, struct buf *out)
{
	buf_format(out, "%s: %s\n", p->name, p->purpose);
	explain_made(p, out);
	explain_brought(&p->own, out);
	buf_text(out, "\nit lives at most ");
	explain_life(p->life, out);
	buf_text(out, ", and is for ");
	profile_usage_names(p, out);
	if (p->ca && p->path_length == 0)
		buf_text(out, "; no CA may stand below it");
	else if (p->ca)
		buf_format(out, "; at most %d CA%s may stand in a path below it", p->path_length, p->path_length == 1 ? "" : "s");
	for (size_t i = 0; i < p->permitted_count; i++)
		buf_format(out, "%s%s %s", i ? ", " : "; below it names are bound to ", p->permitted[i].uri ? "URIs at" : "hosts of",
			   p->permitted[i].host);
	if (p->ocsp_no_check)
		buf_text(out, "; whether it is revoked is not asked (ocsp-nocheck)");
	buf_text(out, "\n");
	explain_subject(p, out);
	buf_text(out, "\n");
	explain_addresses(p, out);
	buf_text(out, "\n");
	return buf_check(out);
}
