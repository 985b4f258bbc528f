#include "issuer/http/sweeper.h"
#include "base/clock.h"
#include "issuer/http/metrics.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* So many connections fewer than there have been: what they took goes back to the system, which free() alone does not do
 * with the many small pieces of a crowd. Not while they are still going: a connection is counted out before it is freed. */
enum { CROWD = 256 };

struct sweeper {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	struct metrics *metrics;
	struct listening *const *listenings;
	size_t n;
	size_t most;   /* connections at once since memory was given back */
	size_t before; /* connections at the last round */
};

static void sweep(struct sweeper *s)
{
	size_t open = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (!s->listenings[i])
			continue;
		atomic_fetch_add(&s->metrics->swept,
				 connections_sweep(s->listenings[i]->connections, clock_mono_ms()));
		open += connections_count(s->listenings[i]->connections);
	}
	bool going = open < s->before;
	s->before = open;
	s->most = open > s->most ? open : s->most;
	if (going || s->most - open < CROWD)
		return;
	malloc_trim(0);
	s->most = open;
}

static void *run(void *ctx)
{
	struct sweeper *s = ctx;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		next.tv_sec++;
		while (!s->stopping && pthread_cond_timedwait(&s->changed, &s->lock, &next) == 0)
			continue;
		pthread_mutex_unlock(&s->lock);
		sweep(s);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

enum err sweeper_start(struct listening *const *listenings, size_t n, struct metrics *metrics, struct sweeper **out)
{
	struct sweeper *s = calloc(1, sizeof *s);
	pthread_condattr_t attributes;
	if (!s)
		return ERR_MEMORY;
	s->listenings = listenings;
	s->n = n;
	s->metrics = metrics;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&s->thread, NULL, run, s) != 0) {
		free(s);
		return ERR_MEMORY;
	}
	*out = s;
	return ERR_OK;
}

void sweeper_stop(struct sweeper *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
