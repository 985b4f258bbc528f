#include "issuer/http/page.h"
#include "base/embed.h"
#include "base/encode.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

EMBED_TEXT(page_text_layout, "issuer/http/pages/layout.html");
EMBED_TEXT(page_text_dead, "issuer/http/pages/dead.html");
EMBED_TEXT(page_text_fault, "issuer/http/pages/fault.html");
EMBED_TEXT(page_text_home, "issuer/http/pages/home.html");

enum { BODY_MAX = 65536 };

void page_time(int64_t at, char out[40])
{
	time_t t = (time_t)at;
	struct tm tm = {0};
	gmtime_r(&t, &tm);
	char text[40] = "";
	strftime(text, sizeof text, "%d %B %Y, %H:%M UTC", &tm);
	snprintf(out, 40, "%s", text + (text[0] == '0'));
}

static const char *given(bool yes)
{
	return yes ? "1" : "";
}

static enum err render(struct front *front, struct reply *r, int step, const char *title, const struct buf *body)
{
	const struct template_field fields[] = {
		{"title", title, TEMPLATE_VALUE},
		{"installation", front->desk.settings->name, TEMPLATE_VALUE},
		{"step", given(step > 0), TEMPLATE_VALUE},
		{"step1", given(step == 1), TEMPLATE_VALUE},
		{"step2", given(step == 2), TEMPLATE_VALUE},
		{"step3", given(step == 3), TEMPLATE_VALUE},
		{"past1", given(step > 1), TEMPLATE_VALUE},
		{"past2", given(step > 2), TEMPLATE_VALUE},
		{"script", given(step == 2), TEMPLATE_VALUE},
		{"body", (const char *)body->data, TEMPLATE_PART},
		{0},
	};
	return template_render(page_text_layout, TEMPLATE_HTML, fields, &r->body);
}

void page_write(struct front *front, struct reply *r, int status, int step, const char *title, const char *text,
		const struct template_field *fields)
{
	struct buf body = BUF_INIT(BODY_MAX);
	enum err e = template_render(text, TEMPLATE_HTML, fields, &body);
	if (!e && !buf_string(&body))
		e = buf_check(&body);
	buf_clear(&r->body);
	if (!e)
		e = render(front, r, step, title, &body);
	if (e) {
		buf_clear(&r->body);
		buf_text(&r->body, "This page could not be made. Nothing was changed; try again.\n");
	}
	r->status = e ? 500 : status;
	r->content_type = e ? "text/plain; charset=utf-8" : "text/html; charset=utf-8";
	buf_free(&body);
}

void page_home(struct front *front, const struct request *q, struct reply *r)
{
	(void)q;
	page_write(front, r, 200, 0, "Collect a certificate", page_text_home, (const struct template_field[]){{0}});
}

void page_dead(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {"This link is not in use: mistyped, used, replaced or too old. Ask for a new one."};
	if (q->wants_json)
		reply_problem(r, q, ERR_NOT_FOUND, &why, NULL);
	else
		page_write(front, r, 404, 0, "Not in use", page_text_dead, (const struct template_field[]){{0}});
}

void page_fault(struct visit *v, enum err e, const struct errbuf *why)
{
	if (e == ERR_NOT_FOUND) {
		page_dead(v->front, v->q, v->r);
		return;
	}
	if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT)
		v->r->retry_after = 2;
	if (v->q->wants_json) {
		reply_problem(v->r, v->q, e, why, NULL);
		return;
	}
	const struct template_field fields[] = {
		{"heading", err_http_status(e) >= 500 ? "Not now, but nothing is lost" : "That did not work", TEMPLATE_VALUE},
		{"detail", err_why(e, why), TEMPLATE_VALUE},
		{"token", v->token, TEMPLATE_VALUE},
		{"request", v->q->id, TEMPLATE_VALUE},
		{0},
	};
	page_write(v->front, v->r, err_http_status(e), 0, "That did not work", page_text_fault, fields);
}

void page_redirect(struct visit *v, const char *suffix)
{
	v->r->status = 303;
	v->r->content_type = "text/plain; charset=utf-8";
	snprintf(v->r->location, sizeof v->r->location, "/d/%s%s%s", v->token, suffix ? "/" : "", suffix ? suffix : "");
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
	return e == ERR_OK;
}

bool visit_begin(struct visit *v, struct front *front, const struct request *q, struct reply *r)
{
	*v = (struct visit){.front = front, .q = q, .r = r, .token = q->parameter[0], .actor = request_actor(q)};
	name_cookie(v);
	v->claim = find_claim(v);
	return visit_again(v);
}
