/* courier_serve: the courier's own side. It holds the only key that opens messages, and what they say only while one of
 * them is on its way. */
#ifndef ISSUER_COURIER_SERVE_H
#define ISSUER_COURIER_SERVE_H

#include "base/frame.h"
#include "issuer/courier/courier_channels.h"
#include "issuer/courier/courier_names.h"
#include "issuer/process/child.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The body of COURIER_SEND: id, key, kind, sealed; of its answer: reference. */
enum { COURIER_REQUEST_CAP = 64 << 10, COURIER_ANSWER_CAP = 1024, COURIER_ID_SIZE = 65, COURIER_KIND_SIZE = 32 };

struct courier {
	EVP_PKEY *key;
	X509 *certificate;
	const struct delivery_channel *channels[COURIER_CHANNELS]; /* by enum message_channel */
	bool stuck[COURIER_CHANNELS]; /* it needs a person */
	int64_t rests_until[COURIER_CHANNELS]; /* by clock_mono_ms; nobody answered */
	struct channel_parts parts;
	struct channel_settings settings; /* borrows from parts: a courier is not copied */
	struct languages *languages; /* given to it once it is set up */
	struct courier_names names;
	struct child *child; /* whose server it is */
};

/* The channels that the settings name, and the key (PEM) with its certificate (PEM); ERR_USAGE, ERR_INVALID. The channels'
 * parts are in *c already, all else there is empty. What was taken is freed by courier_clear, also after a failure. */
enum err courier_set_up(struct courier *c, const struct settings *s, const struct secret *key,
			const struct buf *certificate, struct errbuf *why) MUST_CHECK;
void courier_clear(struct courier *c);

/* How long a channel rests after a message that took so long, 5 s or more, because nobody answered: as long; what comes for
 * it meanwhile is put off at once. One message is sent after the other, and a mail server that swallows everything must
 * not hold up the codes. 0 after any other. */
int64_t courier_rest_ms(enum err rc, int64_t took_ms);

int courier_permitted(enum role peer, uint16_t op);
enum err courier_answer(void *courier, enum role peer, const struct frame *request, struct buf *answer,
			struct errbuf *why) MUST_CHECK;

#endif
