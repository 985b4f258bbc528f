/* Could it issue here? A client's, a member's of the staff and our servers' certificates, as the next CA would sign them, each
 * signed by its understudy and held against all that the daemon will hold it against (ca/rehearsal.h). Names that its
 * certificate does not permit are found here, and not by every order once it has taken over. */
#include "base/clock.h"
#include "issuer/command/ca.h"
#include "issuer/command/host_issue.h"
#include "issuer/profiles.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { HOSTS_MOST = 16, HOST_SIZE = 256 };

struct hosts {
	char text[HOSTS_MOST][HOST_SIZE];
	const char *at[HOSTS_MOST + 1];
	size_t count;
};

static void add_host(struct hosts *h, const GENERAL_NAME *name)
{
	const ASN1_STRING *value = name->type == GEN_DNS ? name->d.dNSName : name->type == GEN_IPADD ? name->d.iPAddress : NULL;
	char *text = h->count < HOSTS_MOST ? h->text[h->count] : NULL;
	if (!value || !text)
		return;
	int len = ASN1_STRING_length(value);
	if (name->type == GEN_DNS)
		snprintf(text, HOST_SIZE, "%.*s", len, (const char *)ASN1_STRING_get0_data(value));
	else if ((len != 4 && len != 16) || !inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), text, HOST_SIZE))
		return;
	h->at[h->count++] = text;
}

/* Those of a listener whose certificate is ours. Another's renewal is not the new CA's. */
static void hosts_of(const char *path, const struct issuers *known, struct hosts *out)
{
	X509 *x = NULL;
	GENERAL_NAMES *names = NULL;
	out->count = 0;
	if (host_read_certificate(path, &x, NULL) == ERR_OK && issuers_of(known, x))
		names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_host(out, sk_GENERAL_NAME_value(names, i));
	out->at[out->count] = NULL;
	GENERAL_NAMES_free(names);
	X509_free(x);
}

static enum err key_for(const struct profile *p, EVP_PKEY **out)
{
	enum key_type type = p->key_types ? p->key_first : key_own_type(&p->own); /* requests alone */
	if (type < KEY_TYPE_COUNT)
		return key_generate(type, out);
	*out = EVP_RSA_gen((unsigned)p->own.rsa_least);
	return *out ? ERR_OK : ERR_CRYPTO;
}

static enum err try_one(const struct settings *s, X509 *issuing, struct certificate_fields *f, struct errbuf *why)
{
	const struct authority next = {.certificate = issuing};
	const struct profile_name names[] = {{"domain", s->domain}, {"organisation", "example"}, {"service", "example"},
					     {"client", "example"}, {"staff", "0123456789abcdef"}, {NULL, NULL}};
	const struct profile *p = f->rules;
	char uri[512] = "";
	struct addresses at;
	struct errbuf reason = {""};
	EVP_PKEY *key = NULL;
	enum err e = p->uri[0] ? profile_uri(p, names, uri, &reason) : ERR_OK;
	if (!e)
		e = addresses_make(s, p, issuing, &at);
	if (!e)
		e = key_for(p, &key);
	if (!e)
		e = serial_new(f->serial);
	if (!e) {
		f->san_uri = uri[0] ? uri : NULL;
		f->own_key = !p->key_types;
		addresses_name(&at, f);
		certificate_life(p, issuing, clock_now(), f);
		e = authority_try(&next, f, key, &reason);
	}
	EVP_PKEY_free(key);
	return e ? fail(why, e, "it could not issue a certificate of the profile %s%s%s: %s", p->name, f->hosts ? " for " : uri[0] ? " with " : "",
			f->hosts ? f->hosts[0] : uri, err_why(e, &reason))
		 : ERR_OK;
}

static enum err try_server(const struct settings *s, const struct issuers *known, X509 *issuing, const char *path, struct errbuf *why)
{
	static struct hosts hosts; /* one thread */
	struct profile p;
	struct certificate_fields f = {.profile = PROFILE_SERVER, .rules = &p, .hosts = hosts.at};
	hosts_of(path, known, &hosts);
	if (!hosts.count)
		return ERR_OK;
	enum err e = profiles_load(s, PROFILE_SERVER, &p, why);
	return e ? e : try_one(s, issuing, &f, why);
}

enum err ca_rehearse(const struct settings *s, const struct issuers *known, X509 *issuing, struct errbuf *why)
{
	struct profile client, staff;
	struct certificate_fields of_client = {.profile = PROFILE_CLIENT, .rules = &client, .organisation = "Example",
					       .service = "Example", .common_name = "Example"};
	struct certificate_fields of_staff = {.profile = PROFILE_STAFF, .rules = &staff, .organisation = s->name, .common_name = "Example"};
	enum err e = profiles_load(s, PROFILE_CLIENT, &client, why);
	if (!e)
		e = profiles_load(s, PROFILE_STAFF, &staff, why);
	if (!e)
		e = try_one(s, issuing, &of_client, why);
	if (!e)
		e = try_one(s, issuing, &of_staff, why);
	if (!e)
		e = try_server(s, known, issuing, s->public_certificate, why);
	return e ? e : try_server(s, known, issuing, s->members_certificate, why);
}
