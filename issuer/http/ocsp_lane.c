#include "issuer/http/ocsp_lane.h"

#include "base/secret.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH_MOST = 32,     /* so that the first of a crowd does not wait for the last */
	SEND_AGAIN_MS = 500, /* a signer that was started anew has had its time */
	GIVE_UP_MS = 4000
};

struct queue {
	struct ocsp_job *first, **end;
};

struct ocsp_lane {
	int packets;
	bool full; /* the pair takes no more for now */
	uint64_t last_id;
	ocsp_told_fn *told;
	void *ctx;
	struct queue waiting, sent, sent_again; /* each the oldest first */
	struct buf batch;
	uint8_t packet[OCSP_PACKET_MAX];
};

static void queue_begin(struct queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void queue_put(struct queue *q, struct ocsp_job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

/* `at` points to what points to the job. */
static struct ocsp_job *queue_take(struct queue *q, struct ocsp_job **at)
{
	struct ocsp_job *job = *at;
	*at = job->next;
	if (!*at)
		q->end = at;
	return job;
}

enum err ocsp_lane_new(int packets, ocsp_told_fn *told, void *ctx, struct ocsp_lane **out)
{
	struct ocsp_lane *l = calloc(1, sizeof *l);
	enum err rc = l ? random_bytes(&l->last_id, sizeof l->last_id) : ERR_MEMORY;
	if (rc) {
		close(packets);
		free(l);
		return rc;
	}
	l->last_id >>= 1; /* it never comes round to 0 */
	l->packets = packets;
	l->told = told;
	l->ctx = ctx;
	l->batch = BUF_INIT(OCSP_PACKET_MAX);
	queue_begin(&l->waiting);
	queue_begin(&l->sent);
	queue_begin(&l->sent_again);
	*out = l;
	return ERR_OK;
}

void ocsp_lane_free(struct ocsp_lane *l)
{
	if (!l)
		return;
	buf_free(&l->batch);
	close(l->packets);
	free(l);
}

void ocsp_lane_put(struct ocsp_lane *l, struct ocsp_job *job, int64_t now_ms)
{
	job->ask.id = ++l->last_id;
	job->give_up_at = now_ms + GIVE_UP_MS;
	job->again = false;
	queue_put(&l->waiting, job);
}

static size_t pack_batch(struct ocsp_lane *l)
{
	size_t n = 0;
	buf_clear(&l->batch);
	for (struct ocsp_job *job = l->waiting.first; job && n < BATCH_MOST; job = job->next, n++) {
		if (l->batch.len + OCSP_ASK_MAX > OCSP_PACKET_MAX)
			break;
		ocsp_ask_pack(&job->ask, &l->batch);
	}
	return n;
}

static void send_waiting(struct ocsp_lane *l, int64_t now_ms)
{
	l->full = false;
	while (l->waiting.first && !l->full) {
		size_t n = pack_batch(l);
		l->full = buf_check(&l->batch) != ERR_OK ||
			  send(l->packets, l->batch.data, l->batch.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
		for (size_t i = 0; i < n && !l->full && l->waiting.first; i++) {
			struct ocsp_job *job = queue_take(&l->waiting, &l->waiting.first);
			job->sent_at = now_ms;
			queue_put(job->again ? &l->sent_again : &l->sent, job);
		}
	}
}

/* Mostly the first: answers come in the order of the questions. */
static struct ocsp_job **find(struct queue *q, uint64_t id)
{
	for (struct ocsp_job **at = &q->first; *at; at = &(*at)->next)
		if ((*at)->ask.id == id)
			return at;
	return NULL;
}

/* What was given up, or asked twice, or by a predecessor, is nobody's. */
static void tell(struct ocsp_lane *l, const struct ocsp_told *told)
{
	/* what waits may be about to be asked again, and now is answered */
	struct queue *const queues[] = {&l->sent, &l->sent_again, &l->waiting};
	for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
		struct ocsp_job **at = find(queues[i], told->id);
		if (!at)
			continue;
		l->told(l->ctx, queue_take(queues[i], at), told);
		return;
	}
}

/* One packet: whoever polls comes again for the next. */
void ocsp_lane_receive(struct ocsp_lane *l)
{
	ssize_t n = recv(l->packets, l->packet, sizeof l->packet, MSG_DONTWAIT);
	struct unpack u = unpack_begin(l->packet, n > 0 ? (size_t)n : 0);
	struct ocsp_told told;
	while (u.left && ocsp_told_unpack(&u, &told) == ERR_OK)
		tell(l, &told);
}

static void give_up(struct ocsp_lane *l, struct queue *q, struct ocsp_job **at)
{
	struct ocsp_job *job = queue_take(q, at);
	l->told(l->ctx, job, &(struct ocsp_told){.id = job->ask.id, .error = ERR_UNAVAILABLE});
}

/* Again once: nothing is lost in the pair, only what a signer had in work when it died. One that is alive and slow would be
 * slower with every copy. */
static void see_to_the_late(struct ocsp_lane *l, int64_t now_ms)
{
	while (l->sent.first && now_ms - l->sent.first->sent_at >= SEND_AGAIN_MS) {
		struct ocsp_job *job = queue_take(&l->sent, &l->sent.first);
		job->again = true;
		queue_put(&l->waiting, job);
	}
	while (l->sent_again.first && now_ms >= l->sent_again.first->give_up_at)
		give_up(l, &l->sent_again, &l->sent_again.first);
	for (struct ocsp_job **at = &l->waiting.first; *at;) {
		if (now_ms < (*at)->give_up_at)
			at = &(*at)->next;
		else
			give_up(l, &l->waiting, at);
	}
}

void ocsp_lane_send(struct ocsp_lane *l, int64_t now_ms)
{
	see_to_the_late(l, now_ms);
	send_waiting(l, now_ms);
}

void ocsp_lane_abandon(struct ocsp_lane *l)
{
	struct queue *const queues[] = {&l->sent, &l->sent_again, &l->waiting};
	for (size_t i = 0; i < sizeof queues / sizeof *queues; i++)
		while (queues[i]->first)
			give_up(l, queues[i], &queues[i]->first);
}

int ocsp_lane_fd(const struct ocsp_lane *l)
{
	return l->packets;
}

short ocsp_lane_events(const struct ocsp_lane *l)
{
	return l->full ? POLLIN | POLLOUT : POLLIN;
}

int ocsp_lane_wait(const struct ocsp_lane *l, int64_t now_ms)
{
	int64_t next = INT64_MAX;
	if (l->sent_again.first)
		next = l->sent_again.first->give_up_at;
	if (l->sent.first && l->sent.first->sent_at + SEND_AGAIN_MS < next)
		next = l->sent.first->sent_at + SEND_AGAIN_MS;
	if (l->waiting.first)
		next = l->full ? now_ms + SEND_AGAIN_MS : now_ms;
	return next == INT64_MAX ? -1 : next > now_ms ? (int)(next - now_ms) : 0;
}
