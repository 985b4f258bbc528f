#include "issuer/http/send.h"
#include "issuer/http/conditional.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char content_security_policy[] =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

static int add_json(const char *bytes, size_t len, void *ctx)
{
	buf_add(ctx, bytes, len);
	return buf_check(ctx) == ERR_OK ? 0 : -1;
}

static void render(struct reply *r)
{
	bool rendered = true;
	if (r->status == 0)
		r->status = 200;
	if (r->json) {
		buf_clear(&r->body);
		rendered = json_dump_callback(r->json, add_json, &r->body, JSON_COMPACT) == 0;
		buf_byte(&r->body, '\n');
		json_decref(r->json);
		r->json = NULL;
	}
	if (!rendered || buf_check(&r->body) != ERR_OK) { /* half a body is worse than none */
		buf_free(&r->body);
		r->status = 500;
		r->etag[0] = '\0';
		r->cache_seconds = 0;
		r->ranges = false;
	}
}

static size_t body_len(const struct reply *r)
{
	return r->lent ? r->lent_len : r->body.len;
}

struct part {
	unsigned status;
	size_t first, len;
};

/* RFC 9110 13.2.2: the date counts only for those who name no tag; and only of what never changes twice in a second, as
 * OCSP may. */
static bool known_to_them(const struct reply *r, const struct head *head)
{
	const char *tags = head_value(head, "If-None-Match");
	if (tags || !r->ranges)
		return etag_listed(tags, r->etag);
	return unmodified_since(head_value(head, "If-Modified-Since"), r->last_modified);
}

static struct part choose_part(const struct reply *r, const struct head *head)
{
	struct part p = {(unsigned)r->status, 0, body_len(r)};
	if (r->status != 200 || strcmp(head->method, "POST") == 0)
		return p;
	if (!r->tag_for_changes && known_to_them(r, head)) {
		p.status = 304;
		return p;
	}
	const char *if_range = head_value(head, "If-Range");
	if (!r->ranges || strcmp(head->method, "GET") != 0 || (if_range && strcmp(if_range, r->etag) != 0))
		return p;
	switch (range_parse(head_value(head, "Range"), body_len(r), &p.first, &p.len)) {
	case RANGE_WHOLE:
		break;
	case RANGE_PART:
		p.status = 206;
		break;
	case RANGE_OUTSIDE:
		p = (struct part){416, 0, 0};
		break;
	}
	return p;
}

static void two_digits(char *out, int n)
{
	out[0] = (char)('0' + n / 10 % 10);
	out[1] = (char)('0' + n % 10);
}

/* IMF-fixdate (RFC 9110 5.6.7), without the locale, and without printf: it stands in every answer of OCSP, twice. */
static void http_date(int64_t seconds, char out[40])
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)seconds;
	struct tm tm;
	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof tm);
	memcpy(out, "Www, 00 Mmm 0000 00:00:00 GMT", 30);
	memcpy(out, days + (ptrdiff_t)3 * tm.tm_wday, 3);
	memcpy(out + 8, months + (ptrdiff_t)3 * tm.tm_mon, 3);
	two_digits(out + 5, tm.tm_mday);
	two_digits(out + 12, (tm.tm_year + 1900) / 100);
	two_digits(out + 14, (tm.tm_year + 1900) % 100);
	two_digits(out + 17, tm.tm_hour);
	two_digits(out + 20, tm.tm_min);
	two_digits(out + 23, tm.tm_sec);
}

struct made {
	struct MHD_Response *response;
	bool lacks; /* a header, for want of memory */
};

static void add(struct made *m, const char *name, const char *value)
{
	if (value && value[0] && MHD_add_response_header(m->response, name, value) != MHD_YES)
		m->lacks = true;
}

static void add_content(struct made *m, const struct reply *r, const struct part *p)
{
	char text[128];
	if (p->len && p->status != 304)
		add(m, "Content-Type", r->content_type);
	if (p->status == 206 && body_len(r)) {
		snprintf(text, sizeof text, "bytes %zu-%zu/%zu", p->first, p->first + p->len - 1, body_len(r));
		add(m, "Content-Range", text);
	}
	if (p->status == 416) {
		snprintf(text, sizeof text, "bytes */%zu", body_len(r));
		add(m, "Content-Range", text);
	}
	if (r->ranges)
		add(m, "Accept-Ranges", "bytes");
	if (r->gzip)
		add(m, "Content-Encoding", "gzip");
	if (r->varies)
		add(m, "Vary", "Accept-Encoding");
	if (r->last_modified) {
		http_date(r->last_modified, text);
		add(m, "Last-Modified", text);
	}
	if (r->expires) {
		http_date(r->expires, text);
		add(m, "Expires", text);
	}
	if (r->content_type && strncmp(r->content_type, "text/html", 9) == 0) {
		add(m, "Content-Security-Policy", content_security_policy);
		add(m, "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
	}
}

static void add_control(struct made *m, const struct reply *r, const struct sending *s)
{
	char text[96];
	if (r->cache_seconds > 0)
		snprintf(text, sizeof text, "max-age=%d%s", r->cache_seconds,
			 r->expires ? ", public, no-transform, must-revalidate" : "");
	add(m, "Cache-Control", r->cache_seconds > 0 ? text : "no-store");
	if (r->retry_after) {
		snprintf(text, sizeof text, "%d", r->retry_after);
		add(m, "Retry-After", text);
	}
	add(m, "X-Content-Type-Options", "nosniff");
	add(m, "Referrer-Policy", "no-referrer");
	if (!r->expires) /* a cache hands the answer on, and another's id with it */
		add(m, "X-Request-Id", s->request_id);
	if (s->listener == LISTENER_PUBLIC || s->listener == LISTENER_MEMBERS)
		add(m, "Strict-Transport-Security", "max-age=31536000");
	if (r->status == 401) /* RFC 9110 11.6.1 wants a challenge; no scheme is registered for certificates */
		add(m, "WWW-Authenticate", "ClientCertificate");
	if (s->close)
		add(m, "Connection", "close");
}

struct MHD_Response *send_prepare(const struct reply *r)
{
	const struct sending s = {.listener = LISTENER_STATUS};
	const struct part whole = {200, 0, r->body.len};
	struct made m = {.response = MHD_create_response_from_buffer(whole.len, r->body.data, MHD_RESPMEM_MUST_COPY)};
	if (!m.response)
		return NULL;
	add_content(&m, r, &whole);
	add_control(&m, r, &s);
	add(&m, "ETag", r->etag);
	if (!m.lacks)
		return m.response;
	MHD_destroy_response(m.response);
	return NULL;
}

struct MHD_Response *send_response(struct reply *r, const struct sending *s, unsigned *status)
{
	if (r->prepared) {
		*status = 200;
		return r->prepared;
	}
	render(r);
	struct part p = choose_part(r, s->head);
	const uint8_t *body = r->lent ? r->lent : r->body.data;
	void *bytes = body ? (void *)(uintptr_t)(body + p.first) : NULL; /* it only reads */
	struct made m = {.response = MHD_create_response_from_buffer(p.len, bytes, MHD_RESPMEM_PERSISTENT)};
	if (!m.response)
		return NULL;
	add_content(&m, r, &p);
	add_control(&m, r, s);
	add(&m, "ETag", r->etag);
	add(&m, "Location", r->location);
	add(&m, "Set-Cookie", r->cookie);
	add(&m, "Content-Disposition", r->disposition);
	add(&m, "Allow", r->allow);
	*status = p.status;
	return m.response;
}
