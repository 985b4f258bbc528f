/* collect_steps: one request each, against /d/TOKEN on the public listener. */
#include "base/file.h"
#include "client/command/collect.h"
#include "client/command/request.h"

#include <stdio.h>
#include <string.h>

enum { TARGET_SIZE = 96, FORM_MAX = 4096 };

static const char form_type[] = "application/x-www-form-urlencoded";

static void target_of(const struct parcel *p, const char *what, char out[TARGET_SIZE])
{
	snprintf(out, TARGET_SIZE, "/d/%s%s%s", p->link->token, what[0] ? "/" : "", what);
}

static const char *bearer_of(const struct parcel *p)
{
	return p->claim.text[0] ? p->claim.text : NULL;
}

enum err parcel_look(struct session *s, const struct parcel *p, json_t **view, struct errbuf *why)
{
	char target[TARGET_SIZE];
	target_of(p, "", target);
	const struct exchange x = {.method = "GET", .target = target, .bearer = bearer_of(p)};
	return session_json(s, &x, view, why);
}

bool file_name_is_fit(const char *name, const char *ending)
{
	size_t len = strlen(name), end = strlen(ending);
	return len > end && len < 200 && name[0] != '.' && strcmp(name + len - end, ending) == 0 &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static void take_state(struct parcel *p, const json_t *answer)
{
	const char *name = json_string_value(json_object_get(answer, "file_name"));
	p->ready = json_is_true(json_object_get(answer, "ready"));
	if (name && name[0] && !p->own_key)
		snprintf(p->file_name, sizeof p->file_name, "%s", file_name_is_fit(name, ".p12") ? name : "certificate.p12");
}

static enum err take_claim(struct parcel *p, const json_t *answer, struct errbuf *why)
{
	const char *claim = json_string_value(json_object_get(answer, "claim"));
	if (!claim || !claim[0] || strlen(claim) >= sizeof p->claim.text ||
	    claim[strspn(claim, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")])
		return fail(why, ERR_MALFORMED, "the server took the code, but gave no claim");
	memcpy(p->claim.text, claim, strlen(claim) + 1);
	take_state(p, answer);
	return ERR_OK;
}

/* What a person has typed, and what goes with it as it stands. */
struct typed {
	const char *name;
	const struct secret *value;
	const char *more;
};

static enum err post_typed(struct session *s, const struct parcel *p, const char *step, const struct typed *t, json_t **answer,
			   struct errbuf *why)
{
	char target[TARGET_SIZE];
	struct buf form = BUF_INIT(FORM_MAX);
	target_of(p, step, target);
	buf_format(&form, "%s=", t->name);
	request_encode(secret_string(t->value), "", &form);
	buf_text(&form, t->more);
	enum err e = buf_check(&form);
	const struct exchange x = {.method = "POST", .target = target, .type = form_type, .body = form.data, .len = form.len};
	if (!e)
		e = session_json(s, &x, answer, why);
	buf_free(&form);
	return e;
}

enum err parcel_code(struct session *s, struct parcel *p, const struct secret *code, struct errbuf *why)
{
	json_t *answer = NULL;
	const struct typed typed = {"code", code, p->own_key ? "&key=own" : ""};
	enum err e = post_typed(s, p, "code", &typed, &answer, why);
	if (!e)
		e = take_claim(p, answer, why);
	json_decref(answer);
	return e;
}

enum err parcel_new_code(struct session *s, const struct parcel *p, const struct secret *digits, struct errbuf *why)
{
	json_t *answer = NULL;
	enum err e = post_typed(s, p, "new-code", &(struct typed){"digits", digits, ""}, &answer, why);
	json_decref(answer);
	return e;
}

enum err parcel_prepare(struct session *s, struct parcel *p, struct errbuf *why)
{
	char target[TARGET_SIZE];
	json_t *answer = NULL;
	target_of(p, "prepare", target);
	const struct exchange x = {.method = "POST", .target = target, .bearer = bearer_of(p)};
	enum err e = session_json(s, &x, &answer, why);
	if (!e)
		take_state(p, answer);
	json_decref(answer);
	return e;
}

/* X-Content-SHA256: HEX, or an ETag that is the same in quotes. */
static bool told_hash(const counterfoil_response *response, char out[SHA256_TEXT])
{
	const char *text = counterfoil_response_header(response, "X-Content-SHA256");
	if (!text)
		text = counterfoil_response_header(response, "ETag");
	if (text && text[0] == '"')
		text++;
	if (!text || strspn(text, "0123456789abcdef") != SHA256_TEXT - 1)
		return false;
	memcpy(out, text, SHA256_TEXT - 1);
	out[SHA256_TEXT - 1] = '\0';
	return true;
}

static enum err take_bytes(struct parcel *p, const counterfoil_response *response, struct buf *bytes, struct errbuf *why)
{
	counterfoil_bytes body = counterfoil_response_body(response);
	char told[SHA256_TEXT];
	if (counterfoil_response_status(response) != 200 || body.len == 0 || !told_hash(response, told))
		return fail(why, ERR_MALFORMED, "the server did not answer with the file and its SHA-256");
	enum err e = sha256_text(body.data, body.len, p->claim.sha256);
	if (e)
		return e;
	if (strcmp(told, p->claim.sha256) != 0)
		return fail(why, ERR_CORRUPT, "the file is not what the server says it is: its SHA-256 is another; nothing was saved");
	buf_clear(bytes);
	buf_add(bytes, body.data, body.len);
	return buf_check(bytes);
}

enum err parcel_fetch(struct session *s, struct parcel *p, struct buf *bytes, struct errbuf *why)
{
	char target[TARGET_SIZE], what[32];
	counterfoil_response *response = NULL;
	snprintf(what, sizeof what, "package/%s", p->encoding);
	target_of(p, what, target);
	const struct exchange x = {.method = "GET", .target = target, .bearer = bearer_of(p)};
	enum err e = session_exchange(s, &x, &response, why);
	if (!e)
		e = take_bytes(p, response, bytes, why);
	counterfoil_response_free(response);
	return e;
}

/* attachment; filename="NAME" */
static void take_name(struct parcel *p, const counterfoil_response *response)
{
	const char *told = counterfoil_response_header(response, "Content-Disposition");
	const char *name = told ? strstr(told, "filename=\"") : NULL;
	char text[256] = "";
	if (name)
		snprintf(text, sizeof text, "%.*s", (int)strcspn(name + 10, "\""), name + 10);
	snprintf(p->file_name, sizeof p->file_name, "%s", file_name_is_fit(text, ".pem") ? text : "certificate.pem");
}

/* A certificate with those above it. */
static enum err take_chain(struct session *s, struct parcel *p, const struct exchange *x, struct buf *chain, struct errbuf *why)
{
	counterfoil_response *response = NULL;
	enum err e = session_exchange(s, x, &response, why);
	if (!e) {
		counterfoil_bytes body = counterfoil_response_body(response);
		buf_clear(chain);
		buf_add(chain, body.data, body.len);
		e = buf_check(chain);
		take_name(p, response);
	}
	counterfoil_response_free(response);
	return e;
}

enum err parcel_request(struct session *s, struct parcel *p, const struct buf *request, struct buf *chain, struct errbuf *why)
{
	char target[TARGET_SIZE];
	target_of(p, "request", target);
	const struct exchange x = {.method = "POST", .target = target, .type = "application/pkcs10", .body = request->data,
				   .len = request->len, .bearer = bearer_of(p)};
	return take_chain(s, p, &x, chain, why);
}

enum err parcel_certificate(struct session *s, struct parcel *p, struct buf *chain, struct errbuf *why)
{
	char target[TARGET_SIZE];
	target_of(p, "certificate", target);
	const struct exchange x = {.method = "GET", .target = target, .bearer = bearer_of(p)};
	return take_chain(s, p, &x, chain, why);
}

enum err parcel_received(struct session *s, const struct parcel *p, struct errbuf *why)
{
	char target[TARGET_SIZE], form[128];
	json_t *answer = NULL;
	target_of(p, "received", target);
	snprintf(form, sizeof form, "sha256=%s", p->claim.sha256);
	const struct exchange x = {.method = "POST", .target = target, .type = form_type, .body = form, .len = strlen(form),
				   .bearer = bearer_of(p)};
	enum err e = session_json(s, &x, &answer, why);
	json_decref(answer);
	return e;
}
