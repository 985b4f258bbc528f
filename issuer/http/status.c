/* What anyone may fetch without TLS: it is signed already. Fresh for a minute at most, so that a revocation reaches
 * every reader of the list within that. */
#include "base/clock.h"
#include "issuer/http/ca_files.h"
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

/* No list is better than an older one: it would take revocations back. */
static enum err reply_issuing(struct front *front, struct reply *r, int64_t now, struct errbuf *why)
{
	struct crl_head head;
	const char *because = issuing_paused_because(front->shared);
	if (because)
		return fail(why, ERR_UNAVAILABLE, "there is no list now: %s", because);
	enum err rc = crl_cache_read(front->crl_cache, now, &head, &r->body, r->etag);
	if (rc != ERR_OK)
		return rc;
	r->content_type = "application/pkix-crl";
	r->last_modified = head.this_update;
	r->cache_seconds = fresh_seconds(head.next_update, now);
	r->ranges = true;
	return ERR_OK;
}

/* Both lists in PEM, as nginx's ssl_crl and others want them. */
static enum err reply_bundle(struct front *front, struct reply *r, int64_t now, struct errbuf *why)
{
	const struct ca_file *root = ca_files_find(front->ca_files, "root.crl");
	struct reply issuing = REPLY_INIT;
	enum err rc = reply_issuing(front, &issuing, now, why);
	if (rc == ERR_OK)
		rc = crl_to_pem(issuing.body.data, issuing.body.len, &r->body);
	if (rc == ERR_OK)
		rc = crl_to_pem(root->bytes.data, root->bytes.len, &r->body);
	if (rc == ERR_OK) {
		int root_fresh = fresh_seconds(root->good_until, now);
		r->content_type = "application/x-pem-file";
		r->last_modified = issuing.last_modified;
		r->cache_seconds = issuing.cache_seconds < root_fresh ? issuing.cache_seconds : root_fresh;
		etag_of(r->body.data, r->body.len, r->etag);
	}
	reply_clear(&issuing);
	return rc;
}

void status_crl(struct front *front, const struct request *q, struct reply *r)
{
	const char *name = q->parameter[0];
	const struct ca_file *root = ca_files_find(front->ca_files, "root.crl");
	int64_t now = clock_now();
	struct errbuf why = {""};
	enum err rc = ERR_NOT_FOUND;
	if (strcmp(name, "root.crl") == 0) {
		reply_file(r, root, now);
		return;
	}
	if (strcmp(name, "issuing.crl") == 0)
		rc = reply_issuing(front, r, now, &why);
	else if (strcmp(name, "bundle.pem") == 0)
		rc = reply_bundle(front, r, now, &why);
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
