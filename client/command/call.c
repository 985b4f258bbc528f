/* call URL: one request with the identity; the answer's body to standard output, or to a file. */
#include "client/command/call.h"
#include "client/command/problem.h"
#include "client/command/session.h"

#include <string.h>

enum { BODY_MAX = 64 << 20 };

counterfoil_request call_request(const struct arguments *given, const char **headers)
{
	size_t count = 0;
	for (size_t i = 0; i < given->count; i++)
		if (strcmp(given->given[i].field->name, "header") == 0)
			headers[count++] = given->given[i].value;
	headers[count] = NULL;
	return (counterfoil_request){
		.size = sizeof(counterfoil_request), .url = arguments_value(given, "url"), .headers = headers,
		.total_timeout_ms = arguments_milliseconds(given, "max-time"),
		.retries = (uint32_t)arguments_number(given, "retry", 0),
	};
}

static counterfoil_request request_of(const struct arguments *given, const char **headers, const struct call_body *body)
{
	const char *method = arguments_value(given, "method");
	counterfoil_request request = call_request(given, headers);
	request.method = method ? method : body->method;
	request.body = body->memory;
	request.source = body->source.read ? &body->source : NULL;
	request.parts = body->parts;
	request.part_count = body->part_count;
	return request;
}

/* A part's file may be what is missing. */
static enum err problem_of_call(counterfoil_code code, const struct call_body *body)
{
	enum err e = problem_of_library(code);
	for (size_t i = 0; i < body->part_count && e == problem_of_library(code); i++)
		e = problem_of_file(code, body->parts[i].path);
	return e;
}

static enum err send_call(struct session *s, const struct arguments *given, const struct call_body *body,
			  struct call_output *output, struct errbuf *why)
{
	const char *headers[GIVEN_MAX + 1];
	counterfoil_request request = request_of(given, headers, body);
	counterfoil_response *response = NULL;
	counterfoil_error error;
	if (output->sink.write)
		request.sink = &output->sink;
	else
		request.body_cap = BODY_MAX;
	counterfoil_code code = counterfoil_call(s->client, &request, &response, &error);
	enum err e = code ? fail(why, problem_of_call(code, body), "%s", error.text) : ERR_OK;
	if (output->failed)
		e = fail(why, output->failed, "%s", err_why(output->failed, &output->why));
	if (response) {
		int status = counterfoil_response_status(response);
		enum err printed = call_output_end(output, response, why);
		if (!printed && status >= 400 && code != COUNTERFOIL_CERTIFICATE_REFUSED)
			e = problem_read(status, counterfoil_response_body(response), NULL, why);
		e = printed ? printed : e;
	}
	counterfoil_response_free(response);
	return e;
}

/* A command line is no place for a password: everybody on the machine can read it. */
static enum err check_proxy(const struct arguments *given, struct errbuf *why)
{
	const char *proxy = arguments_value(given, "proxy");
	return proxy && strchr(proxy, '@') ? fail(why, ERR_USAGE, "--proxy: no name and password here: set https_proxy to it, "
								  "and give --proxy " COUNTERFOIL_PROXY_ENVIRONMENT)
					   : ERR_OK;
}

static enum err with_body(const struct arguments *given, const struct call_body *body, struct errbuf *why)
{
	struct session s;
	struct call_output output;
	enum err e = session_call(given, &s, why);
	if (e)
		return e;
	e = call_output_open(given, &output, why);
	if (!e)
		e = send_call(&s, given, body, &output, why);
	call_output_close(&output);
	session_close(&s);
	return e;
}

enum err run_call(const struct arguments *given, struct errbuf *why)
{
	struct call_body body;
	enum err e = check_proxy(given, why);
	if (!e && arguments_value(given, "soap"))
		return call_soap(given, why);
	if (!e)
		e = call_body_open(given, &body, why);
	if (e)
		return e;
	e = with_body(given, &body, why);
	call_body_close(&body);
	return e;
}
