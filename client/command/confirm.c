#include "client/command/confirm.h"
#include "client/command/ask.h"
#include "client/command/output.h"
#include "client/command/request.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MAX = 4096, LINES_MAX = 65536, QUESTION_MAX = 256 };

static bool has_value(const json_t *value)
{
	return value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
}

void confirm_lines(const struct column *shown, const json_t *found, struct buf *out)
{
	size_t widest = 0;
	for (const struct column *c = shown; c->title; c++)
		if (has_value(json_object_get(found, c->member)) && strlen(c->title) > widest)
			widest = strlen(c->title);
	for (; shown->title; shown++) {
		const json_t *value = json_object_get(found, shown->member);
		if (!has_value(value))
			continue;
		buf_format(out, "  %-*s  ", (int)widest, shown->title);
		sheet_value(value, sheet_is_time(shown->member), out);
		buf_byte(out, '\n');
	}
}

/* Where the object of the request is to be had. */
static enum err add_look(const struct arguments *given, const char *target, struct buf *out)
{
	const char *last = strrchr(target, '/');
	for (const struct field *f = given->verb->fields; f->name; f++) {
		const char *value = f->kind == KIND_ORDER ? arguments_value(given, f->name) : NULL;
		if (!value || !request_is_serial(value))
			continue;
		buf_text(out, "/v1/certificates/");
		request_add_serial(value, out);
		return buf_check(out);
	}
	if (!last)
		return ERR_INTERNAL;
	buf_add(out, target, (size_t)(last - target));
	return buf_check(out);
}

static void tell(const struct column *shown, const json_t *found)
{
	struct buf lines = BUF_INIT(LINES_MAX);
	confirm_lines(shown, found, &lines);
	for (const char *line = buf_string(&lines); line && *line; line += strcspn(line, "\n") + 1)
		output_note("%.*s", (int)strcspn(line, "\n"), line);
	buf_free(&lines);
}

enum err confirm_ask(struct session *s, const struct arguments *given, const char *target, struct errbuf *why)
{
	struct buf look = BUF_INIT(LOOK_MAX);
	json_t *found = NULL;
	enum err e = add_look(given, target, &look);
	if (!e) {
		const struct exchange x = {.method = "GET", .target = buf_string(&look)};
		e = x.target ? session_json(s, &x, &found, why) : ERR_MEMORY;
	}
	buf_free(&look);
	if (e)
		return e;
	tell(given->verb->shown, found);
	json_decref(found);
	bool asked;
	char question[QUESTION_MAX];
	snprintf(question, sizeof question, "%s Type yes: ", given->verb->confirm);
	if (ask_yes(question, &asked))
		return ERR_OK;
	return asked ? fail(why, ERR_REFUSED, "nothing was done")
		     : fail(why, ERR_USAGE, "there is no terminal to confirm on: give --yes");
}
