#include "delivery/sms_parts.h"
#include "base/encode.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { BASIC_MOST = 1024 };

void sms_put_base(const struct sms_adapter *a, const struct sms_gateway *g, struct buf *url)
{
	const char *base = g->url[0] ? g->url : a->url;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	buf_add(url, base, len);
}

struct buf *sms_header(struct sms_request *r)
{
	return &r->header[r->headers++];
}

static bool unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._", c));
}

static void put_encoded(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (unreserved(*text))
			buf_byte(out, (uint8_t)*text);
		else
			buf_format(out, "%%%02X", (unsigned)(uint8_t)*text);
	}
}

void sms_put_field(struct buf *body, const char *name, const char *value)
{
	if (body->len > 0)
		buf_byte(body, '&');
	put_encoded(body, name);
	buf_byte(body, '=');
	put_encoded(body, value);
}

void sms_put_basic(struct sms_request *r, const char *user, const struct secret *secret)
{
	struct buf pair = BUF_INIT(BASIC_MOST), *header = sms_header(r);
	buf_text(&pair, user);
	buf_byte(&pair, ':');
	buf_add(&pair, secret_peek(secret), secret_len(secret));
	buf_text(header, "Authorization: Basic ");
	base64_encode(pair.data, pair.len, header);
	if (pair.err && !header->err)
		header->err = pair.err;
	buf_free(&pair);
}

enum err sms_by_code(const struct sms_meaning *list, size_t count, const char *what, int code, struct errbuf *why)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].code == code)
			return fail(why, list[i].means, "%s %d", what, code);
	return fail(why, ERR_USAGE, "%s %d", what, code);
}

enum err sms_by_status(int status, struct errbuf *why)
{
	if (status >= 200 && status < 300)
		return ERR_OK;
	if (status == 408 || status == 425 || status == 429)
		return fail(why, ERR_LIMIT, "HTTP %d", status);
	bool unknown = status >= 500 || status == 409; /* 409: the same key is still being worked on */
	return fail(why, unknown ? ERR_UNAVAILABLE : ERR_USAGE, "HTTP %d", status);
}

json_t *sms_json(const struct sms_answer *a)
{
	json_t *j = NULL;
	if (a->len > 0 && a->len <= SMS_ANSWER_MAX)
		j = json_loadb((const char *)a->body, a->len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

int sms_number(const json_t *value)
{
	enum { DIGITS_MOST = 9 };
	const char *text = json_string_value(value);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;
	size_t len = text ? strlen(text) : 0;
	if (len > 0 && len <= DIGITS_MOST && len == json_string_length(value) && strspn(text, "0123456789") == len)
		n = strtol(text, NULL, 10);
	return n >= 0 && n <= INT_MAX ? (int)n : -1;
}

void sms_take_reference(const json_t *value, char out[SMS_REFERENCE_SIZE])
{
	const char *text = json_string_value(value);
	size_t len = text ? json_string_length(value) : 0;
	out[0] = '\0';
	if (len == 0 || len >= SMS_REFERENCE_SIZE)
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f || strchr("\"'<>&,\\`", text[i]))
			return;
	memcpy(out, text, len);
	out[len] = '\0';
}

enum err sms_unreadable(const char *name, struct errbuf *why)
{
	return fail(why, ERR_UNAVAILABLE, "the answer is not what %s documents", name);
}
