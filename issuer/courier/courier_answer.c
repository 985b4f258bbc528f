#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/pack.h"
#include "ca/authority.h"
#include "delivery/seal.h"
#include "delivery/transfer.h"
#include "issuer/courier/courier.h"
#include "issuer/courier/courier_serve.h"

#include <openssl/pem.h>
#include <string.h>

enum { LONG_MS = 5000 };

/* What each process may ask; all else ends its conversation. */
static const struct {
	uint16_t op;
	unsigned roles;
} permits[] = {
	{.op = COURIER_SEND, .roles = 1u << ROLE_CLERK},
};

int courier_permitted(enum role peer, uint16_t op)
{
	for (size_t i = 0; i < sizeof permits / sizeof permits[0]; i++)
		if (permits[i].op == op)
			return (permits[i].roles & 1u << peer) != 0;
	return 0;
}

/* A PEM that wants a pass phrase fails: nobody is here to type it. */
static int no_pass_phrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf, (void)size, (void)writing, (void)ctx;
	return -1;
}

static enum err read_keys(struct courier *c, const struct secret *key, const struct buf *certificate,
			  struct errbuf *why)
{
	BIO *k = BIO_new_mem_buf(secret_peek(key), (int)secret_len(key));
	enum err rc = authority_certificate(certificate, &c->certificate, NULL);
	c->key = k ? PEM_read_bio_PrivateKey(k, NULL, no_pass_phrase, NULL) : NULL;
	if (rc || !c->key)
		rc = fail(why, ERR_INVALID, "courier: key or certificate is not PEM, or the key has a pass phrase");
	else if (X509_check_private_key(c->certificate, c->key) != 1)
		rc = fail(why, ERR_INVALID, "courier: the key is not the certificate's");
	BIO_free(k);
	return rc;
}

enum err courier_set_up(struct courier *c, const struct settings *s, const struct secret *key,
			const struct buf *certificate, struct errbuf *why)
{
	c->settings = courier_channel_settings(s, &c->parts);
	enum err rc = read_keys(c, key, certificate, why);
	for (int i = 0; !rc && i < COURIER_CHANNELS; i++)
		rc = courier_channel(s, (enum message_channel)i, &c->channels[i], why);
	for (int i = 0; !rc && i < COURIER_CHANNELS; i++)
		rc = c->channels[i]->port ? transfer_start() : ERR_OK;
	for (int i = 0; !rc && i < COURIER_CHANNELS; i++)
		if (c->channels[i]->begin)
			c->channels[i]->begin(&c->settings);
	return rc;
}

void courier_clear(struct courier *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->certificate);
	channel_parts_clear(&c->parts);
	languages_free(c->languages);
	*c = (struct courier){0};
}

struct parcel_note {
	char id[COURIER_ID_SIZE], key[COURIER_ID_SIZE];
	char kind[COURIER_KIND_SIZE];
	const uint8_t *sealed; /* in the frame */
	size_t len;
};

static enum err read_request(const struct frame *request, struct parcel_note *n)
{
	struct unpack u = unpack_begin(request->body, request->len);
	unpack_text(&u, n->id, sizeof n->id);
	unpack_text(&u, n->key, sizeof n->key);
	unpack_text(&u, n->kind, sizeof n->kind);
	n->sealed = unpack_bytes(&u, &n->len);
	return unpack_end(&u) == ERR_OK ? ERR_OK : ERR_INVALID;
}

/* Once when a channel begins to need a person, once when it works again: each message is logged anyway. */
static void note_state(struct courier *c, enum message_channel channel, enum err rc, const struct errbuf *why)
{
	bool stuck = rc == ERR_USAGE || rc == ERR_UNAUTHENTICATED;
	if (stuck && !c->stuck[channel])
		log_event(LOG_LEVEL_ALARM, "channel.stuck", {"channel", message_channel_name(channel)}, {"why", err_why(rc, why)});
	else if (rc == ERR_OK && c->stuck[channel])
		log_event(LOG_LEVEL_INFO, "channel.works_again", {"channel", message_channel_name(channel)});
	if (stuck || rc == ERR_OK)
		c->stuck[channel] = stuck;
}

int64_t courier_rest_ms(enum err rc, int64_t took_ms)
{
	bool unanswered = rc == ERR_NETWORK || rc == ERR_TIMEOUT || rc == ERR_CLOSED;
	return unanswered && took_ms >= LONG_MS ? took_ms : 0;
}

static enum err hand_on(struct courier *c, const struct message *m, struct handover *h, struct errbuf *why)
{
	int64_t began = clock_mono_ms();
	if (began < c->rests_until[m->channel])
		return fail(why, ERR_NETWORK, "not tried: a moment ago nobody answered there");
	enum err rc = c->channels[m->channel]->send(&c->settings, m, h, why);
	int64_t ended = clock_mono_ms();
	c->rests_until[m->channel] = ended + courier_rest_ms(rc, ended - began);
	note_state(c, m->channel, rc, why);
	return rc;
}

static enum err deliver(struct courier *c, const struct parcel_note *n, struct message *m, struct buf *answer,
			struct errbuf *why)
{
	struct handover h = {.id = n->id, .key = n->key, .now = clock_now()};
	struct secret *plain = NULL;
	enum err rc = seal_open_with(c->certificate, c->key, n->sealed, n->len, &plain);
	if (rc)
		return fail(why, rc, "the message is not sealed for this courier, or was altered");
	rc = message_open(plain, c->languages, m, why);
	secret_free(plain);
	if (!rc && strcmp(message_kind_name(m->kind), n->kind) != 0)
		rc = fail(why, ERR_REFUSED, "what is sealed is not a message of the kind that was asked for");
	crash_point(CRASH_COURIER_OPENED);
	if (!rc)
		rc = hand_on(c, m, &h, why);
	if (!rc)
		pack_text(answer, h.reference);
	crash_point(CRASH_COURIER_PUBLISHED);
	if (m->kind == MESSAGE_PASSWORD)
		crash_point(CRASH_COURIER_PASSWORD);
	return rc;
}

/* Named by ids and kind only: no address, code, password or link is ever logged. */
enum err courier_answer(void *courier, enum role peer, const struct frame *request, struct buf *answer,
			struct errbuf *why)
{
	struct parcel_note note = {0};
	struct message m = {0};
	(void)peer; /* courier_permitted has looked at it */
	enum err rc = read_request(request, &note);
	if (rc)
		return fail(why, rc, "the request is not id, key, kind and sealed message");
	rc = deliver(courier, &note, &m, answer, why);
	if (rc)
		log_event(LOG_LEVEL_WARNING, "message.refused", {"message", note.id}, {"kind", note.kind},
			  {"order", m.order}, {"error", err_word(rc)}, {"why", err_why(rc, why)});
	else
		log_event(LOG_LEVEL_INFO, "message.handed_over", {"message", note.id}, {"kind", note.kind},
			  {"order", m.order});
	message_clear(&m);
	return rc;
}
