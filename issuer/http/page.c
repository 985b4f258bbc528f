#include "issuer/http/page.h"
#include "base/embed.h"
#include "base/encode.h"

#include <stdio.h>
#include <string.h>

EMBED_TEXT(page_text_layout, "issuer/http/pages/layout.html");
EMBED_TEXT(page_text_gone, "issuer/http/pages/gone.html");
EMBED_TEXT(page_text_fault, "issuer/http/pages/fault.html");
EMBED_TEXT(page_text_home, "issuer/http/pages/home.html");

enum { BODY_MAX = 131072, WORDS_MAX = 8192, KEY_PLACE_SIZE = 64 };

static const char *given(bool yes)
{
	return yes ? "1" : "";
}

/* By the address, by the browser, by the contact, by the installation. */
static void choose_language(struct visit *v)
{
	const struct desk *d = &v->front->desk;
	const char *tag = request_query(v->q, "lang");
	v->language = tag ? languages_find(d->languages, tag) : NULL;
	v->query[0] = '\0';
	if (v->language)
		snprintf(v->query, sizeof v->query, "?lang=%s", language_tag(v->language));
	else
		v->language = languages_accepted(d->languages, request_header(v->q, "Accept-Language"));
	if (!v->language)
		v->language = languages_for(d->languages, v->view.facts.language, d->settings->language);
	language_time(v->language, v->view.link_until, v->until);
}

/* The same page in the other languages. What was posted is not posted again: the link leads to the start. Dead links get
 * the same bytes, whatever stands in their address. */
static enum err write_choice(const struct visit *v, struct buf *out)
{
	const struct language *l;
	bool posted = strcmp(v->q->method, "GET") != 0, dead = !v->view.facts.order[0];
	for (size_t i = 0; (l = languages_at(v->front->desk.languages, i)) != NULL; i++) {
		if (l == v->language)
			continue;
		buf_format(out, "<a href=\"%s%s", !posted ? "" : dead ? "." : "/d/", !posted || dead ? "" : v->token);
		buf_format(out, "?lang=%s\" lang=\"%s\" hreflang=\"%s\">", language_tag(l), language_tag(l), language_tag(l));
		template_escape_html(out, language_text(l, "language.name"));
		buf_text(out, "</a>\n");
	}
	return buf_string(out) ? ERR_OK : buf_check(out);
}

struct making {
	struct visit *v;
	const struct page *page;
	struct template_words words;
	struct template_field fields[PAGE_FIELDS_MOST + 1];
	struct buf body, alert, notice, choice;
};

/* One sentence with the page's fields in it. */
static enum err write_sentence(struct making *m, const char *key, struct buf *out)
{
	char place[KEY_PLACE_SIZE];
	snprintf(place, sizeof place, "{{_%s}}", key ? key : "");
	enum err e = key ? template_render_words(place, TEMPLATE_HTML, &m->words, m->fields, out) : ERR_OK;
	return e ? e : buf_string(out) ? ERR_OK : buf_check(out);
}

/* The page's own fields, and what every page has. */
static enum err fill_fields(struct making *m)
{
	size_t n = 0;
	for (const struct template_field *f = m->page->fields; f && f->name; f++) {
		if (n == PAGE_FIELDS_MOST - 4)
			return ERR_INTERNAL;
		m->fields[n++] = *f;
	}
	m->fields[n++] = (struct template_field){"query", m->v->query, TEMPLATE_VALUE};
	enum err e = write_sentence(m, m->page->alert, &m->alert);
	if (!e)
		e = write_sentence(m, m->page->notice, &m->notice);
	m->fields[n++] = (struct template_field){"alert", (const char *)m->alert.data, TEMPLATE_PART};
	m->fields[n] = (struct template_field){"notice", (const char *)m->notice.data, TEMPLATE_PART};
	return e;
}

static enum err write_layout(struct making *m, struct buf *out)
{
	char title[KEY_PLACE_SIZE];
	struct buf text = BUF_INIT(WORDS_MAX);
	int step = m->page->step;
	snprintf(title, sizeof title, "{{=%s}}", m->page->title);
	enum err e = template_render_words(title, TEMPLATE_TEXT, &m->words, m->fields, &text);
	if (!e && !buf_string(&text))
		e = buf_check(&text);
	const struct template_field fields[] = {
		{"title", (const char *)text.data, TEMPLATE_VALUE},
		{"installation", m->v->front->desk.settings->name, TEMPLATE_VALUE},
		{"language", language_tag(m->v->language), TEMPLATE_VALUE},
		{"choice", (const char *)m->choice.data, TEMPLATE_PART},
		{"step", given(step > 0), TEMPLATE_VALUE},
		{"own", given(m->page->own), TEMPLATE_VALUE},
		{"step1", given(step == 1), TEMPLATE_VALUE},
		{"step2", given(step == 2), TEMPLATE_VALUE},
		{"step3", given(step == 3), TEMPLATE_VALUE},
		{"past1", given(step > 1), TEMPLATE_VALUE},
		{"past2", given(step > 2), TEMPLATE_VALUE},
		{"body", (const char *)m->body.data, TEMPLATE_PART},
		{0},
	};
	if (!e)
		e = template_render_words(page_text_layout, TEMPLATE_HTML, &m->words, fields, out);
	buf_free(&text);
	return e;
}

static enum err make(struct making *m, struct buf *out)
{
	enum err e = write_choice(m->v, &m->choice);
	if (!e)
		e = fill_fields(m);
	if (!e)
		e = template_render_words(m->page->text, TEMPLATE_HTML, &m->words, m->fields, &m->body);
	if (!e && !buf_string(&m->body))
		e = buf_check(&m->body);
	return e ? e : write_layout(m, out);
}

void page_write(struct visit *v, const struct page *p)
{
	struct reply *r = v->r;
	struct making m = {.v = v, .page = p, .body = BUF_INIT(BODY_MAX), .alert = BUF_INIT(WORDS_MAX),
			   .notice = BUF_INIT(WORDS_MAX), .choice = BUF_INIT(WORDS_MAX)};
	choose_language(v);
	m.words = language_words(v->language);
	buf_clear(&r->body);
	enum err e = make(&m, &r->body);
	if (e) {
		buf_clear(&r->body);
		buf_text(&r->body, "This page could not be made. Nothing was changed; try again.\n");
	}
	r->status = e ? 500 : p->status;
	r->content_type = e ? "text/plain; charset=utf-8" : "text/html; charset=utf-8";
	buf_free(&m.body);
	buf_free(&m.alert);
	buf_free(&m.notice);
	buf_free(&m.choice);
}

void page_home(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v = {.front = front, .q = q, .r = r, .token = ""};
	page_write(&v, &(struct page){.status = 200, .title = "home.title", .text = page_text_home});
}

static void write_dead(struct visit *v)
{
	struct errbuf why = {"This link is not in use: mistyped, used, replaced or too old. Ask for a new one."};
	v->view = (struct collect_view){0}; /* a link that has lived looks like one that never did */
	if (v->q->wants_json)
		reply_problem(v->r, v->q, ERR_NOT_FOUND, &why, NULL);
	else
		page_write(v, &(struct page){.status = 404, .title = "gone.title", .text = page_text_gone});
}

void page_dead(struct front *front, const struct request *q, struct reply *r)
{
	const char *token = q->parameter[0];
	struct visit v = {.front = front, .q = q, .r = r, .token = token ? token : ""};
	write_dead(&v);
}

/* What a person is told of an error. The log has the rest, by the request's id. */
static const struct {
	enum err e;
	const char *words;
} faults[] = {
	{ERR_REFUSED, "fault.refused"},   {ERR_REVOKED, "fault.revoked"}, {ERR_CONFLICT, "fault.conflict"},
	{ERR_EXISTS, "fault.conflict"},   {ERR_LIMIT, "fault.refused"},   {ERR_EXPIRED, "fault.conflict"},
};

static const char *words_of(const struct visit *v, enum err e)
{
	if (e == ERR_REFUSED && !v->view.claimed_by_caller)
		return "fault.code_first";
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (faults[i].e == e)
			return faults[i].words;
	return err_http_status(e) >= 500 ? "fault.later" : "fault.input";
}

static void write_fault(struct visit *v, enum err e)
{
	bool later = err_http_status(e) >= 500;
	const struct template_field fields[] = {
		{"later", given(later), TEMPLATE_VALUE},
		{"token", v->token, TEMPLATE_VALUE},
		{"request", v->q->id, TEMPLATE_CODE},
		{0},
	};
	page_write(v, &(struct page){.status = err_http_status(e), .title = later ? "fault.later_heading" : "fault.title",
				     .text = page_text_fault, .notice = words_of(v, e), .fields = fields});
}

void page_fault(struct visit *v, enum err e, const struct errbuf *why)
{
	if (e == ERR_NOT_FOUND) {
		write_dead(v);
		return;
	}
	if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT)
		v->r->retry_after = 2;
	if (v->q->wants_json)
		reply_problem(v->r, v->q, e, why, NULL);
	else
		write_fault(v, e);
}

void page_redirect(struct visit *v, const char *suffix)
{
	v->r->status = 303;
	v->r->content_type = "text/plain; charset=utf-8";
	snprintf(v->r->location, sizeof v->r->location, "/d/%s%s%s%s", v->token, suffix ? "/" : "", suffix ? suffix : "", v->query);
}

void page_redirect_said(struct visit *v, const char *word)
{
	page_redirect(v, NULL);
	size_t len = strlen(v->r->location);
	snprintf(v->r->location + len, sizeof v->r->location - len, "%csaid=%s", v->query[0] ? '&' : '?', word);
}

/* The cookie's name must not give the token away: it is made of its hash. */
static void name_cookie(struct visit *v)
{
	uint8_t hash[32] = {0};
	char text[9] = "00000000";
	if (token_hash(v->token, strlen(v->token), hash) == ERR_OK)
		hex_encode(hash, 4, text);
	snprintf(v->cookie_name, sizeof v->cookie_name, "__Host-claim-%s", text);
}

static const char *find_claim(const struct visit *v)
{
	const char *authorization = request_header(v->q, "Authorization");
	if (authorization && strncmp(authorization, "Bearer ", 7) == 0)
		return authorization + 7;
	return request_cookie(v->q, v->cookie_name);
}

bool visit_again(struct visit *v)
{
	struct errbuf why = {0};
	enum err e = collect_look(&v->front->desk, v->token, v->claim, &v->view);
	if (e)
		page_fault(v, e, &why);
	else
		choose_language(v);
	return e == ERR_OK;
}

bool visit_begin(struct visit *v, struct front *front, const struct request *q, struct reply *r)
{
	*v = (struct visit){.front = front, .q = q, .r = r, .token = q->parameter[0], .actor = request_actor(q)};
	name_cookie(v);
	v->claim = find_claim(v);
	return visit_again(v);
}
