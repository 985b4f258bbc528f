/* call --json: what was answered as one object: status, headers, and the body as JSON, text, or bytes in base64. */
#include "base/buf.h"
#include "base/encode.h"
#include "base/media.h"
#include "client/command/call.h"
#include "client/command/output.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MOST = 1 << 20, NAME_SIZE = 256 };

static json_t *base64(counterfoil_bytes bytes)
{
	struct buf text = BUF_INIT(SIZE_MAX);
	base64_encode(bytes.data, bytes.len, &text);
	json_t *value = buf_check(&text) ? NULL : json_stringn((const char *)text.data, text.len);
	buf_free(&text);
	return value;
}

static int add_body(json_t *all, const counterfoil_response *response)
{
	counterfoil_bytes body = counterfoil_response_body(response);
	if (body.len == 0)
		return 0;
	bool json = media_is_json(counterfoil_response_header(response, "Content-Type"));
	json_t *value = json && body.len <= VALUE_MOST
				? json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL)
				: NULL;
	if (value)
		return json_object_set_new(all, "body", value);
	value = json_stringn(body.data, body.len); /* NULL: it is no UTF-8 */
	return value ? json_object_set_new(all, "text", value) : json_object_set_new(all, "base64", base64(body));
}

/* What is no UTF-8 (RFC 9110 lets old headers be Latin-1) is shown with '?'. */
static json_t *text_of(const char *value)
{
	json_t *text = json_string(value);
	char *ascii = text ? NULL : strdup(value);
	for (char *p = ascii; p && *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	if (ascii)
		text = json_string(ascii);
	free(ascii);
	return text;
}

/* What comes more than once is joined as RFC 9110, 5.3 has it. */
static int add_text(json_t *headers, const char *key, json_t *text)
{
	const char *before = json_string_value(json_object_get(headers, key));
	if (!before)
		return json_object_set(headers, key, text);
	return json_object_set_new(headers, key, json_sprintf("%s, %s", before, json_string_value(text)));
}

/* Names in lower case. */
static int add_header(json_t *headers, const char *name, const char *value)
{
	char lower[NAME_SIZE];
	size_t len = 0;
	for (; len < sizeof lower - 1 && name[len]; len++)
		lower[len] = (char)(name[len] >= 'A' && name[len] <= 'Z' ? name[len] + 32 : name[len]);
	lower[len] = '\0';
	json_t *key = text_of(lower), *text = text_of(value);
	int rc = key && text ? add_text(headers, json_string_value(key), text) : -1;
	json_decref(key);
	json_decref(text);
	return rc;
}

static json_t *headers_of(const counterfoil_response *response)
{
	json_t *headers = json_object();
	const char *name, *value;
	int rc = headers ? 0 : -1;
	for (size_t i = 0; rc == 0 && (name = counterfoil_response_header_at(response, i, &value)); i++)
		rc = add_header(headers, name, value);
	if (rc == 0)
		return headers;
	json_decref(headers);
	return NULL;
}

enum err call_output_json(const counterfoil_response *response, bool with_body, struct errbuf *why)
{
	json_t *all = json_object();
	int rc = json_object_set_new(all, "status", json_integer(counterfoil_response_status(response)));
	if (rc == 0)
		rc = json_object_set_new(all, "headers", headers_of(response));
	if (rc == 0 && with_body)
		rc = add_body(all, response);
	enum err e = rc == 0 ? output_json(all, why) : fail(why, ERR_MEMORY, "out of memory");
	json_decref(all);
	return e;
}
