/* async_answer: SOAP and JSON by calls that an event loop drives. */
#include "client/async.h"
#include "client/json.h"
#include "client/soap.h"

#include <stdlib.h>

struct soap_asked {
	counterfoil_async_soap_done on_done;
	void *context;
	counterfoil_soap_version version;
	counterfoil_soap_answer *answer;
	struct soap_sending sending;
};

static void soap_asked_free(struct soap_asked *asked)
{
	counterfoil_soap_free(asked->answer);
	buf_free(&asked->sending.envelope);
	free(asked);
}

/* The envelope is given back before the answer, which may be large, is read. */
static void on_soap_answer(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	struct soap_asked *asked = context;
	counterfoil_error why = *error;
	buf_free(&asked->sending.envelope);
	code = soap_end(asked->version, code, response, &asked->answer, &why);
	counterfoil_soap_answer *answer = asked->answer;
	asked->answer = NULL;
	asked->on_done(asked->context, code, answer, &why);
	soap_asked_free(asked);
}

counterfoil_code async_start_soap(counterfoil_async *async, const counterfoil_async_request *given,
				  counterfoil_async_call **call, counterfoil_error *error)
{
	struct soap_asked *asked = calloc(1, sizeof *asked);
	if (!asked)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	asked->on_done = given->on_soap;
	asked->context = given->context;
	asked->answer = soap_answer_new();
	counterfoil_code code = asked->answer ? soap_begin(given->soap, &asked->sending, error)
					      : outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &asked->sending.call, .on_done = on_soap_answer, .context = asked};
	if (!code) {
		asked->version = given->soap->version; /* its size was looked at */
		code = async_start_plain(async, &wanted, call, error);
	}
	if (code)
		soap_asked_free(asked);
	return code;
}

struct json_asked {
	counterfoil_async_json_done on_done;
	void *context;
	counterfoil_json *answer;
};

static void json_asked_free(struct json_asked *asked)
{
	counterfoil_json_free(asked->answer);
	free(asked);
}

static void on_json_answer(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	struct json_asked *asked = context;
	counterfoil_error why = *error;
	code = json_end(code, response, &asked->answer, &why);
	counterfoil_json *answer = asked->answer;
	asked->answer = NULL;
	asked->on_done(asked->context, code, answer, &why);
	json_asked_free(asked);
}

counterfoil_code async_start_json(counterfoil_async *async, const counterfoil_async_request *given,
				  counterfoil_async_call **call, counterfoil_error *error)
{
	struct json_asked *asked = calloc(1, sizeof *asked);
	if (!asked)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	counterfoil_request sent = {0};
	const char **lines = NULL;
	asked->on_done = given->on_json;
	asked->context = given->context;
	asked->answer = json_answer_new();
	counterfoil_code code = asked->answer ? json_begin(given->call, &sent, &lines, error)
					      : outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &sent, .on_done = on_json_answer, .context = asked};
	if (!code)
		code = async_start_plain(async, &wanted, call, error);
	free(lines); /* the call has copies */
	if (code)
		json_asked_free(asked);
	return code;
}
