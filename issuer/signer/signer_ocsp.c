#include "issuer/signer/signer_ocsp.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/ocsp_wire.h"
#include "issuer/signer/signer_delegate.h"

#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_PATIENCE_MS = 1000, COMPLAIN_MS = 1000, RECORDED_PAUSE_MS = 60000 };

/* The answers of one CA: by a delegate of its own. */
struct seat {
	const struct signer_ca *ca;

	/* Of the signer's own thread. */
	struct delegate delegate; /* the newest; its responder is the lane's */
	bool there;               /* one was made */
	enum err failed;          /* said once */
	int64_t again_at;         /* by clock_mono_ms: not before */

	/* Under the lock. */
	struct ocsp_responder *fresh; /* for the lane to take up, or NULL */
	int64_t fresh_until;

	/* Of the lane. */
	struct ocsp_responder *current;
	int64_t current_until; /* when its certificate ends */
};

struct signer_ocsp {
	struct signer *signer;
	int packets, stop; /* stop: eventfd */
	pthread_t thread;
	bool running;
	struct seat seats[ISSUERS_MOST];
	size_t count;
	pthread_mutex_t lock;

	/* Of the lane. */
	int64_t life;
	struct ocsp_ask ask;
	struct buf der, answers;
	int64_t complained_at;
	uint8_t packet[OCSP_PACKET_MAX];
};

static void take_up_delegate(struct signer_ocsp *o, struct seat *seat)
{
	pthread_mutex_lock(&o->lock);
	struct ocsp_responder *fresh = seat->fresh;
	int64_t until = seat->fresh_until;
	seat->fresh = NULL;
	pthread_mutex_unlock(&o->lock);
	if (!fresh)
		return;
	ocsp_responder_free(seat->current);
	seat->current = fresh;
	seat->current_until = until;
}

static struct seat *seat_of(struct signer_ocsp *o, const uint8_t issuer[FINGERPRINT_BYTES])
{
	for (size_t i = 0; i < o->count; i++)
		if (memcmp(o->seats[i].ca->fingerprint, issuer, FINGERPRINT_BYTES) == 0)
			return &o->seats[i];
	return NULL;
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
	const struct seat *seat = seat_of(o, a->issuer);
	if (!seat) /* the front knows a CA that this process does not: one of them is about to be started anew */
		return ERR_UNAVAILABLE;
	int64_t life_end = wanted.this_update + o->life;
	wanted.next_update = life_end < seat->current_until ? life_end : seat->current_until;
	buf_clear(&o->der);
	if (!seat->current || wanted.next_update <= wanted.this_update) /* nobody would believe it */
		return ERR_UNAVAILABLE;
	enum err rc = signer_ocsp_check(o->signer, NULL);
	if (!rc)
		rc = ocsp_answer_make(seat->current, &wanted, &o->der);
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
	for (size_t i = 0; i < o->count; i++)
		take_up_delegate(o, &o->seats[i]);
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

static void note(struct seat *seat, enum err rc, const struct errbuf *why)
{
	if (rc && rc != seat->failed)
		log_event(LOG_LEVEL_ALARM, "ocsp.delegate_failed", {"issuer", seat->ca->name}, {"error", err_word(rc)},
			  {"why", err_why(rc, why)});
	if (!rc)
		log_event(LOG_LEVEL_INFO, "ocsp.delegate", {"issuer", seat->ca->name}, {"serial", seat->delegate.serial});
	seat->failed = rc;
}

/* A CA whose own time is over can make nobody's word good. */
static bool delegate_wanted(const struct seat *seat, int64_t now)
{
	return now < seat->ca->until && (!seat->there || delegate_due(&seat->delegate, now)) && clock_mono_ms() >= seat->again_at;
}

static void tick(struct signer_ocsp *o, struct seat *seat)
{
	struct delegate made = {.responder = NULL};
	struct errbuf why = {""};
	if (!delegate_wanted(seat, clock_now()))
		return;
	enum err rc = delegate_new(o->signer, seat->ca, &made, &why);
	if (rc && made.serial[0]) /* each such attempt is a record: the journal must not fill with them */
		seat->again_at = clock_mono_ms() + RECORDED_PAUSE_MS;
	if (!rc) {
		seat->delegate = made;
		seat->there = true;
		pthread_mutex_lock(&o->lock);
		ocsp_responder_free(seat->fresh);
		seat->fresh = made.responder;
		seat->fresh_until = made.not_after;
		pthread_mutex_unlock(&o->lock);
	}
	note(seat, rc, &why);
}

void signer_ocsp_tick(struct signer_ocsp *o)
{
	for (size_t i = 0; i < o->count; i++)
		tick(o, &o->seats[i]);
}

/* One that has issued nothing yet is not asked about. */
static void take_seats(struct signer_ocsp *o)
{
	for (size_t i = 0; i < o->signer->ca_count; i++)
		if (o->signer->cas[i].standing != ISSUER_NEXT)
			o->seats[o->count++].ca = &o->signer->cas[i];
}

enum err signer_ocsp_start(struct signer *s, int packets, struct signer_ocsp **out, struct errbuf *why)
{
	struct signer_ocsp *o = calloc(1, sizeof *o);
	if (!o) {
		close(packets);
		return ERR_MEMORY;
	}
	o->signer = s;
	take_seats(o);
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
	for (size_t i = 0; i < o->count; i++) {
		ocsp_responder_free(o->seats[i].fresh);
		ocsp_responder_free(o->seats[i].current);
	}
	buf_free(&o->der);
	buf_free(&o->answers);
	pthread_mutex_destroy(&o->lock);
	close(o->packets);
	if (o->stop >= 0)
		close(o->stop);
	free(o);
}
