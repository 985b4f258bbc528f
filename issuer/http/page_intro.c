#include "base/clock.h"
#include "base/embed.h"
#include "delivery/address.h"
#include "issuer/http/page.h"

#include <stdio.h>
#include <string.h>

enum { FILE_NAME_SIZE = 96, RESEND_WAIT = 60 }; /* seconds in which an SMS may still be on its way */

EMBED_TEXT(page_text_intro, "issuer/http/pages/intro.html");
EMBED_TEXT(page_text_locked, "issuer/http/pages/locked.html");

const char *page_key_word(const struct collect_view *view)
{
	static const char *const words[] = {[KEY_MADE_HERE] = "here", [KEY_OWN] = "own", [KEY_EITHER] = "either"};
	return words[view->key];
}

json_t *page_view_json(const struct visit *v)
{
	const struct collect_view *view = &v->view;
	char until[CLOCK_TEXT_SIZE];
	clock_text(view->link_until, until);
	const struct order_facts *f = &view->facts;
	bool staff = facts_of_staff(f);
	return json_pack("{s:s, s:s*, s:s*, s:s, s:s, s:i, s:b, s:s, s:b, s:s}", "client", f->client_name,
			 "service", staff ? NULL : f->service_name, "organisation", staff ? NULL : f->organisation_name, "orderer",
			 view->orderer_name, "state", order_state_name(view->state), "tries_left", view->tries_left,
			 "code_expired", view->code_expired, "link_until", until, "ready", view->ready,
			 "key", page_key_word(view));
}

void page_locked_write(struct visit *v)
{
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_STRONG},
		{"orderer", v->view.orderer_name, TEMPLATE_STRONG},
		{0},
	};
	struct errbuf why = {0};
	if (v->q->wants_json) {
		(void)fail(&why, ERR_LOCKED, "locked after too many wrong codes: ask %s to unlock it", v->view.orderer_name);
		reply_problem(v->r, v->q, ERR_LOCKED, &why, NULL);
		return;
	}
	page_write(v, &(struct page){.status = 423, .title = "locked.title", .text = page_text_locked, .fields = fields});
}

/* What the page says of the present code's life: one of the three is given. */
struct life {
	char minutes[24], seconds[24], wait[24];
	bool many, one, unsent;
};

static struct life life_of(const struct visit *v)
{
	const struct collect_view *view = &v->view;
	int64_t now = clock_now(), left = view->code_until - now, whole = v->front->desk.settings->code_life;
	int64_t wait = view->code_handed_over_at + RESEND_WAIT - now;
	struct life l = {.unsent = !view->code_until && !view->code_handed_over_at};
	l.many = !l.unsent && left >= 60;
	l.one = !l.unsent && !l.many;
	snprintf(l.minutes, sizeof l.minutes, "%lld", (long long)((l.unsent ? whole : left) / 60));
	snprintf(l.seconds, sizeof l.seconds, "%lld", (long long)(l.unsent ? 0 : left));
	if (l.unsent || (wait > 0 && wait <= RESEND_WAIT))
		snprintf(l.wait, sizeof l.wait, "%lld", (long long)(l.unsent ? RESEND_WAIT : wait));
	return l;
}

/* Which file will come: its whole name is known once it is made. */
static void write_file_name(const struct collect_view *view, char out[FILE_NAME_SIZE])
{
	if (view->file_name[0])
		snprintf(out, FILE_NAME_SIZE, "%s", view->file_name);
	else
		snprintf(out, FILE_NAME_SIZE, "%s-\xe2\x80\xa6.%s", view->facts.client_slug,
			 view->key == KEY_OWN ? "pem" : "p12");
}

/* As it stands in the mail. */
void page_link(const struct visit *v, char out[PAGE_LINK_SIZE])
{
	const char *base = v->front->desk.settings->public_url;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	snprintf(out, PAGE_LINK_SIZE, "%.*s/d/%s", (int)len, base, v->token);
}

static const char *given(bool yes)
{
	return yes ? "1" : "";
}

void page_intro_write(struct visit *v, int status, const char *alert, const char *notice)
{
	const struct collect_view *view = &v->view;
	struct life life = life_of(v);
	bool needs_new = view->code_expired || view->tries_left == 0;
	char mobile[MOBILE_SIZE], tries[12], file_name[FILE_NAME_SIZE], link[PAGE_LINK_SIZE];
	mobile_mask(view->facts.mobile, mobile);
	snprintf(tries, sizeof tries, "%d", view->tries_left);
	write_file_name(view, file_name);
	page_link(v, link);
	const struct template_field fields[] = {
		{"client", view->facts.client_name, TEMPLATE_STRONG},
		{"service", view->facts.service_name, TEMPLATE_STRONG},
		{"organisation", view->facts.organisation_name, TEMPLATE_STRONG},
		{"contact", view->facts.contact_name, TEMPLATE_VALUE},
		{"orderer", view->orderer_name, TEMPLATE_STRONG},
		{"file_name", file_name, TEMPLATE_CODE},
		{"mobile", mobile, TEMPLATE_KEEP},
		{"minutes", life.minutes, TEMPLATE_STRONG},
		{"life_many", given(life.many), TEMPLATE_VALUE},
		{"life_one", given(life.one), TEMPLATE_VALUE},
		{"life_unsent", given(life.unsent), TEMPLATE_VALUE},
		{"left", life.seconds, TEMPLATE_VALUE},
		{"seconds", life.wait, TEMPLATE_STRONG},
		{"tries", tries, TEMPLATE_STRONG},
		{"tries_many", given(view->tries_left > 1), TEMPLATE_VALUE},
		{"until", v->until, TEMPLATE_STRONG},
		{"staff", given(facts_of_staff(&view->facts)), TEMPLATE_VALUE},
		{"token", v->token, TEMPLATE_VALUE},
		{"link", link, TEMPLATE_VALUE},
		{"slug", view->facts.client_slug, TEMPLATE_VALUE},
		{"claimed", given(view->claimed_by_caller), TEMPLATE_VALUE},
		{"own", given(view->key == KEY_OWN), TEMPLATE_VALUE},
		{"either", given(view->key == KEY_EITHER), TEMPLATE_VALUE},
		{"needs_new", given(needs_new), TEMPLATE_VALUE},
		{"open_new", given(v->asks_new_code || needs_new), TEMPLATE_VALUE},
		{0},
	};
	page_write(v, &(struct page){.status = status, .step = 1, .own = view->key == KEY_OWN, .title = "intro.heading",
				     .text = page_text_intro, .alert = alert, .notice = notice, .fields = fields});
}

/* What the link's state calls for, when nothing has gone wrong. */
static const char *standing_notice(const struct collect_view *view)
{
	if (view->claimed_by_caller)
		return "notice.claimed";
	if (view->state == ORDER_COLLECTING)
		return "notice.elsewhere";
	return view->code_expired ? "notice.old_code" : NULL;
}

/* A code that was asked for is on its way for a minute. */
static bool new_code_holds(const struct visit *v)
{
	struct life life = life_of(v);
	return life.wait[0] != '\0' && !v->view.claimed_by_caller;
}

static bool wrong_code_holds(const struct visit *v)
{
	return v->view.tries_left > 0 && v->view.tries_left < v->front->desk.settings->code_tries && !v->view.claimed_by_caller;
}

/* What a form's answer said, in the address it led to (page_redirect_said). Whoever has the link can write such an address
 * too, so the words are fixed, and stand on the page only while they are true. */
static const struct said {
	const char *word, *alert, *alert_one, *notice;
	bool (*holds)(const struct visit *v);
} said[] = {
	{.word = "new-code", .notice = "notice.sent", .holds = new_code_holds},
	{.word = "wrong-code", .alert = "alert.wrong_many", .alert_one = "alert.wrong_one", .holds = wrong_code_holds},
};

static const struct said *find_said(const struct visit *v)
{
	const char *word = request_query(v->q, "said");
	for (size_t i = 0; word && i < sizeof said / sizeof *said; i++)
		if (strcmp(said[i].word, word) == 0)
			return said[i].holds(v) ? &said[i] : NULL;
	return NULL;
}

static void write_open(struct visit *v)
{
	const struct said *s = find_said(v);
	const char *alert = s ? s->alert : NULL;
	if (alert && v->view.tries_left == 1)
		alert = s->alert_one;
	page_intro_write(v, 200, alert, s ? s->notice : standing_notice(&v->view));
}

void page_intro(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	if (!visit_begin(&v, front, q, r))
		return;
	if (q->wants_json)
		reply_json(r, 200, page_view_json(&v));
	else if (v.view.state == ORDER_LOCKED)
		page_locked_write(&v);
	else if (v.view.state == ORDER_OFFERED || v.view.state == ORDER_COLLECTING)
		write_open(&v);
	else
		page_redirect(&v, "done");
}
