#include "delivery/message_table.h"
#include "base/embed.h"
#include "delivery/address.h"
#include "delivery/code.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

EMBED_TEXT(delivery_html_mail, "delivery/templates/mail.html");
EMBED_TEXT(delivery_text_link, "delivery/templates/link.txt");
EMBED_TEXT(delivery_html_link, "delivery/templates/link.html");
EMBED_TEXT(delivery_text_dead, "delivery/templates/dead.txt");
EMBED_TEXT(delivery_html_dead, "delivery/templates/dead.html");
EMBED_TEXT(delivery_text_code, "delivery/templates/code.txt");
EMBED_TEXT(delivery_text_password, "delivery/templates/password.txt");

EMBED_TEXT(delivery_text_notice, "delivery/templates/notice.txt");
EMBED_TEXT(delivery_html_notice, "delivery/templates/notice.html");
EMBED_TEXT(delivery_text_changed, "delivery/templates/changed.txt");
EMBED_TEXT(delivery_html_changed, "delivery/templates/changed.html");
EMBED_TEXT(delivery_text_reminder, "delivery/templates/reminder.txt");
EMBED_TEXT(delivery_html_reminder, "delivery/templates/reminder.html");

enum { TEXT_MAX = 256, URL_MAX = 512, DOMAIN_MAX = 253 };

/* Control characters, line and paragraph separators, and what turns the reading direction. */
static bool harmless(ucs4_t c)
{
	return !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) &&
	       !uc_is_property(c, UC_PROPERTY_BIDI_CONTROL);
}

static bool is_text(const char *value)
{
	ucs4_t c = 0;
	int n = 0;
	size_t len = strlen(value);
	if (len == 0 || len > TEXT_MAX)
		return false;
	for (const char *p = value; (n = u8_strmbtouc(&c, (const uint8_t *)p)) > 0; p += n)
		if (!harmless(c))
			return false;
	return n == 0;
}

static bool is_text_or_none(const char *value)
{
	return !value[0] || is_text(value);
}

/* Printable ASCII, and nothing that ends a link where a mail program finds it in text. */
static bool is_url(const char *value)
{
	size_t len = strlen(value);
	if (len > URL_MAX || (strncmp(value, "https://", 8) != 0 && strncmp(value, "http://", 7) != 0))
		return false;
	for (const char *p = value; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || strchr("<>\"'\\^`{|}", *p))
			return false;
	return true;
}

/* A name or an address of a host. Only a name can stand behind the '@' of a code's last line; see message_render. */
static bool is_host(const char *value)
{
	size_t len = strlen(value);
	return len > 0 && len <= DOMAIN_MAX &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == len;
}

static bool is_minutes(const char *value)
{
	size_t len = strlen(value);
	return len > 0 && len <= 4 && value[0] != '0' && strspn(value, "0123456789") == len;
}

static bool is_grouped(const char *value, size_t len, size_t group)
{
	if (strlen(value) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (i % (group + 1) == group ? value[i] != '-' : !code_character(value[i]))
			return false;
	return true;
}

static bool is_code(const char *value)
{
	return is_grouped(value, CODE_LENGTH, CODE_LENGTH);
}

static bool is_password(const char *value)
{
	return is_grouped(value, PASSWORD_LENGTH, PASSWORD_GROUP);
}

#define LANGUAGE {.name = "language", .standard = "en", .ok = language_tag_ok}
#define MINUTES {.name = "minutes", .standard = "30", .ok = is_minutes}

/* A member of the staff, to whom a certificate may go as well, belongs to none. */
#define OF_CLIENT(word) {.name = (word), .standard = "", .ok = is_text_or_none}
/* Given when it goes to one. */
#define STAFF {.name = "staff", .standard = "", .ok = is_text_or_none}

/* To staff: whoever ordered, or may approve it. */
#define NOTICE(word)                                                                                                   \
	{.name = (word), .channel = CHANNEL_MAIL, .text = delivery_text_notice, .html = delivery_html_notice,          \
	 .fields = {{.name = "order", .ok = is_text}, {.name = "client", .ok = is_text}, OF_CLIENT("service"),        \
		    OF_CLIENT("organisation"), {.name = "contact", .ok = is_text},                                    \
		    {.name = "orderer", .ok = is_text}, {.name = "until", .ok = is_text}, {.name = "command", .ok = is_text}, \
		    {.name = "reason", .standard = "", .ok = is_text_or_none}, LANGUAGE}}
/* To a contact whose address or number is another now. */
#define CHANGED(word)                                                                                                  \
	{.name = (word), .channel = CHANNEL_MAIL, .text = delivery_text_changed, .html = delivery_html_changed,        \
	 .fields = {{.name = "organisation", .ok = is_text}, {.name = "contact", .ok = is_text},                      \
		    {.name = "orderer", .ok = is_text}, {.name = "before", .ok = is_text}, {.name = "now", .ok = is_text}, \
		    {.name = "until", .standard = "", .ok = is_text_or_none}, LANGUAGE}}

const char *const message_mail_html = delivery_html_mail;

const struct message_row message_table[MESSAGE_KIND_COUNT] = {
	[MESSAGE_LINK] = {.name = "link",
			  .channel = CHANNEL_MAIL,
			  .text = delivery_text_link,
			  .html = delivery_html_link,
			  .fields = {{.name = "url", .ok = is_url},
				     {.name = "client", .ok = is_text},
				     OF_CLIENT("service"),
				     OF_CLIENT("organisation"),
				     {.name = "contact", .ok = is_text},
				     {.name = "orderer", .ok = is_text},
				     {.name = "until", .ok = is_text},
				     STAFF, MINUTES, LANGUAGE}},
	[MESSAGE_CODE] = {.name = "code",
			  .channel = CHANNEL_SMS,
			  .text = delivery_text_code,
			  .shorten = "client",
			  .drop = "domain",
			  .fields = {{.name = "code", .ok = is_code},
				     {.name = "client", .ok = is_text},
				     {.name = "domain", .ok = is_host},
				     MINUTES, LANGUAGE}},
	[MESSAGE_PASSWORD] = {.name = "password",
			      .channel = CHANNEL_SMS,
			      .text = delivery_text_password,
			      .shorten = "client",
			      .fields = {{.name = "password", .ok = is_password}, {.name = "client", .ok = is_text}, STAFF, LANGUAGE}},
	[MESSAGE_DEAD] = {.name = "dead",
			  .channel = CHANNEL_MAIL,
			  .text = delivery_text_dead,
			  .html = delivery_html_dead,
			  .fields = {{.name = "kind", .ok = is_text},
				     {.name = "order", .ok = is_text},
				     {.name = "why", .ok = is_text},
				     LANGUAGE}},
	[MESSAGE_LAPSED_LINK] = NOTICE("lapsed_link"),
	[MESSAGE_LAPSED_CLAIM] = NOTICE("lapsed_claim"),
	[MESSAGE_LAPSED_PASSWORD] = NOTICE("lapsed_password"),
	[MESSAGE_LOCKED_ORDER] = NOTICE("locked_order"),
	[MESSAGE_LAPSED_REQUEST] = NOTICE("lapsed_request"),
	[MESSAGE_REJECTED] = NOTICE("rejected"),
	[MESSAGE_APPROVAL] = NOTICE("approval"),
	[MESSAGE_NEW_EMAIL] = CHANGED("new_email"),
	[MESSAGE_NEW_MOBILE] = CHANGED("new_mobile"),
	[MESSAGE_REMINDER] = {.name = "reminder",
			      .channel = CHANNEL_MAIL,
			      .text = delivery_text_reminder,
			      .html = delivery_html_reminder,
			      .fields = {{.name = "client", .ok = is_text},
					 {.name = "contact", .ok = is_text},
					 {.name = "orderer", .ok = is_text},
					 {.name = "until", .ok = is_text},
					 {.name = "sender", .ok = is_text},
					 {.name = "sent", .ok = is_text},
					 LANGUAGE}},
};

enum err message_values_put(const struct message_row *row, struct message_values *v, const char *name,
			    const char *value, struct errbuf *why)
{
	for (size_t i = 0; row->fields[i].name; i++) {
		if (strcmp(row->fields[i].name, name) != 0)
			continue;
		if (v->of[i])
			return fail(why, ERR_INVALID, "message %s: field %s is there twice", row->name,
				    row->fields[i].name);
		if (!value || !row->fields[i].ok(value))
			return fail(why, ERR_INVALID, "message %s: the value of field %s is not acceptable", row->name,
				    row->fields[i].name);
		v->of[i] = value;
		return ERR_OK;
	}
	return fail(why, ERR_INVALID, "message %s: it has no field %.32s", row->name, name);
}

enum err message_values_complete(const struct message_row *row, struct message_values *v, struct errbuf *why)
{
	for (size_t i = 0; row->fields[i].name; i++) {
		if (!v->of[i])
			v->of[i] = row->fields[i].standard;
		if (!v->of[i])
			return fail(why, ERR_INVALID, "message %s: field %s is missing", row->name,
				    row->fields[i].name);
	}
	return ERR_OK;
}

static bool is_order_id(const char *id)
{
	size_t len = strlen(id);
	return len > 0 && len < ORDER_ID_SIZE &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

enum err message_envelope_check(const struct message_row *row, const char *order_id, const char *to, struct errbuf *why)
{
	if (!is_order_id(order_id))
		return fail(why, ERR_INVALID, "message %s: that is not an order's id", row->name);
	return row->channel == CHANNEL_MAIL ? mailbox_check(to, strlen(to), why) : mobile_check(to, strlen(to), why);
}
