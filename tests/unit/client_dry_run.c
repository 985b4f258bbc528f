/* cert revoke --dry-run against a TLS server: what is asked of it, what is printed, and that nothing else is sent. */
#include "base/file.h"
#include "client/command/arguments.h"
#include "client/command/text.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PATH_SIZE = 64, TEXT_SIZE = 8192 };

static struct pair ca, server_pair, client_pair;
static char folder[] = "/tmp/client-dry-run-XXXXXX";
static char identity[PATH_SIZE], password_file[PATH_SIZE];
static char requests[TEXT_SIZE], out[TEXT_SIZE], err[TEXT_SIZE];
static struct tls_server server;

static bool answer(SSL *ssl, const struct seen *q, struct tls_server *s)
{
	(void)s;
	snprintf(requests + strlen(requests), sizeof requests - strlen(requests), "%.*s\n", (int)strcspn(q->head, "\r\n"), q->head);
	if (strcasecmp(q->path, "/v1/certificates/3f9a/impact") != 0)
		return tls_reply(ssl, 404, "Content-Type: application/problem+json\r\n", "{\"code\":\"not_found\"}");
	return tls_reply(ssl, 200, "Content-Type: application/json\r\n",
			 "{\"serial\":\"3f9a\",\"client\":\"e-banking\",\"last_used_at\":1700000000,\"last_used_from\":\"10.0.0.7\","
			 "\"other_live\":[{\"serial\":\"40ff\",\"status\":\"valid\",\"not_after\":1900000000}],\"orders_open\":[],"
			 "\"sentence\":\"e-banking goes on with one other certificate.\"}");
}

static int setup(void **state)
{
	(void)state;
	static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
	signal(SIGPIPE, SIG_IGN);
	text_begin();
	assert_non_null(mkdtemp(folder));
	setenv("XDG_CONFIG_HOME", folder, 1);
	snprintf(identity, sizeof identity, "%s/me.p12", folder);
	snprintf(password_file, sizeof password_file, "%s/password", folder);
	ca = pair_make(&(struct wanted){.common_name = "CA", .ca = true});
	server_pair = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .extended = "serverAuth"});
	client_pair = pair_make(&(struct wanted){.common_name = "Ada", .issuer = &ca, .extended = "clientAuth"});
	struct buf p12 = BUF_INIT(65536);
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &client_pair, .chain = chain, .chain_count = 1, .password = password}, &p12);
	assert_int_equal(file_publish(identity, p12.data, p12.len, 0600, NULL), ERR_OK);
	assert_int_equal(file_publish(password_file, password, strlen(password), 0600, NULL), ERR_OK);
	buf_free(&p12);
	server = (struct tls_server){.certificate = &server_pair, .client_ca = &ca, .answer = answer};
	tls_server_start(&server);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_server_stop(&server);
	unlink(identity);
	unlink(password_file);
	pair_free(&ca);
	pair_free(&server_pair);
	pair_free(&client_pair);
	return rmdir(folder);
}

static void take_back(int saved, int fd, FILE *from, char text[TEXT_SIZE])
{
	fflush(NULL);
	dup2(saved, fd);
	close(saved);
	rewind(from);
	text[fread(text, 1, TEXT_SIZE - 1, from)] = '\0';
	fclose(from);
}

/* cert revoke SERIAL --dry-run and one word more, or NULL; what it printed is in out and err. */
static enum err dry_run(const char *serial, const char *more, struct errbuf *why)
{
	char url[128];
	const char *words[] = {"cert",   "revoke",   serial,     "--dry-run",	    "--server", url,
			       "--identity", identity, "--password-file", password_file, more};
	struct arguments given;
	snprintf(url, sizeof url, "https://localhost:%d", server.port);
	requests[0] = '\0';
	*why = (struct errbuf){0};
	enum err e = arguments_parse(more ? 11 : 10, words, &given, why);
	if (e)
		return e;
	FILE *out_file = tmpfile(), *err_file = tmpfile();
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	fflush(NULL);
	dup2(fileno(out_file), STDOUT_FILENO);
	dup2(fileno(err_file), STDERR_FILENO);
	e = run_staff(&given, why);
	take_back(saved_out, STDOUT_FILENO, out_file, out);
	take_back(saved_err, STDERR_FILENO, err_file, err);
	return e;
}

static void one_that_is_not_there_is_not_found_and_nothing_is_revoked(void **state)
{
	(void)state;
	struct errbuf why;
	assert_int_equal(dry_run("41", NULL, &why), ERR_NOT_FOUND);
	assert_string_equal(requests, "GET /v1/certificates/41/impact HTTP/1.1\n");
	assert_string_equal(out, "");
}

static void what_would_stop_working_is_printed_and_nothing_but_asked_for(void **state)
{
	(void)state;
	static const char *const says[] = {"client          e-banking\n", "last used at    2023-11-14T22:13:20Z\n",
					   "e-banking goes on with one other certificate.", "\nother live\nSERIAL  STATUS  UNTIL",
					   "\n40ff    valid   2030-03-17T17:46:40Z (in "};
	for (int yes = 0; yes < 2; yes++) { /* --yes makes no difference */
		struct errbuf why;
		if (dry_run("3F:9a", yes ? "--yes" : NULL, &why))
			fail_msg("%s", why.text);
		assert_string_equal(requests, "GET /v1/certificates/3F9a/impact HTTP/1.1\n");
		for (size_t i = 0; i < sizeof says / sizeof *says; i++)
			if (!strstr(out, says[i]))
				fail_msg("wanted [%s], had [%s]", says[i], out);
		assert_string_equal(err, "counterfoil: a dry run: nothing was changed\n");
	}
	struct errbuf why;
	assert_int_equal(dry_run("3f9a", "--json", &why), ERR_OK);
	json_t *json = json_loads(out, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "last_used_from")), "10.0.0.7");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_not_there_is_not_found_and_nothing_is_revoked),
		cmocka_unit_test(what_would_stop_working_is_printed_and_nothing_but_asked_for),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
