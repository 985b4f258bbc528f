/* ocsp_ask: one question to a responder (RFC 6960 section 4.1 and appendix A.1), with a nonce (RFC 9654), and its answer. */
#include "client/inquiry.h"
#include "client/transport.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { NONCE_SIZE = 32, URL_MAX = 2048, AGE_MOST = 3600 };

/* The certificate is its CA's, so this is the CA's word; but it is only ever asked over plain HTTP, which is all that an
 * answer with a signature needs. */
static bool is_usable(const char *url)
{
	const size_t len = strnlen(url, URL_MAX + 1);
	if (len > URL_MAX || strncmp(url, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~')
			return false;
	return true;
}

/* Names the certificate by SHA-1, which every responder understands (RFC 5019 section 2.1.1). */
static OCSP_REQUEST *request_new(const struct ocsp_inquirer *in)
{
	unsigned char nonce[NONCE_SIZE];
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), in->certificate, in->issuer);
	if (request && id && OCSP_request_add0_id(request, id)) {
		id = NULL; /* the request's */
		if (RAND_bytes(nonce, sizeof nonce) == 1 && OCSP_request_add1_nonce(request, nonce, sizeof nonce) == 1)
			return request;
	}
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	return NULL;
}

static enum ocsp_flaw flaw_of(counterfoil_code code)
{
	switch (code) {
	case COUNTERFOIL_OK:
		return OCSP_FLAW_NONE;
	case COUNTERFOIL_TIMEOUT:
		return OCSP_FLAW_TIMEOUT;
	case COUNTERFOIL_TOO_LARGE:
		return OCSP_FLAW_MALFORMED;
	case COUNTERFOIL_OUT_OF_MEMORY:
		return OCSP_FLAW_MEMORY;
	default:
		return OCSP_FLAW_UNREACHABLE;
	}
}

static enum ocsp_flaw exchange(const struct ocsp_inquirer *in, const char *url, OCSP_REQUEST *request, struct ocsp_answer *answer)
{
	unsigned char *der = NULL;
	struct buf body = BUF_INIT(OCSP_ANSWER_MAX);
	const int len = i2d_OCSP_REQUEST(request, &der);
	if (len <= 0)
		return OCSP_FLAW_MEMORY;
	const struct transport_question question = {
		.url = url, .timeout_ms = in->timeout_ms, .type = "application/ocsp-request", .body = {der, (size_t)len}};
	enum ocsp_flaw flaw = flaw_of(transport_fetch(&question, &body, NULL));
	if (!flaw) {
		const struct ocsp_question about = {.certificate = in->certificate, .issuer = in->issuer, .asked = request,
						    .now = in->now, .age_most = AGE_MOST};
		flaw = ocsp_read((counterfoil_bytes){body.data, body.len}, &about, answer);
	}
	buf_free(&body);
	OPENSSL_free(der);
	return flaw;
}

/* The first that can be asked; each answer carries its own proof, so it is all the same which. */
static const char *named_in(STACK_OF(OPENSSL_STRING) *urls)
{
	for (int i = 0; i < sk_OPENSSL_STRING_num(urls); i++)
		if (is_usable(sk_OPENSSL_STRING_value(urls, i)))
			return sk_OPENSSL_STRING_value(urls, i);
	return NULL;
}

enum ocsp_flaw ocsp_ask(const struct ocsp_inquirer *inquirer, struct ocsp_answer *answer)
{
	bool by_certificate = strcmp(inquirer->responder, COUNTERFOIL_OCSP_CERTIFICATE) == 0;
	ERR_set_mark();
	STACK_OF(OPENSSL_STRING) *urls = by_certificate ? X509_get1_ocsp(inquirer->certificate) : NULL;
	const char *url = by_certificate ? named_in(urls) : inquirer->responder;
	OCSP_REQUEST *request = url ? request_new(inquirer) : NULL;
	enum ocsp_flaw flaw = !url ? OCSP_FLAW_NOT_ASKED : OCSP_FLAW_MEMORY;
	if (request)
		flaw = exchange(inquirer, url, request, answer);
	OCSP_REQUEST_free(request);
	X509_email_free(urls);
	ERR_pop_to_mark();
	return flaw;
}
