/* The control thread: fresh ends for living processes, the order to stop, and the end when the supervisor has gone. */
#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"
#include "issuer/process/child_internal.h"

#include <unistd.h>

enum { SAY_PATIENCE = 2000 };

enum err child_say(struct child *c, enum control_operation op, const struct buf *body)
{
	struct frame f = {.op = (uint16_t)op, .body = body ? body->data : NULL, .len = body ? body->len : 0};
	pthread_mutex_lock(&c->sending);
	enum err e = frame_send(c->control, &f, clock_mono_ms() + SAY_PATIENCE);
	pthread_mutex_unlock(&c->sending);
	return e;
}

static void signal_eventfd(int fd)
{
	uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof one);
	(void)written; /* full means that it is readable already */
}

static void take_peer(struct child *c, enum role peer, int fd)
{
	pthread_mutex_lock(&c->lock);
	if (c->incoming[peer] >= 0)
		close(c->incoming[peer]);
	c->incoming[peer] = fd;
	pthread_mutex_unlock(&c->lock);
	signal_eventfd(c->wake);
}

static enum err take_end(struct child *c, const struct frame *f, int passed)
{
	struct unpack u = unpack_begin(f->body, f->len);
	enum role other = (enum role)unpack_u8(&u);
	bool wanted = unpack_end(&u) == ERR_OK && (unsigned)other < ROLE_COUNT && passed >= 0;
	if (wanted && f->op == CONTROL_LINE && c->lines[other])
		line_replace(c->lines[other], passed);
	else if (wanted && f->op == CONTROL_PEER)
		take_peer(c, other, passed);
	else
		return ERR_MALFORMED;
	return ERR_OK;
}

enum err child_control_frame(struct child *c, const struct frame *f, int passed)
{
	enum err e = ERR_MALFORMED;
	if (f->op == CONTROL_LINE || f->op == CONTROL_PEER)
		e = take_end(c, f, passed);
	else if (f->op == CONTROL_STOP) {
		c->stopping = true;
		signal_eventfd(c->stop);
		e = ERR_OK;
	}
	if (passed >= 0 && (e || f->op == CONTROL_STOP))
		close(passed);
	return e;
}

static void *control_loop(void *arg)
{
	struct child *c = arg;
	struct buf store = BUF_INIT(CONTROL_CAP);
	enum err e = ERR_OK;
	while (!e) {
		struct frame f;
		int passed = -1;
		e = frame_receive_fd(c->control, &store, &f, &passed, FRAME_NO_DEADLINE);
		if (!e)
			e = child_control_frame(c, &f, passed);
	}
	if (e != ERR_CLOSED)
		log_event(LOG_LEVEL_ERROR, "control.broken", {"fault", err_word(e)});
	_exit(e == ERR_CLOSED ? 0 : 1);
}

enum err child_control_start(struct child *c)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, control_loop, c) != 0)
		return ERR_MEMORY;
	pthread_detach(thread);
	return ERR_OK;
}
