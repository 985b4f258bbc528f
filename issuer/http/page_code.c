#include "base/clock.h"
#include "base/encode.h"
#include "issuer/http/page.h"

#include <stdio.h>
#include <string.h>

enum { TYPED_MAX = 64, PREPARE_AGAIN_SECONDS = 2 };

static json_t *package_json(const struct collect_view *view, enum package_encoding encoding)
{
	static const uint8_t none[32];
	char text[65];
	if (memcmp(view->sha256[encoding], none, sizeof none) == 0)
		return json_pack("{s:n}", "sha256");
	hex_encode(view->sha256[encoding], 32, text);
	return json_pack("{s:s}", "sha256", text);
}

/* What the tool needs to go on. The claim is told once, when it is made. */
static void reply_claim(struct visit *v, const char *claim)
{
	json_t *j =
	    json_pack("{s:b, s:s, s:s, s:{s:o, s:o}}", "ready", v->view.ready, "key", page_key_word(&v->view),
		      "file_name", v->view.file_name, "encodings", "modern", package_json(&v->view, PACKAGE_MODERN),
		      "compatible", package_json(&v->view, PACKAGE_COMPATIBLE));
	if (j && claim)
		json_object_set_new(j, "claim", json_string(claim));
	reply_json(v->r, 200, j);
	v->r->retry_after = v->view.ready || v->own_key ? 0 : PREPARE_AGAIN_SECONDS;
}

static void accepted(struct visit *v, const struct secret *claim)
{
	struct errbuf why = {0};
	v->claim = secret_string(claim);
	snprintf(v->r->cookie, sizeof v->r->cookie, "%s=%s; Path=/; Max-Age=%lld; Secure; HttpOnly; SameSite=Lax", v->cookie_name,
		 v->claim, (long long)v->front->desk.settings->claim_life);
	/* Not being able to make the file now is no failure of the code: the next page goes on from here. */
	enum err e = v->own_key ? ERR_OK : collect_prepare(&v->front->desk, &v->actor, v->token, v->claim, &why);
	(void)e;
	if (!visit_again(v))
		return;
	v->own_key &= !v->view.ready;
	if (v->q->wants_json)
		reply_claim(v, v->claim);
	else
		page_redirect(v, v->own_key ? "request" : "file");
}

/* What is chosen with the code, before anything is made; or what was approved. */
static bool wants_own_key(const struct visit *v)
{
	char key[8];
	bool chosen = request_form(v->q, "key", key, sizeof key) == ERR_OK && strcmp(key, "own") == 0;
	return v->view.key == KEY_OWN || (chosen && v->view.key == KEY_EITHER);
}

static void wrong_code(struct visit *v, int tries_left)
{
	struct errbuf why = {0};
	if (!v->q->wants_json) {
		page_redirect_said(v, "wrong-code"); /* a page that is sent again on reload would cost another try */
		return;
	}
	(void)fail(&why, ERR_WRONG_CODE, "That code is not right. %d %s left.", tries_left, tries_left == 1 ? "try is" : "tries are");
	reply_problem(v->r, v->q, ERR_WRONG_CODE, &why, NULL);
	if (v->r->json)
		json_object_set_new(v->r->json, "tries_left", json_integer(tries_left));
}

static void expired_code(struct visit *v)
{
	struct errbuf why = {"That code is too old or used. Ask for a new one with the last four digits of the mobile number."};
	v->view.code_expired = true;
	if (v->q->wants_json)
		reply_problem(v->r, v->q, ERR_EXPIRED, &why, NULL);
	else
		page_intro_write(v, 403, "alert.old_code", NULL);
}

/* The field of a form, or false with the refusal written. An empty one is no try: scanners post forms empty. */
static bool typed(struct visit *v, const char *name, char *out, size_t size)
{
	struct errbuf why = {0};
	enum err e = request_form(v->q, name, out, size);
	if (!e && out[0])
		return true;
	(void)fail(&why, ERR_INVALID, "Nothing was typed. Please fill in the %s.", name);
	if (v->q->wants_json)
		reply_problem(v->r, v->q, ERR_INVALID, &why, NULL);
	else
		page_intro_write(v, 422, v->asks_new_code ? "alert.empty_digits" : "alert.empty_code", NULL);
	return false;
}

void page_code(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	struct secret *claim = NULL;
	char code[TYPED_MAX + 1];
	int tries_left = 0;
	if (!visit_begin(&v, front, q, r) || !typed(&v, "code", code, sizeof code))
		return;
	v.own_key = wants_own_key(&v);
	enum err e = collect_code(&front->desk, &v.actor, v.token, code, strlen(code), &claim, &tries_left, &why);
	explicit_bzero(code, sizeof code);
	switch (e) {
	case ERR_OK: accepted(&v, claim); break;
	case ERR_WRONG_CODE: wrong_code(&v, tries_left); break;
	case ERR_LOCKED: page_locked_write(&v); break;
	case ERR_EXPIRED: expired_code(&v); break;
	default: page_fault(&v, e, &why);
	}
	secret_free(claim);
}

/* As a person types or pastes them: "45 67". */
static void drop_blanks(char *digits)
{
	char *to = digits;
	for (const char *from = digits; *from; from++)
		if (*from != ' ')
			*to++ = *from;
	*to = '\0';
}

void page_new_code(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	char digits[TYPED_MAX + 1];
	if (!visit_begin(&v, front, q, r))
		return;
	v.asks_new_code = true;
	if (!typed(&v, "digits", digits, sizeof digits))
		return;
	drop_blanks(digits);
	enum err e = collect_new_code(&front->desk, &v.actor, v.token, digits, &why);
	if (e == ERR_WRONG_CODE)
		(void)fail(&why, e, "Those are not the last four digits of the number that is registered.");
	if (e == ERR_LIMIT)
		(void)fail(&why, e, "No more codes can be asked for today. Ask %s to send a new link.", v.view.orderer_name);
	if (e == ERR_LOCKED) {
		page_locked_write(&v);
	} else if (e && (q->wants_json || (e != ERR_WRONG_CODE && e != ERR_LIMIT))) {
		page_fault(&v, e, &why);
	} else if (q->wants_json) {
		reply_json(r, 200, json_pack("{s:b}", "sent", 1));
	} else if (e) {
		page_intro_write(&v, err_http_status(e), e == ERR_LIMIT ? "alert.limit" : "alert.digits", NULL);
	} else if (visit_again(&v)) {
		page_redirect_said(&v, "new-code");
	}
}

void page_prepare(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	if (!visit_begin(&v, front, q, r))
		return;
	if (!v.view.claimed_by_caller) {
		page_fault(&v, ERR_REFUSED, &(struct errbuf){"Type the code first."});
		return;
	}
	enum err e = v.view.ready ? ERR_OK : collect_prepare(&front->desk, &v.actor, v.token, v.claim, &why);
	if (e && (q->wants_json || e != ERR_UNAVAILABLE))
		page_fault(&v, e, &why);
	else if (!q->wants_json)
		page_redirect(&v, "file");
	else if (v.view.ready || visit_again(&v))
		reply_claim(&v, NULL);
}
