/* staff: every subcommand that is one request: the table says which, and how its answer is printed. */
#include "base/json_text.h"
#include "client/command/confirm.h"
#include "client/command/output.h"
#include "client/command/pages.h"
#include "client/command/request.h"
#include "client/command/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET_MAX = 4096, PRINT_MAX = 16 << 20 };

/* How the next page is asked for. */
static void note_next(const struct verb *verb, const json_t *next)
{
	const char *flag = request_cursor(verb);
	if (json_is_string(next))
		output_note("more: --%s %s, or --all", flag, json_string_value(next));
	else if (json_is_integer(next))
		output_note("more: --%s %lld, or --all", flag, (long long)json_integer_value(next));
}

static enum err print_list(const struct verb *verb, json_t *answer, struct errbuf *why)
{
	json_t *items = json_object_get(answer, "items");
	struct sheet_style style = output_style();
	struct buf text = BUF_INIT(PRINT_MAX);
	sheet_open_records(items);
	sheet_list(items, verb->columns, &style, &text);
	enum err e = output_buf(&text, why);
	buf_free(&text);
	if (json_array_size(items) == 0)
		output_note("(none)");
	note_next(verb, json_object_get(answer, "next"));
	return e;
}

static enum err print_record(const json_t *answer, struct errbuf *why)
{
	struct sheet_style style = output_style();
	struct buf text = BUF_INIT(PRINT_MAX);
	sheet_record(answer, &style, &text);
	enum err e = output_buf(&text, why);
	buf_free(&text);
	return e;
}

static enum err print(const struct arguments *given, json_t *answer, struct errbuf *why)
{
	if (arguments_switch(given, "json"))
		return output_json(answer, why);
	return given->verb->columns[0].title ? print_list(given->verb, answer, why) : print_record(answer, why);
}

/* What it would do, in place of doing it. */
static enum err preview(struct session *s, const char *target, json_t **answer, struct errbuf *why)
{
	const struct exchange x = {.method = "GET", .target = target};
	enum err e = session_json(s, &x, answer, why);
	if (!e)
		output_note("counterfoil: a dry run: nothing was changed");
	return e;
}

static enum err send_request(struct session *s, const struct arguments *given, const char *target, json_t **answer,
			     struct errbuf *why)
{
	json_t *body = NULL;
	struct request_headers headers;
	enum err e = request_headers(given, &headers, why);
	if (!e)
		e = request_body(given, &body, why);
	if (e)
		return e;
	bool carries = body != NULL;
	char *text = carries ? json_text(body, JSON_COMPACT) : NULL;
	json_decref(body);
	if (carries && !text)
		return ERR_MEMORY;
	struct exchange x = {.method = given->verb->method, .target = target, .headers = headers.lines};
	if (text) {
		x.type = "application/json";
		x.body = text;
		x.len = strlen(text);
	}
	e = session_json(s, &x, answer, why);
	free(text);
	return e;
}

enum err run_staff(const struct arguments *given, struct errbuf *why)
{
	struct session s;
	struct buf target = BUF_INIT(TARGET_MAX);
	json_t *answer = NULL;
	enum err e = request_target(given, &target, why);
	if (!e)
		e = session_staff(given, &s, why);
	if (e) {
		buf_free(&target);
		return e;
	}
	const char *path = buf_string(&target);
	if (!path)
		e = fail(why, ERR_USAGE, "an argument is too long");
	const bool dry = arguments_switch(given, "dry-run");
	if (!e && given->verb->confirm && !dry && !arguments_switch(given, "yes"))
		e = confirm_ask(&s, given, path, why);
	if (!e)
		e = dry ? preview(&s, path, &answer, why) : send_request(&s, given, path, &answer, why);
	if (!e && arguments_switch(given, "all"))
		e = pages_follow(&s, given, answer, why);
	if (!e)
		e = print(given, answer, why);
	json_decref(answer);
	buf_free(&target);
	session_close(&s);
	return e;
}
