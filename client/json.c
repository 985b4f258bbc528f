/* json: a call whose body and answer are JSON, and the values of the answer. */
#include "client/json.h"
#include "base/media.h"
#include "client/json_read.h"
#include "client/request.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 1024 };

struct counterfoil_json {
	counterfoil_response *response;
	json_t *value; /* NULL: none */
};

static counterfoil_code not_json(int status, const char *what, counterfoil_error *error)
{
	return outcome(error, COUNTERFOIL_NOT_JSON,
		       "the answer is status %d with %s, not JSON: check the URL, or ask the service's operator", status, what);
}

/* Each way of being no JSON has its sentence; the body's own words are not repeated. */
static counterfoil_code read_value(counterfoil_json *answer, counterfoil_error *error)
{
	int status = counterfoil_response_status(answer->response), line = 0;
	const char *type = counterfoil_response_header(answer->response, "Content-Type");
	if (media_is_html(type))
		return not_json(status, "a page of HTML", error);
	if (type && !media_is_json(type))
		return not_json(status, "another kind of content", error);
	switch (json_read(counterfoil_response_body(answer->response), &answer->value, &line)) {
	case COUNTERFOIL_OK:
		return outcome_ok(error);
	case COUNTERFOIL_TOO_LARGE:
		return outcome(error, COUNTERFOIL_TOO_LARGE,
			       "the answer has more than %d values, or is nested deeper than %d: ask for less at a time",
			       JSON_VALUES_MAX, JSON_DEPTH_MAX);
	case COUNTERFOIL_OUT_OF_MEMORY:
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	default:
		return outcome(error, COUNTERFOIL_NOT_JSON,
			       "the answer (status %d) is JSON that cannot be read at line %d: tell the service's operator", status,
			       line);
	}
}

static counterfoil_code judge(counterfoil_json *answer, counterfoil_error *error)
{
	int status = counterfoil_response_status(answer->response);
	size_t len = counterfoil_response_body(answer->response).len;
	if (status >= 400) {
		read_value(answer, NULL); /* an error is one, whatever it is written in */
		return outcome(error, COUNTERFOIL_PROBLEM,
			       "the service answered with status %d: look at what it says, and at the request", status);
	}
	if (status >= 300)
		return not_json(status, "a redirect or nothing new, which is not followed", error);
	return len ? read_value(answer, error) : outcome_ok(error);
}

static counterfoil_code check(const counterfoil_request *given, counterfoil_request *call, counterfoil_error *error)
{
	json_t *body = NULL;
	int line = 0;
	counterfoil_code code = request_take(given, call, error);
	if (code)
		return code;
	if (call->source || call->part_count || call->sink)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "a JSON call has no source, parts or sink: its body is in memory");
	if (!call->body.len)
		return COUNTERFOIL_OK;
	code = json_read(call->body, &body, &line);
	json_decref(body);
	if (code == COUNTERFOIL_BAD_INPUT)
		return outcome(error, code, "the body is not one JSON value in UTF-8: see its line %d", line);
	return code ? outcome(error, code, NULL) : COUNTERFOIL_OK;
}

static const char **with_lines(const counterfoil_request *call)
{
	size_t count = 0;
	while (call->headers && call->headers[count])
		count++;
	const char **lines = calloc(count + 3, sizeof *lines);
	if (!lines)
		return NULL;
	for (size_t i = 0; i < count; i++)
		lines[i] = call->headers[i];
	if (!request_names_header(call->headers, "Accept"))
		lines[count++] = "Accept: application/json, application/problem+json";
	if (call->body.len && !request_names_header(call->headers, "Content-Type"))
		lines[count] = "Content-Type: application/json";
	return lines;
}

counterfoil_code json_begin(const counterfoil_request *given, counterfoil_request *call, const char ***lines,
			    counterfoil_error *error)
{
	*lines = NULL;
	counterfoil_code code = check(given, call, error);
	if (code)
		return code;
	*lines = with_lines(call);
	if (!*lines)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	call->size = sizeof *call;
	call->headers = *lines;
	return COUNTERFOIL_OK;
}

static counterfoil_code exchange(counterfoil_client *client, const counterfoil_request *request,
				 counterfoil_response **response, counterfoil_error *error)
{
	counterfoil_request call = {0};
	const char **lines = NULL;
	counterfoil_code code = json_begin(request, &call, &lines, error);
	if (!code)
		code = counterfoil_call(client, &call, response, error);
	free(lines);
	return code;
}

counterfoil_json *json_answer_new(void)
{
	return calloc(1, sizeof(counterfoil_json));
}

counterfoil_code json_end(counterfoil_code code, counterfoil_response *response, counterfoil_json **answer,
			  counterfoil_error *error)
{
	counterfoil_json *made = *answer;
	made->response = response;
	if (!response) {
		counterfoil_json_free(made);
		*answer = NULL;
		return code;
	}
	if (code == COUNTERFOIL_OK)
		return judge(made, error);
	read_value(made, NULL);
	return code;
}

counterfoil_code counterfoil_json_call(counterfoil_client *client, const counterfoil_request *request,
				       counterfoil_json **answer, counterfoil_error *error)
{
	if (!answer)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the answer");
	counterfoil_response *response = NULL;
	*answer = json_answer_new();
	if (!*answer)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	counterfoil_code code = exchange(client, request, &response, error);
	return json_end(code, response, answer, error);
}

/* One name of a pointer, unescaped; false when it is none (RFC 6901, 3 and 4), or longer than any that is asked for. */
static bool take_name(const char **at, char out[NAME_MOST])
{
	size_t len = 0;
	if (**at != '/')
		return false;
	for ((*at)++; **at && **at != '/'; (*at)++) {
		char c = **at;
		if (c == '~') {
			(*at)++;
			if (**at != '0' && **at != '1')
				return false;
			c = **at == '0' ? '~' : '/';
		}
		if (len == NAME_MOST - 1)
			return false;
		out[len++] = c;
	}
	out[len] = '\0';
	return true;
}

/* "0", or digits without a zero before them. */
static json_t *element(const json_t *array, const char *name)
{
	size_t digits = strspn(name, "0123456789");
	if (digits == 0 || digits > 9 || name[digits] || (name[0] == '0' && digits > 1))
		return NULL;
	return json_array_get(array, strtoul(name, NULL, 10));
}

static const json_t *find(const counterfoil_json *answer, const char *pointer)
{
	const json_t *value = answer && pointer ? answer->value : NULL;
	char name[NAME_MOST];
	while (value && *pointer) {
		if (!take_name(&pointer, name))
			return NULL;
		value = json_is_array(value) ? element(value, name) : json_object_get(value, name);
	}
	return value;
}

counterfoil_json_kind counterfoil_json_at(const counterfoil_json *answer, const char *pointer)
{
	static const counterfoil_json_kind kinds[] = {
		[JSON_OBJECT] = COUNTERFOIL_JSON_OBJECT, [JSON_ARRAY] = COUNTERFOIL_JSON_ARRAY,
		[JSON_STRING] = COUNTERFOIL_JSON_STRING, [JSON_INTEGER] = COUNTERFOIL_JSON_INTEGER,
		[JSON_REAL] = COUNTERFOIL_JSON_REAL,	 [JSON_TRUE] = COUNTERFOIL_JSON_BOOLEAN,
		[JSON_FALSE] = COUNTERFOIL_JSON_BOOLEAN, [JSON_NULL] = COUNTERFOIL_JSON_NULL};
	const json_t *value = find(answer, pointer);
	return value ? kinds[json_typeof(value)] : COUNTERFOIL_JSON_ABSENT;
}

const char *counterfoil_json_string(const counterfoil_json *answer, const char *pointer, const char *otherwise)
{
	const json_t *value = find(answer, pointer);
	return json_is_string(value) ? json_string_value(value) : otherwise;
}

int64_t counterfoil_json_integer(const counterfoil_json *answer, const char *pointer, int64_t otherwise)
{
	const json_t *value = find(answer, pointer);
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

double counterfoil_json_real(const counterfoil_json *answer, const char *pointer, double otherwise)
{
	const json_t *value = find(answer, pointer);
	return json_is_number(value) ? json_number_value(value) : otherwise;
}

int counterfoil_json_boolean(const counterfoil_json *answer, const char *pointer, int otherwise)
{
	const json_t *value = find(answer, pointer);
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

size_t counterfoil_json_count(const counterfoil_json *answer, const char *pointer)
{
	const json_t *value = find(answer, pointer);
	return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const char *counterfoil_json_name(const counterfoil_json *answer, const char *pointer, size_t index)
{
	json_t *value = (json_t *)find(answer, pointer);
	void *at = json_object_iter(value);
	for (; at && index > 0; index--)
		at = json_object_iter_next(value, at);
	return at ? json_object_iter_key(at) : NULL;
}

const counterfoil_response *counterfoil_json_response(const counterfoil_json *answer)
{
	return answer ? answer->response : NULL;
}

/* A string may be a secret; it is nobody else's. No deeper than JSON_DEPTH_MAX. */
static void wipe(json_t *value)
{
	const char *name;
	json_t *inner;
	size_t i;
	if (json_is_string(value))
		explicit_bzero((char *)json_string_value(value), json_string_length(value));
	json_array_foreach(value, i, inner)
		wipe(inner);
	json_object_foreach(value, name, inner)
		wipe(inner);
}

void counterfoil_json_free(counterfoil_json *answer)
{
	if (!answer)
		return;
	wipe(answer->value);
	json_decref(answer->value);
	counterfoil_response_free(answer->response);
	free(answer);
}
