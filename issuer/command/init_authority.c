/* The two CAs, and the list of what the root has revoked: nothing yet. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/asn1_time.h"
#include "ca/authority.h"
#include "ca/crl.h"
#include "ca/key_uri.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/host_key.h"
#include "issuer/addresses.h"
#include "issuer/command/init.h"
#include "issuer/profiles.h"

#include <stdio.h>

enum { YEAR = 365 * 24 * 60 * 60 };

static enum err publish_root_crl(const struct settings *s, const struct authority *root, int64_t now, struct errbuf *why)
{
	const struct crl_head head = {.number = (uint64_t)clock_now_us(), .this_update = now, .next_update = now + YEAR};
	struct buf der = BUF_INIT(16384);
	enum err e = crl_make(&head, NULL, 0, root->certificate, root->key, &der, why);
	if (!e)
		e = file_publish(s->ca_root_crl, der.data, der.len, 0644, why);
	buf_free(&der);
	return e;
}

static enum err publish_issuing_key(const struct settings *s, EVP_PKEY *key, struct errbuf *why)
{
	struct secret *pass = NULL;
	enum err e = host_key_pass(s, &pass, why);
	if (!e)
		e = host_publish_key(s->key_issuing, key, pass, why);
	secret_free(pass);
	return e;
}

static enum err publish(const struct settings *s, const char *at, const struct authority *root,
			const struct authority *issuing, struct errbuf *why)
{
	char chain[4096], trust[4096];
	enum err e = file_join(chain, at, "ca/chain.pem");
	if (!e)
		e = file_join(trust, at, "ca.pem");
	if (!e)
		e = host_publish_chain(s->ca_root, (X509 *const[]){root->certificate, NULL}, why);
	if (!e)
		e = host_publish_chain(s->ca_issuing, (X509 *const[]){issuing->certificate, NULL}, why);
	if (!e)
		e = host_publish_chain(chain, (X509 *const[]){issuing->certificate, root->certificate, NULL}, why);
	if (!e)
		e = host_publish_chain(trust, (X509 *const[]){root->certificate, NULL}, why);
	return e || key_uri_is(s->key_issuing) ? e : publish_issuing_key(s, issuing->key, why);
}

static int64_t end_of(X509 *certificate)
{
	int64_t end = 0;
	return asn1_time_read(X509_get0_notAfter(certificate), &end) == ERR_OK ? end : 0;
}

/* What the two profiles say; the names and addresses in `out` point into the struct. */
struct beginning {
	char root_name[80], issuing_name[80];
	struct profile root, issuing;
	struct addresses at;
	struct authority_names names;
};

static enum err begin(const struct settings *s, struct beginning *b, struct errbuf *why)
{
	struct certificate_fields f = {.profile = PROFILE_ISSUING};
	snprintf(b->root_name, sizeof b->root_name, "%.55s Root", s->name);
	snprintf(b->issuing_name, sizeof b->issuing_name, "%.54s Issuing", s->name);
	enum err e = profiles_load(s, PROFILE_ROOT, &b->root, why);
	if (!e)
		e = profiles_load(s, PROFILE_ISSUING, &b->issuing, why);
	if (!e && addresses_make(s, &b->issuing, NULL, &b->at) != ERR_OK)
		e = fail(why, ERR_USAGE, "status.url = %s does not fit into a certificate", s->status_url);
	if (e)
		return e;
	addresses_name(&b->at, &f);
	b->names = (struct authority_names){.organisation = s->name, .root_name = b->root_name,
					    .issuing_name = b->issuing_name, .root_crl_url = f.crl_url,
					    .root_url = f.issuer_url, .root_rules = &b->root, .issuing_rules = &b->issuing};
	return ERR_OK;
}

enum err init_authorities(const struct settings *s, const char *at, const struct secret *root_pass,
			  struct init_result *out, struct errbuf *why)
{
	char root_key[4096];
	struct beginning b = {.names = {0}};
	struct authority root = {0}, issuing = {0};
	EVP_PKEY *in_token = NULL;
	int64_t now = clock_now();
	enum err e = key_uri_is(s->key_issuing) ? host_key(s, s->key_issuing, NULL, &in_token, why) : ERR_OK;
	if (!e)
		e = begin(s, &b, why);
	b.names.issuing_key = in_token;
	if (!e)
		e = authority_make_root(&b.names, now, &root, why);
	if (!e)
		e = authority_make_issuing(&b.names, &root, now, &issuing, why);
	if (!e)
		e = publish(s, at, &root, &issuing, why);
	if (!e)
		e = file_join(root_key, at, "ca/root.key");
	if (!e)
		e = host_publish_key(root_key, root.key, root_pass, why);
	if (!e)
		e = publish_root_crl(s, &root, now, why);
	if (!e) {
		out->root_until = end_of(root.certificate);
		out->issuing_until = end_of(issuing.certificate);
		out->root_crl_until = now + YEAR;
	}
	authority_clear(&root);
	authority_clear(&issuing);
	EVP_PKEY_free(in_token);
	return e;
}
