#include "issuer/http/ocsp.h"

#include "base/clock.h"
#include "issuer/http/ocsp_cache.h"
#include "issuer/http/ocsp_lane.h"
#include "issuer/http/ocsp_limit.h"
#include "issuer/process/child.h"
#include "issuer/store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHARED_CACHE_SECONDS = 60 };

struct ocsp_desk {
	const struct issuers *all;
	const struct shared_page *shared;
	struct ocsp_issuer issuers[ISSUERS_MOST]; /* by their place in `all` */
	struct store *store;
	struct ocsp_lane *lane;
	struct ocsp_cache *cache;
	struct ocsp_limit *limit;
	bool closing; /* nobody may begin to wait */
	struct ocsp_counts counts;
};

/* One request that waits for its signature. */
struct waiting {
	struct ocsp_job job; /* the first member: what the lane knows of it */
	uint64_t generation; /* as read before the statuses */
	struct reply *reply;
	struct deferral *later;
	bool tagged; /* a GET: caches want an entity tag */
};

/* ---- answers ---- */

static void say(struct reply *r, const void *der, size_t len)
{
	buf_clear(&r->body);
	buf_add(&r->body, der, len);
	r->content_type = "application/ocsp-response";
}

/* d: whose count it is; NULL: it is counted elsewhere. */
static void say_refusal(struct ocsp_desk *d, struct reply *r, enum ocsp_refusal refusal, enum err fault)
{
	uint8_t der[OCSP_REFUSAL_BYTES];
	ocsp_refusal_make(refusal, der);
	say(r, der, sizeof der);
	r->fault = fault;
	if (d)
		atomic_fetch_add(&d->counts.refused, 1);
}

void ocsp_reply_malformed(struct reply *r, const struct errbuf *why)
{
	say_refusal(NULL, r, OCSP_MALFORMED_REQUEST, ERR_MALFORMED);
	r->why = *why;
}

/* RFC 5019 6.2. A cache on the way may keep it for a minute, as it may a list; whoever asked, until nextUpdate. */
static void say_times(struct reply *r, int64_t this_update, int64_t next_update, int64_t now)
{
	int64_t left = next_update - now;
	r->last_modified = this_update;
	r->expires = next_update;
	r->cache_seconds = left > SHARED_CACHE_SECONDS ? SHARED_CACHE_SECONDS : left > 1 ? (int)left : 1;
}

/* Everybody gets the same until less than a minute is left; but who has it already may get a 304. */
static bool same_for_all(const struct request *q, const struct reply *r)
{
	return r->cache_seconds == SHARED_CACHE_SECONDS &&
	       (strcmp(q->method, "GET") != 0 || !request_header(q, "If-None-Match"));
}

static void say_ready(struct ocsp_desk *d, struct ocsp_cached *e, int64_t now, const struct request *q, struct reply *r)
{
	say_times(r, e->this_update, e->next_update, now);
	memcpy(r->etag, e->etag, sizeof r->etag);
	atomic_fetch_add(&d->counts.ready, 1);
	bool common = same_for_all(q, r);
	if (common && e->prepared) {
		r->prepared = e->prepared;
		r->lent = e->der;
		r->lent_len = e->len;
		return;
	}
	say(r, e->der, e->len);
	if (common)
		r->prepared = ocsp_cache_prepare(d->cache, e, r);
}

/* ---- statuses ---- */

static enum err take_status(void *ctx, const struct row *r)
{
	struct ocsp_single *s = ctx;
	bool valid = strcmp(row_text(r, 0), "valid") == 0;
	s->status = valid ? OCSP_GOOD : OCSP_REVOKED;
	s->revoked_at = valid ? 0 : row_integer(r, 1);
	s->reason = valid ? REASON_UNSPECIFIED : (enum crl_reason)row_integer(r, 2);
	return ERR_OK;
}

static enum err look_up(struct ocsp_desk *d, struct ocsp_single *s)
{
	char serial[SERIAL_TEXT_SIZE];
	const struct ocsp_certificate_id id = {.serial = s->serial, .serial_len = s->serial_len};
	enum err rc = ERR_NOT_FOUND;
	if (ocsp_serial_text(&id, serial))
		rc = store_one(d->store, STATEMENT_CERTIFICATE_OCSP,
			       STORE_VALUES(value_text(d->all->at[s->issuer].name), value_text(serial)), take_status, s);
	if (rc != ERR_NOT_FOUND)
		return rc;
	s->status = OCSP_UNKNOWN; /* never issued */
	s->revoked_at = 0;
	s->reason = REASON_UNSPECIFIED;
	return ERR_OK;
}

static uint64_t generation_of(const struct ocsp_desk *d)
{
	return atomic_load(&d->shared->revocation_generation);
}

/* *changed: at least one status is not what it was. The counter is read first, so that no change is missed. */
static enum err look_up_all(struct ocsp_desk *d, struct waiting *w, bool *changed)
{
	enum err rc = ERR_OK;
	w->generation = generation_of(d);
	*changed = false;
	for (size_t i = 0; rc == ERR_OK && i < w->job.ask.count; i++) {
		const struct ocsp_single before = w->job.ask.singles[i];
		rc = look_up(d, &w->job.ask.singles[i]);
		*changed |= !ocsp_same_status(&before, &w->job.ask.singles[i]);
	}
	return rc;
}

/* ---- what is ready ---- */

static bool may_be_kept(const struct ocsp_ask *a)
{
	return a->count == 1 && a->nonce_len == 0 && a->singles[0].status != OCSP_UNKNOWN;
}

/* An entry whose status was confirmed since the last change; NULL: there is none. */
static struct ocsp_cached *find_ready(struct ocsp_desk *d, const struct ocsp_single *id, int64_t now)
{
	struct ocsp_cached *e = ocsp_cache_find(d->cache, id, now);
	uint64_t generation = generation_of(d);
	if (!e || e->generation == generation)
		return e;
	struct ocsp_single current = e->single;
	if (look_up(d, &current) != ERR_OK || !ocsp_same_status(&current, &e->single))
		return NULL;
	e->generation = generation;
	return e;
}

static void keep(struct ocsp_desk *d, const struct waiting *w, const struct ocsp_told *told, const char *etag)
{
	struct ocsp_cached e = {.single = w->job.ask.singles[0], .generation = w->generation,
				.this_update = told->this_update, .next_update = told->next_update,
				.der = (uint8_t *)(uintptr_t)told->der, .len = told->len};
	memcpy(e.etag, etag, sizeof e.etag);
	ocsp_cache_put(d->cache, &e);
}

/* ---- what has to be signed ---- */

static void finish(struct waiting *w)
{
	struct deferral *later = w->later;
	free(w);
	later->resume(later);
}

static void say_signed(struct ocsp_desk *d, struct waiting *w, const struct ocsp_told *told)
{
	char etag[ETAG_SIZE] = "";
	bool kept = may_be_kept(&w->job.ask);
	say(w->reply, told->der, told->len);
	say_times(w->reply, told->this_update, told->next_update, clock_now());
	if (kept || w->tagged)
		etag_of(told->der, told->len, etag);
	if (kept)
		keep(d, w, told, etag);
	memcpy(w->reply->etag, etag, sizeof w->reply->etag);
}

/* The signer has answered, or nobody has. */
static void on_told(void *ctx, struct ocsp_job *job, const struct ocsp_told *told)
{
	struct ocsp_desk *d = ctx;
	struct waiting *w = (struct waiting *)job;
	bool changed = false;
	enum err rc = told->error;
	if (!rc && w->generation != generation_of(d))
		rc = look_up_all(d, w, &changed);
	if (!rc && changed) {
		ocsp_lane_put(d->lane, job, clock_mono_ms());
		return;
	}
	if (rc)
		say_refusal(d, w->reply, OCSP_TRY_LATER, rc);
	else
		say_signed(d, w, told);
	finish(w);
}

static struct waiting *waiting_new(const struct ocsp_desk *d, const struct ocsp_request *asked, unsigned issuer)
{
	struct waiting *w = malloc(sizeof *w);
	if (!w)
		return NULL;
	struct ocsp_ask *a = &w->job.ask;
	memcpy(a->issuer, d->all->at[issuer].fingerprint, sizeof a->issuer);
	a->count = asked->count;
	a->nonce_len = asked->nonce_len;
	if (asked->nonce_len)
		memcpy(a->nonce, asked->nonce, asked->nonce_len);
	for (size_t i = 0; i < asked->count; i++) {
		a->singles[i] = (struct ocsp_single){
			.hash = asked->ids[i].hash, .serial_len = asked->ids[i].serial_len, .issuer = issuer};
		memcpy(a->singles[i].serial, asked->ids[i].serial, asked->ids[i].serial_len);
	}
	return w;
}

static void have_signed(struct ocsp_desk *d, const struct ocsp_request *asked, unsigned issuer, const struct request *q,
			struct reply *r)
{
	bool changed;
	struct waiting *w = d->closing ? NULL : waiting_new(d, asked, issuer);
	enum err rc = w ? look_up_all(d, w, &changed) : d->closing ? ERR_UNAVAILABLE : ERR_MEMORY;
	if (rc) {
		free(w);
		say_refusal(d, r, OCSP_TRY_LATER, rc);
		return;
	}
	w->reply = r;
	w->later = q->later;
	w->tagged = strcmp(q->method, "GET") == 0;
	w->later->waits = true;
	atomic_fetch_add(&d->counts.asked, 1);
	ocsp_lane_put(d->lane, &w->job, clock_mono_ms());
}

/* ---- requests ---- */

static bool all_of(const struct ocsp_issuer *issuer, const struct ocsp_request *asked)
{
	for (size_t i = 0; i < asked->count; i++)
		if (!ocsp_issuer_is(issuer, &asked->ids[i]))
			return false;
	return true;
}

/* One of our CAs issued all of them: a delegate answers for one CA alone. One that has issued nothing yet answers nothing. */
static bool find_issuer(const struct ocsp_desk *d, const struct ocsp_request *asked, unsigned *issuer)
{
	for (*issuer = 0; *issuer < d->all->count; ++*issuer)
		if (d->all->at[*issuer].standing != ISSUER_NEXT && all_of(&d->issuers[*issuer], asked))
			return true;
	return false;
}

static struct ocsp_cached *ready_for(struct ocsp_desk *d, const struct ocsp_request *asked, unsigned issuer,
				     int64_t now)
{
	struct ocsp_single id = {.hash = asked->ids[0].hash, .serial_len = asked->ids[0].serial_len, .issuer = issuer};
	if (asked->count != 1 || asked->nonce_len)
		return NULL;
	memcpy(id.serial, asked->ids[0].serial, id.serial_len);
	return find_ready(d, &id, now);
}

void ocsp_desk_answer(struct ocsp_desk *d, const void *der, size_t len, const struct request *q, struct reply *r)
{
	struct ocsp_request asked;
	struct errbuf why = {""};
	const int64_t now = clock_now();
	struct ocsp_cached *ready;
	unsigned issuer;
	if (ocsp_request_read(der, len, &asked, &why) != ERR_OK) {
		atomic_fetch_add(&d->counts.refused, 1);
		ocsp_reply_malformed(r, &why);
	} else if (issuing_paused_because(d->shared)) { /* the database may be an old one: its 'good' is no verdict */
		say_refusal(d, r, OCSP_TRY_LATER, ERR_UNAVAILABLE);
	} else if (!find_issuer(d, &asked, &issuer)) { /* RFC 5019 2.2.3 */
		say_refusal(d, r, OCSP_UNAUTHORIZED, ERR_REFUSED);
	} else if ((ready = ready_for(d, &asked, issuer, now))) {
		say_ready(d, ready, now, q, r);
	} else if (!ocsp_limit_take(d->limit, q->address, clock_mono_ms())) {
		atomic_fetch_add(&d->counts.limited, 1);
		say_refusal(NULL, r, OCSP_TRY_LATER, ERR_LIMIT);
	} else {
		have_signed(d, &asked, issuer, q, r);
	}
}

/* ---- the desk ---- */

enum err ocsp_desk_new(const struct ocsp_source *from, struct ocsp_desk **out, struct errbuf *why)
{
	struct ocsp_desk *d = calloc(1, sizeof *d);
	if (!d) {
		close(from->packets);
		return ERR_MEMORY;
	}
	d->all = from->all;
	d->shared = from->shared;
	enum err rc = ocsp_lane_new(from->packets, on_told, d, &d->lane);
	for (size_t i = 0; !rc && i < from->all->count; i++)
		rc = ocsp_issuer_of(from->all->at[i].certificate, &d->issuers[i]);
	if (!rc)
		rc = ocsp_cache_new(&d->cache);
	if (!rc)
		rc = ocsp_limit_new(from->per_address, &d->limit);
	if (!rc)
		rc = store_open(from->database, STORE_READ_STATUS, &d->store, why);
	if (rc)
		ocsp_desk_free(d);
	else
		*out = d;
	return rc;
}

void ocsp_desk_free(struct ocsp_desk *d)
{
	if (!d)
		return;
	ocsp_lane_free(d->lane);
	ocsp_cache_free(d->cache);
	ocsp_limit_free(d->limit);
	store_close(d->store);
	free(d);
}

const struct ocsp_counts *ocsp_desk_counts(const struct ocsp_desk *d)
{
	return &d->counts;
}

int ocsp_desk_fd(const struct ocsp_desk *d)
{
	return ocsp_lane_fd(d->lane);
}

short ocsp_desk_events(const struct ocsp_desk *d)
{
	return ocsp_lane_events(d->lane);
}

int ocsp_desk_wait(const struct ocsp_desk *d)
{
	return ocsp_lane_wait(d->lane, clock_mono_ms());
}

void ocsp_desk_receive(struct ocsp_desk *d)
{
	ocsp_lane_receive(d->lane);
}

void ocsp_desk_send(struct ocsp_desk *d)
{
	ocsp_lane_send(d->lane, clock_mono_ms());
}

void ocsp_desk_abandon(struct ocsp_desk *d)
{
	d->closing = true;
	ocsp_lane_abandon(d->lane);
}
