/* message: what is said to people. One table of messages: kind -> channel, template, and the fields it must have.
 *
 * The sealed form that travels to the courier is a JSON object {"kind","order","to","fields":{...}}; the courier opens
 * it, checks it against the table, renders and hands it to a channel. Texts are English. An SMS is GSM 03.38 text of
 * one segment (160 septets) with every field at its longest: in it a client's name is written with letters that GSM has
 * and cut to what fits, and the code's last line "@domain #code", which lets telephones offer it, is left out for a
 * domain that is none or too long. No field can add a line, a header or an address: control characters and the like are
 * refused at both ends, and a field is never empty. */
#ifndef DELIVERY_MESSAGE_H
#define DELIVERY_MESSAGE_H

#include "base/buf.h"
#include "base/secret.h"
#include "delivery/language.h"

enum message_kind {
	/* mail: the download link. fields: url, client, service, organisation, contact, orderer, until; minutes */
	MESSAGE_LINK,
	MESSAGE_CODE,     /* SMS: the one-time code. fields: code, client, domain; minutes */
	MESSAGE_PASSWORD, /* SMS: the permanent password. fields: password, client */
	MESSAGE_DEAD,     /* mail to the staff: a message that nobody will get. fields: kind, order, why */
	/* Mails to whoever ordered, when it came to nothing: nobody came; nobody said that the file is saved; its password was
	 * never sent; too many wrong codes. fields: order, client, service, organisation, contact, orderer, until, command */
	MESSAGE_LAPSED_LINK,
	MESSAGE_LAPSED_CLAIM,
	MESSAGE_LAPSED_PASSWORD,
	MESSAGE_LOCKED_ORDER,
	/* The same for an order that waited for approval: nobody gave it; it was refused. And one to each who may give it.
	 * fields: the same; reason (of the refusal) */
	MESSAGE_LAPSED_REQUEST,
	MESSAGE_REJECTED,
	MESSAGE_APPROVAL,
	/* Mails to a contact, at the old address and the new. fields: organisation, contact, orderer, before, now; until */
	MESSAGE_NEW_EMAIL,
	MESSAGE_NEW_MOBILE,
	/* mail to the recipient who has not come yet. fields: client, contact, orderer, until, sender, sent */
	MESSAGE_REMINDER,
	MESSAGE_KIND_COUNT,
	MESSAGE_TEST = MESSAGE_KIND_COUNT /* "test": what a check of a channel sends; it is never composed or opened */
};

enum message_channel { CHANNEL_MAIL, CHANNEL_SMS };

const char *message_kind_name(enum message_kind k); /* "link", "code", "lapsed_link", ..., "test" */
enum err message_kind_from_name(const char *name, enum message_kind *out) MUST_CHECK;
enum message_channel message_channel_of(enum message_kind k);
const char *message_channel_name(enum message_channel c); /* "mail", "sms" */

#define MESSAGE_TIME_SIZE 21
/* "2026-11-29 14:05 UTC", of seconds since 1970 (years to 9999): the form of a time in a field. */
void message_time(int64_t at, char out[MESSAGE_TIME_SIZE]);

struct message_field {
	const char *name; /* NULL ends the list */
	const char *value;
};

/* The plain JSON to be sealed. Every field that the kind names must be there, and no other: ERR_INVALID. `minutes`, how
 * long a code works, may be left out: then it is 30; `until` of a changed contact and `reason` of a notice may
 * be, or be "": then nothing is said of it; and so may `language`, the tag of the recipient's: then it is "en". The times `until` and `sent` of the
 * form that message_time writes are shown as the language writes times. The texts are at most 256 bytes each, `url` 512,
 * `domain` 253. */
enum err message_compose(enum message_kind kind, const char *order_id, const char *to,
			 const struct message_field *fields, struct secret **out, struct errbuf *why) MUST_CHECK;

/* A rendered message, ready for a channel. Freed by message_clear, which wipes. */
struct message {
	enum message_kind kind;
	enum message_channel channel;
	char order[32];
	char to[256];        /* checked: mailbox or E.164 */
	char language[LANGUAGE_TAG_SIZE]; /* the one it is in */
	struct buf subject;  /* mail: one line, UTF-8 */
	struct buf text;     /* mail: lines end in LF; SMS: one text */
	struct buf html;     /* mail: the same for who reads HTML, a whole document; empty: there is none */
};
/* ERR_INVALID for what message_compose would not have made. A language that there is not becomes English. */
enum err message_open(const struct secret *plain, const struct languages *languages, struct message *out,
		      struct errbuf *why) MUST_CHECK;
void message_clear(struct message *m);

#endif
