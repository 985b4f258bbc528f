/* call URL: one request with the identity; the answer's body to standard output, or to a file. */
#include "base/file.h"
#include "client/command/output.h"
#include "client/command/problem.h"
#include "client/command/session.h"

#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 64 << 20, HEAD_MAX = 1 << 20, HEADERS_MAX = GIVEN_MAX };

static enum err read_data(const char *data, struct buf *out, struct errbuf *why)
{
	if (data[0] != '@')
		buf_text(out, data);
	else if (strcmp(data, "@-") == 0)
		return file_read_fd(STDIN_FILENO, "standard input", out, why);
	else
		return file_read(data + 1, out, why);
	return buf_check(out);
}

static enum err print_head(const counterfoil_response *response, struct errbuf *why)
{
	struct buf head = BUF_INIT(HEAD_MAX);
	const char *name, *value;
	buf_format(&head, "HTTP %d\n", counterfoil_response_status(response));
	for (size_t i = 0; (name = counterfoil_response_header_at(response, i, &value)); i++)
		buf_format(&head, "%s: %s\n", name, value);
	buf_byte(&head, '\n');
	enum err e = buf_check(&head);
	if (!e)
		e = output_body(head.data, head.len, why);
	buf_free(&head);
	return e;
}

/* The body is data whatever the status: a refusal's reasons are in it. */
static enum err print(const struct arguments *given, const counterfoil_response *response, struct errbuf *why)
{
	counterfoil_bytes body = counterfoil_response_body(response);
	const char *out = arguments_value(given, "out");
	enum err e = arguments_switch(given, "include") ? print_head(response, why) : ERR_OK;
	if (e)
		return e;
	if (out)
		return file_publish(out, body.data, body.len, 0600, why);
	return output_body(body.data, body.len, why);
}

static enum err send_call(struct session *s, const struct arguments *given, const struct buf *body,
			  counterfoil_response **response, struct errbuf *why)
{
	const char *headers[HEADERS_MAX + 1] = {NULL};
	size_t count = 0;
	for (size_t i = 0; i < given->count; i++)
		if (given->given[i].field->kind == KIND_MANY)
			headers[count++] = given->given[i].value;
	const char *method = arguments_value(given, "method");
	if (!method)
		method = arguments_value(given, "data") ? "POST" : "GET";
	const counterfoil_request request = {.size = sizeof request, .method = method, .url = arguments_value(given, "url"),
					     .headers = headers, .body = {body->data, body->len}, .body_cap = BODY_MAX};
	counterfoil_error error;
	counterfoil_code code = counterfoil_call(s->client, &request, response, &error);
	return code ? fail(why, problem_of_library(code), "%s", error.text) : ERR_OK;
}

enum err run_call(const struct arguments *given, struct errbuf *why)
{
	struct session s;
	struct buf body = BUF_INIT(BODY_MAX);
	counterfoil_response *response = NULL;
	const char *data = arguments_value(given, "data");
	enum err e = data ? read_data(data, &body, why) : ERR_OK;
	if (!e)
		e = session_call(given, &s, why);
	if (e) {
		buf_free(&body);
		return e;
	}
	e = send_call(&s, given, &body, &response, why);
	if (response) {
		enum err printed = print(given, response, why);
		if (!printed && counterfoil_response_status(response) >= 400)
			e = problem_read(counterfoil_response_status(response), counterfoil_response_body(response), NULL, why);
		e = printed ? printed : e;
	}
	counterfoil_response_free(response);
	buf_free(&body);
	session_close(&s);
	return e;
}
