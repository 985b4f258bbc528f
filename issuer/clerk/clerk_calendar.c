#include "issuer/clerk/clerk_calendar.h"

#include "base/clock.h"
#include "base/log.h"

#include <poll.h>
#include <unistd.h>

enum { ROUND_MOST_MS = 1000 };

struct calendar {
	const struct rota *rota;
	int64_t next_ms[TASKS_MOST]; /* by clock_mono_ms */
	unsigned failures[TASKS_MOST];
	enum err errors[TASKS_MOST]; /* the last */
	enum err faults[TASKS_MOST]; /* of the disk under the database */
};

/* A task that goes on failing says so once a reason, and once that it is well again. */
static void note_outcome(const struct task *t, unsigned *failures, enum err *before, enum err e,
			 const struct errbuf *why)
{
	if (e && (*failures == 0 || e != *before))
		log_event(LOG_LEVEL_WARNING, "clerk.task_failed", {"task", t->name}, {"error", err_word(e)},
			  {"why", err_why(e, why)});
	if (!e && *failures > 0)
		log_event(LOG_LEVEL_INFO, "clerk.task_recovered", {"task", t->name});
	*failures = e ? *failures + 1 : 0;
	*before = e;
}

static void tell_fault(const struct calendar *k)
{
	enum err fault = ERR_OK;
	for (size_t i = 0; !fault && i < k->rota->count; i++)
		fault = k->faults[i];
	atomic_store(k->rota->fault, fault);
}

static void run_task(struct clerk *c, struct calendar *k, size_t i)
{
	const struct task *t = &k->rota->tasks[i];
	struct errbuf why = {0};
	c->more = false;
	store_fault_clear(); /* what failed before is not this task's */
	enum err e = t->run(c, clock_now(), &why);
	k->faults[i] = e ? store_fault()->code : ERR_OK;
	note_outcome(t, &k->failures[i], &k->errors[i], e, k->faults[i] ? &store_fault()->why : &why);
	tell_fault(k);
	if (k->rota->alive)
		atomic_store(k->rota->alive, clock_now());
	k->next_ms[i] = clock_mono_ms();
	if (!c->more || k->failures[i])
		k->next_ms[i] += task_pause_ms(t->every_ms, k->failures[i]);
}

/* A task that fails waits out its pause: nothing drives it. */
static bool is_due(const struct clerk *c, const struct calendar *k, size_t i, bool kicked)
{
	const struct task *t = &k->rota->tasks[i];
	bool called = (kicked && t->kicked) || (c->erased && t->erasure);
	return clock_mono_ms() >= k->next_ms[i] || (called && !k->failures[i]);
}

static void run_due(struct clerk *c, struct calendar *k, bool kicked)
{
	for (size_t i = 0; i < k->rota->count; i++)
		if (is_due(c, k, i, kicked))
			run_task(c, k, i);
}

static int pause_ms(const struct calendar *k)
{
	int64_t now = clock_mono_ms(), pause = ROUND_MOST_MS;
	for (size_t i = 0; i < k->rota->count; i++)
		if (k->next_ms[i] - now < pause)
			pause = k->next_ms[i] - now;
	return pause > 0 ? (int)pause : 0;
}

/* A counter that is full has called already. */
static void pass_on(int to)
{
	uint64_t one = 1;
	if (to >= 0 && write(to, &one, sizeof one) < 0)
		log_event(LOG_LEVEL_DEBUG, "clerk.kick_failed", {0});
}

/* Wait for the next task, a kick or the end; false at the end. */
static bool wait_next(const struct calendar *k, bool *kicked)
{
	struct pollfd ends[] = {{.fd = k->rota->kick, .events = POLLIN}, {.fd = k->rota->stop, .events = POLLIN}};
	uint64_t count;
	*kicked = false;
	if (poll(ends, 2, pause_ms(k)) <= 0)
		return true;
	if (ends[1].revents)
		return false;
	*kicked = read(k->rota->kick, &count, sizeof count) == sizeof count;
	if (*kicked)
		pass_on(k->rota->pass_on);
	return true;
}

void calendar_follow(struct clerk *c, const struct rota *r)
{
	struct calendar k = {.rota = r};
	bool kicked = false;
	do
		run_due(c, &k, kicked);
	while (wait_next(&k, &kicked));
}
