/* soap: one call of a SOAP service with a client certificate; a fault is told apart from every other failure.
 *
 *	cc soap.c $(pkg-config --cflags --libs libcounterfoil) -o soap
 *	./soap https://archive.example/soap11 e-banking.p12 /etc/e-banking/password 1
 */
#include <counterfoil.h>

#include <stdio.h>
#include <stdlib.h>

static counterfoil_code open_client(char **arguments, counterfoil_client **client, counterfoil_error *error)
{
	counterfoil_identity *identity = NULL;
	counterfoil_identity_options from = {sizeof from};
	counterfoil_client_options options = {sizeof options};
	from.file.path = arguments[2];
	from.password.path = arguments[3];
	counterfoil_code code = counterfoil_identity_load(&from, &identity, error);
	if (code)
		return code;
	options.identity = identity;
	options.connect_timeout_ms = 5000;
	options.total_timeout_ms = 30000;
	code = counterfoil_client_new(&options, client, error);
	counterfoil_identity_free(identity);
	return code;
}

/* What goes inside Body: an element that declares its own prefixes. Text from elsewhere has to be escaped; this is a number. */
static counterfoil_code fetch(counterfoil_client *client, const char *url, int number, counterfoil_soap_answer **answer,
			      counterfoil_error *error)
{
	char body[256];
	counterfoil_request call = {sizeof call};
	counterfoil_soap_request request = {sizeof request};
	int len = snprintf(body, sizeof body,
			   "<l:Fetch xmlns:l=\"urn:example:letters\"><l:organisation>nordbank</l:organisation>"
			   "<l:service>document-archive</l:service><l:number>%d</l:number></l:Fetch>", number);
	call.url = url;
	request.call = &call;
	request.version = COUNTERFOIL_SOAP_1_1;
	request.action = "Fetch";
	request.body.data = body;
	request.body.len = (size_t)len;
	return counterfoil_soap_call(client, &request, answer, error);
}

int main(int argc, char **argv)
{
	counterfoil_client *client = NULL;
	counterfoil_soap_answer *answer = NULL;
	counterfoil_error error;
	if (argc != 5) {
		fputs("usage: soap URL FILE.p12 PASSWORD-FILE NUMBER\n", stderr);
		return 2;
	}
	counterfoil_code code = open_client(argv, &client, &error);
	if (!code)
		code = fetch(client, argv[1], (int)strtol(argv[4], NULL, 10), &answer, &error);
	if (answer) {
		counterfoil_bytes body = counterfoil_soap_body(answer);
		printf("%d\n", counterfoil_response_status(counterfoil_soap_response(answer)));
		fwrite(body.data, 1, body.len, stdout);
	}
	if (code == COUNTERFOIL_SOAP_FAULT) /* the service understood, and says no */
		printf("%s: %s\n", counterfoil_soap_fault(answer, COUNTERFOIL_SOAP_CODE),
		       counterfoil_soap_fault(answer, COUNTERFOIL_SOAP_REASON));
	if (code)
		fprintf(stderr, "soap: %s: %s\n", counterfoil_code_word(code), error.text);
	counterfoil_soap_free(answer);
	counterfoil_client_free(client);
	return code ? 1 : 0;
}
