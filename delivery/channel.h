/* channel: the way out for a rendered message. A channel is one row in a table: name, send.
 *
 * spool: one file a message in a folder, published atomically, mode 0600, named TIME-CHANNEL-KIND-ID.txt (as in
 * 20261122T021338Z-mail-link-k3m7q2w4x5y6z7a2.txt) with the lines "To:", for mail "Subject:", and "Message-Id:" (the
 * idempotency key), an empty line and the text. The same id again replaces the same file, under its first time, so a
 * repeat is not a second message. The folder must exist, and be readable. A process that died while it wrote leaves a
 * file NAME.txt.XXXXXX, which is no message; the next one removes it. */
#ifndef DELIVERY_CHANNEL_H
#define DELIVERY_CHANNEL_H

#include "delivery/message.h"

struct channel_settings {
	const char *spool_folder;
	const char *mail_from; /* a mailbox */
};

struct delivery_channel {
	const char *name; /* "spool" */
	/* Once before the first message, with nobody else at it: tidy up what a process that died has left. May be NULL. */
	void (*begin)(const struct channel_settings *s);
	/* ERR_OK: handed over. ERR_UNAVAILABLE, ERR_TIMEOUT: try again later. ERR_REFUSED: never try again. `id` is the
	 * message's id, the idempotency key: 1 to 64 letters, digits, '-' and '_'. */
	enum err (*send)(const struct channel_settings *s, const char *id, const struct message *m, int64_t now,
			 struct errbuf *why);
};

/* NULL when there is none of that name. */
const struct delivery_channel *channel_find(const char *name);

#endif
