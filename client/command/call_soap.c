/* call --soap: data inside an envelope; what comes out of the answer's, or its fault. */
#include "base/file.h"
#include "base/json_text.h"
#include "client/command/call.h"
#include "client/command/output.h"
#include "client/command/problem.h"
#include "client/command/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 64 << 20, NOTE_LINES_MAX = 20, NOTE_LINE_MAX = 1024 };

struct content {
	counterfoil_soap_version version;
	struct buf body, header;
};

static const char *const part_names[COUNTERFOIL_SOAP_PARTS] = {
	[COUNTERFOIL_SOAP_CODE] = "code",	  [COUNTERFOIL_SOAP_SUBCODE] = "subcode", [COUNTERFOIL_SOAP_REASON] = "reason",
	[COUNTERFOIL_SOAP_LANGUAGE] = "language", [COUNTERFOIL_SOAP_NODE] = "node",	  [COUNTERFOIL_SOAP_ROLE] = "role",
	[COUNTERFOIL_SOAP_DETAIL] = "detail",
};

static enum err read_version(const char *text, counterfoil_soap_version *out, struct errbuf *why)
{
	*out = strcmp(text, "1.2") == 0 ? COUNTERFOIL_SOAP_1_2 : COUNTERFOIL_SOAP_1_1;
	if (text[0] && strcmp(text, "1.1") != 0 && strcmp(text, "1.2") != 0)
		return fail(why, ERR_USAGE, "--soap: want 1.1 or 1.2, had \"%.60s\"", text);
	return ERR_OK;
}

/* Details may be a program's whole stack: its first lines tell what there is to tell. */
static void note_part(const char *name, const char *part)
{
	for (int line = 0; *part && line < NOTE_LINES_MAX; line++) {
		size_t len = strcspn(part, "\r\n");
		output_note(line ? "  %s%.*s" : "%s: %.*s", line ? "" : name, len < NOTE_LINE_MAX ? (int)len : NOTE_LINE_MAX, part);
		part += len;
		part += strspn(part, "\r\n");
	}
}

static void note_fault(const counterfoil_soap_answer *answer)
{
	for (int i = 0; i < COUNTERFOIL_SOAP_PARTS; i++) {
		const char *part = counterfoil_soap_fault(answer, (counterfoil_soap_part)i);
		if (part && part[0] && i != COUNTERFOIL_SOAP_LANGUAGE)
			note_part(part_names[i], part);
	}
}

static json_t *fault_json(const counterfoil_soap_answer *answer)
{
	json_t *fault = json_object();
	for (int i = 0; i < COUNTERFOIL_SOAP_PARTS; i++) {
		const char *part = counterfoil_soap_fault(answer, (counterfoil_soap_part)i);
		if (part && part[0] && json_object_set_new(fault, part_names[i], json_string(part)) != 0) {
			json_decref(fault);
			return NULL;
		}
	}
	return fault;
}

static json_t *text_json(counterfoil_bytes bytes)
{
	return json_stringn(bytes.data, bytes.len);
}

static json_t *answer_json(const counterfoil_soap_answer *answer)
{
	bool is_fault = counterfoil_soap_fault(answer, COUNTERFOIL_SOAP_CODE) != NULL;
	json_t *all = json_object();
	int rc = json_object_set_new(all, "status", json_integer(counterfoil_response_status(counterfoil_soap_response(answer))));
	rc |= json_object_set_new(all, "header", text_json(counterfoil_soap_header(answer)));
	rc |= is_fault ? json_object_set_new(all, "fault", fault_json(answer))
		       : json_object_set_new(all, "body", text_json(counterfoil_soap_body(answer)));
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}

/* The head, when it is asked for; and the content, unless its data is NULL. */
static enum err print(const struct arguments *given, const counterfoil_soap_answer *answer, counterfoil_bytes content,
		      struct errbuf *why)
{
	const char *out = arguments_value(given, "out");
	enum err e = arguments_switch(given, "include") ? call_output_head(counterfoil_soap_response(answer), why) : ERR_OK;
	if (e || !content.data)
		return e;
	if (out)
		return file_publish(out, content.data, content.len, 0600, why);
	return output_body(content.data, content.len, why);
}

static enum err print_json(const struct arguments *given, const counterfoil_soap_answer *answer, struct errbuf *why)
{
	json_t *json = answer_json(answer);
	char *text = json ? json_text(json, JSON_INDENT(2)) : NULL;
	struct buf line = BUF_INIT(SIZE_MAX);
	buf_text(&line, text ? text : "");
	buf_byte(&line, '\n');
	enum err e = text && !line.err ? print(given, answer, (counterfoil_bytes){line.data, line.len}, why)
				       : fail(why, ERR_MEMORY, "out of memory");
	buf_free(&line);
	free(text);
	json_decref(json);
	return e;
}

static enum err print_answer(const struct arguments *given, const counterfoil_soap_answer *answer, counterfoil_code code,
			     struct errbuf *why)
{
	if (arguments_switch(given, "json") && (code == COUNTERFOIL_OK || code == COUNTERFOIL_SOAP_FAULT))
		return print_json(given, answer, why);
	note_fault(answer);
	return print(given, answer, code == COUNTERFOIL_OK ? counterfoil_soap_body(answer) : (counterfoil_bytes){NULL, 0}, why);
}

static enum err call(struct session *s, const struct arguments *given, const struct content *content, struct errbuf *why)
{
	const char *headers[GIVEN_MAX + 1];
	counterfoil_request http = call_request(given, headers);
	counterfoil_soap_answer *answer = NULL;
	counterfoil_error error;
	http.body_cap = BODY_MAX;
	const counterfoil_soap_request request = {
		.size = sizeof request, .call = &http, .version = content->version, .action = arguments_value(given, "action"),
		.body = {content->body.data, content->body.len}, .header = {content->header.data, content->header.len}};
	counterfoil_code code = counterfoil_soap_call(s->client, &request, &answer, &error);
	enum err printed = answer ? print_answer(given, answer, code, why) : ERR_OK;
	counterfoil_soap_free(answer);
	if (printed)
		return printed;
	return code ? fail(why, problem_of_library(code), "%s", error.text) : ERR_OK;
}

/* What stands behind the flag: itself, the file behind '@', or standard input. */
static enum err read_data(const struct arguments *given, const char *name, struct buf *out, struct errbuf *why)
{
	const char *data = arguments_value(given, name);
	if (!data)
		return ERR_OK;
	if (strcmp(data, "@-") == 0)
		return file_read_fd(STDIN_FILENO, "standard input", out, why);
	if (data[0] == '@')
		return file_read(data + 1, out, why);
	buf_text(out, data);
	return buf_check(out);
}

static enum err check_flags(const struct arguments *given, struct errbuf *why)
{
	static const char *const others[] = {"method", "upload", "form"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (arguments_value(given, others[i]))
			return fail(why, ERR_USAGE, "--%s does not go with --soap: it is POST, and --data the body", others[i]);
	return ERR_OK;
}

enum err call_soap(const struct arguments *given, struct errbuf *why)
{
	struct session s;
	struct content content = {.body = BUF_INIT(BODY_MAX), .header = BUF_INIT(BODY_MAX)};
	enum err e = read_version(arguments_value(given, "soap"), &content.version, why);
	if (!e)
		e = check_flags(given, why);
	if (!e)
		e = read_data(given, "data", &content.body, why);
	if (!e)
		e = read_data(given, "soap-header", &content.header, why);
	if (!e)
		e = session_call(given, &s, why);
	if (!e) {
		e = call(&s, given, &content, why);
		session_close(&s);
	}
	buf_free(&content.header);
	buf_free(&content.body);
	return e;
}
