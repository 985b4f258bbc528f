#include "base/clock.h"
#include "base/log.h"
#include "issuer/process/child_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 1000, REQUEST_PATIENCE = 2000, ANSWER_PATIENCE = 5000 };

struct serving {
	struct child *child;
	const struct child_server *server;
	int peers[ROLE_COUNT]; /* -1: nobody */
	struct buf request;
	struct buf answer;
	int64_t ticked_at;
};

static void take_up_peers(struct serving *s)
{
	uint64_t count;
	ssize_t n = read(s->child->wake, &count, sizeof count);
	(void)n; /* nothing to read is fine too */
	pthread_mutex_lock(&s->child->lock);
	for (int r = 0; r < ROLE_COUNT; r++) {
		if (s->child->incoming[r] < 0)
			continue;
		if (s->peers[r] >= 0)
			close(s->peers[r]);
		s->peers[r] = s->child->incoming[r];
		s->child->incoming[r] = -1;
	}
	pthread_mutex_unlock(&s->child->lock);
}

static void drop_peer(struct serving *s, enum role peer, enum err e, uint16_t op)
{
	char number[8];
	snprintf(number, sizeof number, "%u", op);
	if (e != ERR_CLOSED)
		log_event(LOG_LEVEL_WARNING, "peer.dropped", {"peer", role_name(peer)}, {"fault", err_word(e)},
			  {"operation", number});
	close(s->peers[peer]);
	s->peers[peer] = -1;
}

static enum err send_answer(struct serving *s, int fd, const struct frame *q, enum err status, const struct errbuf *why)
{
	struct frame a = {.id = q->id, .op = q->op, .status = status};
	if (!status && buf_check(&s->answer) != ERR_OK)
		a.status = buf_check(&s->answer);
	const char *reason = err_why(a.status, why);
	a.body = a.status ? (const uint8_t *)reason : s->answer.data;
	a.len = a.status ? strlen(reason) : s->answer.len;
	return frame_send(fd, &a, clock_mono_ms() + ANSWER_PATIENCE);
}

static void answer_one(struct serving *s, enum role peer)
{
	struct errbuf why = {""};
	struct frame q = {0};
	enum err e = frame_receive(s->peers[peer], &s->request, &q, clock_mono_ms() + REQUEST_PATIENCE);
	if (!e && (q.status != ERR_OK || !s->server->permitted(peer, q.op)))
		e = ERR_REFUSED;
	if (!e) {
		buf_clear(&s->answer);
		enum err status = s->server->answer(s->server->ctx, peer, &q, &s->answer, &why);
		e = send_answer(s, s->peers[peer], &q, status, &why);
	}
	buf_clear(&s->request);
	buf_clear(&s->answer);
	if (e)
		drop_peer(s, peer, e, q.op);
}

static void tick_when_due(struct serving *s)
{
	int64_t now = clock_mono_ms();
	if (now - s->ticked_at < TICK_MS)
		return;
	s->ticked_at = now;
	if (s->server->tick)
		s->server->tick(s->server->ctx);
}

/* Wait for something to do and do it once; each ready peer gets one answer, so none starves another. */
static void serve_round(struct serving *s)
{
	struct pollfd fds[ROLE_COUNT + 2];
	for (int r = 0; r < ROLE_COUNT; r++)
		fds[r] = (struct pollfd){.fd = s->peers[r], .events = POLLIN};
	fds[ROLE_COUNT] = (struct pollfd){.fd = s->child->wake, .events = POLLIN};
	fds[ROLE_COUNT + 1] = (struct pollfd){.fd = s->child->stop, .events = POLLIN};
	int64_t left = s->ticked_at + TICK_MS - clock_mono_ms();
	int n = poll(fds, ROLE_COUNT + 2, left < 0 ? 0 : (int)left);
	for (int r = 0; n > 0 && r < ROLE_COUNT && !s->child->stopping; r++)
		if (fds[r].fd >= 0 && fds[r].revents)
			answer_one(s, (enum role)r);
	if (n > 0 && fds[ROLE_COUNT].revents)
		take_up_peers(s);
	tick_when_due(s);
}

int child_serve(struct child *c, const struct child_server *server)
{
	struct serving s = {.child = c, .server = server, .request = BUF_INIT(server->request_cap),
			    .answer = BUF_INIT(server->answer_cap), .ticked_at = clock_mono_ms()};
	for (int r = 0; r < ROLE_COUNT; r++)
		s.peers[r] = -1;
	while (!c->stopping)
		serve_round(&s);
	for (int r = 0; r < ROLE_COUNT; r++)
		if (s.peers[r] >= 0)
			close(s.peers[r]);
	buf_free(&s.request);
	buf_free(&s.answer);
	return 0;
}
