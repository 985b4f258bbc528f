#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/pack.h"
#include "delivery/seal.h"
#include "issuer/courier/courier.h"
#include "issuer/courier/courier_serve.h"

#include <openssl/pem.h>
#include <string.h>

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

static enum err choose(const char *name, const struct delivery_channel **out, struct errbuf *why)
{
	*out = channel_find(name);
	return *out ? ERR_OK : fail(why, ERR_USAGE, "delivery: there is no channel named %.32s", name);
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
	BIO *x = BIO_new_mem_buf(certificate->data, (int)certificate->len);
	enum err rc = ERR_OK;
	c->key = k ? PEM_read_bio_PrivateKey(k, NULL, no_pass_phrase, NULL) : NULL;
	c->certificate = x ? PEM_read_bio_X509(x, NULL, no_pass_phrase, NULL) : NULL;
	if (!c->key || !c->certificate)
		rc = fail(why, ERR_INVALID, "courier: key or certificate is not PEM, or the key has a pass phrase");
	else if (X509_check_private_key(c->certificate, c->key) != 1)
		rc = fail(why, ERR_INVALID, "courier: the key is not the certificate's");
	BIO_free(k);
	BIO_free(x);
	return rc;
}

enum err courier_set_up(struct courier *c, const struct settings *s, const struct secret *key,
			const struct buf *certificate, struct errbuf *why)
{
	*c = (struct courier){.settings = {.spool_folder = s->spool, .mail_from = s->mail_from}};
	enum err rc = choose(s->mail_channel, &c->channels[CHANNEL_MAIL], why);
	if (!rc)
		rc = choose(s->sms_channel, &c->channels[CHANNEL_SMS], why);
	if (!rc)
		rc = read_keys(c, key, certificate, why);
	for (size_t i = 0; !rc && i < sizeof c->channels / sizeof c->channels[0]; i++)
		if (c->channels[i]->begin)
			c->channels[i]->begin(&c->settings);
	return rc;
}

void courier_clear(struct courier *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->certificate);
	*c = (struct courier){0};
}

struct parcel_note {
	char id[COURIER_ID_SIZE];
	char kind[COURIER_KIND_SIZE];
	const uint8_t *sealed; /* in the frame */
	size_t len;
};

static enum err read_request(const struct frame *request, struct parcel_note *n)
{
	struct unpack u = unpack_begin(request->body, request->len);
	unpack_text(&u, n->id, sizeof n->id);
	unpack_text(&u, n->kind, sizeof n->kind);
	n->sealed = unpack_bytes(&u, &n->len);
	return unpack_end(&u) == ERR_OK ? ERR_OK : ERR_INVALID;
}

static enum err deliver(const struct courier *c, const struct parcel_note *n, struct message *m, struct errbuf *why)
{
	struct secret *plain = NULL;
	enum err rc = seal_open_with(c->certificate, c->key, n->sealed, n->len, &plain);
	if (rc)
		return fail(why, rc, "the message is not sealed for this courier, or was altered");
	rc = message_open(plain, m, why);
	secret_free(plain);
	if (!rc && strcmp(message_kind_name(m->kind), n->kind) != 0)
		rc = fail(why, ERR_REFUSED, "what is sealed is not a message of the kind that was asked for");
	crash_point(CRASH_COURIER_OPENED);
	if (!rc)
		rc = c->channels[m->channel]->send(&c->settings, n->id, m, clock_now(), why);
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
	(void)peer, (void)answer; /* courier_permitted has looked at the peer; a success says no more than that */
	enum err rc = read_request(request, &note);
	if (rc)
		return fail(why, rc, "the request is not id, kind and sealed message");
	rc = deliver(courier, &note, &m, why);
	if (rc)
		log_event(LOG_LEVEL_WARNING, "message.refused", {"message", note.id}, {"kind", note.kind},
			  {"order", m.order}, {"error", err_word(rc)}, {"why", err_why(rc, why)});
	else
		log_event(LOG_LEVEL_INFO, "message.handed_over", {"message", note.id}, {"kind", note.kind},
			  {"order", m.order});
	message_clear(&m);
	return rc;
}
