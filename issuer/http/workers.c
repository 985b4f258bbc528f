#include "issuer/http/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
	work *run;
	void *ctx;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *queue; /* a ring */
	size_t size, first, count;
	pthread_t *threads;
	unsigned started;
	bool stopping;
};

static void *run_jobs(void *ctx)
{
	struct workers *w = ctx;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->count && !w->stopping)
			pthread_cond_wait(&w->changed, &w->lock);
		if (!w->count)
			break;
		struct job job = w->queue[w->first];
		w->first = (w->first + 1) % w->size;
		w->count--;
		pthread_mutex_unlock(&w->lock);
		job.run(job.ctx);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

enum err workers_start(unsigned threads, size_t queue, struct workers **out)
{
	struct workers *w = calloc(1, sizeof *w);
	if (!w)
		return ERR_MEMORY;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->size = queue;
	w->queue = calloc(queue, sizeof *w->queue);
	w->threads = calloc(threads, sizeof *w->threads);
	while (w->queue && w->threads && w->started < threads &&
	       pthread_create(&w->threads[w->started], NULL, run_jobs, w) == 0)
		w->started++;
	if (!w->queue || w->started < threads) {
		workers_stop(w);
		workers_free(w);
		return ERR_MEMORY;
	}
	*out = w;
	return ERR_OK;
}

bool workers_put(struct workers *w, work *run, void *ctx)
{
	pthread_mutex_lock(&w->lock);
	bool accepted = !w->stopping && w->count < w->size;
	if (accepted) {
		w->queue[(w->first + w->count) % w->size] = (struct job){run, ctx};
		w->count++;
		pthread_cond_signal(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return accepted;
}

size_t workers_waiting(struct workers *w)
{
	pthread_mutex_lock(&w->lock);
	size_t n = w->count;
	pthread_mutex_unlock(&w->lock);
	return n;
}

void workers_stop(struct workers *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->started; i++)
		pthread_join(w->threads[i], NULL);
	w->started = 0;
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w->threads);
	free(w->queue);
	free(w);
}
