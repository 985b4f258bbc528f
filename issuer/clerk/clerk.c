#include "issuer/clerk/clerk.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/clerk/clerk_due.h"

#include <poll.h>
#include <unistd.h>

enum { ROUND_MOST_MS = 1000 };

/* The order is that of a start: first journal and database are compared, so that issuing may begin. */
static const struct task {
	const char *name;
	int64_t every_ms;
	bool kicked;  /* runs at once when the front says that something has changed */
	bool erasure; /* runs at once when a task before it has erased something */
	enum err (*run)(struct clerk *c, int64_t now, struct errbuf *why);
} tasks[] = {
	{"reconcile", 2000, false, false, clerk_reconcile},
	{"crl", 1000, true, false, clerk_crl},
	{"outbox", 1000, true, false, clerk_outbox},
	{"sweep", 10000, false, false, clerk_sweep},
	{"ends", 60000, false, false, clerk_ends},
	{"truncate", 60000, false, true, clerk_truncate},
	{"keys", 1000, false, false, clerk_keys},
};
enum { TASKS = sizeof tasks / sizeof *tasks };

struct calendar {
	int64_t next_ms[TASKS]; /* by clock_mono_ms */
	unsigned failures[TASKS];
	enum err errors[TASKS]; /* the last */
	enum err faults[TASKS]; /* of the disk under the database */
};

/* A task that goes on failing says so once a reason, and once that it is well again. */
static void note_outcome(const struct task *t, unsigned *failures, enum err *before, enum err e, const struct errbuf *why)
{
	if (e && (*failures == 0 || e != *before))
		log_event(LOG_LEVEL_WARNING, "clerk.task_failed", {"task", t->name}, {"error", err_word(e)},
			  {"why", err_why(e, why)});
	if (!e && *failures > 0)
		log_event(LOG_LEVEL_INFO, "clerk.task_recovered", {"task", t->name});
	*failures = e ? *failures + 1 : 0;
	*before = e;
}

static void tell_fault(struct clerk *c, const struct calendar *k)
{
	enum err fault = ERR_OK;
	for (int i = 0; !fault && i < TASKS; i++)
		fault = k->faults[i];
	atomic_store(&c->shared->clerk_fault, fault);
}

static void run_task(struct clerk *c, struct calendar *k, int i)
{
	struct errbuf why = {0};
	c->more = false;
	store_fault_clear(); /* what failed before is not this task's */
	enum err e = tasks[i].run(c, clock_now(), &why);
	k->faults[i] = e ? store_fault()->code : ERR_OK;
	note_outcome(&tasks[i], &k->failures[i], &k->errors[i], e, k->faults[i] ? &store_fault()->why : &why);
	tell_fault(c, k);
	atomic_store(&c->shared->clerk_alive_at, clock_now());
	k->next_ms[i] = clock_mono_ms();
	if (!c->more || k->failures[i])
		k->next_ms[i] += task_pause_ms(tasks[i].every_ms, k->failures[i]);
}

/* A task that fails waits out its pause: nothing drives it. */
static bool is_due(const struct clerk *c, const struct calendar *k, int i, bool kicked)
{
	bool called = (kicked && tasks[i].kicked) || (c->erased && tasks[i].erasure);
	return clock_mono_ms() >= k->next_ms[i] || (called && !k->failures[i]);
}

static void run_due(struct clerk *c, struct calendar *k, bool kicked)
{
	for (int i = 0; i < TASKS; i++)
		if (is_due(c, k, i, kicked))
			run_task(c, k, i);
}

static int pause_ms(const struct calendar *k)
{
	int64_t now = clock_mono_ms(), pause = ROUND_MOST_MS;
	for (int i = 0; i < TASKS; i++)
		if (k->next_ms[i] - now < pause)
			pause = k->next_ms[i] - now;
	return pause > 0 ? (int)pause : 0;
}

/* Wait for the next task, a kick or the end; true for a kick. */
static bool wait_kick(int kick, int stop, int timeout_ms)
{
	struct pollfd ends[] = {{.fd = kick, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
	uint64_t count;
	if (poll(ends, 2, timeout_ms) <= 0 || !(ends[0].revents & POLLIN))
		return false;
	return read(kick, &count, sizeof count) == sizeof count;
}

static enum err set_up(struct child *child, struct clerk *c, struct errbuf *why)
{
	c->settings = child_settings(child);
	c->shared = child_shared(child);
	c->signer = child_line(child, ROLE_SIGNER);
	c->courier = child_line(child, ROLE_COURIER);
	enum err rc = issuers_take(child, &c->issuers, why);
	if (!rc)
		rc = store_open(c->settings->database, STORE_OPEN, &c->store, why);
	if (!rc) /* a predecessor may have died between a commit and its word to the front */
		clerk_revoked(c);
	return rc ? rc : child_confine(child, why);
}

int role_clerk(struct child *child)
{
	struct clerk c = {0};
	struct calendar calendar = {.next_ms = {0}};
	struct errbuf why = {0};
	enum err rc = set_up(child, &c, &why);
	if (rc)
		log_event(LOG_LEVEL_ERROR, "clerk.start_failed", {"error", err_word(rc)}, {"why", err_why(rc, &why)});
	int kick = child_take(child, "kick");
	bool kicked = false;
	while (!rc && !child_stopping(child)) {
		run_due(&c, &calendar, kicked);
		kicked = wait_kick(kick, child_stop_fd(child), pause_ms(&calendar));
	}
	store_close(c.store);
	issuers_clear(&c.issuers);
	if (kick >= 0)
		close(kick);
	return err_exit_code(rc);
}
