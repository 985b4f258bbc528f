#include "issuer/process/line.h"
#include "base/clock.h"
#include "issuer/process/line_end.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SENDS_AT_MOST = 3 };

struct line {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* busy fell, or fresh was given */
	bool busy;              /* a caller owns fd, id and store */
	bool stopped;
	int fd;
	int fresh; /* what line_replace gave and no caller has taken up yet */
	uint64_t id;
	struct buf store;
	void (*broken)(void *ctx);
	void *ctx;
};

/* One call: what is asked, what came, until when. */
struct call {
	uint16_t op;
	const struct buf *body;
	int64_t deadline;
	int sends;
	struct frame got;
};

static enum err line_init(struct line *l)
{
	pthread_condattr_t attributes;
	if (pthread_condattr_init(&attributes) != 0)
		return ERR_MEMORY;
	int bad = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) || pthread_cond_init(&l->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!bad && pthread_mutex_init(&l->lock, NULL) != 0) {
		pthread_cond_destroy(&l->changed);
		bad = 1;
	}
	return bad ? ERR_MEMORY : ERR_OK;
}

enum err line_new(int fd, size_t answer_cap, struct line **out)
{
	struct line *l = calloc(1, sizeof *l);
	if (!l)
		return ERR_MEMORY;
	if (line_init(l) != ERR_OK) {
		free(l);
		return ERR_MEMORY;
	}
	l->fd = fd;
	l->fresh = -1;
	l->store = BUF_INIT(answer_cap);
	*out = l;
	return ERR_OK;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void line_free(struct line *l)
{
	if (!l)
		return;
	close_end(&l->fd);
	close_end(&l->fresh);
	buf_free(&l->store);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->changed);
	free(l);
}

void line_on_broken(struct line *l, void (*broken)(void *ctx), void *ctx)
{
	l->broken = broken;
	l->ctx = ctx;
}

void line_replace(struct line *l, int fd)
{
	pthread_mutex_lock(&l->lock);
	close_end(&l->fresh);
	l->fresh = fd;
	if (l->fd >= 0)
		shutdown(l->fd, SHUT_RDWR); /* wakes a caller that waits on the old end; that caller closes it */
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

void line_stop(struct line *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopped = true;
	if (l->fd >= 0)
		shutdown(l->fd, SHUT_RDWR);
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* Wait for a change until the deadline: false when it has passed. Called with the lock held. */
static bool wait_changed(struct line *l, int64_t deadline)
{
	int64_t left = deadline - clock_mono_ms();
	if (left <= 0)
		return false;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += left / 1000;
	until.tv_nsec += left % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&l->changed, &l->lock, &until);
	return true;
}

static enum err take_turn(struct line *l, int64_t deadline)
{
	enum err e = ERR_OK;
	pthread_mutex_lock(&l->lock);
	while (l->busy && e == ERR_OK)
		if (!wait_changed(l, deadline) && l->busy)
			e = ERR_TIMEOUT;
	if (!e)
		l->busy = true;
	pthread_mutex_unlock(&l->lock);
	return e;
}

static void end_turn(struct line *l)
{
	pthread_mutex_lock(&l->lock);
	l->busy = false;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* Take up a fresh end, or wait for one while there is none. */
static enum err find_end(struct line *l, int64_t deadline)
{
	enum err e = ERR_OK;
	pthread_mutex_lock(&l->lock);
	while (l->fd < 0 && l->fresh < 0 && !l->stopped && e == ERR_OK)
		if (!wait_changed(l, deadline) && l->fresh < 0)
			e = ERR_UNAVAILABLE;
	if (l->stopped)
		e = ERR_UNAVAILABLE;
	if (!e && l->fresh >= 0) {
		close_end(&l->fd);
		l->fd = l->fresh;
		l->fresh = -1;
	}
	pthread_mutex_unlock(&l->lock);
	return e;
}

static void drop_end(struct line *l)
{
	pthread_mutex_lock(&l->lock);
	close_end(&l->fd);
	bool alone = l->fresh < 0 && !l->stopped;
	pthread_mutex_unlock(&l->lock);
	if (alone && l->broken)
		l->broken(l->ctx);
}

/* The answer to this id; answers to earlier calls that gave up are passed over. */
static enum err receive_answer(struct line *l, struct call *c)
{
	for (;;) {
		enum err e = frame_receive(l->fd, &l->store, &c->got, c->deadline);
		if (e || c->got.id == l->id)
			return e;
		if (clock_mono_ms() >= c->deadline) /* a flood of stale answers must not keep a caller for ever */
			return ERR_TIMEOUT;
	}
}

/* ERR_OK, ERR_TIMEOUT (the end is still in step), or any other error: the end is no longer of use. */
static enum err ask_once(struct line *l, struct call *c)
{
	struct frame request = {.id = ++l->id, .op = c->op, .body = c->body ? c->body->data : NULL,
				.len = c->body ? c->body->len : 0};
	enum err e = frame_send(l->fd, &request, c->deadline);
	if (e)
		return e == ERR_TIMEOUT ? ERR_CLOSED : e;
	c->sends++;
	e = receive_answer(l, c);
	if (!e && c->got.op != c->op)
		e = ERR_MALFORMED;
	return e;
}

static enum err ask(struct line *l, struct call *c, struct errbuf *why)
{
	while (c->sends < SENDS_AT_MOST) {
		enum err e = find_end(l, c->deadline);
		if (e)
			return fail(why, e, "the other process is not there");
		e = ask_once(l, c);
		if (!e)
			return ERR_OK;
		if (e == ERR_TIMEOUT)
			return fail(why, e, "the other process gave no answer in time");
		drop_end(l);
	}
	return fail(why, ERR_UNAVAILABLE, "the other process was lost %d times over this request", SENDS_AT_MOST);
}

static enum err hand_over(struct line *l, const struct call *c, struct buf *answer, struct errbuf *why)
{
	enum err e = c->got.status;
	const char *body = c->got.len ? (const char *)c->got.body : "";
	if (e)
		fail(why, e, "%.*s", (int)c->got.len, body);
	else
		buf_add(answer, body, c->got.len);
	buf_clear(&l->store);
	return e ? e : buf_check(answer);
}

enum err line_ask(struct line *l, uint16_t op, const struct buf *body, struct buf *answer, struct line_wait *wait,
		  struct errbuf *why)
{
	struct call c = {.op = op, .body = body, .deadline = clock_mono_ms() + wait->milliseconds};
	wait->answered = false;
	buf_clear(answer);
	enum err e = take_turn(l, c.deadline);
	if (e)
		return fail(why, e, "the line to the other process is taken");
	e = ask(l, &c, why);
	wait->answered = !e;
	if (!e)
		e = hand_over(l, &c, answer, why);
	end_turn(l);
	return e;
}

enum err line_call(struct line *l, uint16_t op, const struct buf *body, struct buf *answer, int milliseconds,
		   struct errbuf *why)
{
	struct line_wait wait = {.milliseconds = milliseconds};
	return line_ask(l, op, body, answer, &wait, why);
}
