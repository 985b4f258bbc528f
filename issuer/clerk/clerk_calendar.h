/* clerk_calendar: a list of tasks that run again and again, on one thread. */
#ifndef ISSUER_CLERK_CALENDAR_H
#define ISSUER_CLERK_CALENDAR_H

#include "issuer/clerk/clerk.h"

struct task {
	const char *name;
	int64_t every_ms;
	bool kicked;  /* runs at once when the front says that something has changed */
	bool erasure; /* runs at once when a task before it has erased something */
	enum err (*run)(struct clerk *c, int64_t now, struct errbuf *why);
};

enum { TASKS_MOST = 8 };

struct rota {
	const struct task *tasks;
	size_t count;            /* TASKS_MOST at most */
	_Atomic int64_t *fault;  /* told by which fault of the disk a task fails, ERR_OK when none does */
	_Atomic int64_t *alive;  /* told the time behind each task; may be NULL */
	int kick;                /* eventfd: something has changed */
	int pass_on;             /* eventfd: a kick is passed on to it; -1: to nobody */
	int stop;                /* readable from the end on */
};

/* Runs what is due until the end. */
void calendar_follow(struct clerk *c, const struct rota *r);

#endif
