/* The two CAs, and the list of what the root has revoked: nothing yet. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/authority.h"
#include "ca/crl.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/init.h"

#include <stdio.h>

enum { YEAR = 365 * 24 * 60 * 60, URL_SIZE = 512 };

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
	return e ? e : host_publish_key(s->key_issuing, issuing->key, NULL, why);
}

static int64_t end_of(X509 *certificate)
{
	struct tm tm;
	return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

enum err init_authorities(const struct settings *s, const char *at, const struct secret *root_pass,
			  struct init_result *out, struct errbuf *why)
{
	char root_name[80], issuing_name[80], crl_url[URL_SIZE], root_url[URL_SIZE], root_key[4096];
	struct authority root = {0}, issuing = {0};
	int64_t now = clock_now();
	snprintf(root_name, sizeof root_name, "%.55s Root", s->name);
	snprintf(issuing_name, sizeof issuing_name, "%.54s Issuing", s->name);
	snprintf(crl_url, sizeof crl_url, "%s/crl/root.crl", s->status_url);
	snprintf(root_url, sizeof root_url, "%s/ca/root.cer", s->status_url);
	const struct authority_names names = {s->name, root_name, issuing_name, crl_url, root_url};
	enum err e = authority_make_root(&names, now, &root, why);
	if (!e)
		e = authority_make_issuing(&names, &root, now, &issuing, why);
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
	return e;
}
