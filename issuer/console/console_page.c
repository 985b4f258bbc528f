#include "base/clock.h"
#include "base/embed.h"
#include "issuer/console/console_own.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

EMBED_TEXT(console_text_layout, "issuer/console/pages/layout.html");
EMBED_TEXT(console_text_fault, "issuer/console/pages/fault.html");

enum { BODY_MAX = 4 << 20, FORM_MAX = 1 << 20, NAV_PREFIX = 8 /* "/console" */, LABEL_SIZE = 64, OPEN_SIZE = 40 };

static const struct {
	const char *word, *sentence;
} said[] = {
#define SAID(word, sentence) {word, sentence},
#include "issuer/console/said.def"
#undef SAID
};

const char *console_sentence(const char *word)
{
	for (size_t i = 0; word && i < sizeof said / sizeof *said; i++)
		if (strcmp(said[i].word, word) == 0)
			return said[i].sentence;
	return NULL;
}

/* The navigation is the route table's: every reading page of one segment that the caller may see. The search has a place of
 * its own. */
static bool is_link(const struct route *row, const struct request *q)
{
	return row->listener == LISTENER_MEMBERS && strcmp(row->method, "GET") == 0 && strncmp(row->path, "/console", NAV_PREFIX) == 0 &&
	       row->run != console_search && (row->path[NAV_PREFIX] == '\0' || row->path[NAV_PREFIX] == '/') &&
	       !strchr(row->path + NAV_PREFIX + (row->path[NAV_PREFIX] == '/'), '/') && !strchr(row->path, '{') &&
	       route_permits(row, q->identity, NULL) == ERR_OK;
}

/* At this page, or at one below it. */
static bool is_here(const struct route *row, const char *path)
{
	size_t len = strlen(row->path);
	if (strcmp(row->path, path) == 0)
		return true;
	return len > NAV_PREFIX && strncmp(row->path, path, len) == 0 && path[len] == '/';
}

static json_t *links(const struct request *q)
{
	char label[LABEL_SIZE];
	json_t *list = json_array();
	for (size_t i = 0; list && i < route_count; i++) {
		const struct route *row = &route_table[i];
		if (!is_link(row, q))
			continue;
		snprintf(label, sizeof label, "%.*s", (int)strcspn(row->what, ":"), row->what);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "path", row->path, "label", label, "here",
							  is_here(row, q->path))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

struct making {
	struct console_making m;
	struct template_field fields[CONSOLE_FIELDS_MOST + CONSOLE_FORMS_MOST + 2];
	char open[OPEN_SIZE]; /* "open_" and the name of the form that was sent: what it is folded into stands open */
	struct buf forms[CONSOLE_FORMS_MOST], summary, body;
};

static enum err add_fields(struct making *a, size_t *n)
{
	for (const struct template_field *f = a->m.page->fields; f && f->name; f++) {
		if (*n == CONSOLE_FIELDS_MOST)
			return ERR_INTERNAL;
		a->fields[(*n)++] = *f;
	}
	return ERR_OK;
}

static enum err add_forms(struct making *a, size_t *n)
{
	size_t i = 0;
	enum err e = ERR_OK;
	for (const struct console_use *use = a->m.page->forms; !e && use && use->form; use++, i++) {
		if (i == CONSOLE_FORMS_MOST)
			return ERR_INTERNAL;
		a->forms[i] = BUF_INIT(FORM_MAX);
		e = console_form_write(&a->m, use, &a->forms[i]);
		if (!e && a->forms[i].len && !buf_string(&a->forms[i]))
			e = buf_check(&a->forms[i]);
		a->fields[(*n)++] = (struct template_field){use->form->name, (const char *)a->forms[i].data, TEMPLATE_PART};
	}
	if (a->m.page->posted) {
		snprintf(a->open, sizeof a->open, "open_%s", a->m.page->posted->form->name);
		a->fields[(*n)++] = (struct template_field){a->open, "1", TEMPLATE_VALUE};
	}
	return e;
}

static const char *text_of(struct buf *b)
{
	return b->len ? buf_string(b) : NULL;
}

static enum err write_layout(struct making *a, struct buf *out)
{
	const struct request *q = a->m.q;
	const struct console_page *p = a->m.page;
	const struct template_field fields[] = {
		{"title", p->title, TEMPLATE_VALUE},
		{"above", p->above, TEMPLATE_VALUE},
		{"installation", a->m.front->desk.settings->name, TEMPLATE_VALUE},
		{"name", q->identity ? q->identity->staff_name : "", TEMPLATE_VALUE},
		{"role", q->identity ? q->identity->role : "", TEMPLATE_VALUE},
		{"said", p->posted ? NULL : console_sentence(request_query(q, "said")), TEMPLATE_VALUE},
		{"faulty", p->posted ? "1" : "", TEMPLATE_VALUE},
		{"sought", strcmp(q->path, "/console/search") == 0 ? request_query(q, "q") : NULL, TEMPLATE_VALUE},
		{"summary", text_of(&a->summary), TEMPLATE_PART},
		{"body", text_of(&a->body), TEMPLATE_PART},
		{0},
	};
	json_t *root = json_pack("{s:o}", "links", links(q));
	const struct template_data data = console_values(root, &a->m.dressing);
	enum err e = root && !buf_check(&a->summary) && !buf_check(&a->body) ? template_render_data(console_text_layout, &data, fields, out)
									     : ERR_MEMORY;
	json_decref(root);
	return e;
}

static enum err make(struct making *a, struct buf *out)
{
	size_t n = 0;
	const struct template_data data = console_values(a->m.page->data, &a->m.dressing);
	enum err e = add_fields(a, &n);
	if (!e)
		e = add_forms(a, &n);
	if (!e)
		e = console_summary_write(&a->m, &a->summary);
	if (!e)
		e = template_render_data(a->m.page->text, &data, a->fields, &a->body);
	return e ? e : write_layout(a, out);
}

static int status_of(const struct console_page *p)
{
	int posted = p->posted ? (int)json_integer_value(json_object_get(p->posted->problem, "status")) : 0;
	return posted ? posted : p->status ? p->status : 200;
}

void console_page(struct front *front, const struct request *q, struct reply *r, const struct console_page *p)
{
	struct making a = {.m = {front, q, p, {clock_now()}}, .summary = BUF_INIT(FORM_MAX), .body = BUF_INIT(BODY_MAX)};
	buf_clear(&r->body);
	enum err e = make(&a, &r->body);
	if (e) {
		buf_clear(&r->body);
		buf_text(&r->body, "This page could not be made. Load it again.\n");
		r->fault = e;
	}
	r->status = e ? 500 : status_of(p);
	r->content_type = e ? "text/plain; charset=utf-8" : "text/html; charset=utf-8";
	for (size_t i = 0; i < CONSOLE_FORMS_MOST; i++)
		buf_free(&a.forms[i]);
	buf_free(&a.summary);
	buf_free(&a.body);
}

/* What people can do about it. */
static const struct {
	int status;
	const char *title, *help;
} faults[] = {
	{400, "That cannot be read", "Go back and try again."},
	{403, "That is not for you to do", "Nothing was changed. The navigation shows what your role may do."},
	{404, "There is no such thing", "It was mistyped, or it is none of yours. The search may find it."},
	{405, "That cannot be done here", "Go back and try from the page."},
	{409, "Its state does not allow that", "Nothing was changed. Look at it again."},
	{412, "It was changed meanwhile", "Nothing was overwritten. Look at it again."},
	{413, "That is too much", "Nothing was changed."},
	{503, "Not now", "Nothing is lost. Try again in a moment."},
};

void console_problem(struct front *front, const struct request *q, struct reply *r, json_t *problem)
{
	int status = (int)json_integer_value(json_object_get(problem, "status"));
	const char *title = "Something went wrong", *help = "The log has the rest, by the number below.";
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (faults[i].status == status) {
			title = faults[i].title;
			help = faults[i].help;
		}
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	if (detail && strcasecmp(detail, title) == 0) /* it says no more than the heading does */
		json_object_del(problem, "detail");
	const struct template_field fields[] = {{"help", help, TEMPLATE_VALUE}, {"request", q->id, TEMPLATE_VALUE}, {0}};
	console_page(front, q, r, &(struct console_page){.status = status ? status : 500, .title = title, .text = console_text_fault,
							 .data = problem, .fields = fields});
}

void console_fault(struct front *front, const struct request *q, struct reply *r, enum err e, const struct errbuf *why)
{
	reply_problem(r, q, e, why, NULL);
	json_t *problem = console_take(r);
	json_decref(r->json);
	r->json = NULL;
	r->fault = err_http_status(e) >= 500 ? e : ERR_OK;
	if (r->fault && why)
		r->why = *why;
	console_problem(front, q, r, problem);
	json_decref(problem);
}
