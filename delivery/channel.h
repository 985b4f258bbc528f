/* channel: the way out for a rendered message. A channel is one row in a table: name, send.
 *
 * spool: one file a message in a folder, published atomically, mode 0600, named TIME-CHANNEL-KIND-ID.txt with "To:",
 * "Subject:", "Message-Id:" (the idempotency key) lines, an empty line and the text. The same id again replaces the same
 * file, so a repeat is not a second message. */
#ifndef DELIVERY_CHANNEL_H
#define DELIVERY_CHANNEL_H

#include "delivery/message.h"

struct channel_settings {
	const char *spool_folder;
	const char *mail_from; /* a mailbox */
};

struct delivery_channel {
	const char *name; /* "spool" */
	/* ERR_OK: handed over. ERR_UNAVAILABLE, ERR_TIMEOUT: try again later. ERR_REFUSED: never try again. `id` is the
	 * message's id, the idempotency key. */
	enum err (*send)(const struct channel_settings *s, const char *id, const struct message *m, int64_t now,
			 struct errbuf *why);
};

/* NULL when there is none of that name. */
const struct delivery_channel *channel_find(const char *name);

#endif
