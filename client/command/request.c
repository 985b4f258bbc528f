#include "client/command/request.h"

#include "base/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { NAME_SIZE = 48, KEY_BYTES = 16 };

#define KEY_FLAG "idempotency-key"

#define LARGEST_PAGE "500"

static const char in_path[] = "._~@+-";
static const char in_query[] = "._~-";

static bool is_plain(unsigned char c, const char *also)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr(also, c));
}

void request_encode(const char *text, const char *also, struct buf *out)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (is_plain(*p, also))
			buf_byte(out, *p);
		else
			buf_format(out, "%%%02X", *p);
	}
}

static const struct given *find(const struct arguments *given, const char *name, size_t len)
{
	for (size_t i = 0; i < given->count; i++)
		if (strlen(given->given[i].field->name) == len && strncmp(given->given[i].field->name, name, len) == 0)
			return &given->given[i];
	return NULL;
}

void request_add_serial(const char *value, struct buf *out)
{
	for (; *value; value++)
		if (*value != ':' && *value != ' ')
			buf_byte(out, (uint8_t)*value);
}

bool request_is_serial(const char *value)
{
	return !value[strspn(value, "0123456789abcdefABCDEF: ")];
}

/* "." and ".." alone would be taken out of the path on the way. */
static enum err add_parameter(const struct given *g, struct buf *out, struct errbuf *why)
{
	if (!g || !g->value[0] || strcmp(g->value, ".") == 0 || strcmp(g->value, "..") == 0)
		return fail(why, ERR_USAGE, "%s is empty or is no name", g ? g->field->name : "an argument");
	if (g->field->kind == KIND_SERIAL || (g->field->kind == KIND_ORDER && request_is_serial(g->value)))
		request_add_serial(g->value, out);
	else
		request_encode(g->value, in_path, out);
	return ERR_OK;
}

static enum err add_path(const struct arguments *given, struct buf *out, struct errbuf *why)
{
	const struct verb *v = given->verb;
	for (const char *p = arguments_switch(given, "dry-run") ? v->preview : v->path; *p;) {
		if (*p != '{') {
			buf_byte(out, (uint8_t)*p++);
			continue;
		}
		size_t len = strcspn(p, "}");
		enum err e = add_parameter(find(given, p + 1, len - 1), out, why);
		if (e)
			return e;
		p += len + 1;
	}
	return ERR_OK;
}

static void member_name(const char *name, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%s", name);
	for (char *c = strchr(out, '-'); c; c = strchr(c, '-'))
		*c = '_';
}

const char *request_cursor(const struct verb *verb)
{
	for (const struct field *f = verb->fields; f->name; f++)
		if (strcmp(f->name, "after") == 0)
			return "after";
	return "before";
}

static void add_query(const char *name, const char *value, char *separator, struct buf *out)
{
	char member[NAME_SIZE];
	member_name(name, member);
	buf_format(out, "%c%s=", *separator, member);
	request_encode(value, in_query, out);
	*separator = '&';
}

enum err request_page(const struct arguments *given, const char *flag, const char *cursor, struct buf *out, struct errbuf *why)
{
	enum err e = add_path(given, out, why);
	char separator = '?';
	for (size_t i = 0; !e && i < given->count; i++) {
		const struct given *g = &given->given[i];
		if (g->field->place == IN_QUERY && strcmp(g->field->name, flag) != 0)
			add_query(g->field->name, g->value, &separator, out);
	}
	if (!e && arguments_switch(given, "all") && !arguments_value(given, "limit"))
		add_query("limit", LARGEST_PAGE, &separator, out);
	if (!e && cursor)
		add_query(flag, cursor, &separator, out);
	return e ? e : buf_check(out);
}

enum err request_target(const struct arguments *given, struct buf *out, struct errbuf *why)
{
	const char *flag = request_cursor(given->verb);
	return request_page(given, flag, arguments_value(given, flag), out, why);
}

static json_t *member_value(const struct given *g)
{
	if (g->field->kind == KIND_YES_NO)
		return json_boolean(strcmp(g->value, "yes") == 0);
	if (g->field->kind == KIND_NUMBER_OR_NONE && strcmp(g->value, "none") == 0)
		return json_null();
	if (g->field->kind == KIND_NUMBER || g->field->kind == KIND_NUMBER_OR_NONE)
		return json_integer(strtol(g->value, NULL, 10));
	return json_string(g->value); /* NULL when it is not UTF-8 */
}

enum err request_body(const struct arguments *given, json_t **out, struct errbuf *why)
{
	*out = NULL;
	if (strcmp(given->verb->method, "GET") == 0)
		return ERR_OK;
	json_t *body = json_object();
	for (size_t i = 0; i < given->count; i++) {
		const struct given *g = &given->given[i];
		char name[NAME_SIZE];
		if (g->field->place != IN_BODY)
			continue;
		member_name(g->field->name, name);
		if (json_object_set_new(body, name, member_value(g)) != 0) {
			json_decref(body);
			return fail(why, ERR_USAGE, "--%s is not UTF-8", g->field->name);
		}
	}
	*out = body;
	return body ? ERR_OK : ERR_MEMORY;
}

static bool is_header_value(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}

static bool takes_key(const struct arguments *given)
{
	for (const struct field *f = given->verb->fields; f->name; f++)
		if (strcmp(f->name, KEY_FLAG) == 0)
			return !arguments_value(given, KEY_FLAG);
	return false;
}

/* Two commands never have the same: what was drawn is what makes a second try of this one harmless. */
static enum err draw_key(char out[HEADER_SIZE], struct errbuf *why)
{
	uint8_t drawn[KEY_BYTES];
	char text[2 * KEY_BYTES + 1];
	if (getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
		return fail(why, ERR_INTERNAL, "no random bytes can be had");
	hex_encode(drawn, sizeof drawn, text);
	snprintf(out, HEADER_SIZE, "%s: %s", KEY_FLAG, text);
	return ERR_OK;
}

enum err request_headers(const struct arguments *given, struct request_headers *out, struct errbuf *why)
{
	size_t count = 0;
	*out = (struct request_headers){0};
	for (size_t i = 0; i < given->count; i++) {
		const struct given *g = &given->given[i];
		if (g->field->place != IN_HEADER || count == HEADERS_MAX)
			continue;
		const char *quote = g->field->kind == KIND_TAG && g->value[0] != '"' ? "\"" : "";
		int n = snprintf(out->text[count], HEADER_SIZE, "%s: %s%s%s", g->field->name, quote, g->value, quote);
		if (n < 0 || n >= HEADER_SIZE || !is_header_value(g->value))
			return fail(why, ERR_USAGE, "--%s is too long, or has what no header may", g->field->name);
		out->lines[count] = out->text[count];
		count++;
	}
	if (!takes_key(given) || count == HEADERS_MAX)
		return ERR_OK;
	out->lines[count] = out->text[count];
	return draw_key(out->text[count], why);
}
