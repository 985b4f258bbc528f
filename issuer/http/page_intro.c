#include "base/clock.h"
#include "base/embed.h"
#include "delivery/address.h"
#include "issuer/http/page.h"

#include <stdio.h>

EMBED_TEXT(page_text_intro, "issuer/http/pages/intro.html");
EMBED_TEXT(page_text_locked, "issuer/http/pages/locked.html");

json_t *page_view_json(const struct visit *v)
{
	const struct collect_view *view = &v->view;
	char until[CLOCK_TEXT_SIZE];
	clock_text(view->link_until, until);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:s, s:b}", "client", view->facts.client_name, "service",
			 view->facts.service_name, "organisation", view->facts.organisation_name, "orderer",
			 view->orderer_name, "state", order_state_name(view->state), "tries_left", view->tries_left,
			 "code_expired", view->code_expired, "link_until", until, "ready", view->ready);
}

void page_locked_write(struct visit *v)
{
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_VALUE},
		{"orderer", v->view.orderer_name, TEMPLATE_VALUE},
		{0},
	};
	struct errbuf why = {0};
	if (v->q->wants_json) {
		(void)fail(&why, ERR_LOCKED, "locked after too many wrong codes: ask %s to unlock it", v->view.orderer_name);
		reply_problem(v->r, v->q, ERR_LOCKED, &why, NULL);
		return;
	}
	page_write(v->front, v->r, 423, 0, "Locked", page_text_locked, fields);
}

void page_intro_write(struct visit *v, int status, const char *alert, const char *notice)
{
	const struct collect_view *view = &v->view;
	char until[40], mobile[MOBILE_SIZE], minutes[24];
	page_time(view->link_until, until);
	mobile_mask(view->facts.mobile, mobile);
	snprintf(minutes, sizeof minutes, "%lld", (long long)(v->front->desk.settings->code_life / 60));
	const struct template_field fields[] = {
		{"client", view->facts.client_name, TEMPLATE_VALUE},
		{"service", view->facts.service_name, TEMPLATE_VALUE},
		{"organisation", view->facts.organisation_name, TEMPLATE_VALUE},
		{"contact", view->facts.contact_name, TEMPLATE_VALUE},
		{"orderer", view->orderer_name, TEMPLATE_VALUE},
		{"mobile", mobile, TEMPLATE_VALUE},
		{"code_life", minutes, TEMPLATE_VALUE},
		{"until", until, TEMPLATE_VALUE},
		{"token", v->token, TEMPLATE_VALUE},
		{"alert", alert, TEMPLATE_VALUE},
		{"notice", notice, TEMPLATE_VALUE},
		{"claimed", view->claimed_by_caller ? "1" : "", TEMPLATE_VALUE},
		{"open_new", v->asks_new_code || view->code_expired || view->tries_left == 0 ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	page_write(v->front, v->r, status, 1, view->facts.client_name, page_text_intro, fields);
}

/* What the link's state calls for, when nothing has gone wrong. */
static const char *standing_notice(const struct collect_view *view)
{
	if (view->claimed_by_caller)
		return "You have typed the right code already.";
	if (view->state == ORDER_COLLECTING)
		return "The code was typed already, here or elsewhere. Go on in that browser, or ask for a new code: it takes "
		       "the place of the first.";
	if (view->code_expired)
		return "The code that was sent is too old by now. Ask for a new one below.";
	return "";
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
		page_intro_write(&v, 200, "", standing_notice(&v.view));
	else
		page_redirect(&v, "done");
}
