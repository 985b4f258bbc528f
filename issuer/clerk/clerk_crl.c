/* Revocation lists: one at every start, at least one a period, and one as soon as a certificate's status has
 * changed. */
#include "issuer/clerk/clerk_list.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "issuer/clerk/clerk_due.h"

#include <stdio.h>

/* The front says when a status has changed; should it die before it says so, the table is counted too. */
enum { COUNT_EVERY_MS = 30000 };

struct counted {
	int64_t revoked, newest;
};

static enum err take_counted(void *ctx, const struct row *r)
{
	*(struct counted *)ctx = (struct counted){row_integer(r, 0), row_integer(r, 1)};
	return ERR_OK;
}

static enum err count_revoked(struct clerk *c, struct counted *out)
{
	c->crl_counted_at = clock_mono_ms();
	return store_one(c->store, STATEMENT_CRL_REVOKED, STORE_VALUES(value_text(c->issuer)), take_counted, out);
}

static enum err changed_uncounted(struct clerk *c, bool *changed)
{
	struct counted now;
	if (*changed || clock_mono_ms() - c->crl_counted_at < COUNT_EVERY_MS)
		return ERR_OK;
	enum err e = count_revoked(c, &now);
	*changed = !e && (now.revoked != c->crl_revoked || now.newest != c->crl_newest_revocation);
	return e;
}

static enum err take_newest(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 1);
	return ERR_OK;
}

static enum err look(struct clerk *c, int64_t now, bool *due)
{
	struct crl_standing s = {.made = c->crl_made, .period = c->settings->crl_period};
	s.changed = atomic_load(&c->shared->revocation_generation) != c->crl_generation;
	enum err e = store_one(c->store, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text(c->issuer)), take_newest,
			       &s.this_update);
	s.exists = e == ERR_OK;
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = changed_uncounted(c, &s.changed);
	s.rests = clock_mono_ms() < c->crl_rests_until;
	*due = crl_due(&s, now);
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
	log_event(LOG_LEVEL_INFO, "crl.issued", {"number", number}, {"entries", count}, {"bytes", bytes}, {"ms", took});
}

static enum err fetch(struct clerk *c, struct list *l, struct errbuf *why)
{
	enum err rc = list_collect(c, l);
	if (!rc)
		rc = store_try_write(c->store); /* no number for a list that cannot be kept: each takes room in the journal */
	return rc ? rc : list_sign(c, l, why);
}

/* What changes after the generation and the count were read makes another list the next time. */
static enum err make(struct clerk *c, int64_t now, struct errbuf *why)
{
	int64_t began = clock_mono_ms();
	uint64_t generation = atomic_load(&c->shared->revocation_generation);
	struct list l = {.head = {.this_update = now, .next_update = now + c->settings->crl_life}};
	struct counted counted = {0, 0};
	enum err rc = count_revoked(c, &counted);
	if (!rc)
		rc = fetch(c, &l, why);
	crash_point(CRASH_CLERK_CRL_BEFORE);
	if (!rc)
		rc = commit_list(c->store, c->issuer, &l);
	crash_point(CRASH_CLERK_CRL_AFTER);
	int64_t took = clock_mono_ms() - began;
	if (!rc) {
		c->crl_made = true;
		c->crl_generation = generation;
		c->crl_revoked = counted.revoked;
		c->crl_newest_revocation = counted.newest;
		atomic_fetch_add(&c->shared->crl_generation, 1);
		note_list(&l, took);
	}
	c->crl_rests_until = clock_mono_ms() + crl_rest_ms(took);
	list_clear(&l);
	return rc;
}

/* An old database makes no list: those who check fail closed when the last one ends, rather than trust what was
 * revoked. */
enum err clerk_crl(struct clerk *c, int64_t now, struct errbuf *why)
{
	bool due = false;
	enum err e = c->trusted ? look(c, now, &due) : ERR_OK;
	return e || !due ? e : make(c, now, why);
}
