/* staff: every subcommand that is one request: the table says which, and how its answer is printed. */
#include "base/json_text.h"
#include "client/command/ask.h"
#include "client/command/output.h"
#include "client/command/request.h"
#include "client/command/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET_MAX = 4096, PRINT_MAX = 16 << 20 };

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
	const json_t *next = json_object_get(answer, "next");
	if (json_is_string(next))
		output_note("more: --before %s", json_string_value(next));
	else if (json_is_integer(next))
		output_note("more: --after %lld", (long long)json_integer_value(next));
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

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "-";
}

/* A certificate is fetched and named before it is revoked: a serial number mistyped is somebody else's. */
static enum err confirm(struct session *s, const char *target, struct errbuf *why)
{
	char show[TARGET_MAX];
	const char *verb = strrchr(target, '/');
	if (!verb)
		return ERR_INTERNAL;
	snprintf(show, sizeof show, "%.*s", (int)(verb - target), target);
	const struct exchange look = {.method = "GET", .target = show};
	json_t *found = NULL;
	enum err e = session_json(s, &look, &found, why);
	if (e)
		return e;
	output_note("  serial   %s", member(found, "serial"));
	output_note("  subject  %s", member(found, "subject"));
	output_note("  status   %s", member(found, "status"));
	json_decref(found);
	bool asked;
	if (ask_yes("Revoke this certificate? It cannot be undone. Type yes: ", &asked))
		return ERR_OK;
	return asked ? fail(why, ERR_REFUSED, "nothing was done")
		     : fail(why, ERR_USAGE, "there is no terminal to confirm on: give --yes");
}

static enum err send_request(struct session *s, const struct arguments *given, const char *target, json_t **answer,
			     struct errbuf *why)
{
	json_t *body = NULL;
	enum err e = request_body(given, &body, why);
	if (e)
		return e;
	bool carries = body != NULL;
	char *text = carries ? json_text(body, JSON_COMPACT) : NULL;
	json_decref(body);
	if (carries && !text)
		return ERR_MEMORY;
	struct exchange x = {.method = given->verb->method, .target = target};
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
	if (!e && given->verb->confirm && !arguments_switch(given, "yes"))
		e = confirm(&s, path, why);
	if (!e)
		e = send_request(&s, given, path, &answer, why);
	if (!e)
		e = print(given, answer, why);
	json_decref(answer);
	buf_free(&target);
	session_close(&s);
	return e;
}
