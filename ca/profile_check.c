#include "ca/profile_check.h"

#include "ca/host.h"
#include "ca/name.h"
#include "ca/uri.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

/* What a kind of certificate is, whatever its file says. */
static const struct kind {
	const char *name;
	bool ca, hosts, no_check, requests;
	const char *addresses;    /* the places in them; NULL: none */
	int use;                  /* the extended key usage without which it is of no use; 0: none at all */
	const char *others;       /* which it may have besides */
	const char *subject, *uri; /* the places that can be filled; uri NULL: none */
} kinds[PROFILE_COUNT] = {
	[PROFILE_ROOT] = {.name = "root", .ca = true, .subject = "organisation name"},
	[PROFILE_ISSUING] = {.name = "issuing", .ca = true, .addresses = "status", .subject = "organisation name"},
	[PROFILE_CLIENT] = {.name = "client", .addresses = "status issuing", .requests = true, .use = NID_client_auth,
			    .others = "emailProtection", .subject = "organisation service name",
			    .uri = "domain organisation service client"},
	[PROFILE_STAFF] = {.name = "staff", .addresses = "status issuing", .requests = true, .use = NID_client_auth,
			   .others = "emailProtection", .subject = "organisation name", .uri = "domain staff"},
	[PROFILE_SERVER] = {.name = "server", .hosts = true, .addresses = "status issuing", .requests = true, .use = NID_server_auth,
			    .others = "clientAuth", .subject = "organisation host"},
	[PROFILE_OCSP] = {.name = "ocsp", .no_check = true, .addresses = "status issuing", .use = NID_OCSP_sign, .others = "",
			  .subject = "organisation name"},
};

static const struct {
	const char *name;
	unsigned bit;
} key_usages[] = {
	{"digitalSignature", X509v3_KU_DIGITAL_SIGNATURE}, {"nonRepudiation", X509v3_KU_NON_REPUDIATION},
	{"keyEncipherment", X509v3_KU_KEY_ENCIPHERMENT},   {"dataEncipherment", X509v3_KU_DATA_ENCIPHERMENT},
	{"keyAgreement", X509v3_KU_KEY_AGREEMENT},         {"keyCertSign", X509v3_KU_KEY_CERT_SIGN},
	{"cRLSign", X509v3_KU_CRL_SIGN},
};
static const struct {
	const char *name;
	int nid;
} uses[] = {
	{"clientAuth", NID_client_auth},
	{"serverAuth", NID_server_auth},
	{"OCSPSigning", NID_OCSP_sign},
	{"emailProtection", NID_email_protect},
};

unsigned profile_key_usage(const char *name)
{
	for (size_t i = 0; i < sizeof key_usages / sizeof *key_usages; i++)
		if (strcmp(key_usages[i].name, name) == 0)
			return key_usages[i].bit;
	return 0;
}

int profile_use(const char *name)
{
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (strcmp(uses[i].name, name) == 0)
			return uses[i].nid;
	return 0;
}

static const char *use_name(int nid)
{
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (uses[i].nid == nid)
			return uses[i].name;
	return "";
}

void profile_usage_names(const struct profile *p, struct buf *out)
{
	const char *between = "";
	for (size_t i = 0; i < sizeof key_usages / sizeof *key_usages; i++)
		if (p->key_usage & key_usages[i].bit) {
			buf_format(out, "%s%s", between, key_usages[i].name);
			between = ", ";
		}
	for (size_t i = 0; i < p->use_count; i++)
		buf_format(out, "%s%s", between, use_name(p->uses[i]));
}

struct profile profile_begin(enum profile_id id)
{
	struct profile p = {.name = NULL};
	if ((unsigned)id < PROFILE_COUNT)
		p = (struct profile){.id = id, .name = kinds[id].name, .ca = kinds[id].ca};
	return p;
}

/* Sample values, so that what a pattern becomes can be looked at before there is a certificate. */
static const struct profile_name samples[] = {
	{"organisation", "organisation"}, {"service", "service"}, {"name", "name"},   {"host", "localhost"},
	{"domain", "example.org"},        {"client", "client"},   {"staff", "staff"}, {"status", "http://localhost:8080"},
	{"issuing", "issuing"},           {NULL, NULL},
};

/* Those of the samples that are among the words of `list`. */
static void places_of(const char *list, struct profile_name out[sizeof samples / sizeof *samples])
{
	size_t n = 0;
	for (const struct profile_name *s = samples; s->name; s++) {
		const char *at = strstr(list, s->name);
		size_t len = strlen(s->name);
		if (at && (at == list || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			out[n++] = *s;
	}
	out[n] = (struct profile_name){NULL, NULL};
}

/* Each of the places stands in the pattern: without one, two holders would have the same name. */
static enum err check_distinct(const char *places, const char *pattern, struct errbuf *why)
{
	struct profile_name names[sizeof samples / sizeof *samples];
	char filled[2 * PROFILE_TEXT];
	places_of(places, names);
	for (size_t i = 0; names[i].name; i++) {
		const char *value = names[i].value;
		names[i].value = NULL; /* then it cannot be filled */
		if (profile_fill(pattern, names, filled, sizeof filled, NULL) == ERR_OK)
			return fail(why, ERR_USAGE, "a name with {%s}, or two holders would share it", names[i].name);
		names[i].value = value;
	}
	return ERR_OK;
}

enum err profile_check_pattern(enum profile_id id, const char *section, const char *pattern, struct errbuf *why)
{
	const struct kind *k = &kinds[id];
	bool subject = strcmp(section, "subject") == 0, san = strcmp(section, "san") == 0;
	const char *places = subject ? k->subject : san ? k->uri : k->addresses;
	struct profile_name names[sizeof samples / sizeof *samples];
	char filled[2 * PROFILE_TEXT];
	struct errbuf reason = {""};
	if (!places)
		return fail(why, ERR_USAGE, "none in a certificate of this kind");
	places_of(places, names);
	enum err rc = profile_fill(pattern, names, filled, sizeof filled, &reason);
	if (!rc)
		rc = subject ? name_check(filled, strlen(filled), &reason)
		     : san   ? uri_check_spiffe(filled, &reason)
			     : uri_check_http(filled, &reason);
	if (rc)
		return fail(why, ERR_USAGE, "text with the places %s, each in braces (%s)", places, reason.text);
	return san ? check_distinct(places, pattern, why) : ERR_OK;
}

static enum err check_key_usage(const struct profile *p, struct errbuf *why)
{
	const unsigned ca = X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN;
	if (p->ca && (p->key_usage & ca) != ca)
		return fail(why, ERR_USAGE, "a CA needs keyCertSign and cRLSign");
	if (!p->ca && p->key_usage & ca)
		return fail(why, ERR_USAGE, "only a CA has keyCertSign or cRLSign");
	if (!p->ca && !(p->key_usage & X509v3_KU_DIGITAL_SIGNATURE))
		return fail(why, ERR_USAGE, "without digitalSignature nobody could use it");
	return ERR_OK;
}

static enum err check_uses(const struct profile *p, struct errbuf *why)
{
	const struct kind *k = &kinds[p->id];
	bool has = false;
	if (!k->use)
		return p->use_count ? fail(why, ERR_USAGE, "a CA has none") : ERR_OK;
	for (size_t i = 0; i < p->use_count; i++) {
		has |= p->uses[i] == k->use;
		if (p->uses[i] != k->use && strcmp(use_name(p->uses[i]), k->others) != 0)
			return fail(why, ERR_USAGE, "a certificate of this kind must not have %s", use_name(p->uses[i]));
	}
	return has ? ERR_OK : fail(why, ERR_USAGE, "without %s nobody could use it", use_name(k->use));
}

static enum err check_path_length(const struct profile *p, struct errbuf *why)
{
	if (!p->ca)
		return p->path_length < 0 ? ERR_OK : fail(why, ERR_USAGE, "only a CA has one: none");
	if (p->path_length < 0)
		return fail(why, ERR_USAGE, "a CA needs one");
	return p->id != PROFILE_ROOT || p->path_length > 0 ? ERR_OK
							   : fail(why, ERR_USAGE, "a root of 0 could have no issuing CA below");
}

enum err profile_check_permitted(bool uri, const char *host, struct errbuf *why)
{
	struct host read;
	if (uri && host[0] == '.')
		host++;
	enum err rc = host_read(host, &read, why);
	return rc || read.type == GEN_DNS ? rc : fail(why, ERR_INVALID, "an address is no name");
}

static enum err check_permitted(const struct profile *p, struct errbuf *why)
{
	return p->id == PROFILE_ISSUING || !p->permitted_count ? ERR_OK : fail(why, ERR_USAGE, "only an issuing CA is bound to names");
}

static enum err check_no_check(const struct profile *p, struct errbuf *why)
{
	bool wanted = kinds[p->id].no_check;
	return p->ocsp_no_check == wanted ? ERR_OK : fail(why, ERR_USAGE, "must be %s", wanted ? "yes" : "no");
}

static enum err check_hosts(const struct profile *p, struct errbuf *why)
{
	bool wanted = kinds[p->id].hosts;
	return p->hosts == wanted ? ERR_OK : fail(why, ERR_USAGE, "must be %s", wanted ? "yes" : "no");
}

static enum err check_uri(const struct profile *p, struct errbuf *why)
{
	return !kinds[p->id].uri || p->uri[0] ? ERR_OK : fail(why, ERR_USAGE, "this name is what its holder is known by");
}

static enum err check_responder(const struct profile *p, struct errbuf *why)
{
	return p->id != PROFILE_ISSUING || !p->ocsp[0] ? ERR_OK : fail(why, ERR_USAGE, "the root answers no OCSP: none");
}

static enum err check_brought(const struct profile *p, struct errbuf *why)
{
	bool any = p->own.curves || p->own.rsa_most;
	return kinds[p->id].requests || !any ? ERR_OK : fail(why, ERR_USAGE, "keys of this kind are made here alone: none");
}

enum err profile_check(const struct profile *p, struct profile_fault *fault)
{
	static const struct {
		const char *section, *key;
		enum err (*check)(const struct profile *p, struct errbuf *why);
	} laws[] = {
		{"key", "brought", check_brought},
		{"san", "uri", check_uri},
		{"san", "hosts", check_hosts},
		{"usage", "key", check_key_usage},
		{"usage", "extended", check_uses},
		{"extensions", "path_length", check_path_length},
		{"extensions", "permitted", check_permitted},
		{"extensions", "ocsp_no_check", check_no_check},
		{"addresses", "ocsp", check_responder},
	};
	for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
		enum err rc = laws[i].check(p, &fault->why);
		fault->section = laws[i].section;
		fault->key = laws[i].key;
		if (rc)
			return rc;
	}
	return ERR_OK;
}
