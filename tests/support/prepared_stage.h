/* prepared_stage: a call_stage whose server answers as the test has prepared, and keeps what it was sent; /hello is answered
 * as ever. For tests of what the library makes of an answer. */
#ifndef TESTS_PREPARED_STAGE_H
#define TESTS_PREPARED_STAGE_H

#include "tests/support/call_stage.h"

#include <stdio.h>
#include <string.h>

static struct {
	int status;
	const char *type, *body; /* type: NULL, no Content-Type */
} prepared;

static char seen_head[8192], seen_body[65536];

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	char extra[256] = "";
	if (strcmp(request->path, "/hello") == 0)
		return tls_reply(ssl, 200, NULL, "hello");
	snprintf(seen_head, sizeof seen_head, "%s", request->head);
	snprintf(seen_body, sizeof seen_body, "%s", request->body);
	if (prepared.type)
		snprintf(extra, sizeof extra, "Content-Type: %s\r\n", prepared.type);
	return tls_reply(ssl, prepared.status, extra, prepared.body);
}

static struct call_stage stage = {.server.answer = answer};

static int open_stage(void **state)
{
	int rc = stage_setup(state);
	if (rc == 0)
		stage_open(&stage, &(counterfoil_client_options){.body_cap = 4 << 20});
	return rc;
}

static int close_stage(void **state)
{
	stage_close(&stage);
	return stage_teardown(state);
}

#endif
