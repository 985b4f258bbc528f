#include "tests/campaign/walk.h"
#include "tests/campaign/spool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STEP_SECONDS = 120, POLL_MS = 10, LEASE_AFTER_MS = 400 };

void walk_clear(struct walk *w)
{
	answer_clear(&w->answer);
	answer_clear(&w->file);
}

enum outcome walk_broken(struct walk *w, const char *format, ...)
{
	va_list rest;
	va_start(rest, format);
	vsnprintf(w->fault, sizeof w->fault, format, rest);
	va_end(rest);
	return BROKEN;
}

enum outcome walk_otherwise(struct walk *w, const char *what)
{
	if (w->answer.status >= 500 && w->refused)
		w->refused(w);
	if (w->answer.status == 0 || w->answer.status >= 500) {
		w->unsure = true;
		return AGAIN;
	}
	return walk_broken(w, "%s: %ld %.300s", what, w->answer.status, w->answer.body ? w->answer.body : "");
}

static void arm(struct walk *w)
{
	if (w->mains)
		mains_arm(w->mains, w->plan->kills, w->plan->kill_count);
	else
		installation_arm(w->at, crash_table[w->plan->kills[0].at].name, w->plan->kills[0].count);
}

static void disarm(struct walk *w)
{
	if (w->mains)
		w->killed = mains_disarm(w->mains);
	else
		installation_arm(w->at, "", 0);
}

/* The kill that is armed has happened: the next. */
static void watch(struct walk *w)
{
	installation_tend(w->at);
	if (w->mains) {
		w->killed = mains_cuts(w->mains);
		return;
	}
	if (w->killed == w->plan->kill_count || installation_armed(w->at))
		return;
	w->killed++;
	if (w->killed < w->plan->kill_count)
		installation_arm(w->at, crash_table[w->plan->kills[w->killed].at].name, w->plan->kills[w->killed].count);
}

/* There is one clerk: what is leased while nothing comes was leased by one that died. (Else it would be a minute.) */
static void free_leases(struct walk *w)
{
	static const char leased[] = "SELECT count(*) FROM d.message WHERE order_id = ?1 AND state = 'leased' AND lease_until > 1";
	if (ledger_number(w->ledger, leased, w->order) > 0)
		ledger_change(w->ledger, "UPDATE message SET lease_until = 1 WHERE order_id = ?1 AND state = 'leased'", w->order);
}

bool walk_until(struct walk *w, const char *name, walk_try *try)
{
	int64_t began = mono_ms(), leases = began + LEASE_AFTER_MS;
	w->unsure = false;
	for (;;) {
		enum outcome o = try(w);
		watch(w);
		if (w->mains && mains_fault(w->mains, w->fault))
			return false;
		if (o != AGAIN)
			return o == DONE;
		if (mono_ms() > began + STEP_SECONDS * 1000) {
			walk_broken(w, "stuck at %s: %ld %.200s", name, w->answer.status, w->answer.body ? w->answer.body : "");
			return false;
		}
		if (mono_ms() > leases) {
			free_leases(w);
			leases = mono_ms() + LEASE_AFTER_MS;
		}
		pause_ms(POLL_MS);
	}
}

bool walk_state(struct walk *w, const char *state)
{
	char now[32];
	return ledger_text(w->ledger, "SELECT state FROM d.orders WHERE id = ?1", w->order, now, sizeof now) && strcmp(now, state) == 0;
}

bool walk_directory(struct caller *c)
{
	static const char *const rows[][2] = {
		{"/v1/organisations", "{\"slug\":\"nordbank\",\"name\":\"Nordbank\"}"},
		{"/v1/services", "{\"organisation\":\"nordbank\",\"slug\":\"archive\",\"name\":\"Archive\"}"},
		{"/v1/clients", "{\"organisation\":\"nordbank\",\"service\":\"archive\",\"slug\":\"e-banking\",\"name\":\"e-banking\",\"several\":true}"},
		{"/v1/contacts", "{\"organisation\":\"nordbank\",\"name\":\"Kari Nordmann\",\"email\":\"kari@nordbank.example\","
				 "\"mobile\":\"+4791234567\"}"},
	};
	struct answer a = {0};
	bool fine = true;
	for (size_t i = 0; fine && i < sizeof rows / sizeof *rows; i++)
		fine = call_staff(c, "POST", rows[i][0], rows[i][1], &a) == 201;
	if (!fine)
		fprintf(stderr, "the directory: %ld %s\n", a.status, a.body ? a.body : "");
	answer_clear(&a);
	return fine;
}

static enum outcome try_messages(struct walk *w)
{
	static const char open[] = "SELECT count(*) FROM d.message WHERE order_id = ?1 AND state IN ('waiting', 'leased')";
	return ledger_number(w->ledger, open, w->order) == 0 ? DONE : AGAIN;
}

static void wait_for_kills(struct walk *w)
{
	for (int64_t until = mono_ms() + w->plan->grace_ms; w->killed < w->plan->kill_count && mono_ms() < until; pause_ms(POLL_MS))
		watch(w);
	watch(w);
}

/* Nobody does anything more with this order: now everything has to be right. */
bool walk_settle(struct walk *w)
{
	wait_for_kills(w);
	if (!walk_until(w, "the end of all messages", try_messages))
		return false;
	watch(w);
	disarm(w);
	return ledger_read(w->ledger, w->fault) && ledger_order(w->ledger, w->order, w->fault) &&
	       (!w->thorough || ledger_all(w->ledger, false, w->fault)) && spool_settle(w->at, w->ledger, w->order, w->fault);
}

static bool cancel_at(struct walk *w, enum stage stage, bool *ended)
{
	*ended = w->plan->ending == END_CANCELLED && w->plan->cancel_at == stage;
	return !*ended || walk_cancel(w);
}

static bool collect(struct walk *w)
{
	const struct plan *p = w->plan;
	bool ended = false;
	if (!cancel_at(w, STAGE_OFFERED, &ended) || ended)
		return ended;
	if ((p->wrong && !walk_wrong_code(w)) || (p->lock && !walk_lock(w)) || (p->new_code && !walk_new_code(w)))
		return false;
	if (!walk_claim(w) || !cancel_at(w, STAGE_CLAIMED, &ended) || ended)
		return ended;
	if (p->resend && (!walk_resend(w) || !walk_claim(w)))
		return false;
	if (!walk_fetch(w) || !cancel_at(w, STAGE_FETCHED, &ended) || ended)
		return ended;
	if (p->ending == END_LAPSED)
		return walk_lapse(w);
	if (!walk_receive(w) || !cancel_at(w, STAGE_RECEIVED, &ended) || ended)
		return ended;
	return (!p->use || walk_use(w)) && (p->ending != END_REVOKED || walk_revoke(w));
}

bool walk_run(struct walk *w)
{
	arm(w);
	bool fine = walk_order(w) && (w->plan->ending == END_RACE ? walk_race(w) : collect(w)) && walk_settle(w);
	disarm(w);
	return fine;
}
