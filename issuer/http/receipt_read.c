#include "issuer/http/receipt_read.h"
#include "issuer/http/form.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MOST = 65536, WORD_MOST = 64 };

/* Words that end it; every other word is one on the way. */
static const struct word {
	const char *word;
	enum receipt_fate fate;
} words[] = {
	{"delivered", RECEIPT_DELIVERED}, {"read", RECEIPT_DELIVERED},	{"undelivered", RECEIPT_FAILED},
	{"failed", RECEIPT_FAILED},	  {"rejected", RECEIPT_FAILED}, {"expired", RECEIPT_FAILED},
};

static enum receipt_fate fate_of(const char *word)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].fate;
	return RECEIPT_UNDERWAY;
}

/* Whatever else it might be does not reach the database. */
static void take_code(const char *text, struct receipt *out)
{
	size_t len = strlen(text);
	bool plain = len < sizeof out->code &&
		     strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == len;
	if (plain)
		memcpy(out->code, text, len + 1);
}

static enum err by_words(const char *status, const char *code, struct receipt *out)
{
	if (!status[0])
		return ERR_MALFORMED;
	out->fate = fate_of(status);
	take_code(code, out);
	return ERR_OK;
}

/* Which names a gateway has for the two. */
struct names {
	const char *status, *code;
};

static enum err read_form(const struct names *n, const char *text, size_t len, struct receipt *out)
{
	char status[WORD_MOST], code[WORD_MOST];
	enum err rc = form_find(text, len, n->status, status, sizeof status);
	if (rc)
		return ERR_MALFORMED;
	rc = form_find(text, len, n->code, code, sizeof code);
	if (rc && rc != ERR_NOT_FOUND)
		return ERR_MALFORMED;
	return by_words(status, rc ? "" : code, out);
}

static const char *text_of(const json_t *value, char number[WORD_MOST])
{
	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
		return json_string_value(value);
	if (!json_is_integer(value))
		return "";
	snprintf(number, WORD_MOST, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return number;
}

static enum err read_object(const struct names *n, const json_t *j, struct receipt *out)
{
	char number[WORD_MOST], none[WORD_MOST];
	return by_words(text_of(json_object_get(j, n->status), none), text_of(json_object_get(j, n->code), number), out);
}

/* One result: {"status":{"groupId","id"}}. 5 of group 3 is the telephone, the others of that group are on the way to
 * it. */
static enum err read_infobip(const json_t *j, struct receipt *out)
{
	enum { GROUP_UNDELIVERABLE = 2, GROUP_DELIVERED, GROUP_EXPIRED, GROUP_REJECTED, TO_HANDSET = 5 };
	const json_t *results = json_object_get(j, "results");
	const json_t *status = json_object_get(json_array_get(results, 0), "status");
	const json_t *group = json_object_get(status, "groupId"), *id = json_object_get(status, "id");
	char number[WORD_MOST];
	if (json_array_size(results) != 1 || !json_is_integer(group) || !json_is_integer(id))
		return ERR_MALFORMED;
	json_int_t g = json_integer_value(group);
	out->fate = g == GROUP_DELIVERED && json_integer_value(id) == TO_HANDSET                   ? RECEIPT_DELIVERED
		    : g == GROUP_UNDELIVERABLE || g == GROUP_EXPIRED || g == GROUP_REJECTED ? RECEIPT_FAILED
											   : RECEIPT_UNDERWAY;
	take_code(text_of(id, number), out);
	return ERR_OK;
}

enum shape { FORM = 1, OBJECT = 2, RESULTS = 4 };
static const struct gateway {
	const char *channel;
	unsigned shapes;
	struct names names;
} gateways[] = {
	{"twilio", FORM, {"MessageStatus", "ErrorCode"}},
	{"vonage", FORM | OBJECT, {"status", "err-code"}},
	{"infobip", RESULTS, {NULL, NULL}},
	{"webhook", OBJECT, {"status", "code"}},
};

static enum err read_json(const struct gateway *g, const void *body, size_t len, struct receipt *out)
{
	json_t *j = len > 0 && len <= BODY_MOST ? json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	enum err rc = ERR_MALFORMED;
	if (json_is_object(j))
		rc = g->shapes & RESULTS ? read_infobip(j, out) : read_object(&g->names, j, out);
	json_decref(j);
	return rc;
}

static enum err read_by(const struct gateway *g, const char *content_type, const void *body, size_t len,
			struct receipt *out)
{
	static const char form[] = "application/x-www-form-urlencoded", json[] = "application/json";
	if ((g->shapes & FORM) && strncasecmp(content_type, form, strlen(form)) == 0)
		return read_form(&g->names, body, len, out);
	if ((g->shapes & (OBJECT | RESULTS)) && strncasecmp(content_type, json, strlen(json)) == 0)
		return read_json(g, body, len, out);
	return ERR_MALFORMED;
}

enum err receipt_read(const char *channel, const char *content_type, const void *body, size_t len, struct receipt *out)
{
	*out = (struct receipt){.fate = RECEIPT_UNDERWAY};
	for (size_t i = 0; i < sizeof gateways / sizeof gateways[0]; i++) {
		if (strcmp(gateways[i].channel, channel) != 0)
			continue;
		enum err rc = read_by(&gateways[i], content_type, body, len, out);
		if (rc)
			*out = (struct receipt){.fate = RECEIPT_UNDERWAY};
		return rc;
	}
	return ERR_NOT_FOUND;
}
