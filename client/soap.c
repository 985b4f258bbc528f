/* soap: a call by SOAP over the call that every request goes by, and the judgement of what came back. */
#include "base/media.h"
#include "client/request.h"
#include "client/soap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHARSET_SIZE = 32 };

struct counterfoil_soap_answer {
	counterfoil_response *response;
	struct soap_message message;
};

static bool is_xml(const char *type)
{
	return media_is(type, "text/xml") || media_is(type, "application/soap+xml") || media_is(type, "application/xml");
}

/* The parameter charset; false when there is none. One too long for its room is none that is known. */
static bool charset_of(const char *type, char out[CHARSET_SIZE])
{
	static const char name[] = "charset=";
	const char *at = strchr(type, ';');
	for (; at; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, sizeof name - 1) == 0)
			break;
	}
	if (!at)
		return false;
	at += sizeof name - 1;
	at += *at == '"';
	size_t len = strcspn(at, "\"; \t");
	len = len < CHARSET_SIZE ? len : CHARSET_SIZE - 1;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

static counterfoil_code not_soap(int status, const char *what, counterfoil_error *error)
{
	return outcome(error, COUNTERFOIL_NOT_SOAP,
		       "the answer is status %d with %s, not SOAP: check the URL, or ask the service's operator", status, what);
}

static counterfoil_code judge_flaw(int status, enum soap_flaw flaw, long line, counterfoil_error *error)
{
	counterfoil_code code = soap_flaw_code(flaw);
	if (code == COUNTERFOIL_OUT_OF_MEMORY)
		return outcome(error, code, NULL);
	const char *text = soap_flaw_text(flaw), *advice = soap_flaw_advice(flaw);
	return line ? outcome(error, code, "the answer (status %d, line %ld) %s: %s", status, line, text, advice)
		    : outcome(error, code, "the answer (status %d) %s: %s", status, text, advice);
}

static counterfoil_code judge_envelope(counterfoil_soap_answer *answer, counterfoil_soap_version version,
				       counterfoil_error *error)
{
	int status = counterfoil_response_status(answer->response);
	const char *type = counterfoil_response_header(answer->response, "Content-Type");
	char charset[CHARSET_SIZE];
	bool has_charset = type && charset_of(type, charset);
	long line = 0;
	enum soap_flaw flaw = soap_read(counterfoil_response_body(answer->response), has_charset ? charset : NULL, version,
					&answer->message, &line);
	if (flaw)
		return judge_flaw(status, flaw, line, error);
	if (answer->message.is_fault)
		return outcome(error, COUNTERFOIL_SOAP_FAULT,
			       "the service answered with a SOAP fault (%.80s, status %d): look at its reason",
			       counterfoil_soap_fault(answer, COUNTERFOIL_SOAP_CODE), status);
	if (status < 200 || status > 299) {
		soap_message_free(&answer->message);
		return outcome(error, COUNTERFOIL_BAD_SOAP,
			       "the answer is status %d with an envelope that holds no fault: tell the service's operator", status);
	}
	return outcome_ok(error);
}

static counterfoil_code judge(counterfoil_soap_answer *answer, counterfoil_soap_version version, counterfoil_error *error)
{
	int status = counterfoil_response_status(answer->response);
	size_t len = counterfoil_response_body(answer->response).len;
	const char *type = counterfoil_response_header(answer->response, "Content-Type");
	if (len == 0 && (status == 202 || status == 204)) /* one way: taken, and nothing to say */
		return outcome_ok(error);
	if (status >= 300 && status < 400)
		return not_soap(status, "a redirect, which is not followed", error);
	if (len == 0)
		return not_soap(status, "nothing", error);
	if (media_is_html(type))
		return not_soap(status, "a page of HTML", error);
	if (media_is(type, "multipart/related"))
		return not_soap(status, "attachments (MTOM), which are not supported", error);
	if (type && !is_xml(type))
		return not_soap(status, "another kind of content", error);
	return judge_envelope(answer, version, error);
}

static counterfoil_code check(const counterfoil_soap_request *request, counterfoil_request *call, counterfoil_error *error)
{
	if (!request || request->size != sizeof *request)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is no request, or its size is not set");
	counterfoil_code code = request_take(request->call, call, error);
	if (code)
		return code;
	if (call->method || call->body.len || call->source || call->part_count || call->sink)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the call of a SOAP request has no method, body or sink of its own");
	if (request->version != COUNTERFOIL_SOAP_1_1 && request->version != COUNTERFOIL_SOAP_1_2)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the version of SOAP is neither 1.1 nor 1.2");
	if ((request->body.len && !request->body.data) || (request->header.len && !request->header.data))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "body or header have a length and no bytes");
	return COUNTERFOIL_OK;
}

counterfoil_code soap_begin(const counterfoil_soap_request *request, struct soap_sending *sending, counterfoil_error *error)
{
	counterfoil_request *call = &sending->call;
	sending->call = (counterfoil_request){0};
	sending->envelope = (struct buf){0};
	counterfoil_code code = check(request, call, error);
	if (!code)
		code = soap_lines(request, call->headers, &sending->lines, error);
	if (!code)
		code = soap_envelope(request, &sending->envelope, error);
	call->size = sizeof *call;
	call->method = "POST";
	call->headers = sending->lines.lines;
	call->body = (counterfoil_bytes){sending->envelope.data, sending->envelope.len};
	return code;
}

/* The envelope is given back before the answer, which may be large, is read. */
static counterfoil_code exchange(counterfoil_client *client, const counterfoil_soap_request *request,
				 counterfoil_response **response, counterfoil_error *error)
{
	struct soap_sending sending;
	counterfoil_code code = soap_begin(request, &sending, error);
	if (!code)
		code = counterfoil_call(client, &sending.call, response, error);
	buf_free(&sending.envelope);
	return code;
}

counterfoil_soap_answer *soap_answer_new(void)
{
	return calloc(1, sizeof(counterfoil_soap_answer));
}

counterfoil_code soap_end(counterfoil_soap_version version, counterfoil_code code, counterfoil_response *response,
			  counterfoil_soap_answer **answer, counterfoil_error *error)
{
	counterfoil_soap_answer *made = *answer;
	made->response = response;
	if (!response) {
		counterfoil_soap_free(made);
		*answer = NULL;
		return code;
	}
	if (code == COUNTERFOIL_OK)
		return judge(made, version, error);
	/* Status 401 or 403. What it says of a certificate goes before a fault; a fault before a bare status. */
	counterfoil_error fault;
	if (code != COUNTERFOIL_REFUSED || judge(made, version, &fault) != COUNTERFOIL_SOAP_FAULT)
		return code;
	if (error)
		*error = fault;
	return COUNTERFOIL_SOAP_FAULT;
}

counterfoil_code counterfoil_soap_call(counterfoil_client *client, const counterfoil_soap_request *request,
				       counterfoil_soap_answer **answer, counterfoil_error *error)
{
	if (!answer)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the answer");
	counterfoil_response *response = NULL;
	*answer = soap_answer_new();
	if (!*answer)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	counterfoil_code code = exchange(client, request, &response, error);
	return soap_end(request ? request->version : COUNTERFOIL_SOAP_1_1, code, response, answer, error);
}

counterfoil_bytes counterfoil_soap_body(const counterfoil_soap_answer *answer)
{
	if (!answer || !answer->message.body.len)
		return (counterfoil_bytes){"", 0};
	return (counterfoil_bytes){answer->message.body.data, answer->message.body.len};
}

counterfoil_bytes counterfoil_soap_header(const counterfoil_soap_answer *answer)
{
	if (!answer || !answer->message.header.len)
		return (counterfoil_bytes){"", 0};
	return (counterfoil_bytes){answer->message.header.data, answer->message.header.len};
}

const char *counterfoil_soap_fault(const counterfoil_soap_answer *answer, counterfoil_soap_part part)
{
	if (!answer || !answer->message.is_fault || (unsigned)part >= COUNTERFOIL_SOAP_PARTS)
		return NULL;
	const struct buf *held = &answer->message.parts[part];
	return held->len ? (const char *)held->data : "";
}

const counterfoil_response *counterfoil_soap_response(const counterfoil_soap_answer *answer)
{
	return answer ? answer->response : NULL;
}

void counterfoil_soap_free(counterfoil_soap_answer *answer)
{
	if (!answer)
		return;
	counterfoil_response_free(answer->response);
	soap_message_free(&answer->message);
	free(answer);
}
