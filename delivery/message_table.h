/* message_table: the one table of messages, and what a value of each field may be. Only for message*.c. */
#ifndef DELIVERY_MESSAGE_TABLE_H
#define DELIVERY_MESSAGE_TABLE_H

#include "delivery/message.h"

#include <stdbool.h>

enum { MESSAGE_FIELDS_MAX = 12, MESSAGE_PLAIN_MAX = 8192, ORDER_ID_SIZE = sizeof ((struct message *)0)->order };

struct field_rule {
	const char *name;
	const char *standard; /* its value when it is not given; NULL: it must be given */
	bool (*ok)(const char *value);
};

struct message_row {
	const char *name;    /* also the section of words that its templates call "this" */
	enum message_channel channel;
	const char *text;    /* template */
	const char *html;    /* template of what stands within message_mail_html; mail only */
	const char *shorten; /* SMS: the field that is cut to what fits */
	const char *drop;    /* SMS: the field that is left out when there is no room for it */
	struct field_rule fields[MESSAGE_FIELDS_MAX + 1];
};

/* What all mails have around their own: "body" is a part, and of the fields there is "language" alone. */
extern const char *const message_mail_html;
extern const struct message_row message_table[MESSAGE_KIND_COUNT];

/* One value a rule, in the order of the row; borrowed strings. */
struct message_values {
	const char *of[MESSAGE_FIELDS_MAX];
};

/* Note one value; ERR_INVALID for a field that the kind has not, that was there already, or whose value is not
 * acceptable. The value never enters why. */
enum err message_values_put(const struct message_row *row, struct message_values *v, const char *name,
			    const char *value, struct errbuf *why) MUST_CHECK;
/* Fill in what may be left out; ERR_INVALID when another is missing. */
enum err message_values_complete(const struct message_row *row, struct message_values *v,
				 struct errbuf *why) MUST_CHECK;

/* The order's id (1 to 31 of letters, digits, '-' and '_') and an address that fits the channel. */
enum err message_envelope_check(const struct message_row *row, const char *order_id, const char *to,
				struct errbuf *why) MUST_CHECK;

/* message_render.c: subject, text and HTML from the templates, in the language that the values name. */
enum err message_render(const struct message_row *row, const struct message_values *v, const struct languages *languages,
			struct message *out) MUST_CHECK;

#endif
