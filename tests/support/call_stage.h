/* call_stage: a client without identity and a server that it trusts, for tests of how calls go. */
#ifndef TESTS_CALL_STAGE_H
#define TESTS_CALL_STAGE_H

#include "client/include/counterfoil.h"
#include "tests/support/tls_server.h"

struct call_stage {
	struct tls_server server; /* answer, take, talk, alpn and context may be set before stage_open */
	counterfoil_client *client;
	char url[256];
};

int stage_setup(void **state); /* of the whole group: the CA and the server's certificate */
int stage_teardown(void **state);

counterfoil_bytes stage_ca_pem(void); /* what the server is verified with */

/* options: NULL, or more than trust. */
void stage_open(struct call_stage *stage, const counterfoil_client_options *options);
void stage_close(struct call_stage *stage);

/* https://localhost:PORT/path: borrowed until the next. */
const char *stage_url(struct call_stage *stage, const char *path);
/* The same client, other options. */
counterfoil_client *stage_client(const counterfoil_client_options *options);

/* Call, and end the test unless the code is `want`, the error says so too, and there is a response exactly when there may
 * be one; *response may be NULL. The request's size is set here. */
void stage_call(struct call_stage *stage, counterfoil_request *request, counterfoil_code want,
		counterfoil_response **response);

/* A plain GET of /hello is answered as ever. */
void stage_is_sound(struct call_stage *stage);

#endif
