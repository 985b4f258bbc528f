#include "issuer/signer/signer_ocsp.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/ocsp_wire.h"
#include "issuer/signer/signer_delegate.h"

#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_PATIENCE_MS = 1000, COMPLAIN_MS = 1000, RECORDED_PAUSE_MS = 60000 };

struct signer_ocsp {
	struct signer *signer;
	int packets, stop; /* stop: eventfd */
	pthread_t thread;
	bool running;

	/* Of the signer's own thread. */
	struct delegate delegate; /* the newest; its responder is the lane's */
	bool there;               /* one was made */
	enum err failed;          /* said once */
	int64_t again_at;         /* by clock_mono_ms: not before */

	pthread_mutex_t lock;
	struct ocsp_responder *fresh; /* for the lane to take up, or NULL */
	int64_t fresh_until;

	/* Of the lane. */
	struct ocsp_responder *current;
	int64_t current_until; /* when its certificate ends */
	int64_t life;
	struct ocsp_ask ask;
	struct buf der, answers;
	int64_t complained_at;
	uint8_t packet[OCSP_PACKET_MAX];
};

static void take_up_delegate(struct signer_ocsp *o)
{
	pthread_mutex_lock(&o->lock);
	struct ocsp_responder *fresh = o->fresh;
	int64_t until = o->fresh_until;
	o->fresh = NULL;
	pthread_mutex_unlock(&o->lock);
	if (!fresh)
		return;
	ocsp_responder_free(o->current);
	o->current = fresh;
	o->current_until = until;
}

/* Answers that nobody takes are of no use to anybody: whoever asked has gone, or asks again. */
static void send_answers(struct signer_ocsp *o)
{
	struct pollfd p = {.fd = o->packets, .events = POLLOUT};
	if (o->answers.len && !buf_check(&o->answers) && poll(&p, 1, SEND_PATIENCE_MS) == 1) {
		ssize_t n = send(o->packets, o->answers.data, o->answers.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)n;
	}
	buf_clear(&o->answers);
}

static enum err answer(struct signer_ocsp *o, struct ocsp_told *told)
{
	const struct ocsp_ask *a = &o->ask;
	struct ocsp_answer wanted = {.singles = a->singles, .count = a->count, .nonce = a->nonce, .nonce_len = a->nonce_len,
				     .this_update = clock_now()};
	int64_t life_end = wanted.this_update + o->life;
	wanted.next_update = life_end < o->current_until ? life_end : o->current_until;
	buf_clear(&o->der);
	if (!o->current || wanted.next_update <= wanted.this_update) /* nobody would believe it */
		return ERR_UNAVAILABLE;
	enum err rc = signer_ocsp_check(o->signer, NULL);
	if (!rc)
		rc = ocsp_answer_make(o->current, &wanted, &o->der);
	if (rc) /* the key may have gone just now */
		return signer_ocsp_check(o->signer, NULL) ? ERR_UNAVAILABLE : rc;
	told->this_update = wanted.this_update;
	told->next_update = wanted.next_update;
	told->der = o->der.data;
	told->len = o->der.len;
	return ERR_OK;
}

static void complain(struct signer_ocsp *o, const char *event, enum err rc)
{
	int64_t now = clock_mono_ms();
	if (now - o->complained_at < COMPLAIN_MS) /* whoever can ask could fill the log */
		return;
	o->complained_at = now;
	log_event(LOG_LEVEL_ALARM, event, {"error", err_word(rc)});
}

static void answer_packet(struct signer_ocsp *o, size_t len)
{
	struct unpack u = unpack_begin(o->packet, len);
	enum err rc = ERR_OK;
	take_up_delegate(o);
	while (u.left && !(rc = ocsp_ask_unpack(&u, &o->ask))) {
		struct ocsp_told told = {.id = o->ask.id};
		told.error = answer(o, &told);
		if (told.error && told.error != ERR_UNAVAILABLE)
			complain(o, "ocsp.failed", told.error);
		if (o->answers.len + OCSP_TOLD_MAX > OCSP_PACKET_MAX)
			send_answers(o);
		ocsp_told_pack(&told, &o->answers);
	}
	if (rc)
		complain(o, "ocsp.packet_refused", rc);
	send_answers(o);
	ERR_clear_error();
}

static void *lane(void *arg)
{
	struct signer_ocsp *o = arg;
	for (;;) {
		struct pollfd fds[] = {{.fd = o->packets, .events = POLLIN}, {.fd = o->stop, .events = POLLIN}};
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			break;
		ssize_t n = recv(o->packets, o->packet, sizeof o->packet, MSG_DONTWAIT);
		if (n > 0)
			answer_packet(o, (size_t)n);
		else if (n == 0)
			break;
	}
	return NULL;
}

static void note(struct signer_ocsp *o, enum err rc, const struct errbuf *why)
{
	if (rc && rc != o->failed)
		log_event(LOG_LEVEL_ALARM, "ocsp.delegate_failed", {"error", err_word(rc)}, {"why", err_why(rc, why)});
	if (!rc)
		log_event(LOG_LEVEL_INFO, "ocsp.delegate", {"serial", o->delegate.serial});
	o->failed = rc;
}

void signer_ocsp_tick(struct signer_ocsp *o)
{
	struct delegate made = {.responder = NULL};
	struct errbuf why = {""};
	if ((o->there && !delegate_due(&o->delegate, clock_now())) || clock_mono_ms() < o->again_at)
		return;
	enum err rc = delegate_new(o->signer, &made, &why);
	if (rc && made.serial[0]) /* each such attempt is a record: the journal must not fill with them */
		o->again_at = clock_mono_ms() + RECORDED_PAUSE_MS;
	if (!rc) {
		o->delegate = made;
		o->there = true;
		pthread_mutex_lock(&o->lock);
		ocsp_responder_free(o->fresh);
		o->fresh = made.responder;
		o->fresh_until = made.not_after;
		pthread_mutex_unlock(&o->lock);
	}
	note(o, rc, &why);
}

enum err signer_ocsp_start(struct signer *s, int packets, struct signer_ocsp **out, struct errbuf *why)
{
	struct signer_ocsp *o = calloc(1, sizeof *o);
	if (!o) {
		close(packets);
		return ERR_MEMORY;
	}
	o->signer = s;
	o->packets = packets;
	o->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	o->life = s->has.settings->ocsp_life;
	o->der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	o->answers = BUF_INIT(OCSP_PACKET_MAX);
	pthread_mutex_init(&o->lock, NULL);
	signer_ocsp_tick(o); /* without a delegate the lane says that there is none, and the next tick tries again */
	o->running = o->stop >= 0 && pthread_create(&o->thread, NULL, lane, o) == 0;
	if (!o->running) {
		signer_ocsp_end(o);
		return fail(why, ERR_MEMORY, "no thread for OCSP");
	}
	*out = o;
	return ERR_OK;
}

void signer_ocsp_end(struct signer_ocsp *o)
{
	if (!o)
		return;
	uint64_t one = 1;
	if (o->running && write(o->stop, &one, sizeof one) == (ssize_t)sizeof one)
		pthread_join(o->thread, NULL);
	ocsp_responder_free(o->fresh);
	ocsp_responder_free(o->current);
	buf_free(&o->der);
	buf_free(&o->answers);
	pthread_mutex_destroy(&o->lock);
	close(o->packets);
	if (o->stop >= 0)
		close(o->stop);
	free(o);
}
