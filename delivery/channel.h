/* channel: the way out for a rendered message. A channel is one row in a table.
 *
 * spool: one file a message in a folder, published atomically, mode 0600, named TIME-CHANNEL-KIND-ID.txt (as in
 * 20261122T021338Z-mail-link-k3m7q2w4x5y6z7a2.txt) with the lines "To:", for mail "Subject:", and "Message-Id:" (the
 * idempotency key), an empty line and the text. The same id again replaces the same file, under its first time, so a
 * repeat is not a second message. The folder must exist, and be readable. A process that died while it wrote leaves a
 * file NAME.txt.XXXXXX, which is no message; the next one removes it.
 *
 * smtp: mail handed to one server, by TLS that is verified or not at all; the Message-ID is made of the id, so that a repeat
 * has the same one. See mail.h and transfer.h. */
#ifndef DELIVERY_CHANNEL_H
#define DELIVERY_CHANNEL_H

#include "base/secret.h"
#include "delivery/message.h"
#include "delivery/sms.h"

#include <stdbool.h>

/* Of mail by SMTP. */
struct mail_settings {
	const char *from;        /* a mailbox */
	const char *from_name;   /* how people read it; "" for none */
	const char *server;      /* HOST:PORT */
	const char *security;    /* "starttls", or "implicit": TLS from the first byte */
	const char *user;        /* "": nobody logs in */
	bool has_password;       /* its file is named */
	const struct secret *password; /* NULL before it is read, and without a user */
	const struct buf *trust; /* PEM; NULL or empty: what the system trusts */
	int64_t patience;        /* seconds for one message */
};

/* Of SMS by a gateway. */
struct sms_settings {
	const char *gateway;          /* a name that sms_adapter_find knows */
	struct sms_gateway peer;
	const struct buf *trust;      /* as of mail */
	const char *receipts;         /* address of the recipient pages, for delivery receipts */
	bool wants_receipts;          /* the key of them is named */
	const struct secret *receipt_key; /* NULL before it is read */
	int64_t patience;
};

/* All borrowed. */
struct channel_settings {
	const char *spool_folder;
	struct mail_settings mail;
	struct sms_settings sms;
};

/* One hand-over of a message: which, as which, when, and what the other end calls it. */
struct handover {
	const char *id;  /* the message's: 1 to 64 letters, digits, '-' and '_' */
	const char *key; /* the idempotency key, of the same letters: the same as long as nobody knows what became of it */
	int64_t now;
	char reference[SMS_REFERENCE_SIZE]; /* filled by a channel that is told one */
};

struct delivery_channel {
	const char *name; /* "spool", "smtp", "twilio", ... */
	enum message_channel kinds[2];
	size_t kind_count; /* what it can carry */
	/* What is wrong with the settings, without going out: ERR_USAGE. NULL: nothing can be. */
	enum err (*check)(const struct channel_settings *s, struct errbuf *why);
	/* The TCP port it goes to, by settings that it has checked; NULL: it reaches no network. */
	uint16_t (*port)(const struct channel_settings *s);
	/* Once before the first message, with nobody else at it: tidy up what a process that died has left. May be NULL. */
	void (*begin)(const struct channel_settings *s);
	/* ERR_OK: handed over. ERR_REFUSED, ERR_INVALID: never try again. All else: try again later; ERR_USAGE: that will be in
	 * vain until a person has put something right. ERR_LIMIT and ERR_USAGE: it was plainly not taken, and the next try is
	 * a new one. Of SMS, ERR_NETWORK and ERR_UNAUTHENTICATED: it never reached a gateway. */
	enum err (*send)(const struct channel_settings *s, const struct message *m, struct handover *h, struct errbuf *why);
};

/* NULL when there is none of that name for what it is to carry. */
const struct delivery_channel *channel_find(const char *name, enum message_channel carries);
/* Whether it can be a message's id. */
bool channel_id_ok(const char *id);

#endif
