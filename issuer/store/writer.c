#include "issuer/store/writer.h"

#include "base/crash.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* So many jobs share one commit at most: a bound on how long the first of them waits. */
enum { GROUP_MOST = 64, TRY_AGAIN_SECONDS = 1 };

/* On the caller's stack; the thread does not touch it any more once done is set. */
struct job {
	enum err (*run)(struct store *s, void *ctx);
	void *ctx;
	enum err result;
	bool done;
	pthread_cond_t finished;
	struct job *next;
};

struct writer {
	struct store *store;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t queued;
	struct job *first, **last;
	bool stopping;
	_Atomic int fault; /* enum err: of the disk, at the last transaction */
};

/* Said once, and once that it is over. */
static void note_fault(struct writer *w, enum err e)
{
	if (e && !file_fault(e)) /* another process has the lock, memory ran out: that says nothing of the disk */
		return;
	enum err before = (enum err)atomic_exchange(&w->fault, (int)e);
	if (e && before != e)
		log_event(LOG_LEVEL_ALARM, "database.unwritable", {"error", err_word(e)}, {"why", err_why(e, &store_fault()->why)});
	if (!e && before)
		log_event(LOG_LEVEL_WARNING, "database.writable", {"after", err_word(before)});
}

enum err writer_fault(const struct writer *w)
{
	return (enum err)atomic_load(&w->fault);
}

/* Alone in its savepoint: what fails is undone without the others. */
static void run_job(struct store *s, struct job *job)
{
	job->result = store_savepoint(s);
	if (job->result)
		return;
	job->result = job->run(s, job->ctx);
	if (!job->result)
		job->result = store_release(s);
	if (job->result)
		store_rollback_to_savepoint(s);
}

static enum err run_group(struct store *s, struct job *group)
{
	enum err e = store_begin(s);
	for (struct job *j = group; j; j = j->next)
		if (e)
			j->result = e;
		else
			run_job(s, j);
	if (e)
		return e;
	crash_point(CRASH_FRONT_COMMIT_BEFORE);
	e = store_commit(s);
	crash_point(CRASH_FRONT_COMMIT_AFTER);
	for (struct job *j = group; e && j; j = j->next)
		if (!j->result)
			j->result = e;
	return e ? e : store_fault()->code; /* a part that failed is the disk's fault too */
}

/* Take up to GROUP_MOST jobs off the queue; the mutex is held. */
static struct job *take_group(struct writer *w)
{
	struct job *group = w->first, **end = &w->first;
	for (int n = 0; *end && n < GROUP_MOST; n++)
		end = &(*end)->next;
	w->first = *end;
	*end = NULL;
	if (!w->first)
		w->last = &w->first;
	return group;
}

static void finish_group(struct job *group)
{
	while (group) {
		struct job *next = group->next; /* before its owner wakes and leaves */
		group->done = true;
		pthread_cond_signal(&group->finished);
		group = next;
	}
}

/* Until there is something to do; false: the disk failed us, and it is time to try whether it still does. */
static bool wait_for_jobs(struct writer *w)
{
	struct timespec until;
	int rc = 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TRY_AGAIN_SECONDS;
	while (!w->first && !w->stopping && rc != ETIMEDOUT)
		rc = w->fault ? pthread_cond_timedwait(&w->queued, &w->mutex, &until) : pthread_cond_wait(&w->queued, &w->mutex);
	return w->first || w->stopping;
}

static void *write_loop(void *arg)
{
	struct writer *w = arg;
	pthread_mutex_lock(&w->mutex);
	for (;;) {
		bool called = wait_for_jobs(w);
		if (called && !w->first)
			break;
		struct job *group = called ? take_group(w) : NULL;
		pthread_mutex_unlock(&w->mutex);
		note_fault(w, called ? run_group(w->store, group) : store_try_write(w->store));
		pthread_mutex_lock(&w->mutex);
		finish_group(group);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

enum err writer_start(struct store *s, struct writer **out)
{
	struct writer *w = calloc(1, sizeof *w);
	if (!w) {
		store_close(s);
		return ERR_MEMORY;
	}
	w->store = s;
	w->last = &w->first;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->queued, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, write_loop, w) != 0) {
		store_close(s);
		free(w);
		return ERR_UNAVAILABLE;
	}
	*out = w;
	return ERR_OK;
}

void writer_stop(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stopping = true;
	pthread_cond_signal(&w->queued);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	store_close(w->store);
	pthread_cond_destroy(&w->queued);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

enum err writer_run(struct writer *w, enum err (*run)(struct store *s, void *ctx), void *ctx)
{
	struct job job = {.run = run, .ctx = ctx, .result = ERR_CLOSED};
	pthread_cond_init(&job.finished, NULL);
	pthread_mutex_lock(&w->mutex);
	if (!w->stopping) {
		*w->last = &job;
		w->last = &job.next;
		pthread_cond_signal(&w->queued);
		while (!job.done)
			pthread_cond_wait(&job.finished, &w->mutex);
	}
	pthread_mutex_unlock(&w->mutex);
	pthread_cond_destroy(&job.finished);
	return job.result;
}
