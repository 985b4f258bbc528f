/* Revocation lists: one at every start, at least one a period, and one as soon as a certificate's status has
 * changed. */
#include "issuer/clerk/clerk.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/encode.h"
#include "base/log.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/signer/signer.h"

#include <stdio.h>
#include <stdlib.h>

/* The front says when a status has changed; should it die before it says so, the table is counted too. */
enum { COUNT_EVERY_MS = 30000, CRL_CAP = 1 << 25 };

struct entries {
	struct crl_entry *list;
	size_t n, room;
};

static enum err take_entry(void *ctx, const struct row *r)
{
	struct entries *es = ctx;
	if (es->n == es->room) {
		size_t room = es->room ? 2 * es->room : 64;
		struct crl_entry *more = reallocarray(es->list, room, sizeof *more);
		if (!more)
			return ERR_MEMORY;
		es->list = more;
		es->room = room;
	}
	struct crl_entry *e = &es->list[es->n++];
	*e = (struct crl_entry){.revoked_at = row_integer(r, 1), .reason = (enum crl_reason)row_integer(r, 2),
				.compromised_at = row_integer(r, 3)};
	const char *serial = row_text(r, 0);
	return hex_decode(serial ? serial : "", e->serial, sizeof e->serial) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

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
	*due = crl_due(&s, now);
	return e;
}

struct list {
	struct buf der;
	uint64_t number;
	int64_t this_update, next_update;
};

static enum err insert(struct store *s, const char *issuer, const struct list *l)
{
	char number[24];
	snprintf(number, sizeof number, "%llu", (unsigned long long)l->number);
	const struct audit_event event = {.what = "crl.issued", .object = number};
	enum err e = store_exec_one(s, STATEMENT_CRL_INSERT,
				    STORE_VALUES(value_text(issuer), value_integer((int64_t)l->number),
						 value_integer(l->this_update), value_integer(l->next_update),
						 value_blob(l->der.data, l->der.len)));
	if (!e)
		e = store_exec(s, STATEMENT_CRL_PRUNE, STORE_VALUES(value_text(issuer), value_integer(CRL_KEPT)), NULL);
	return e ? e : audit_append(s, &clerk_actor, &event, l->this_update, NULL);
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

static void note_list(const struct list *l, size_t entries)
{
	char number[24], count[24];
	snprintf(number, sizeof number, "%llu", (unsigned long long)l->number);
	snprintf(count, sizeof count, "%zu", entries);
	log_event(LOG_LEVEL_INFO, "crl.issued", {"number", number}, {"entries", count});
}

/* What changes after the generation and the count were read makes another list the next time. */
static enum err make(struct clerk *c, int64_t now, struct errbuf *why)
{
	uint64_t generation = atomic_load(&c->shared->revocation_generation);
	struct list l = {.der = BUF_INIT(CRL_CAP), .this_update = now, .next_update = now + c->settings->crl_life};
	struct counted counted = {0, 0};
	struct entries es = {0};
	enum err rc = count_revoked(c, &counted);
	if (!rc)
		rc = store_each(c->store, STATEMENT_CRL_ENTRIES,
				STORE_VALUES(value_text(c->issuer), value_integer(now - c->settings->crl_period)), take_entry,
				&es);
	if (!rc)
		rc = store_try_write(c->store); /* no number for a list that cannot be kept: each takes room in the journal */
	if (!rc)
		rc = signer_crl(c->signer, l.this_update, l.next_update, es.list, es.n, &l.der, &l.number, why);
	crash_point(CRASH_CLERK_CRL_BEFORE);
	if (!rc)
		rc = commit_list(c->store, c->issuer, &l);
	crash_point(CRASH_CLERK_CRL_AFTER);
	if (!rc) {
		c->crl_made = true;
		c->crl_generation = generation;
		c->crl_revoked = counted.revoked;
		c->crl_newest_revocation = counted.newest;
		atomic_fetch_add(&c->shared->crl_generation, 1);
		note_list(&l, es.n);
	}
	buf_free(&l.der);
	free(es.list);
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
