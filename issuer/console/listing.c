#include "issuer/console/listing.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESS_MAX = 4096, NAME_SIZE_MOST = 48 };

static void encode(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			buf_byte(out, (uint8_t)*text);
		else
			buf_format(out, "%%%02X", (unsigned char)*text);
	}
}

void query_add(struct buf *out, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	buf_format(out, "&%s=", name);
	encode(out, value);
}

static enum err set_text(json_t *object, const char *prefix, const char *name, const char *value)
{
	char member[NAME_SIZE_MOST];
	snprintf(member, sizeof member, "%s%s", prefix, name);
	return json_object_set_new(object, member, json_string(value)) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err set_choices(json_t *object, const struct listing_filter *f, const char *asked)
{
	char member[NAME_SIZE_MOST];
	json_t *list = json_array();
	int rc = list ? 0 : -1;
	for (const struct console_choice *c = f->choices; rc == 0 && c->value; c++)
		rc = json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "value", c->value, "text", c->text, "chosen",
							   strcmp(c->value, asked) == 0));
	snprintf(member, sizeof member, "choices_%s", f->name);
	if (rc == 0)
		return json_object_set_new(object, member, list) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(list);
	return ERR_MEMORY;
}

/* What is asked for, as it was asked; and as a query for the addresses. */
static enum err add_filters(const struct request *q, const struct listing *l, json_t *page, struct buf *query)
{
	enum err e = ERR_OK;
	bool any = false;
	for (const struct listing_filter *f = l->filters; !e && f->name; f++) {
		const char *asked = request_query(q, f->name);
		asked = asked ? asked : "";
		any = any || asked[0];
		query_add(query, f->name, asked);
		e = set_text(page, "filter_", f->name, asked);
		if (!e && f->choices)
			e = set_choices(page, f, asked);
	}
	if (!e && (json_object_set_new(page, "filtered", json_boolean(any)) != 0 ||
		   json_object_set_new(page, "any", json_boolean(json_array_size(json_object_get(page, "items")) > 0)) != 0))
		e = ERR_MEMORY;
	return e;
}

/* One address: a path, the filters, and one more pair. */
static enum err add_address(json_t *page, const char *name, const char *path, const struct buf *query, const char *const pair[2])
{
	struct buf pairs = BUF_INIT(ADDRESS_MAX), address = BUF_INIT(ADDRESS_MAX);
	buf_add(&pairs, query->data, query->len);
	if (pair)
		query_add(&pairs, pair[0], pair[1]);
	buf_text(&address, path);
	if (pairs.len) {
		buf_byte(&address, '?');
		buf_add(&address, pairs.data + 1, pairs.len - 1); /* each begins with '&' */
	}
	enum err e = buf_check(&pairs);
	const char *text = e ? NULL : buf_string(&address);
	if (!e)
		e = text ? set_text(page, "", name, text) : buf_check(&address);
	buf_free(&pairs);
	buf_free(&address);
	return e;
}

static enum err add_addresses(const struct request *q, const struct listing *l, json_t *page, const struct buf *query)
{
	char digits[24];
	const json_t *next = json_object_get(page, "next");
	const char *cursor = json_string_value(next);
	if (json_is_integer(next)) {
		snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(next));
		cursor = digits;
	}
	enum err e = add_address(page, "csv", l->api_path, query, (const char *const[2]){"format", "csv"});
	if (!e)
		e = add_address(page, "json", l->api_path, query, NULL);
	if (!e && l->cursor && cursor)
		e = add_address(page, "more", l->path, query, (const char *const[2]){l->cursor, cursor});
	const char *from = l->cursor ? request_query(q, l->cursor) : NULL;
	if (!e && from && from[0])
		e = add_address(page, "first", l->path, query, NULL);
	return e;
}

/* A filter that the API does not understand: the page without rows, and what is wrong with it, beside what was typed. */
static enum err refused(json_t **page)
{
	json_t *detail = json_object_get(*page, "detail"), *faults = json_object_get(*page, "faults");
	json_t *empty = json_pack("{s:[], s:n, s:O?, s:O*}", "items", "next", "refused", detail, "faults", faults);
	json_decref(*page);
	*page = empty;
	return empty ? ERR_OK : ERR_MEMORY;
}

int listing_status(const json_t *page)
{
	return json_object_get(page, "refused") ? err_http_status(ERR_INVALID) : 0;
}

bool listing_ask(struct front *front, const struct request *q, struct reply *r, const struct listing *l, json_t **out)
{
	struct buf query = BUF_INIT(ADDRESS_MAX);
	const bool good = console_ask_again(front, q, r, &(struct console_call){.api = l->api}, out);
	if (!*out)
		return false;
	enum err e = good ? ERR_OK : refused(out);
	if (!e)
		e = add_filters(q, l, *out, &query);
	if (!e)
		e = add_addresses(q, l, *out, &query);
	buf_free(&query);
	if (!e)
		return true;
	json_decref(*out);
	*out = NULL;
	console_fault(front, q, r, e, NULL);
	return false;
}
