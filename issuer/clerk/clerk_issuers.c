/* The issuing CAs held against the books: none may be missing while its certificates live, and no former one may issue again. */
#include "base/clock.h"
#include "base/log.h"
#include "issuer/clerk/clerk_reconcile.h"
#include "issuer/issuers_missing.h"

#include <stdio.h>
#include <string.h>

enum err reconcile_issuer(struct store *s, const struct journal_last *last, const struct issuers *all, int64_t now,
			  struct errbuf *why)
{
	struct known known;
	enum err e = last->done_serial[0] ? reconcile_find(s, last->done_serial, &known) : ERR_NOT_FOUND;
	if (e) /* reconcile_newest says that it is not there */
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	const struct issuer *newest = issuers_named(all, known.issuer);
	if (newest && newest->standing == ISSUER_NEXT)
		return fail(why, ERR_REFUSED, "the newest certificate, %s, is of the CA that is only to be the next here (%s): older "
			    "files of the CAs were put back: put those of now back", last->done_serial, newest->label);
	if (!newest && known.issuer[0] && known.not_after >= now)
		return fail(why, ERR_REFUSED, "the newest certificate, %s, is of a CA that is not here (%.16s): older files of the "
			    "CAs were put back: put those of now back", last->done_serial, known.issuer);
	return ERR_OK;
}

enum err clerk_judge_issuer(struct clerk *c, const struct journal_last *last, int64_t now, bool *sound, struct errbuf *why)
{
	struct errbuf reason = {""};
	enum issuer_fault fault = ISSUER_SOUND;
	enum err e = reconcile_issuer(c->store, last, &c->issuers, now, &reason);
	if (e == ERR_REFUSED)
		fault = ISSUER_FORMER;
	else if (e)
		return fail(why, e, "%s", err_why(e, &reason));
	if (atomic_load(&c->shared->issuers_revoked) & 1)
		fault = ISSUER_REVOKED;
	*sound = fault == ISSUER_SOUND;
	if (atomic_exchange(&c->shared->issuer_fault, fault) == (int64_t)fault)
		return ERR_OK;
	if (fault)
		log_event(LOG_LEVEL_ALARM, "issuer.paused", {"issuer", c->issuers.at[0].label},
			  {"what", issuer_fault_because(c->shared)}, {"why", reason.text});
	else
		log_event(LOG_LEVEL_WARNING, "issuer.resumed", {"issuer", c->issuers.at[0].label});
	return ERR_OK;
}

static bool was_said(const struct clerk *c, const char *name)
{
	for (size_t i = 0; i < c->missing_said_count; i++)
		if (strcmp(c->missing_said[i], name) == 0)
			return true;
	return false;
}

static void say_missing(struct clerk *c, const struct issuer_missing *m)
{
	char last[CLOCK_TEXT_SIZE];
	if (was_said(c, m->name) || c->missing_said_count == ISSUERS_MOST)
		return;
	snprintf(c->missing_said[c->missing_said_count++], ISSUER_NAME_SIZE, "%s", m->name);
	clock_text(m->last, last);
	log_event(LOG_LEVEL_ALARM, "issuer.missing", {"id", m->id}, {"certificate", m->name}, {"until", last},
		  {"what", "certificates of this issuing CA live, and no list can say which are revoked: "
			   "put ca/others/ID.pem and keys/others/ID.key back"});
}

static enum err take_number(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 0);
	return ERR_OK;
}

static enum err note_number(struct store *s, int64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)number);
	enum err e = store_begin(s);
	if (e)
		return e;
	e = store_exec_one(s, STATEMENT_ROOT_LIST_NOTE, STORE_VALUES(value_text(text)));
	if (e)
		store_rollback(s);
	return e ? e : store_commit(s);
}

/* A file that was copied back by hand. The front goes on with the newest, when the database has it. */
static void say_old_list(bool served)
{
	log_event(LOG_LEVEL_ALARM, "root_list.old",
		  {"what", served ? "an older revocation list of the root was put back; the newest, which the database keeps, is served "
				    "instead: put it back, or make the next: counterfoild ca root-crl"
				  : "an older revocation list of the root was put back, and what the root has revoked since is trusted "
				    "again: put the newest back, or make the next: counterfoild ca root-crl"});
}

static enum err judge_root_list(struct clerk *c)
{
	int64_t served = atomic_load(&c->shared->root_list_number), file = atomic_load(&c->shared->root_list_file), known = 0;
	enum err e = served ? store_one(c->store, STATEMENT_ROOT_LIST_KNOWN, NULL, 0, take_number, &known) : ERR_OK;
	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
	if (e || !served)
		return e;
	bool unknown = served > known;
	known = unknown ? served : known;
	int64_t newer = (file ? file : served) < known ? known : 0;
	if (atomic_exchange(&c->shared->root_list_newer, newer) != newer && newer)
		say_old_list(served == known);
	return unknown ? note_number(c->store, served) : ERR_OK;
}

enum err clerk_issuers(struct clerk *c, int64_t now, struct errbuf *why)
{
	static struct issuers_missing missing; /* one thread */
	(void)why;
	if (!c->trusted)
		return ERR_OK;
	enum err e = issuers_missing(c->store, &c->issuers, now, &missing);
	if (e)
		return e;
	for (size_t i = 0; i < missing.count; i++)
		say_missing(c, &missing.at[i]);
	atomic_store(&c->shared->issuers_missing, (int64_t)missing.count);
	return judge_root_list(c);
}
