/* A form that was sent: from text to the JSON that the API takes, to the API's own handler, and back to a page. */
#include "base/json_text.h"
#include "issuer/console/console_own.h"
#include "issuer/http/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 16384, BODY_MAX = 32768, PATH_SIZE = 512, IF_MATCH_SIZE = 40, NUMBER_MAX = 15 };

struct submission {
	struct front *front;
	const struct request *q;
	struct console_posted posted;
	struct faults faults;
	char if_match[IF_MATCH_SIZE];
	char value[VALUE_MAX];
};

enum err console_path(const char *pattern, const struct request *q, char *out, size_t size)
{
	size_t used = 0, n = 0;
	for (const char *at = pattern; *at; at++) {
		const char *piece = at;
		size_t len = 1;
		if (*at == '{') {
			piece = n < REQUEST_PARAMETERS_MAX && q->parameter[n] ? q->parameter[n] : "";
			len = strlen(piece);
			n++;
			at = strchr(at, '}');
			if (!at)
				return ERR_INTERNAL;
		}
		if (used + len >= size)
			return ERR_TOO_LARGE;
		memcpy(out + used, piece, len);
		used += len;
	}
	out[used] = '\0';
	return ERR_OK;
}

static void trim(char *text)
{
	size_t from = strspn(text, " \t\r\n"), len = strlen(text + from);
	while (len && strchr(" \t\r\n", text[from + len - 1]))
		len--;
	memmove(text, text + from, len);
	text[len] = '\0';
}

/* What browsers make of the end of a line is not what was typed. */
static void drop_returns(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
}

static enum err add_fault(struct submission *s, const char *field, const char *text)
{
	struct errbuf why;
	enum err e = fail(&why, ERR_INVALID, "%s", text);
	faults_add(&s->faults, field, &why);
	return s->faults.list ? (e == ERR_INVALID ? ERR_OK : e) : ERR_MEMORY;
}

/* Into posted.values, as typed. */
static enum err read_field(struct submission *s, const struct console_field *f, struct errbuf *why)
{
	enum err e = request_form(s->q, f->name, s->value, sizeof s->value);
	if (e == ERR_TOO_LARGE)
		e = add_fault(s, f->name, "is far too long");
	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
	if (e)
		return fail(why, e, "the form cannot be read at '%s'", f->name);
	drop_returns(s->value);
	if (f->kind != CONSOLE_LONG)
		trim(s->value);
	return json_object_set_new(s->posted.values, f->name, json_string(s->value)) == 0 ? ERR_OK : ERR_MEMORY;
}

static json_t *number(const char *text)
{
	size_t digits = strspn(text + (text[0] == '-'), "0123456789") + (text[0] == '-');
	if (text[digits] || digits == 0 || digits > NUMBER_MAX)
		return json_string(text);
	return json_integer(strtoll(text, NULL, 10));
}

/* The member of the body; NULL with *left_out: none. */
static json_t *member(const struct console_field *f, const char *text, bool *left_out)
{
	*left_out = f->kind == CONSOLE_CONFIRM || (!text[0] && f->empty == CONSOLE_OMIT && f->kind != CONSOLE_FLAG);
	if (*left_out)
		return NULL;
	if (f->kind == CONSOLE_FLAG)
		return json_boolean(text[0] != '\0');
	if (!text[0] && f->empty == CONSOLE_NULL)
		return json_null();
	return f->kind == CONSOLE_NUMBER ? number(text) : json_string(text);
}

static enum err make_body(struct submission *s, struct buf *out)
{
	json_t *body = json_object();
	enum err e = body ? ERR_OK : ERR_MEMORY;
	for (const struct console_field *f = s->posted.form->fields; !e && f && f->name; f++) {
		bool left_out = false;
		json_t *value = member(f, json_string_value(json_object_get(s->posted.values, f->name)), &left_out);
		if (!left_out && json_object_set_new(body, f->name, value) != 0)
			e = ERR_MEMORY;
	}
	char *text = e ? NULL : json_text(body, JSON_COMPACT);
	if (!e && !text)
		e = ERR_MEMORY;
	if (text)
		buf_text(out, text);
	free(text);
	json_decref(body);
	return e ? e : buf_check(out);
}

/* What must be typed is what the API says it is now. */
static enum err check_typed(struct submission *s, const json_t *about, const struct console_field *f)
{
	char digits[24], text[400];
	const char *wanted = console_text_of(about, f->value, digits);
	const char *typed = json_string_value(json_object_get(s->posted.values, f->name));
	if (wanted[0] && strcmp(wanted, typed) == 0)
		return ERR_OK;
	snprintf(text, sizeof text, "type exactly \"%.200s\"", wanted);
	return add_fault(s, f->name, text);
}

static enum err check_confirmed(struct submission *s)
{
	json_t *about = NULL;
	enum err e = ERR_OK;
	for (const struct console_field *f = s->posted.form->fields; !e && f && f->name; f++) {
		if (f->kind != CONSOLE_CONFIRM)
			continue;
		if (!about)
			e = console_ask_maybe(s->front, s->q, &(struct console_call){.api = s->posted.form->about}, &about);
		if (!e)
			e = check_typed(s, about, f);
	}
	json_decref(about);
	return e;
}

static enum err read_hidden(struct submission *s, struct errbuf *why)
{
	enum err e = request_form(s->q, "if_match", s->if_match, sizeof s->if_match);
	if (!e || e == ERR_NOT_FOUND)
		e = request_form(s->q, "idempotency_key", s->posted.key, sizeof s->posted.key);
	return e == ERR_NOT_FOUND || !e ? ERR_OK : fail(why, ERR_MALFORMED, "the form cannot be read");
}

static enum err read_form(struct submission *s, struct errbuf *why)
{
	s->posted.values = json_object();
	enum err e = s->posted.values ? console_genuine(s->front, s->q, why) : ERR_MEMORY;
	if (!e)
		e = read_hidden(s, why);
	for (const struct console_field *f = s->posted.form->fields; !e && f && f->name; f++)
		e = read_field(s, f, why);
	return e ? e : check_confirmed(s);
}

/* As if it had come to /v1. */
static enum err run(struct submission *s, struct reply *answer)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct request q = *s->q;
	enum err e = make_body(s, &body);
	q.body = &body;
	q.content_type = "application/json";
	q.wants_json = true;
	q.if_match = s->if_match[0] ? s->if_match : NULL;
	q.idempotency_key = s->posted.key[0] ? s->posted.key : NULL;
	if (!e)
		s->posted.form->api(s->front, &q, answer);
	buf_free(&body);
	return e;
}

/* "{member}" of the answer, "{0}" of the path. */
static enum err lead_on(const struct submission *s, const json_t *answer, struct reply *r)
{
	struct buf to = BUF_INIT(PATH_SIZE - 1);
	char name[64], digits[24];
	const char *at = s->posted.form->next, *said = s->posted.form->said;
	for (; *at; at++) {
		size_t len = *at == '{' ? strcspn(at + 1, "}") : 0;
		if (!len || len >= sizeof name || !at[len + 1]) {
			buf_byte(&to, (uint8_t)*at);
			continue;
		}
		memcpy(name, at + 1, len);
		name[len] = '\0';
		int n = len == 1 ? name[0] - '0' : -1;
		const char *parameter = n >= 0 && n < REQUEST_PARAMETERS_MAX ? s->q->parameter[n] : NULL;
		buf_text(&to, parameter ? parameter : console_text_of(answer, name, digits));
		at += len + 1;
	}
	if (said)
		buf_format(&to, "%csaid=%s", strchr(s->posted.form->next, '?') ? '&' : '?', said);
	const char *text = buf_string(&to);
	if (text)
		memcpy(r->location, text, to.len + 1);
	enum err e = buf_check(&to);
	buf_free(&to);
	return e;
}

/* A fault that another try of the same form may mend is shown in it; the others have a page of their own. */
static bool again(int status)
{
	return status == 409 || status == 412 || status == 422 || status == 423 || status == 429;
}

static void show_problem(struct submission *s, struct reply *r)
{
	if (again((int)json_integer_value(json_object_get(s->posted.problem, "status"))))
		s->posted.form->view(s->front, s->q, r, &s->posted);
	else
		console_problem(s->front, s->q, r, s->posted.problem);
}

static void show_answer(struct submission *s, struct reply *answer, struct reply *r)
{
	json_t *json = console_take(answer);
	struct errbuf why = {"what was done cannot be shown"};
	if (!json) {
		console_fault(s->front, s->q, r, ERR_MEMORY, &why);
	} else if (answer->status >= 400) {
		s->posted.problem = json_incref(json);
		show_problem(s, r);
	} else {
		r->status = 303;
		r->content_type = "text/plain; charset=utf-8";
		if (lead_on(s, json, r) != ERR_OK)
			console_fault(s->front, s->q, r, ERR_INTERNAL, &why);
	}
	json_decref(json);
}

/* Found here, before the API was asked. */
static void show_faults(struct submission *s, struct reply *r)
{
	struct reply made = REPLY_INIT;
	reply_problem(&made, s->q, ERR_INVALID, NULL, &s->faults);
	s->posted.problem = console_take(&made);
	reply_clear(&made);
	if (s->posted.problem)
		s->posted.form->view(s->front, s->q, r, &s->posted);
	else
		console_fault(s->front, s->q, r, ERR_MEMORY, NULL);
}

static void submit(struct submission *s, struct reply *r)
{
	struct reply answer = REPLY_INIT;
	struct errbuf why = {""};
	enum err e = read_form(s, &why);
	if (!e && !console_may(s->q, s->posted.form->api, &why))
		e = ERR_REFUSED;
	if (!e && !s->faults.list)
		e = run(s, &answer);
	if (e)
		console_fault(s->front, s->q, r, e, &why);
	else if (s->faults.list)
		show_faults(s, r);
	else
		show_answer(s, &answer, r);
	reply_clear(&answer);
}

void console_submit(struct front *front, const struct request *q, struct reply *r, const struct console_form *form)
{
	struct submission *s = calloc(1, sizeof *s);
	if (!s) {
		console_fault(front, q, r, ERR_MEMORY, NULL);
		return;
	}
	s->front = front;
	s->q = q;
	s->posted.form = form;
	submit(s, r);
	json_decref(s->posted.values);
	json_decref(s->posted.problem);
	faults_clear(&s->faults);
	free(s);
}
