#include "client/presented.h"
#include "base/encode.h"

#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

enum { PEM_LINE = 64 };

/* The text that is left. */
struct reader {
	const char *at, *end;
};

static bool take(struct reader *r, const char *literal)
{
	size_t len = strlen(literal);
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, literal, len) != 0)
		return false;
	r->at += len;
	return true;
}

/* DER has one encoding of a certificate; OpenSSL reads others too, so what it read is written again and compared. */
static counterfoil_code add_der(const void *der, size_t len, STACK_OF(X509) *out)
{
	const unsigned char *at = der;
	unsigned char *again = NULL;
	X509 *certificate = len > 0 && len <= PRESENTED_MAX ? d2i_X509(NULL, &at, (long)len) : NULL;
	int written = certificate ? i2d_X509(certificate, &again) : 0;
	bool same = written > 0 && (size_t)written == len && memcmp(again, der, len) == 0;
	OPENSSL_free(again);
	if (same && sk_X509_push(out, certificate) > 0)
		return COUNTERFOIL_OK;
	X509_free(certificate);
	return same ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_PEER_MALFORMED;
}

static counterfoil_code add_base64(const char *text, size_t len, STACK_OF(X509) *out)
{
	struct buf der = BUF_INIT(PRESENTED_MAX);
	enum err e = len ? base64_decode(text, len, &der) : ERR_MALFORMED;
	counterfoil_code code = e == ERR_MEMORY ? COUNTERFOIL_OUT_OF_MEMORY
			      : e		? COUNTERFOIL_PEER_MALFORMED
						: add_der(der.data, der.len, out);
	buf_free(&der);
	return code;
}

/* Lines of 64 characters, only the last may be shorter (RFC 7468 section 3, strict). */
static counterfoil_code take_lines(struct reader *r, const char *line_end, struct buf *text)
{
	size_t len = PEM_LINE;
	while (r->at < r->end && *r->at != '-') {
		if (len != PEM_LINE)
			return COUNTERFOIL_PEER_MALFORMED;
		for (len = 0; r->at + len < r->end && r->at[len] != line_end[0] && len <= PEM_LINE; len++)
			;
		if (len == 0 || len > PEM_LINE)
			return COUNTERFOIL_PEER_MALFORMED;
		buf_add(text, r->at, len);
		r->at += len;
		if (!take(r, line_end))
			return COUNTERFOIL_PEER_MALFORMED;
	}
	return buf_check(text) ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_OK;
}

static counterfoil_code take_block(struct reader *r, const char *line_end, STACK_OF(X509) *out)
{
	struct buf text = BUF_INIT(PRESENTED_MAX);
	counterfoil_code code = COUNTERFOIL_PEER_MALFORMED;
	if (take(r, "-----BEGIN CERTIFICATE-----") && take(r, line_end))
		code = take_lines(r, line_end, &text);
	if (!code && !take(r, "-----END CERTIFICATE-----"))
		code = COUNTERFOIL_PEER_MALFORMED;
	if (!code)
		code = add_base64((const char *)text.data, text.len, out);
	buf_free(&text);
	return code;
}

/* Blocks up to `most`, the end of the last one's line may be missing. */
static counterfoil_code add_blocks(const char *text, size_t len, const char *line_end, int most, STACK_OF(X509) *out)
{
	struct reader r = {text, text + len};
	counterfoil_code code = COUNTERFOIL_OK;
	do {
		code = take_block(&r, line_end, out);
		if (!code && r.at < r.end && !take(&r, line_end))
			code = COUNTERFOIL_PEER_MALFORMED;
	} while (!code && r.at < r.end && sk_X509_num(out) < most);
	return code ? code : r.at == r.end ? COUNTERFOIL_OK : COUNTERFOIL_PEER_MALFORMED;
}

static counterfoil_code add_pem(const char *text, size_t len, STACK_OF(X509) *out)
{
	const char *line = memchr(text, '\n', len);
	bool returns = line && line > text && line[-1] == '\r';
	return add_blocks(text, len, returns ? "\r\n" : "\n", PRESENTED_CERTIFICATES_MAX, out);
}

static counterfoil_code add_whole_der(const char *text, size_t len, STACK_OF(X509) *out)
{
	return add_der(text, len, out);
}

static bool is_unreserved(char c)
{
	return c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", c);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986 section 2: escaped is exactly what is not unreserved, in capitals. */
static bool unescape(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (is_unreserved(text[i])) {
			buf_byte(out, (uint8_t)text[i]);
			continue;
		}
		if (text[i] != '%' || len - i < 3)
			return false;
		int high = digit(text[i + 1]), low = digit(text[i + 2]);
		int byte = 16 * high + low;
		if (high < 0 || low < 0 || (byte < 0x80 && is_unreserved((char)byte)))
			return false;
		buf_byte(out, (uint8_t)byte);
		i += 2;
	}
	return true;
}

static counterfoil_code add_nginx(const char *text, size_t len, STACK_OF(X509) *out)
{
	struct buf pem = BUF_INIT(PRESENTED_MAX);
	bool read = unescape(text, len, &pem);
	counterfoil_code code = !read ? COUNTERFOIL_PEER_MALFORMED
			      : buf_check(&pem)
				      ? COUNTERFOIL_OUT_OF_MEMORY
				      : add_blocks((const char *)pem.data, pem.len, "\n", 1, out);
	buf_free(&pem);
	return code;
}

static counterfoil_code add_apache(const char *text, size_t len, STACK_OF(X509) *out)
{
	return add_blocks(text, len, " ", 1, out);
}

/* A structured field's byte sequence (RFC 8941 section 3.3.5), which RFC 9440 section 2.2 lets stand alone. */
static counterfoil_code add_rfc9440(const char *text, size_t len, STACK_OF(X509) *out)
{
	if (len < 2 || text[0] != ':' || text[len - 1] != ':')
		return COUNTERFOIL_PEER_MALFORMED;
	return add_base64(text + 1, len - 2, out);
}

static const struct form {
	const char *begins; /* how AUTO knows it; the first that fits */
	counterfoil_code (*add)(const char *text, size_t len, STACK_OF(X509) *out);
} forms[] = {
	[COUNTERFOIL_FORMAT_PEM] = {"-----BEGIN CERTIFICATE-----", add_pem},
	[COUNTERFOIL_FORMAT_DER] = {"\x30\x82", add_whole_der},
	[COUNTERFOIL_FORMAT_NGINX] = {"-----BEGIN%20", add_nginx},
	[COUNTERFOIL_FORMAT_APACHE] = {"-----BEGIN CERTIFICATE----- ", add_apache},
	[COUNTERFOIL_FORMAT_HAPROXY] = {"MII", add_base64},
	[COUNTERFOIL_FORMAT_RFC9440] = {":", add_rfc9440},
};

enum { FORMS = sizeof forms / sizeof *forms };

static const struct form *form_of(counterfoil_bytes presented, counterfoil_format format)
{
	if (format != COUNTERFOIL_FORMAT_AUTO)
		return &forms[format];
	for (int i = FORMS - 1; i > 0; i--) { /* Apache's begins as PEM does, and says more */
		struct reader r = {presented.data, (const char *)presented.data + presented.len};
		if (take(&r, forms[i].begins))
			return &forms[i];
	}
	return NULL;
}

/* mod_headers writes so what there is not. */
static bool is_apaches_nothing(counterfoil_bytes presented, counterfoil_format format)
{
	static const char nothing[] = "(null)";
	return (format == COUNTERFOIL_FORMAT_APACHE || format == COUNTERFOIL_FORMAT_AUTO) &&
	       presented.len == sizeof nothing - 1 && memcmp(presented.data, nothing, presented.len) == 0;
}

counterfoil_code presented_read(counterfoil_bytes presented, counterfoil_format format, STACK_OF(X509) **out,
				counterfoil_error *error)
{
	*out = NULL;
	if ((unsigned)format >= FORMS || (presented.len && !presented.data))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is no such form of a certificate, or an argument is NULL");
	if (presented.len == 0 || is_apaches_nothing(presented, format))
		return outcome(error, COUNTERFOIL_PEER_ABSENT, NULL);
	if (presented.len > PRESENTED_MAX)
		return outcome(error, COUNTERFOIL_TOO_LARGE, "what was presented is larger than %d bytes: no certificate",
			       PRESENTED_MAX);
	const struct form *form = form_of(presented, format);
	STACK_OF(X509) *found = sk_X509_new_null();
	ERR_set_mark();
	counterfoil_code code = !found ? COUNTERFOIL_OUT_OF_MEMORY
			      : form   ? form->add(presented.data, presented.len, found)
				       : COUNTERFOIL_PEER_MALFORMED;
	ERR_pop_to_mark();
	if (code) {
		sk_X509_pop_free(found, X509_free);
		return outcome(error, code, NULL);
	}
	*out = found;
	return outcome_ok(error);
}
