#include "base/embed.h"
#include "base/encode.h"
#include "delivery/address.h"
#include "issuer/http/page_own.h"

#include <stdio.h>
#include <string.h>

EMBED_TEXT(page_text_file, "issuer/http/pages/file.html");
EMBED_TEXT(page_text_preparing, "issuer/http/pages/preparing.html");
EMBED_TEXT(page_text_done, "issuer/http/pages/done.html");

static bool taken(const struct collect_view *view)
{
	return view->state == ORDER_RECEIVED || view->state == ORDER_PASSWORD_SENT || view->state == ORDER_IN_USE;
}

static void write_preparing(struct visit *v)
{
	const struct template_field fields[] = {
		{"token", v->token, TEMPLATE_VALUE},
		{"either", v->view.key == KEY_EITHER ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	page_write(v, &(struct page){.status = 200, .step = 2, .title = "preparing.title", .text = page_text_preparing,
				     .fields = fields});
}

/* "" until the package was made. */
static void write_digest(const struct visit *v, enum package_encoding encoding, char out[65])
{
	static const uint8_t none[32];
	out[0] = '\0';
	if (memcmp(v->view.sha256[encoding], none, sizeof none) != 0)
		hex_encode(v->view.sha256[encoding], 32, out);
}

static void write_file(struct visit *v, int status, const char *alert)
{
	char mobile[MOBILE_SIZE], modern[65], compatible[65];
	mobile_mask(v->view.facts.mobile, mobile);
	write_digest(v, PACKAGE_MODERN, modern);
	write_digest(v, PACKAGE_COMPATIBLE, compatible);
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_STRONG},
		{"file_name", v->view.file_name, TEMPLATE_KEEP},
		{"sha256", modern, TEMPLATE_VALUE},
		{"sha256_old", compatible, TEMPLATE_VALUE},
		{"mobile", mobile, TEMPLATE_KEEP},
		{"token", v->token, TEMPLATE_VALUE},
		{0},
	};
	page_write(v, &(struct page){.status = status, .step = 2, .title = "file.title", .text = page_text_file,
				     .alert = alert, .fields = fields});
}

void page_file(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	if (!visit_begin(&v, front, q, r))
		return;
	if (!v.view.claimed_by_caller)
		page_intro_write(&v, 403, "fault.code_first", NULL);
	else if (taken(&v.view))
		page_redirect(&v, "done");
	else if (v.view.key == KEY_OWN && !v.view.ready)
		page_request_write(&v, 200, NULL, NULL);
	else if (v.view.key == KEY_OWN)
		page_certificate_write(&v, 200, NULL);
	else if (!v.view.ready)
		write_preparing(&v);
	else
		write_file(&v, 200, NULL);
}

void page_package(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	enum package_encoding encoding;
	if (!visit_begin(&v, front, q, r))
		return;
	if (package_encoding_from_name(q->parameter[1], &encoding) != ERR_OK) {
		page_fault(&v, ERR_INVALID, &(struct errbuf){"The encoding is \"modern\" or \"compatible\"."});
		return;
	}
	if (!v.view.claimed_by_caller) {
		page_fault(&v, ERR_REFUSED, &(struct errbuf){"Type the code first."});
		return;
	}
	enum err e = collect_package(&front->desk, &v.actor, &(struct collect_claim){v.token, v.claim, q->bodiless},
				     encoding, &r->body, &why);
	if (e) {
		buf_clear(&r->body);
		page_fault(&v, e, &why);
		return;
	}
	bool known = encoding == PACKAGE_MODERN && v.view.ready; /* else its hash is that of one made just now */
	if (!known && !visit_again(&v))
		return;
	r->content_type = "application/x-pkcs12";
	r->ranges = true;
	r->etag[0] = '"';
	hex_encode(v.view.sha256[encoding], 32, r->etag + 1);
	memcpy(r->etag + 65, "\"", 2);
	snprintf(r->disposition, sizeof r->disposition, "attachment; filename=\"%s\"", v.view.file_name);
}

/* The file's hash from the form: absent or empty is the button alone. */
static enum err read_hash(const struct request *q, uint8_t hash[32], bool *given, struct errbuf *why)
{
	char text[80];
	*given = false;
	enum err e = request_form(q, "sha256", text, sizeof text);
	if (e == ERR_NOT_FOUND || (!e && !text[0]))
		return ERR_OK;
	if (e || hex_decode(text, hash, 32) != ERR_OK)
		return fail(why, ERR_INVALID, "sha256 wants 64 hexadecimal digits");
	*given = true;
	return ERR_OK;
}

void page_received(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	uint8_t hash[32];
	bool given = false;
	if (!visit_begin(&v, front, q, r))
		return;
	if (!v.view.claimed_by_caller) {
		page_fault(&v, ERR_REFUSED, &(struct errbuf){"Type the code first."});
		return;
	}
	enum err e = read_hash(q, hash, &given, &why);
	if (!e)
		e = collect_received(&front->desk, &v.actor, v.token, v.claim, given ? hash : NULL, &why);
	bool untaken = e == ERR_CONFLICT && !q->wants_json && v.view.ready && !taken(&v.view);
	if (untaken && v.view.key == KEY_OWN)
		page_certificate_write(&v, 409, "certificate.not_fetched");
	else if (untaken)
		write_file(&v, 409, "alert.not_whole");
	else if (e)
		page_fault(&v, e, &why);
	else if (!q->wants_json)
		page_redirect(&v, "done");
	else
		reply_json(r, 200, json_pack("{s:b}", "received", 1));
}

static void write_done(struct visit *v)
{
	char mobile[MOBILE_SIZE], stem[sizeof v->view.file_name];
	mobile_mask(v->view.facts.mobile, mobile);
	snprintf(stem, sizeof stem, "%.*s", (int)strcspn(v->view.file_name, "."), v->view.file_name);
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_STRONG},
		{"slug", v->view.facts.client_slug, TEMPLATE_VALUE},
		{"orderer", v->view.orderer_name, TEMPLATE_STRONG},
		{"file_name", v->view.file_name, TEMPLATE_CODE},
		{"stem", stem, TEMPLATE_VALUE},
		{"include", "proxy.conf", TEMPLATE_CODE},
		{"mobile", mobile, TEMPLATE_KEEP},
		{"staff", facts_of_staff(&v->view.facts) ? "1" : "", TEMPLATE_VALUE},
		{"sent", v->view.state != ORDER_RECEIVED ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	page_write(v, &(struct page){.status = 200, .step = 3, .title = "done.title", .text = page_text_done, .fields = fields});
}

void page_done(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	if (!visit_begin(&v, front, q, r))
		return;
	if (!v.view.claimed_by_caller || !taken(&v.view))
		page_redirect(&v, v.view.claimed_by_caller ? "file" : NULL);
	else if (q->wants_json)
		reply_json(r, 200, page_view_json(&v));
	else if (v.view.key == KEY_OWN)
		page_own_done_write(&v);
	else
		write_done(&v);
}
