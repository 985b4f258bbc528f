#include "issuer/signer/key_pool.h"

#include "base/clock.h"
#include "base/log.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	THREADS = 2,
	MAKER_NICE = 10,
	REST_DOUBLINGS = 6,
	END_PATIENCE_MS = 100,
	ASK_PATIENCE_MS = 2000, /* then the machine has no idle time, and the maker steps in */
	PRESSED_MS = 10000,     /* and for so long after it had to, nobody else has to be patient first */
	SLOTS = KEY_POOL_MOST + 1, /* the maker's may come when the filler has just made the last */
};

/* Of one type. A slot holds the digest of a key's DER and the DER, or NULL. */
struct stock {
	_Atomic(struct secret *) slots[SLOTS];
	_Atomic uint64_t made, awaited;
	_Atomic int64_t asked_at; /* in vain, by clock_mono_ms; 0: not */
	_Atomic int failed;       /* enum err: how the attempt for who asked ended */
};

struct key_pool {
	struct key_pool_plan plan;
	struct stock stocks[KEY_TYPE_COUNT];
	_Atomic bool filling, ending;
	_Atomic int fault;
	int64_t pressed_until; /* the maker's, by clock_mono_ms */
	_Atomic unsigned users; /* the threads, and whoever made it: the last frees it */
	sem_t filler, maker;    /* something may be to do */
	sem_t left;             /* a thread is about to end */
	pthread_t threads[THREADS];
	unsigned started;
};

static void drop_stock(struct stock *s)
{
	for (size_t i = 0; i < SLOTS; i++)
		secret_free(atomic_exchange(&s->slots[i], NULL));
}

static void drop_pool(struct key_pool *p)
{
	if (atomic_fetch_sub(&p->users, 1) > 1)
		return;
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++)
		drop_stock(&p->stocks[t]);
	sem_destroy(&p->filler);
	sem_destroy(&p->maker);
	sem_destroy(&p->left);
	free(p);
}

static bool planned(const struct key_pool *p, enum key_type type)
{
	return (unsigned)type < KEY_TYPE_COUNT && (p->plan.types & 1u << type);
}

static unsigned ready_count(const struct stock *s)
{
	unsigned n = 0;
	for (size_t i = 0; i < SLOTS; i++)
		n += atomic_load(&s->slots[i]) != NULL;
	return n;
}

/* One that finds no room is wiped. */
static void put(struct stock *s, struct secret *key)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct secret *none = NULL;
		if (atomic_compare_exchange_strong(&s->slots[i], &none, key))
			return;
	}
	secret_free(key);
}

/* The digest shows that what rested for months is what was tried when it was made. */
static enum err to_rest(EVP_PKEY *key, struct secret **out)
{
	struct secret *der = NULL;
	enum err rc = key_write_der(key, &der);
	if (rc)
		return rc;
	struct secret *both = secret_new(SHA256_DIGEST_LENGTH + secret_len(der));
	rc = ERR_MEMORY;
	if (both && SHA256(secret_peek(der), secret_len(der), secret_bytes(both))) {
		memcpy(secret_bytes(both) + SHA256_DIGEST_LENGTH, secret_peek(der), secret_len(der));
		*out = both;
		both = NULL;
		rc = ERR_OK;
	}
	secret_free(both);
	secret_free(der);
	return rc;
}

static enum err from_rest(const struct secret *both, EVP_PKEY **out)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	const uint8_t *der = secret_peek(both) + sizeof digest;
	size_t len = secret_len(both) - sizeof digest;
	if (!SHA256(der, len, digest))
		return ERR_CRYPTO;
	return memcmp(digest, secret_peek(both), sizeof digest) == 0 ? key_read_der(der, len, out) : ERR_CORRUPT;
}

static void note(struct key_pool *p, enum key_type type, enum err rc)
{
	enum err before = (enum err)atomic_exchange(&p->fault, (int)rc);
	if (rc && !before)
		log_event(LOG_LEVEL_ALARM, "keys.failed", {"type", key_type_name(type)}, {"error", err_word(rc)});
	if (!rc && before)
		log_event(LOG_LEVEL_WARNING, "keys.made_again", {"type", key_type_name(type)});
}

static enum err make_one(struct key_pool *p, enum key_type type)
{
	struct stock *s = &p->stocks[type];
	struct secret *resting = NULL;
	EVP_PKEY *key = NULL;
	enum err rc = p->plan.make(type, &key);
	if (!rc)
		rc = to_rest(key, &resting);
	EVP_PKEY_free(key);
	ERR_clear_error();
	note(p, type, rc);
	if (!rc) {
		atomic_fetch_add(&s->made, 1);
		put(s, resting);
	}
	if (atomic_load(&s->asked_at)) {
		atomic_store(&s->failed, (int)rc);
		atomic_store(&s->asked_at, 0);
	}
	return rc;
}

/* Has it been posted before `until`, by clock_mono_ms? */
static bool wait_for(sem_t *posted, int64_t until)
{
	struct timespec t;
	int64_t left = until - clock_mono_ms();
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += left / 1000;
	t.tv_nsec += left % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return left > 0 && sem_clockwait(posted, CLOCK_MONOTONIC, &t) == 0;
}

/* The type that was asked for in vain before all others; KEY_TYPE_COUNT: none was. */
static enum key_type asked_first(const struct key_pool *p)
{
	unsigned type = KEY_TYPE_COUNT;
	int64_t first = INT64_MAX;
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++) {
		int64_t at = atomic_load(&p->stocks[t].asked_at);
		if (at && at < first) {
			first = at;
			type = t;
		}
	}
	return (enum key_type)type;
}

static void rest(struct key_pool *p, unsigned failures)
{
	unsigned doublings = failures < REST_DOUBLINGS ? failures : REST_DOUBLINGS;
	int64_t until = clock_mono_ms() + ((int64_t)p->plan.rest_ms << doublings);
	while (!atomic_load(&p->ending) && asked_first(p) == KEY_TYPE_COUNT && clock_mono_ms() < until)
		(void)wait_for(&p->filler, until); /* a key was taken or asked for, or it is the end */
}

/* The type of which fewest are ready; KEY_TYPE_COUNT when it is full. */
static enum key_type fewest(const struct key_pool *p)
{
	unsigned least = p->plan.wanted, type = KEY_TYPE_COUNT;
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++) {
		unsigned n = planned(p, (enum key_type)t) ? ready_count(&p->stocks[t]) : least;
		if (n < least) {
			least = n;
			type = t;
		}
	}
	return (enum key_type)type;
}

/* Somebody's before everybody's. */
static enum key_type next_type(const struct key_pool *p)
{
	enum key_type asked = asked_first(p);
	return asked == KEY_TYPE_COUNT && atomic_load(&p->filling) ? fewest(p) : asked;
}

static void *fill(void *arg)
{
	struct key_pool *p = arg;
	unsigned failures = 0;
	if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){0}) != 0)
		log_event(LOG_LEVEL_WARNING, "keys.priority", {"why", "there is no idle priority"});
	while (!atomic_load(&p->ending)) {
		enum key_type type = next_type(p);
		if (type == KEY_TYPE_COUNT)
			sem_wait(&p->filler);
		else if (make_one(p, type) == ERR_OK)
			failures = 0;
		else
			rest(p, failures++);
	}
	sem_post(&p->left);
	drop_pool(p);
	return NULL;
}

static void *make_overdue(void *arg)
{
	struct key_pool *p = arg;
	setpriority(PRIO_PROCESS, (id_t)gettid(), MAKER_NICE);
	while (!atomic_load(&p->ending)) {
		enum key_type type = asked_first(p);
		if (type == KEY_TYPE_COUNT) {
			sem_wait(&p->maker);
			continue;
		}
		int64_t asked_at = atomic_load(&p->stocks[type].asked_at);
		int64_t overdue = asked_at + (asked_at < p->pressed_until ? 0 : ASK_PATIENCE_MS);
		if (clock_mono_ms() < overdue || asked_first(p) != type) {
			(void)wait_for(&p->maker, overdue);
			continue;
		}
		(void)make_one(p, type); /* who asked hears how it ended */
		p->pressed_until = clock_mono_ms() + PRESSED_MS;
	}
	sem_post(&p->left);
	drop_pool(p);
	return NULL;
}

static bool start(struct key_pool *p, void *(*run)(void *))
{
	atomic_fetch_add(&p->users, 1);
	if (pthread_create(&p->threads[p->started], NULL, run, p) == 0) {
		p->started++;
		return true;
	}
	atomic_fetch_sub(&p->users, 1);
	return false;
}

enum err key_pool_new(const struct key_pool_plan *plan, struct key_pool **out, struct errbuf *why)
{
	struct key_pool *p = plan->wanted <= KEY_POOL_MOST ? calloc(1, sizeof *p) : NULL;
	if (!p)
		return ERR_MEMORY;
	p->plan = *plan;
	atomic_init(&p->users, 1);
	bool able = sem_init(&p->filler, 0, 0) == 0 && sem_init(&p->maker, 0, 0) == 0 && sem_init(&p->left, 0, 0) == 0;
	if (!able || !start(p, fill) || !start(p, make_overdue)) {
		key_pool_end(p);
		return fail(why, ERR_MEMORY, "no thread for RSA keys");
	}
	*out = p;
	return ERR_OK;
}

void key_pool_fill(struct key_pool *p)
{
	if (!atomic_exchange(&p->filling, true))
		sem_post(&p->filler);
}

static struct secret *take_ready(struct stock *s)
{
	struct secret *key = NULL;
	for (size_t i = 0; i < SLOTS && !key; i++)
		key = atomic_exchange(&s->slots[i], NULL);
	return key;
}

/* In vain. What failed is told once, to one who asks; the next has it tried again. */
static enum err ask_for(struct key_pool *p, struct stock *s)
{
	enum err failed = (enum err)atomic_exchange(&s->failed, ERR_OK);
	if (failed)
		return failed;
	int64_t not_asked = 0;
	if (atomic_compare_exchange_strong(&s->asked_at, &not_asked, clock_mono_ms())) {
		atomic_fetch_add(&s->awaited, 1);
		sem_post(&p->filler);
		sem_post(&p->maker);
	}
	return ERR_UNAVAILABLE;
}

enum err key_pool_take(struct key_pool *p, enum key_type type, EVP_PKEY **out)
{
	if (!planned(p, type))
		return ERR_INVALID;
	struct secret *resting = take_ready(&p->stocks[type]);
	if (!resting)
		return ask_for(p, &p->stocks[type]);
	sem_post(&p->filler);
	enum err rc = from_rest(resting, out);
	secret_free(resting);
	return rc;
}

struct key_pool_state key_pool_look(const struct key_pool *p, enum key_type type)
{
	if (!planned(p, type))
		return (struct key_pool_state){0};
	const struct stock *s = &p->stocks[type];
	return (struct key_pool_state){p->plan.wanted, ready_count(s), atomic_load(&s->made), atomic_load(&s->awaited)};
}

enum err key_pool_fault(const struct key_pool *p)
{
	return (enum err)atomic_load(&p->fault);
}

static bool wait_left(struct key_pool *p)
{
	int64_t until = clock_mono_ms() + END_PATIENCE_MS;
	unsigned left = 0;
	while (left < p->started && clock_mono_ms() < until)
		left += wait_for(&p->left, until);
	return left == p->started;
}

bool key_pool_end(struct key_pool *p)
{
	if (!p)
		return true;
	atomic_store(&p->ending, true);
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++)
		drop_stock(&p->stocks[t]);
	sem_post(&p->filler);
	sem_post(&p->maker);
	bool ended = wait_left(p);
	for (unsigned i = 0; i < p->started; i++)
		ended ? pthread_join(p->threads[i], NULL) : pthread_detach(p->threads[i]);
	drop_pool(p);
	return ended;
}
