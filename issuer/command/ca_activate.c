/* `counterfoild ca activate`: the CA that stands ready issues from now on; the one before it has retired.
 *
 * One rename decides: that of the new certificate over ca.issuing. Before it the old certificate is put among the others, which
 * says nothing new as long as it is the present one's; behind it the new one is taken from its place as the next, where it says
 * nothing new either. No key is moved. So a power cut leaves the old state or the new, and a second run ends what it cut. */
#include "base/clock.h"
#include "base/file.h"
#include "issuer/command/ca.h"
#include "issuer/command/host_books.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/host_key.h"
#include "issuer/issuers.h"
#include "issuer/process/run_lock.h"
#include "issuer/profiles.h"
#include "issuer/signer/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct change {
	struct ca_place place;
	struct issuers known;
	struct issuer_files files;
	X509 *root;
	int lock;
	bool now;
};

static void clear(struct change *c)
{
	X509_free(c->root);
	issuers_clear(&c->known);
	ca_place_close(&c->place);
	if (c->lock >= 0)
		close(c->lock);
}

static const struct issuer_file *next_file(const struct change *c)
{
	for (size_t i = 0; i < c->files.count; i++)
		if (c->files.at[i].standing == ISSUER_NEXT)
			return &c->files.at[i];
	return NULL;
}

/* ---- whether it may be ---- */

static enum err check_certificate(const struct change *c, const struct issuer *next, struct errbuf *why)
{
	struct errbuf reason = {""};
	char from[CLOCK_TEXT_SIZE];
	clock_text(next->from, from);
	enum err e = ca_check_issuing(c->root, next->certificate, c->place.settings, &reason);
	if (!e)
		e = ca_check_unrevoked(c->root, next->certificate, c->place.settings, &reason);
	if (!e && next->from > clock_now())
		e = fail(&reason, ERR_CONFLICT, "it is not valid before %s", from);
	if (!e)
		e = ca_rehearse(c->place.settings, &c->known, next->certificate, &reason);
	return e ? fail(why, e, "%s: %s", next_file(c)->path, err_why(e, &reason)) : ERR_OK;
}

static enum err check_key(const struct change *c, const struct issuer *next, struct errbuf *why)
{
	EVP_PKEY *key = NULL;
	enum err e = host_issuer_key(c->place.settings, next->id, X509_get0_pubkey(next->certificate), &key, why);
	EVP_PKEY_free(key);
	return e;
}

/* A certificate of the new CA that named the old one's list would be good for ever. */
static enum err check_address(const char *profile, const char *key, const char *before, const char *after, struct errbuf *why)
{
	bool list = strcmp(key, "crl") == 0;
	if (!after[0] || strcmp(before, after) != 0)
		return ERR_OK;
	return fail(why, ERR_REFUSED, "%s: [addresses] %s has no {issuing}: the new CA's certificates would name the %s of the old one. "
		    "Write %s = {status}/%s", profile, key, list ? "list" : "certificate", key,
		    list ? "crl/{issuing}.crl" : "ca/{issuing}.cer");
}

static enum err check_addresses(const struct change *c, const struct issuer *next, enum profile_id id, struct errbuf *why)
{
	const struct settings *s = c->place.settings;
	const char *path = profiles_path(s, id);
	struct profile p;
	struct addresses before, after;
	enum err e = profiles_load(s, id, &p, why);
	if (!e)
		e = addresses_make(s, &p, c->known.at[0].certificate, &before);
	if (!e)
		e = addresses_make(s, &p, next->certificate, &after);
	if (!e)
		e = check_address(path[0] ? path : p.name, "crl", before.crl, after.crl, why);
	return e ? e : check_address(path[0] ? path : p.name, "issuer", before.issuer, after.issuer, why);
}

struct first_list {
	const char *issuer;
	int64_t at; /* 0: none */
};

static enum err take_first_list(void *ctx, const struct journal_record *r, uint64_t sequence)
{
	struct first_list *first = ctx;
	(void)sequence;
	if (!first->at && strcmp(r->op, "crl") == 0 && r->issuer && strcmp(r->issuer, first->issuer) == 0)
		first->at = r->at;
	return ERR_OK;
}

/* By the journal, which keeps it; the times of files do not stand for anything. */
static enum err find_first_list(const char *journal, struct first_list *first, struct errbuf *why)
{
	int fd = open(journal, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, ERR_IO, "%s: %s", journal, strerror(errno));
	enum err e = journal_walk(fd, take_first_list, first, why);
	close(fd);
	return e;
}

static enum err take_nothing(void *ctx, const struct row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

/* Whoever checks a chain wants the new CA's list with it: it must have had the time to be fetched. */
static enum err check_overlap(const struct change *c, const struct issuer *next, struct errbuf *why)
{
	const struct settings *s = c->place.settings;
	struct store *store = NULL;
	struct first_list first = {.issuer = next->name};
	char at[CLOCK_TEXT_SIZE];
	enum err e = store_open(s->database, STORE_READ_ONLY, &store, why);
	if (!e)
		e = store_one(store, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text(next->name)), take_nothing, NULL);
	store_close(store);
	if (!e)
		e = find_first_list(s->journal, &first, why);
	if (e == ERR_NOT_FOUND || (!e && !first.at))
		return fail(why, ERR_CONFLICT, "the new CA has no revocation list yet: servers that check the whole chain would refuse its "
			    "certificates. Run the daemon for a moment; or --now");
	if (e)
		return e;
	int64_t fetched = first.at + s->crl_life;
	clock_text(fetched, at);
	return fetched <= clock_now() ? ERR_OK
				      : fail(why, ERR_CONFLICT, "servers that fetched list and certificates before the new CA was there may "
					     "use them until %s, and would refuse its certificates. Wait until then; or --now, when all "
					     "have fetched them since",
					     at);
}

static enum err check_all(const struct change *c, const struct issuer *next, struct errbuf *why)
{
	static const enum profile_id kinds[] = {PROFILE_CLIENT, PROFILE_STAFF, PROFILE_SERVER, PROFILE_OCSP};
	enum err e = check_certificate(c, next, why);
	if (!e)
		e = check_key(c, next, why);
	for (size_t i = 0; !e && i < sizeof kinds / sizeof *kinds; i++)
		e = check_addresses(c, next, kinds[i], why);
	return e || c->now ? e : check_overlap(c, next, why);
}

/* ---- the change ---- */

static enum err put_old_aside(const struct change *c, struct errbuf *why)
{
	char name[ISSUER_ID_SIZE + 8], path[4096];
	snprintf(name, sizeof name, "%s.pem", c->known.at[0].id);
	enum err e = file_join(path, c->place.settings->ca_others, name);
	return e ? e : host_publish_chain(path, (X509 *const[]){c->known.at[0].certificate, NULL}, why);
}

/* What init put beside the certificates for people to copy; it decides nothing. */
static enum err publish_chain(const struct change *c, X509 *present, struct errbuf *why)
{
	char path[4096];
	const char *issuing = c->place.settings->ca_issuing, *slash = strrchr(issuing, '/');
	int n = snprintf(path, sizeof path, "%.*schain.pem", slash ? (int)(slash - issuing + 1) : 0, issuing);
	if (n >= (int)sizeof path || access(path, F_OK) != 0)
		return ERR_OK;
	return host_publish_chain(path, (X509 *const[]){present, c->root, NULL}, why);
}

static enum err record(const struct change *c, const struct issuer *present, struct errbuf *why)
{
	struct store *store = NULL;
	const struct audit_event event = {.what = "ca.activated", .object = present->label, .detail = present->name};
	enum err e = store_open(c->place.settings->database, STORE_OPEN, &store, why);
	if (e)
		return e;
	e = store_begin(store);
	if (!e)
		e = audit_append(store, &host_actor, &event, clock_now(), NULL);
	if (!e)
		e = store_commit(store);
	if (e) {
		store_rollback(store);
		fail(why, e, "%s: %s", c->place.settings->database, err_text(e));
	}
	store_close(store);
	return e;
}

/* Behind the rename: each step may have been done before. The file goes last, by which an unfinished change is known. */
static enum err finish(const struct change *c, const struct issuer *present, const char *path, struct errbuf *why)
{
	enum err e = publish_chain(c, present->certificate, why);
	if (!e)
		e = record(c, present, why);
	if (!e && unlink(path) != 0)
		e = file_failed(why, "remove", path);
	if (!e)
		e = file_sync_folder(path, why);
	return e;
}

static void report(const struct issuer *present, const struct issuer *before)
{
	char until[CLOCK_TEXT_SIZE];
	clock_text(present->until, until);
	fprintf(stderr, "counterfoild: \"%s\" issues from now on, until %.10s. Start the daemon\n", present->label, until);
	if (before)
		fprintf(stderr, "counterfoild: \"%s\" has retired: keep its key, which goes on signing its list and its OCSP answers until "
			"counterfoild check says that it may be removed\n", before->label);
}

static enum err change_over(struct change *c, struct errbuf *why)
{
	const struct issuer *next = issuers_next(&c->known), *present = &c->known.at[0];
	char cut[4096];
	if (issuer_unfinished(c->place.settings, &c->known, cut)) { /* that change first: the next run makes another */
		enum err e = finish(c, present, cut, why);
		if (!e)
			report(present, NULL);
		return e;
	}
	if (!next)
		return fail(why, ERR_NOT_FOUND, "no CA stands ready: counterfoild ca new-issuing");
	enum err e = check_all(c, next, why);
	if (!e)
		e = put_old_aside(c, why);
	if (!e)
		e = host_publish_chain(c->place.settings->ca_issuing, (X509 *const[]){next->certificate, NULL}, why);
	if (!e)
		e = finish(c, next, next_file(c)->path, why);
	if (!e)
		report(next, present);
	return e;
}

static enum err stand_still(struct change *c, struct errbuf *why)
{
	enum err e = run_lock_take(c->place.folder, &c->lock, why);
	struct errbuf running = why ? *why : (struct errbuf){""};
	return e == ERR_CONFLICT ? fail(why, e, "%s: stop it, activate, and start it again", running.text) : e;
}

enum err ca_activate(const struct ca_wishes *w, struct errbuf *why)
{
	static struct change c; /* one thread */
	c = (struct change){.lock = -1, .now = w->now};
	if (!w->config)
		return fail(why, ERR_USAGE, "activate needs --config FILE");
	enum err e = ca_place_open(w->config, &c.place, why);
	if (!e)
		e = stand_still(&c, why);
	if (!e)
		e = ca_root_read(NULL, c.place.settings, &c.root, why);
	if (!e)
		e = issuers_load(c.place.settings, &c.known, why);
	if (!e)
		e = issuer_certificates(c.place.settings, &c.files, why);
	if (!e)
		e = change_over(&c, why);
	clear(&c);
	return e;
}
