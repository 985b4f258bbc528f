#include "client/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 128, PARTS_MAX = 64, PART_TEXT_MAX = 1024, RETRIES_MAX = 100 };

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", text[i]))
			return false;
	return len > 0;
}

/* A line that could begin another header, or another request, is refused; so is what frames the message. */
static bool header_is_fit(const char *line)
{
	static const char *const ours[] = {"Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect"};
	const char *colon = strchr(line, ':');
	if (!colon || colon - line > HEADER_NAME_MAX || !is_token(line, (size_t)(colon - line)))
		return false;
	for (const char *p = colon + 1; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strlen(ours[i]) == (size_t)(colon - line) && strncasecmp(line, ours[i], strlen(ours[i])) == 0)
			return false;
	return true;
}

bool request_names_header(const char *const *lines, const char *name)
{
	size_t len = strlen(name);
	for (; lines && *lines; lines++)
		if (strncasecmp(*lines, name, len) == 0 && (*lines)[len] == ':')
			return true;
	return false;
}

bool request_does_no_harm(const counterfoil_request *request)
{
	static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (!request->method || strcmp(request->method, methods[i]) == 0)
			return true;
	return request->repeatable || request_names_header(request->headers, "Idempotency-Key");
}

static bool is_printable(const char *text)
{
	if (strnlen(text, PART_TEXT_MAX + 1) > PART_TEXT_MAX)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static bool source_is_fit(const counterfoil_source *source)
{
	return !source || source->read;
}

static bool part_is_fit(const counterfoil_part *part)
{
	return part->name && part->name[0] && is_printable(part->name) && (!part->filename || is_printable(part->filename)) &&
	       (!part->type || is_printable(part->type)) && source_is_fit(part->source) && (!part->data.len || part->data.data);
}

static counterfoil_code check_method(const char *method, counterfoil_error *error)
{
	size_t len = method ? strnlen(method, 33) : 3;
	if (len == 0 || len > 32 || (method && strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the method is not 1 to 32 capital letters");
	return COUNTERFOIL_OK;
}

static counterfoil_code check_headers(const counterfoil_request *request, counterfoil_error *error)
{
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		if (i >= HEADERS_MAX || !header_is_fit(request->headers[i]))
			return outcome(error, COUNTERFOIL_BAD_INPUT,
				       "header number %zu is not \"Name: value\", or is one that the library sets", i + 1);
	if (request->part_count && request_names_header(request->headers, "Content-Type"))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the library sets the Content-Type of a form: leave it out");
	return COUNTERFOIL_OK;
}

static counterfoil_code check_body(const counterfoil_request *request, counterfoil_error *error)
{
	if ((request->body.len > 0) + (request->source != NULL) + (request->part_count > 0) > 1)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "more than one of body, source and parts is given");
	if (request->part_count > PARTS_MAX || (request->part_count && !request->parts))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "a form has %d parts at most", PARTS_MAX);
	for (size_t i = 0; i < request->part_count; i++)
		if (!part_is_fit(&request->parts[i]))
			return outcome(error, COUNTERFOIL_BAD_INPUT,
				       "part number %zu has no name, or a text with control characters, or no content", i + 1);
	if (!source_is_fit(request->source) || (request->sink && !request->sink->write))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "a source cannot read, or a sink cannot write");
	return COUNTERFOIL_OK;
}

counterfoil_code request_take(const counterfoil_request *given, counterfoil_request *whole, counterfoil_error *error)
{
	/* Of version 0.1.0's first form. */
	const size_t least = offsetof(counterfoil_request, total_timeout_ms) + sizeof given->total_timeout_ms;
	if (!given || given->size < least || given->size > sizeof *given || !given->url ||
	    (given->body.len && !given->body.data))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the request has no URL, or its size is not set");
	*whole = (counterfoil_request){0};
	memcpy(whole, given, given->size);
	if (whole->retries > RETRIES_MAX)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "retries are %d at most", RETRIES_MAX);
	counterfoil_code code = check_method(whole->method, error);
	if (!code)
		code = check_headers(whole, error);
	return code ? code : check_body(whole, error);
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static const char *copy(char **at, const char *text)
{
	if (!text)
		return NULL;
	char *copied = memcpy(*at, text, size_of(text));
	*at += size_of(text);
	return copied;
}

void *request_keep(counterfoil_request *request)
{
	const char *const *lines = request->headers;
	size_t size = size_of(request->url) + size_of(request->method), count = 0;
	for (; lines && lines[count]; count++)
		size += size_of(lines[count]);
	const char **kept = calloc(1, (count + 1) * sizeof(char *) + size); /* the last line is NULL; texts behind it */
	if (!kept)
		return NULL;
	char *at = (char *)(kept + count + 1);
	for (size_t i = 0; i < count; i++)
		kept[i] = copy(&at, lines[i]);
	request->url = copy(&at, request->url);
	request->method = copy(&at, request->method);
	request->headers = kept;
	return kept;
}
