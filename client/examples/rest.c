/* rest: one call of a REST service with a client certificate.
 *
 *	cc rest.c $(pkg-config --cflags --libs libcounterfoil) -o rest
 *	./rest https://archive.example/v1/me e-banking.p12 /etc/e-banking/password
 *
 * The password is the first line of a file that only the program's user may read. */
#include <counterfoil.h>

#include <stdio.h>

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
	/* trust is the CA in the file, unless options.trust says otherwise */
	options.identity = identity;
	options.connect_timeout_ms = 5000;
	options.total_timeout_ms = 30000;
	code = counterfoil_client_new(&options, client, error);
	counterfoil_identity_free(identity); /* the client has its own hold */
	return code;
}

int main(int argc, char **argv)
{
	counterfoil_client *client = NULL;
	counterfoil_response *response = NULL;
	counterfoil_request request = {sizeof request};
	counterfoil_error error;
	if (argc != 4) {
		fputs("usage: rest URL FILE.p12 PASSWORD-FILE\n", stderr);
		return 2;
	}
	request.url = argv[1];
	request.retries = 3; /* a GET does no harm twice */
	counterfoil_code code = open_client(argv, &client, &error);
	if (!code)
		code = counterfoil_call(client, &request, &response, &error);
	if (response) { /* also when the code says that the service refused the certificate */
		counterfoil_bytes body = counterfoil_response_body(response);
		printf("%d\n", counterfoil_response_status(response));
		fwrite(body.data, 1, body.len, stdout);
	}
	if (code) /* one sentence that says what to do; a program switches on error.category */
		fprintf(stderr, "rest: %s: %s\n", counterfoil_code_word(code), error.text);
	int done = !code && counterfoil_response_status(response) < 300;
	counterfoil_response_free(response);
	counterfoil_client_free(client);
	return done ? 0 : 1;
}
