#include "issuer/store/writer.h"

#include <pthread.h>
#include <stdlib.h>

struct readers {
	pthread_mutex_t mutex;
	pthread_cond_t given;
	unsigned idle;
	struct store *stores[]; /* the first `idle` are at home */
};

enum err readers_open(const char *path, unsigned count, struct readers **out, struct errbuf *why)
{
	struct readers *r = calloc(1, sizeof *r + count * sizeof *r->stores);
	if (!r)
		return ERR_MEMORY;
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->given, NULL);
	enum err e = ERR_OK;
	while (!e && r->idle < count) {
		e = store_open(path, STORE_READ_ONLY, &r->stores[r->idle], why);
		r->idle += !e;
	}
	if (e)
		readers_close(r);
	else
		*out = r;
	return e;
}

void readers_close(struct readers *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->idle; i++)
		store_close(r->stores[i]);
	pthread_cond_destroy(&r->given);
	pthread_mutex_destroy(&r->mutex);
	free(r);
}

struct store *readers_take(struct readers *r)
{
	pthread_mutex_lock(&r->mutex);
	while (r->idle == 0)
		pthread_cond_wait(&r->given, &r->mutex);
	struct store *s = r->stores[--r->idle];
	pthread_mutex_unlock(&r->mutex);
	return s;
}

void readers_give(struct readers *r, struct store *s)
{
	pthread_mutex_lock(&r->mutex);
	r->stores[r->idle++] = s;
	pthread_cond_signal(&r->given);
	pthread_mutex_unlock(&r->mutex);
}
