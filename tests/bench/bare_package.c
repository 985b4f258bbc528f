/* bare_package FOLDER ORDERS INSTALLATION: deliveries in one process, for the row of packages.
 *
 * The same steps as the product's, in the same order, over as many requests (code, prepare, package, received) on bare
 * libmicrohttpd, and as many durable writes: five commits, two lines of a journal with fsync, the message's two commits,
 * its file with fsync, and the emptying of the write-ahead log after the erasure. Every commit adds an audit record chained
 * by SHA-256. The cryptography is the same too: a P-256 key, a certificate with the same extensions, an encrypted PKCS#12
 * made and opened again, key and package sealed at rest with AES-256-GCM, the password sealed to another key (CMS) and
 * opened to be sent. Each is what the library offers for it (PKCS12_create, PKCS12_parse, CMS_encrypt), called as its manual
 * says. Left out is what makes a service of it: processes and their walls, tickets, tries and limits, the table of states,
 * the linting of certificates, checks of every request. Keys are those of INSTALLATION, which the product made. */
#include "tests/bench/bare.h"
#include "tests/bench/bare_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct visit {
	char form[1024];
	size_t len;
};

static enum MHD_Result answer_json(struct MHD_Connection *c, const char *json)
{
	return bare_answer(c, 200, "application/json", json, strlen(json));
}

static enum MHD_Result run(struct MHD_Connection *c, const char *token, const char *step, struct visit *v)
{
	unsigned char package[BARE_PACKAGE_MOST];
	char json[256];
	if (strcmp(step, "code") == 0) {
		step_code(token, v->form);
		step_issue(token);
		snprintf(json, sizeof json, "{\"ready\":true,\"claim\":\"%s\"}\n", token);
		return answer_json(c, json);
	}
	if (strcmp(step, "prepare") == 0) {
		snprintf(json, sizeof json, "{\"ready\":%s}\n", step_ready(token) ? "true" : "false");
		return answer_json(c, json);
	}
	if (strcmp(step, "package/modern") == 0) {
		size_t len = step_package(token, package);
		return bare_answer(c, 200, "application/x-pkcs12", package, len);
	}
	step_received(token, v->form);
	step_send_password(token);
	return answer_json(c, "{\"received\":true}\n");
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
			      const char *upload, size_t *size, void **request)
{
	struct visit *v = *request;
	char token[64], step[32];
	(void)ctx, (void)method, (void)version;
	if (!v)
		return (*request = calloc(1, sizeof *v)) ? MHD_YES : MHD_NO;
	if (*size) {
		if (v->len + *size < sizeof v->form)
			memcpy(v->form + v->len, upload, *size);
		v->len += *size;
		*size = 0;
		return MHD_YES;
	}
	if (v->len >= sizeof v->form || sscanf(url, "/d/%63[^/]/%31s", token, step) != 2)
		return bare_answer(c, 404, "text/plain", "", 0);
	return run(c, token, step, v);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode how)
{
	(void)ctx, (void)c, (void)how;
	free(*request);
}

int main(int argc, char **argv)
{
	char chain[512], key[512];
	if (argc != 4)
		return fputs("usage: bare_package FOLDER ORDERS INSTALLATION\n", stderr), 2;
	steps_open(argv[1], strtoul(argv[2], NULL, 10), argv[3]);
	snprintf(chain, sizeof chain, "%s/tls/public.pem", argv[3]);
	snprintf(key, sizeof key, "%s/keys/public.key", argv[3]);
	bare_serve(&(struct bare_service){.chain = chain, .key = key, .handle = handle, .completed = on_completed});
}
