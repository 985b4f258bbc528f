#include "client/revocation.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "client/transport.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 5000 };

struct revocation {
	struct revocation_settings settings; /* its source owned */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t done;  /* a reading has ended */
	struct revocation_lists *lists; /* the last that could be read, or NULL */
	int64_t read_at, due_at;        /* clock_mono_ms */
	bool reading;
	char why[REVOCATION_WHY_SIZE]; /* the last reading failed */
};

struct revocation *revocation_new(const struct revocation_settings *settings)
{
	struct revocation *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->settings = *settings;
	if (r->settings.refresh_ms > settings->keep_ms) /* else nobody would be answered between the two */
		r->settings.refresh_ms = settings->keep_ms;
	if (!(r->settings.source = strdup(settings->source))) {
		free(r);
		return NULL;
	}
	r->due_at = INT64_MIN;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->done, NULL);
	return r;
}

void revocation_free(struct revocation *r)
{
	if (!r)
		return;
	revocation_lists_free(r->lists);
	pthread_cond_destroy(&r->done);
	pthread_mutex_destroy(&r->lock);
	free((char *)r->settings.source);
	free(r);
}

static bool fetch(const struct revocation *r, struct buf *bytes, char why[REVOCATION_WHY_SIZE])
{
	counterfoil_error error;
	struct errbuf file_why = {0};
	const char *source = r->settings.source;
	if (strncmp(source, "http://", 7) == 0) {
		const struct transport_question file = {.url = source, .timeout_ms = r->settings.timeout_ms};
		if (!transport_fetch(&file, bytes, &error))
			return true;
		snprintf(why, REVOCATION_WHY_SIZE, "%.300s", error.text);
		return false;
	}
	enum err e = file_read(source, bytes, &file_why);
	if (e)
		snprintf(why, REVOCATION_WHY_SIZE, "%.300s", err_why(e, &file_why));
	return !e;
}

/* Without the lock: others go on meanwhile. */
static struct revocation_lists *read_source(const struct revocation *r, char why[REVOCATION_WHY_SIZE])
{
	struct buf bytes = BUF_INIT(REVOCATION_MAX);
	struct revocation_lists *lists = NULL;
	if (fetch(r, &bytes, why))
		lists = revocation_lists_read((counterfoil_bytes){bytes.data, bytes.len}, r->settings.issuers, why);
	buf_free(&bytes);
	return lists;
}

static void install(struct revocation *r, struct revocation_lists *fresh)
{
	int64_t now = clock_mono_ms();
	r->due_at = now + r->settings.refresh_ms;
	if (!fresh) {
		if (r->settings.refresh_ms > RETRY_MS)
			r->due_at = now + RETRY_MS;
		return;
	}
	if (r->lists)
		revocation_lists_keep_later(fresh, r->lists);
	revocation_lists_free(r->lists);
	r->lists = fresh;
	r->read_at = now;
}

static bool is_usable(const struct revocation *r)
{
	return r->lists && clock_mono_ms() - r->read_at <= r->settings.keep_ms;
}

/* Called with the lock held, and returns with it. */
static void refresh(struct revocation *r)
{
	char why[REVOCATION_WHY_SIZE] = "";
	r->reading = true;
	pthread_mutex_unlock(&r->lock);
	struct revocation_lists *fresh = read_source(r, why);
	pthread_mutex_lock(&r->lock);
	install(r, fresh);
	memcpy(r->why, why, sizeof why);
	r->reading = false;
	pthread_cond_broadcast(&r->done);
}

static struct revocation_lists *current(struct revocation *r, char why[REVOCATION_WHY_SIZE])
{
	pthread_mutex_lock(&r->lock);
	while (r->reading && !is_usable(r))
		pthread_cond_wait(&r->done, &r->lock);
	if (!r->reading && clock_mono_ms() >= r->due_at)
		refresh(r);
	struct revocation_lists *held = is_usable(r) ? revocation_lists_hold(r->lists) : NULL;
	memcpy(why, r->why, sizeof r->why);
	pthread_mutex_unlock(&r->lock);
	return held;
}

typedef counterfoil_revocation judge(const struct revocation_lists *lists, const STACK_OF(X509) *chain, int64_t now,
				     char why[REVOCATION_WHY_SIZE]);

static counterfoil_revocation by_current(struct revocation *r, judge *of, const STACK_OF(X509) *chain, int64_t now,
					 char why[REVOCATION_WHY_SIZE])
{
	struct revocation_lists *lists = current(r, why);
	if (!lists)
		return COUNTERFOIL_REVOCATION_UNKNOWN;
	counterfoil_revocation found = of(lists, chain, now, why);
	revocation_lists_free(lists);
	return found;
}

counterfoil_revocation revocation_of(struct revocation *r, const STACK_OF(X509) *chain, int64_t now,
				     char why[REVOCATION_WHY_SIZE])
{
	return by_current(r, revocation_lists_of, chain, now, why);
}

counterfoil_revocation revocation_of_cas(struct revocation *r, const STACK_OF(X509) *chain, int64_t now,
					 char why[REVOCATION_WHY_SIZE])
{
	if (sk_X509_num(chain) < 3) /* nothing but the leaf could be revoked */
		return COUNTERFOIL_REVOCATION_GOOD;
	return by_current(r, revocation_lists_of_cas, chain, now, why);
}
