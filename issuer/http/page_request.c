/* A key of the recipient's own: what to run or to send, the certificate that comes of it, and what then. The private
 * half never comes here, so nothing here is secret but the claim. */
#include "base/embed.h"
#include "base/media.h"
#include "ca/certificate.h"
#include "delivery/address.h"
#include "issuer/http/ca_files.h"
#include "issuer/http/multipart.h"
#include "issuer/http/page_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

EMBED_TEXT(page_text_request, "issuer/http/pages/request.html");
EMBED_TEXT(page_text_certificate, "issuer/http/pages/certificate.html");
EMBED_TEXT(page_text_own_done, "issuer/http/pages/own_done.html");

enum { REQUEST_TEXT_MAX = 16384, CHAIN_MAX = 65536 };

void page_request_write(struct visit *v, int status, const char *alert, const char *reason)
{
	char mobile[MOBILE_SIZE], link[PAGE_LINK_SIZE];
	mobile_mask(v->view.facts.mobile, mobile);
	page_link(v, link);
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_STRONG},
		{"slug", v->view.facts.client_slug, TEMPLATE_VALUE},
		{"orderer", v->view.orderer_name, TEMPLATE_STRONG},
		{"mobile", mobile, TEMPLATE_KEEP},
		{"either", v->view.key == KEY_EITHER ? "1" : "", TEMPLATE_VALUE},
		{"reason", reason ? reason : "", TEMPLATE_CODE},
		{"link", link, TEMPLATE_VALUE},
		{"token", v->token, TEMPLATE_VALUE},
		{0},
	};
	page_write(v, &(struct page){.status = status, .step = 2, .own = true, .title = "request.title",
				     .text = page_text_request, .alert = alert, .fields = fields});
}

void page_certificate_write(struct visit *v, int status, const char *alert)
{
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_STRONG},
		{"slug", v->view.facts.client_slug, TEMPLATE_VALUE},
		{"file_name", v->view.file_name, TEMPLATE_KEEP},
		{"token", v->token, TEMPLATE_VALUE},
		{0},
	};
	page_write(v, &(struct page){.status = status, .step = 2, .own = true, .title = "certificate.title",
				     .text = page_text_certificate, .alert = alert, .fields = fields});
}

void page_own_done_write(struct visit *v)
{
	const struct template_field fields[] = {
		{"client", v->view.facts.client_name, TEMPLATE_STRONG},
		{"slug", v->view.facts.client_slug, TEMPLATE_VALUE},
		{"orderer", v->view.orderer_name, TEMPLATE_STRONG},
		{"file_name", v->view.file_name, TEMPLATE_CODE},
		{0},
	};
	page_write(v, &(struct page){.status = 200, .step = 3, .own = true, .title = "own_done.title",
				     .text = page_text_own_done, .fields = fields});
}

/* Without a claim there is nothing here. */
static bool claimed(struct visit *v, struct front *front, const struct request *q, struct reply *r)
{
	if (!visit_begin(v, front, q, r))
		return false;
	if (!v->view.claimed_by_caller)
		page_fault(v, ERR_REFUSED, &(struct errbuf){"Type the code first."});
	return v->view.claimed_by_caller;
}

void page_request(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	if (!visit_begin(&v, front, q, r))
		return;
	if (!v.view.claimed_by_caller)
		page_intro_write(&v, 403, "fault.code_first", NULL);
	else if (v.view.ready || v.view.key == KEY_MADE_HERE || v.view.state != ORDER_COLLECTING)
		page_redirect(&v, "file");
	else
		page_request_write(&v, 200, NULL, NULL);
}

/* As RFC 8555 9.1 has it: the certificate, the CA that issued it, and the root for whoever trusts nothing yet. */
static enum err write_chain(const struct front *front, const struct buf *der, struct buf *out)
{
	char name[CA_FILE_NAME_SIZE];
	const uint8_t *at = der->data;
	X509 *x = d2i_X509(NULL, &at, (long)der->len);
	const struct issuer *issuer = x ? issuers_of(front->issuers, x) : NULL;
	X509_free(x);
	if (!issuer)
		return ERR_CORRUPT;
	snprintf(name, sizeof name, "%.24s.pem", issuer->label);
	const struct ca_file *const above[] = {ca_files_find(front->ca_files, name),
					       ca_files_find(front->ca_files, "root.pem")};
	enum err rc = certificate_der_to_pem(der->data, der->len, out);
	for (size_t i = 0; !rc && i < 2; i++)
		buf_add(out, above[i] ? above[i]->bytes.data : NULL, above[i] ? above[i]->bytes.len : 0);
	return rc ? rc : buf_check(out);
}

static void reply_chain(struct visit *v, const struct buf *der)
{
	struct reply *r = v->r;
	enum err e = write_chain(v->front, der, &r->body);
	if (e) {
		buf_clear(&r->body);
		page_fault(v, e, NULL);
		return;
	}
	r->content_type = "application/pem-certificate-chain";
	snprintf(r->disposition, sizeof r->disposition, "attachment; filename=\"%s\"", v->view.file_name);
}

void page_certificate(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	struct buf der = BUF_INIT(CHAIN_MAX);
	if (!claimed(&v, front, q, r))
		return;
	enum err e = collect_certificate(&front->desk, &v.actor, &(struct collect_claim){v.token, v.claim, q->bodiless},
					 &der, &why);
	if (e)
		page_fault(&v, e, &why);
	else
		reply_chain(&v, &der);
	buf_free(&der);
}

/* What a form's field `request`, or the file beside it, holds. An empty field is none. */
static enum err read_form(const struct request *q, struct buf *out, struct errbuf *why)
{
	static const char *const names[] = {"file", "request"};
	char *text = NULL;
	enum err e = ERR_NOT_FOUND;
	if (multipart_is_meant(q->content_type)) {
		struct multipart_part part = {NULL, 0};
		for (size_t i = 0; (e == ERR_OK || e == ERR_NOT_FOUND) && part.len == 0 && i < 2; i++)
			e = multipart_find(q->content_type, q->body->data, q->body->len, names[i], &part);
		buf_add(out, part.bytes, part.len);
	} else {
		text = malloc(REQUEST_TEXT_MAX + 1);
		e = text ? request_form(q, "request", text, REQUEST_TEXT_MAX + 1) : ERR_MEMORY;
		if (!e)
			buf_text(out, text);
		free(text);
	}
	if (e == ERR_MALFORMED)
		return fail(why, e, "the form cannot be read");
	return e && e != ERR_NOT_FOUND ? e : ERR_OK;
}

static bool is_form(const struct request *q)
{
	return multipart_is_meant(q->content_type) || media_is(q->content_type, "application/x-www-form-urlencoded");
}

static enum err read_request(const struct request *q, struct buf *out, struct errbuf *why)
{
	enum err e = ERR_OK;
	if (is_form(q))
		e = read_form(q, out, why);
	else if (!media_is(q->content_type, "application/pkcs10"))
		e = fail(why, ERR_MALFORMED, "a request is sent as application/pkcs10, in DER or PEM");
	else
		buf_add(out, q->body->data, q->body->len);
	if (!e)
		e = buf_check(out);
	return e || out->len ? e : fail(why, ERR_INVALID, "no request was sent");
}

/* What the sender can mend stands on the page with the form, so that he can try again. */
static void refuse(struct visit *v, enum err e, const struct errbuf *why)
{
	bool mendable = e == ERR_INVALID || e == ERR_MALFORMED || e == ERR_TOO_LARGE;
	if (mendable && !v->q->wants_json && !v->view.ready && v->view.key != KEY_MADE_HERE)
		page_request_write(v, err_http_status(e), "request.refused", err_why(e, why));
	else
		page_fault(v, e, why);
}

void page_request_take(struct front *front, const struct request *q, struct reply *r)
{
	struct visit v;
	struct errbuf why = {0};
	struct request told = *q;
	struct buf request = BUF_INIT(REQUEST_TEXT_MAX + 1), der = BUF_INIT(CHAIN_MAX);
	told.wants_json |= !is_form(q); /* a program sends it, whatever it accepts */
	if (!claimed(&v, front, &told, r))
		return;
	enum err e = read_request(q, &request, &why);
	if (!e)
		e = collect_request(&front->desk, &v.actor, &(struct collect_claim){v.token, v.claim, false},
				    request.data, request.len, &der, &why);
	if (e)
		refuse(&v, e, &why);
	else if (!told.wants_json)
		page_redirect(&v, "file");
	else if (visit_again(&v)) /* by now it has a name */
		reply_chain(&v, &der);
	buf_free(&request);
	buf_free(&der);
}
