/* Revocation lists, of each issuing CA: one at every start, at least one a period, and one as soon as the status of one of its
 * certificates has changed. A CA that has retired goes on so until the last of them has expired. */
#include "issuer/clerk/clerk_list.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/file.h"
#include "base/log.h"
#include "issuer/clerk/clerk_due.h"

#include <stdio.h>
#include <stdlib.h>

/* The front says when a status has changed; should it die before it says so, the table is counted too. */
enum { COUNT_EVERY_MS = 30000, OVER_EVERY = 3600, ASKED_LATELY = 60 };

_Static_assert((int)ISSUERS_MOST == (int)SHARED_ISSUERS, "a place in the shared page for each issuing CA");

struct counted {
	int64_t revoked, newest;
};

static enum err take_counted(void *ctx, const struct row *r)
{
	*(struct counted *)ctx = (struct counted){row_integer(r, 0), row_integer(r, 1)};
	return ERR_OK;
}

/* One CA's turn. */
struct turn {
	struct clerk *clerk;
	const struct issuer *issuer;
	struct clerk_crl *had;
	int64_t now;
};

static enum err count_revoked(struct turn *t, struct counted *out)
{
	t->had->counted_at = clock_mono_ms();
	return store_one(t->clerk->store, STATEMENT_CRL_REVOKED, STORE_VALUES(value_text(t->issuer->name)), take_counted, out);
}

/* One that changed may be another CA's; a list more does no harm, and a count does not tell everything. */
static enum err look_for_change(struct turn *t, bool *changed)
{
	struct counted now;
	*changed = t->issuer->standing != ISSUER_NEXT &&
		   atomic_load(&t->clerk->shared->revocation_generation) != t->had->generation;
	if (*changed || clock_mono_ms() - t->had->counted_at < COUNT_EVERY_MS)
		return ERR_OK;
	enum err e = count_revoked(t, &now);
	*changed = !e && (now.revoked != t->had->revoked || now.newest != t->had->newest_revocation);
	return e;
}

static enum err take_newest(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 1);
	return ERR_OK;
}

static enum err look(struct turn *t, bool *due)
{
	struct crl_standing s = {.made = t->had->made, .period = t->clerk->settings->crl_period};
	enum err e = store_one(t->clerk->store, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text(t->issuer->name)), take_newest,
			       &s.this_update);
	s.exists = e == ERR_OK;
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = look_for_change(t, &s.changed);
	s.rests = clock_mono_ms() < t->had->rests_until;
	*due = crl_due(&s, t->now);
	return e;
}

static enum err insert(struct store *s, const char *issuer, const struct list *l)
{
	char number[24];
	snprintf(number, sizeof number, "%llu", (unsigned long long)l->head.number);
	const struct audit_event event = {.what = "crl.issued", .object = number};
	enum err e = store_exec_one(s, STATEMENT_CRL_INSERT,
				    STORE_VALUES(value_text(issuer), value_integer((int64_t)l->head.number),
						 value_integer(l->head.this_update), value_integer(l->head.next_update),
						 value_blob(l->der.data + l->unused, l->der.len - l->unused)));
	if (!e)
		e = store_exec(s, STATEMENT_CRL_PRUNE, STORE_VALUES(value_text(issuer), value_integer(CRL_KEPT)), NULL);
	return e ? e : audit_append(s, &clerk_actor, &event, l->head.this_update, NULL);
}

static enum err commit_list(struct store *s, const char *issuer, const struct list *l)
{
	enum err e = store_begin(s);
	if (e)
		return e;
	e = insert(s, issuer, l);
	if (e)
		store_rollback(s);
	return e ? e : store_commit(s);
}

static void note_list(const struct list *l, int64_t took_ms)
{
	char number[24], count[24], bytes[24], took[24];
	snprintf(number, sizeof number, "%llu", (unsigned long long)l->head.number);
	snprintf(count, sizeof count, "%zu", l->n);
	snprintf(bytes, sizeof bytes, "%zu", l->der.len - l->unused);
	snprintf(took, sizeof took, "%lld", (long long)took_ms);
	log_event(LOG_LEVEL_INFO, "crl.issued", {"issuer", l->issuer->label}, {"number", number}, {"entries", count},
		  {"bytes", bytes}, {"ms", took});
}

static enum err fetch(struct clerk *c, struct list *l, struct errbuf *why)
{
	enum err rc = list_collect(c, l);
	if (!rc)
		rc = store_try_write(c->store); /* no number for a list that cannot be kept: each takes room in the journal */
	return rc ? rc : list_sign(c, l, why);
}

/* What changes after the generation and the count were read makes another list the next time. */
static enum err make(struct turn *t, struct errbuf *why)
{
	struct clerk *c = t->clerk;
	int64_t began = clock_mono_ms();
	uint64_t generation = atomic_load(&c->shared->revocation_generation);
	struct list l = {.issuer = t->issuer, .head = {.this_update = t->now, .next_update = t->now + c->settings->crl_life}};
	struct counted counted = {0, 0};
	enum err rc = count_revoked(t, &counted);
	if (!rc)
		rc = fetch(c, &l, why);
	crash_point(CRASH_CLERK_CRL_BEFORE);
	if (!rc)
		rc = commit_list(c->store, t->issuer->name, &l);
	crash_point(CRASH_CLERK_CRL_AFTER);
	int64_t took = clock_mono_ms() - began;
	if (!rc) {
		t->had->made = true;
		t->had->generation = generation;
		t->had->revoked = counted.revoked;
		t->had->newest_revocation = counted.newest;
		atomic_fetch_add(&c->shared->crl_generation, 1);
		note_list(&l, took);
	}
	t->had->rests_until = clock_mono_ms() + crl_rest_ms(took);
	list_clear(&l);
	return rc;
}

static enum err take_last(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 0);
	return ERR_OK;
}

/* The signer holds the clock against another one; what it said before a jump says nothing of the time after it. */
static bool believes_clock(const struct turn *t)
{
	const struct shared_page *page = t->clerk->shared;
	return llabs(t->now - page->journal_read_at) <= ASKED_LATELY && !(page->keys_away & SIGNER_CLOCK_DOUBTED);
}

/* An entry stays a period past its certificate's end. Only a CA that issues no more comes to its own; its list goes on until
 * somebody takes the CA away, for servers that still trust it want one. */
static enum err look_whether_over(struct turn *t)
{
	int64_t last = 0;
	bool was = t->had->over, looked = t->had->looked_at && t->now >= t->had->looked_at && t->now - t->had->looked_at < OVER_EVERY;
	if (t->issuer->standing != ISSUER_RETIRED || looked || !believes_clock(t))
		return ERR_OK;
	enum err e = store_one(t->clerk->store, STATEMENT_CRL_LAST_END, STORE_VALUES(value_text(t->issuer->name)), take_last, &last);
	if (e)
		return e;
	t->had->looked_at = t->now;
	t->had->over = t->now > last + t->clerk->settings->crl_period;
	atomic_store(&t->clerk->shared->issuer_over[t->issuer - t->clerk->issuers.at], t->had->over);
	if (t->had->over && !was)
		log_event(LOG_LEVEL_WARNING, "issuer.over", {"issuer", t->issuer->label}, {"certificate", t->issuer->name},
			  {"what", "everything that it issued has expired: its certificate and key may be removed"});
	return ERR_OK;
}

/* Not a fault of the disk, and not a signer that is only away: those have reasons of their own, and end by themselves. */
static void note_silence(struct turn *t, enum err made)
{
	size_t place = (size_t)(t->issuer - t->clerk->issuers.at);
	bool fault = made && !file_fault(made) && !peer_gone(made);
	if (fault || !made)
		atomic_store(&t->clerk->shared->issuer_silent[place], fault);
}

static enum err take_turn(struct turn *t, struct errbuf *why)
{
	bool due = false;
	enum err e = look_whether_over(t);
	bool ended = t->issuer->standing != ISSUER_PRESENT && t->now >= t->issuer->until; /* nobody believes it any more */
	if (!e && !ended)
		e = look(t, &due);
	if (e || !due)
		return e;
	e = make(t, why);
	note_silence(t, e);
	return e;
}

/* An old database makes no list: those who check fail closed when the last one ends, rather than trust what was
 * revoked. A list that cannot be made does not keep the others from being made. */
enum err clerk_crl(struct clerk *c, int64_t now, struct errbuf *why)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; c->trusted && i < c->issuers.count && !peer_gone(rc); i++) {
		struct turn t = {c, &c->issuers.at[i], &c->crl[i], now};
		enum err e = take_turn(&t, why);
		rc = rc ? rc : e;
	}
	return rc;
}
