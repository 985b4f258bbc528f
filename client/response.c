#include "client/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

counterfoil_response *response_new(size_t header_cap, size_t body_cap)
{
	counterfoil_response *response = calloc(1, sizeof *response);
	if (!response)
		return NULL;
	response->headers = BUF_INIT(header_cap);
	response->body = BUF_INIT(body_cap < SIZE_MAX ? body_cap + 1 : body_cap); /* the NUL behind it */
	return response;
}

void counterfoil_response_free(counterfoil_response *response)
{
	if (!response)
		return;
	buf_free(&response->headers);
	buf_free(&response->body);
	free(response);
}

static size_t trimmed(const char **text, size_t len)
{
	while (len && strchr(" \t", **text)) {
		(*text)++;
		len--;
	}
	while (len && strchr(" \t\r\n", (*text)[len - 1]))
		len--;
	return len;
}

enum err response_header_line(counterfoil_response *response, const char *line, size_t len)
{
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		buf_clear(&response->headers);
		return ERR_OK;
	}
	const char *colon = memchr(line, ':', len);
	if (!colon || colon == line || memchr(line, 0, len))
		return len <= 2 ? ERR_OK : buf_check(&response->headers);
	const char *value = colon + 1;
	size_t value_len = trimmed(&value, len - (size_t)(value - line));
	buf_add(&response->headers, line, (size_t)(colon - line));
	buf_byte(&response->headers, 0);
	buf_add(&response->headers, value, value_len);
	buf_byte(&response->headers, 0);
	return buf_check(&response->headers);
}

enum err response_body_bytes(counterfoil_response *response, const void *bytes, size_t len)
{
	if (len >= response->body.cap - response->body.len)
		return ERR_TOO_LARGE;
	buf_add(&response->body, bytes, len);
	return buf_check(&response->body);
}

enum err response_end(counterfoil_response *response, int status)
{
	response->status = status;
	return buf_string(&response->body) ? ERR_OK : ERR_MEMORY;
}

int counterfoil_response_status(const counterfoil_response *response)
{
	return response ? response->status : 0;
}

const char *counterfoil_response_header_at(const counterfoil_response *response, size_t index, const char **value)
{
	const char *at = response && response->headers.data ? (const char *)response->headers.data : NULL;
	const char *end = at ? at + response->headers.len : NULL;
	while (at < end) {
		const char *name = at;
		const char *its_value = name + strlen(name) + 1;
		at = its_value + strlen(its_value) + 1;
		if (index-- > 0)
			continue;
		if (value)
			*value = its_value;
		return name;
	}
	return NULL;
}

const char *counterfoil_response_header(const counterfoil_response *response, const char *name)
{
	const char *value, *found;
	for (size_t i = 0; name && (found = counterfoil_response_header_at(response, i, &value)); i++)
		if (strcasecmp(found, name) == 0)
			return value;
	return NULL;
}

counterfoil_bytes counterfoil_response_body(const counterfoil_response *response)
{
	if (!response || !response->body.data)
		return (counterfoil_bytes){"", 0};
	return (counterfoil_bytes){response->body.data, response->body.len};
}
