/* What anyone may fetch without TLS: it is signed already. Fresh for a minute at most, so that a revocation reaches
 * every reader of the list within that. */
#include "base/clock.h"
#include "issuer/http/ca_files.h"
#include "issuer/http/conditional.h"
#include "issuer/http/crl_cache.h"
#include "issuer/http/handlers.h"
#include "issuer/process/child.h"

#include <stdio.h>
#include <string.h>

enum { LIST_SECONDS = 60, CERTIFICATE_SECONDS = 3600 };

static int fresh_seconds(int64_t good_until, int64_t now)
{
	int64_t left = good_until - now;
	return left > LIST_SECONDS ? LIST_SECONDS : left > 0 ? (int)left : 0;
}

static void reply_file(struct reply *r, const struct ca_file *f, int64_t now)
{
	r->content_type = f->type;
	buf_add(&r->body, f->bytes.data, f->bytes.len);
	memcpy(r->etag, f->etag, sizeof r->etag);
	r->last_modified = f->last_modified;
	r->cache_seconds = f->good_until ? fresh_seconds(f->good_until, now) : CERTIFICATE_SECONDS;
	r->ranges = true;
}

static void lend(struct reply *r, const struct crl_lent *lent)
{
	r->lent = lent->part->bytes.data;
	r->lent_len = lent->part->bytes.len;
	r->give_back = crl_edition_give_back;
	r->lender = lent->edition;
	r->withdrawn = &lent->edition->withdrawn;
	r->gzip = lent->gzip;
	r->varies = true;
	memcpy(r->etag, lent->part->etag, sizeof r->etag);
}

/* The list of an issuing CA, or the bundle. No list is better than an older one: it would take revocations back. */
static enum err reply_list(struct front *front, const struct request *q, size_t issuer, enum crl_form form, struct reply *r,
			   struct errbuf *why)
{
	bool gzip = coding_welcome(request_header(q, "Accept-Encoding"), "gzip");
	const char *because = issuing_paused_because(front->shared);
	struct crl_lent lent;
	int64_t now = clock_now();
	if (because)
		return fail(why, ERR_UNAVAILABLE, "there is no list now: %s", because);
	enum err rc = issuer ? crl_cache_take_of(front->crl_cache, issuer, gzip, &lent)
			     : crl_cache_take(front->crl_cache, form, gzip, &lent);
	if (rc != ERR_OK)
		return rc;
	lend(r, &lent);
	r->content_type = form == CRL_DER ? "application/pkix-crl" : "application/x-pem-file";
	r->last_modified = lent.edition->head.this_update;
	r->cache_seconds = fresh_seconds(lent.edition->head.next_update, now);
	r->ranges = true;
	return ERR_OK;
}

static enum err reply_bundle(struct front *front, const struct request *q, struct reply *r, struct errbuf *why)
{
	enum err rc = reply_list(front, q, 0, CRL_BUNDLE, r, why);
	int root_fresh = fresh_seconds(ca_files_find(front->ca_files, "root.crl")->good_until, clock_now());
	if (rc == ERR_OK && root_fresh < r->cache_seconds)
		r->cache_seconds = root_fresh;
	return rc;
}

/* Whose list "LABEL.crl" is. */
static const struct issuer *called(const struct issuers *all, const char *name)
{
	char label[ISSUER_LABEL_SIZE];
	size_t len = strlen(name), suffix = strlen(".crl");
	if (len <= suffix || len - suffix >= sizeof label || strcmp(name + len - suffix, ".crl") != 0)
		return NULL;
	memcpy(label, name, len - suffix);
	label[len - suffix] = '\0';
	return issuers_called(all, label);
}

void status_crl(struct front *front, const struct request *q, struct reply *r)
{
	const char *name = q->parameter[0];
	const struct ca_file *root = ca_files_find(front->ca_files, "root.crl");
	struct errbuf why = {""};
	enum err rc = ERR_NOT_FOUND;
	if (strcmp(name, "root.crl") == 0) {
		reply_file(r, root, clock_now());
		return;
	}
	const struct issuer *issuer = called(front->issuers, name);
	if (issuer)
		rc = reply_list(front, q, (size_t)(issuer - front->issuers->at), CRL_DER, r, &why);
	else if (strcmp(name, "bundle.pem") == 0)
		rc = reply_bundle(front, q, r, &why);
	if (rc != ERR_OK)
		reply_problem(r, q, rc, &why, NULL);
}

void status_ca(struct front *front, const struct request *q, struct reply *r)
{
	const struct ca_file *f = ca_files_find(front->ca_files, q->parameter[0]);
	if (f && !f->good_until)
		reply_file(r, f, clock_now());
	else
		reply_problem(r, q, ERR_NOT_FOUND, NULL, NULL);
}
