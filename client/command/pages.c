#include "client/command/pages.h"
#include "client/command/request.h"

#include <stdio.h>
#include <string.h>

enum { CURSOR_SIZE = 256, TARGET_MAX = 8192, ITEMS_MAX = 100000 };

/* False when there is no next page. */
static bool take_cursor(const json_t *answer, char out[CURSOR_SIZE])
{
	const json_t *next = json_object_get(answer, "next");
	int n = -1;
	if (json_is_string(next))
		n = snprintf(out, CURSOR_SIZE, "%s", json_string_value(next));
	else if (json_is_integer(next))
		n = snprintf(out, CURSOR_SIZE, "%lld", (long long)json_integer_value(next));
	return n > 0 && n < CURSOR_SIZE;
}

static enum err fetch(struct session *s, const struct arguments *given, const char *cursor, json_t **page, struct errbuf *why)
{
	struct buf target = BUF_INIT(TARGET_MAX);
	enum err e = request_page(given, request_cursor(given->verb), cursor, &target, why);
	const struct exchange x = {.method = "GET", .target = e ? NULL : buf_string(&target)};
	if (!e)
		e = x.target ? session_json(s, &x, page, why) : ERR_MEMORY;
	buf_free(&target);
	return e;
}

enum err pages_follow(struct session *s, const struct arguments *given, json_t *first, struct errbuf *why)
{
	json_t *items = json_object_get(first, "items");
	char cursor[CURSOR_SIZE], again[CURSOR_SIZE];
	enum err e = ERR_OK;
	bool more = take_cursor(first, cursor);
	while (!e && more) {
		json_t *page = NULL;
		if (json_array_size(items) >= ITEMS_MAX)
			return fail(why, ERR_TOO_LARGE, "more than %d: ask for less of it, or page by page without --all", ITEMS_MAX);
		e = fetch(s, given, cursor, &page, why);
		if (!e && json_array_extend(items, json_object_get(page, "items")) != 0)
			e = fail(why, ERR_MALFORMED, "the next page is no list");
		more = !e && take_cursor(page, again);
		if (more && strcmp(again, cursor) == 0)
			e = fail(why, ERR_MALFORMED, "the server names the same next page again");
		if (more)
			memcpy(cursor, again, sizeof cursor);
		json_decref(page);
	}
	if (!e && json_object_get(first, "next") && json_object_set_new(first, "next", json_null()) != 0)
		e = ERR_MEMORY;
	return e;
}
