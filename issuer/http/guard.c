#include "issuer/http/guard.h"
#include "issuer/http/wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 255, LENGTH_DIGITS_MAX = 10 };

/* So many bytes at its beginning are ASCII letters, digits, or of `more`. (strspn makes itself a table at every call.) */
static size_t span_of(const char *text, const char *more)
{
	size_t n = 0;
	for (char c; (c = text[n]); n++)
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !strchr(more, c))
			break;
	return n;
}

static bool is_token(const char *text, size_t len)
{
	return len > 0 && span_of(text, "!#$%&'*+-.^_`|~") == len;
}

static bool is_digits(const char *text)
{
	size_t len = strspn(text, "0123456789");
	return len > 0 && len <= LENGTH_DIGITS_MAX && text[len] == '\0';
}

static enum err check_line(const struct head *h, struct errbuf *why)
{
	static const char *const methods[] = {"GET", "HEAD", "POST"};
	if (strcmp(h->version, "HTTP/1.1") != 0 && strcmp(h->version, "HTTP/1.0") != 0)
		return fail(why, ERR_MALFORMED, "HTTP/1.1 is spoken here");
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(h->method, methods[i]) == 0)
			return ERR_OK;
	return fail(why, ERR_METHOD, "only GET, HEAD and POST are known");
}

static enum err check_path(const struct head *h, struct errbuf *why)
{
	const char *path = h->path;
	for (const char *p = h->target; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '#')
			return fail(why, ERR_MALFORMED, "a byte in the request target is not permitted");
	size_t below = h->base64_below ? strlen(h->base64_below) : 0;
	if (below && strncmp(path, h->base64_below, below) == 0)
		return path[below + strspn(path + below, HEAD_BASE64)]
			       ? fail(why, ERR_MALFORMED, "the path is not base64")
			       : ERR_OK;
	if (strpbrk(path, "%\\"))
		return fail(why, ERR_MALFORMED, "the path must not be percent-encoded");
	for (const char *segment = path; segment; segment = strchr(segment, '/')) {
		size_t len = strcspn(++segment, "/");
		if (len == 0 && *segment == '/')
			return fail(why, ERR_MALFORMED, "the path has an empty segment");
		if (len <= 2 && len > 0 && strspn(segment, ".") == len)
			return fail(why, ERR_MALFORMED, "the path has a dot segment");
	}
	return ERR_OK;
}

static enum err check_field(const struct head_field *f, struct errbuf *why)
{
	size_t most = strcasecmp(f->name, "Cookie") == 0 ? HEAD_COOKIES_MAX : HEAD_VALUE_MAX;
	if (!f->value || !is_token(f->name, f->name_len))
		return fail(why, ERR_MALFORMED, "a header's name is not a token");
	if (strlen(f->name) != f->name_len || strlen(f->value) != f->value_len)
		return fail(why, ERR_MALFORMED, "a header has a NUL");
	if (f->name_len > HEAD_NAME_MAX)
		return fail(why, ERR_MALFORMED, "a header's name is longer than %d bytes", HEAD_NAME_MAX);
	if (f->value_len > most)
		return fail(why, ERR_MALFORMED, "the header %.40s is longer than %zu bytes", f->name, most);
	for (const unsigned char *p = (const unsigned char *)f->value; *p; p++)
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			return fail(why, ERR_MALFORMED, "the header %.40s has a control character", f->name);
	return ERR_OK;
}

/* RFC 9110 7.2: a name or an address, perhaps with a port; an IPv6 address in brackets. */
static bool is_host(const char *host)
{
	size_t len = 0;
	if (strlen(host) > HOST_MAX)
		return false;
	if (host[0] == '[') {
		len = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
		if (len < 3 || host[len] != ']')
			return false;
		len++;
	} else {
		len = span_of(host, ".-_");
	}
	if (len == 0)
		return false;
	if (host[len] == '\0')
		return true;
	size_t port = host[len] == ':' ? strspn(host + len + 1, "0123456789") : 0;
	return port >= 1 && port <= 5 && host[len + 1 + port] == '\0';
}

/* Fields of which there may be one: a second is read by one parser and not by the next. */
static enum err check_single(const struct head *h, struct errbuf *why)
{
	static const char *const single[] = {
		"Content-Length", "Transfer-Encoding", "Host",          "Content-Type", "Cookie",   "Expect",
		"Origin",         "Sec-Fetch-Site",    "Authorization", "Range",        "If-Range",
		"If-Match",       "Idempotency-Key",
	};
	for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
		if (head_count(h, single[i]) > 1)
			return fail(why, ERR_MALFORMED, "the header %s stands twice", single[i]);
	return ERR_OK;
}

static enum err check_framing(const struct head *h, struct errbuf *why)
{
	const char *length = head_value(h, "Content-Length"), *coding = head_value(h, "Transfer-Encoding");
	if (length && coding)
		return fail(why, ERR_MALFORMED, "Content-Length and Transfer-Encoding together");
	if (length && !is_digits(length))
		return fail(why, ERR_MALFORMED, "Content-Length is not a number");
	if (coding && strcmp(coding, "chunked") != 0)
		return fail(why, ERR_MALFORMED, "Transfer-Encoding is not chunked");
	if (coding && strcmp(h->version, "HTTP/1.1") != 0)
		return fail(why, ERR_MALFORMED, "Transfer-Encoding in HTTP/1.0");
	if (head_has_body(h) && strcmp(h->method, "POST") != 0)
		return fail(why, ERR_MALFORMED, "a %s with a body", h->method);
	return ERR_OK;
}

static enum err check_host(const struct head *h, struct errbuf *why)
{
	const char *host = head_value(h, "Host");
	if (!host)
		return fail(why, ERR_MALFORMED, "no Host");
	return is_host(host) ? ERR_OK : fail(why, ERR_MALFORMED, "Host is neither a name nor an address");
}

static enum err check_expect(const struct head *h, struct errbuf *why)
{
	const char *expect = head_value(h, "Expect");
	if (expect && strcasecmp(expect, "100-continue") != 0)
		return fail(why, ERR_MALFORMED, "an expectation that cannot be met");
	return ERR_OK;
}

enum err guard_check(struct head *h, struct errbuf *why)
{
	static enum err (*const checks[])(const struct head *, struct errbuf *) = {
		check_single, check_host, check_framing, check_expect, check_line,
	};
	if (!h->method || !h->target || !h->version)
		return fail(why, ERR_MALFORMED, "the request line is not complete");
	if (h->overflow)
		return fail(why, ERR_MALFORMED, "more than %d headers", HEAD_FIELDS_MAX);
	for (size_t i = 0; i < h->fields; i++) {
		enum err rc = check_field(&h->field[i], why);
		if (rc != ERR_OK)
			return rc;
	}
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		enum err rc = checks[i](h, why);
		if (rc != ERR_OK)
			return rc;
	}
	enum err rc = h->wire ? wire_check(h, h->wire, h->wire_len, why) : ERR_OK;
	if (rc == ERR_OK)
		rc = head_split(h, why);
	return rc == ERR_OK ? check_path(h, why) : rc;
}

enum err guard_origin(const struct head *h, const char *scheme, bool null_is_ours, struct errbuf *why)
{
	const char *site = head_value(h, "Sec-Fetch-Site"), *origin = head_value(h, "Origin"),
		   *host = head_value(h, "Host");
	char own[HOST_MAX + 16];
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return fail(why, ERR_REFUSED, "a form of another site");
	if (!origin)
		return ERR_OK;
	if (strcmp(origin, "null") == 0 && (site || null_is_ours))
		return ERR_OK;
	snprintf(own, sizeof own, "%s://%s", scheme, host ? host : "");
	return strcasecmp(origin, own) == 0 ? ERR_OK : fail(why, ERR_REFUSED, "a form of another site");
}
