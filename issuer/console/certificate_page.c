/* One certificate: whose it is, whether it works, and what to do when it must not work any more. */
#include "base/embed.h"
#include "issuer/console/certificate_view.h"

#include "ca/certificate.h"

#include <stdio.h>
#include <string.h>

EMBED_TEXT(console_text_certificate, "issuer/console/pages/certificate.html");

static console_view view;

static const struct console_field noting[] = {
	{.name = "note", .value = "nothing", .label = "Why", .hint = "Kept in the audit.", .longest = 500}, {0},
};
static const struct console_form hold = {
	.name = "hold", .path = "/console/certificates/{serial}/hold", .api = api_certificate_hold, .view = view,
	.submit = "Put it on hold", .next = "/console/certificates/{serial}", .said = "held", .fields = noting,
};
static const struct console_form release = {
	.name = "release", .path = "/console/certificates/{serial}/release", .api = api_certificate_release, .view = view,
	.submit = "Release it", .next = "/console/certificates/{serial}", .said = "released", .fields = noting,
};

static bool is_status(const json_t *certificate, const char *status)
{
	const char *text = json_string_value(json_object_get(certificate, "status"));
	return text && strcmp(text, status) == 0;
}

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *c = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_certificate_show}, &c))
		return;
	enum err e = certificate_dress(front, q, c);
	const bool live = json_is_true(json_object_get(c, "live"));
	const struct console_use forms[] = {{&hold, c, !is_status(c, "valid")}, {&release, c, !is_status(c, "held")}, {0}};
	const struct template_field fields[] = {
		{"may_revoke", live && console_may(q, api_certificate_revoke, NULL) ? "1" : "", TEMPLATE_VALUE},
		{"may_order", console_may(q, api_order_new, NULL) ? "1" : "", TEMPLATE_VALUE},
		{"may_staff", console_may(q, api_staff_show, NULL) ? "1" : "", TEMPLATE_VALUE},
		{"held", is_status(c, "held") ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	const char *whose = json_string_value(json_object_get(c, "whose"));
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = whose ? whose : "Certificate", .above = "Certificate",
								 .text = console_text_certificate, .data = c, .fields = fields,
								 .forms = forms, .posted = posted});
	json_decref(c);
}

void console_certificate(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

void console_certificate_hold(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &hold);
}

void console_certificate_release(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &release);
}

/* ---- the files ---- */

enum { FILE_MAX = 1 << 18 };

static enum err write_pem(const struct front *front, const json_t *c, struct buf *out)
{
	(void)front;
	const char *pem = json_string_value(json_object_get(c, "pem"));
	if (!pem)
		return ERR_NOT_FOUND;
	buf_text(out, pem);
	return buf_check(out);
}

static enum err write_der(const struct front *front, const json_t *c, struct buf *out)
{
	(void)front;
	const char *pem = json_string_value(json_object_get(c, "pem"));
	return pem ? certificate_pem_to_der(pem, strlen(pem), 0, out) : ERR_NOT_FOUND;
}

static enum err write_chain(const struct front *front, const json_t *c, struct buf *out)
{
	enum err e = write_pem(front, c, out);
	return e ? e : certificate_chain_pem(front, c, out);
}

static const struct {
	const char *name, *type;
	enum err (*write)(const struct front *front, const json_t *c, struct buf *out);
} files[] = {
	{"certificate.pem", "application/x-pem-file", write_pem},
	{"certificate.cer", "application/pkix-cert", write_der},
	{"chain.pem", "application/pem-certificate-chain", write_chain},
};

static void send_file(struct front *front, const struct request *q, struct reply *r, const json_t *c, size_t n)
{
	const char *serial = json_string_value(json_object_get(c, "serial"));
	struct buf bytes = BUF_INIT(FILE_MAX);
	enum err e = files[n].write(front, c, &bytes);
	buf_add(&r->body, bytes.data, bytes.len);
	buf_free(&bytes);
	if (e) {
		console_fault(front, q, r, e, NULL);
		return;
	}
	r->content_type = files[n].type;
	snprintf(r->disposition, sizeof r->disposition, "attachment; filename=\"%.12s-%s\"", serial ? serial : "", files[n].name);
}

void console_certificate_file(struct front *front, const struct request *q, struct reply *r)
{
	json_t *c = NULL;
	size_t n = 0;
	while (n < sizeof files / sizeof *files && strcmp(files[n].name, q->parameter[1]) != 0)
		n++;
	if (n == sizeof files / sizeof *files) {
		console_fault(front, q, r, ERR_NOT_FOUND, NULL);
		return;
	}
	if (!console_ask(front, q, r, &(struct console_call){.api = api_certificate_show}, &c))
		return;
	send_file(front, q, r, c, n);
	json_decref(c);
}
