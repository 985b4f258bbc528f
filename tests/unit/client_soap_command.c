/* counterfoil call --soap against a TLS server: what is printed where, and with which exit code it ends. */
#include "client/command/arguments.h"
#include "client/command/text.h"
#include "base/file.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS11 "http://schemas.xmlsoap.org/soap/envelope/"
#define NS12 "http://www.w3.org/2003/05/soap-envelope"

enum { PATH_SIZE = 64, WORDS = 24 };

static struct pair ca, server_pair, client_pair;
static char folder[] = "/tmp/client-soap-XXXXXX";
static char identity[PATH_SIZE], password_file[PATH_SIZE], letter[PATH_SIZE], output[PATH_SIZE];
static struct tls_server server;
static char seen_head[8192], seen_body[8192];

static bool answer(SSL *ssl, const struct seen *q, struct tls_server *s)
{
	(void)s;
	snprintf(seen_head, sizeof seen_head, "%s", q->head);
	snprintf(seen_body, sizeof seen_body, "%s", q->body);
	if (strcmp(q->path, "/fault") == 0)
		return tls_reply(ssl, 500, "Content-Type: text/xml\r\n",
				 "<s:Envelope xmlns:s='" NS11 "'><s:Body><s:Fault><faultcode>s:Client</faultcode>"
				 "<faultstring>No \x1b[31msuch account</faultstring>"
				 "<detail>one\ntwo</detail></s:Fault></s:Body></s:Envelope>");
	if (strcmp(q->path, "/plain-fault") == 0)
		return tls_reply(ssl, 500, "Content-Type: text/xml\r\n",
				 "<s:Envelope xmlns:s='" NS11 "'><s:Body><s:Fault><faultcode>s:Client</faultcode>"
				 "<faultstring xml:lang='en'>No such\xe2\x80\xae account</faultstring>"
				 "<detail>one\ntwo</detail></s:Fault></s:Body></s:Envelope>");
	if (strcmp(q->path, "/html") == 0)
		return tls_reply(ssl, 502, "Content-Type: text/html\r\n", "<html>");
	return tls_reply(ssl, 200, "Content-Type: text/xml\r\n",
			 "<s:Envelope xmlns:s='" NS11 "'><s:Body><a xmlns='urn:a'>7</a></s:Body></s:Envelope>");
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	assert_int_equal(file_publish(path, bytes, len, 0600, NULL), ERR_OK);
}

static int setup(void **state)
{
	(void)state;
	static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N", xml[] = "<?xml version='1.0'?>\n<q/>\n";
	signal(SIGPIPE, SIG_IGN);
	text_begin();
	assert_non_null(mkdtemp(folder));
	setenv("XDG_CONFIG_HOME", folder, 1);
	snprintf(identity, sizeof identity, "%s/me.p12", folder);
	snprintf(password_file, sizeof password_file, "%s/password", folder);
	snprintf(letter, sizeof letter, "@%s/letter.xml", folder);
	snprintf(output, sizeof output, "%s/out", folder);
	ca = pair_make(&(struct wanted){.common_name = "CA", .ca = true});
	server_pair = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .extended = "serverAuth"});
	client_pair = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &ca, .extended = "clientAuth"});
	struct buf p12 = BUF_INIT(65536);
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &client_pair, .chain = chain, .chain_count = 1, .password = password}, &p12);
	write_file(identity, p12.data, p12.len);
	write_file(password_file, password, strlen(password));
	write_file(letter + 1, xml, strlen(xml));
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
	unlink(letter + 1);
	unlink(output);
	pair_free(&ca);
	pair_free(&server_pair);
	pair_free(&client_pair);
	return rmdir(folder);
}

static char out[8192], err[8192];

static void take_back(int saved, int fd, FILE *from, char text[8192])
{
	fflush(NULL);
	dup2(saved, fd);
	close(saved);
	rewind(from);
	text[fread(text, 1, 8191, from)] = '\0';
	fclose(from);
}

/* Run `call https://localhost:PORT` + path with the words; what it printed is in out and err. */
static enum err call(const char *path, const char *const *more, struct errbuf *why)
{
	char url[128];
	const char *words[WORDS] = {"call", url, "--identity", identity, "--password-file", password_file};
	int count = 6;
	struct arguments given;
	snprintf(url, sizeof url, "https://localhost:%d%s", server.port, path);
	while (*more)
		words[count++] = *more++;
	*why = (struct errbuf){0};
	enum err e = arguments_parse(count, words, &given, why);
	if (e)
		return e;
	FILE *out_file = tmpfile(), *err_file = tmpfile();
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	fflush(NULL);
	dup2(fileno(out_file), STDOUT_FILENO);
	dup2(fileno(err_file), STDERR_FILENO);
	e = run_call(&given, why);
	take_back(saved_out, STDOUT_FILENO, out_file, out);
	take_back(saved_err, STDERR_FILENO, err_file, err);
	return e;
}

static void holds(const char *what, const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("%s: wanted [%s], had [%s]", what, wanted, text);
}

#define CALL(path, ...) call(path, (const char *const[]){__VA_ARGS__, NULL}, &why)

static void the_content_of_body_is_printed(void **state)
{
	(void)state;
	struct errbuf why;
	assert_int_equal(CALL("/", "--soap", "--action", "urn:a", "-d", letter, "--soap-header", "<h/>", "-H", "X-More: 1"), ERR_OK);
	assert_string_equal(out, "<a xmlns:s=\"" NS11 "\" xmlns=\"urn:a\">7</a>");
	assert_string_equal(err, "");
	holds("head", seen_head, "\r\nSOAPAction: \"urn:a\"\r\n");
	holds("head", seen_head, "\r\nX-More: 1\r\n");
	holds("body", seen_body, "<soap:Header><h/></soap:Header><soap:Body>\n<q/>\n</soap:Body>");
	assert_int_equal(CALL("/", "--soap=1.1", "-i"), ERR_OK);
	assert_int_equal(strncmp(out, "HTTP 200\n", 9), 0);
	assert_int_equal(CALL("/", "--soap", "-o", output), ERR_OK);
	assert_string_equal(out, "");
	struct buf kept = BUF_INIT(8192);
	assert_int_equal(file_read(output, &kept, NULL), ERR_OK);
	holds("file", buf_string(&kept), ">7</a>");
	buf_free(&kept);
	assert_int_equal(server.client_certificates, server.handshakes);
}

static void a_fault_goes_to_standard_error_and_exits_4(void **state)
{
	(void)state;
	struct errbuf why;
	assert_int_equal(err_exit_code(CALL("/plain-fault", "--soap", "-d", "<q/>")), 4);
	assert_string_equal(out, "");
	holds("fault", err, "code: Client\n");
	holds("fault", err, "reason: No such\xef\xbf\xbd account\n");
	holds("fault", err, "detail: one\n  two\n");
	holds("fault", why.text, "SOAP fault (Client, status 500)");
	assert_int_equal(err_exit_code(CALL("/plain-fault", "--soap", "--json")), 4);
	json_t *json = json_loads(out, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(json, "status")), 500);
	assert_null(json_object_get(json, "body"));
	json_t *fault = json_object_get(json, "fault");
	assert_string_equal(json_string_value(json_object_get(fault, "code")), "Client");
	assert_string_equal(json_string_value(json_object_get(fault, "language")), "en");
	assert_string_equal(json_string_value(json_object_get(fault, "detail")), "one\ntwo");
	assert_null(json_object_get(fault, "node"));
	json_decref(json);
	assert_string_equal(err, "");
	assert_int_equal(err_exit_code(CALL("/", "--soap", "--json")), 0);
	json = json_loads(out, 0, NULL);
	holds("json", json_string_value(json_object_get(json, "body")), ">7</a>");
	assert_null(json_object_get(json, "fault"));
	json_decref(json);
}

static void what_is_no_soap_exits_5_and_leaves_the_file(void **state)
{
	(void)state;
	struct errbuf why;
	write_file(output, "before", 6);
	assert_int_equal(err_exit_code(CALL("/html", "--soap", "-o", output, "--json")), 5);
	holds("html", why.text, "status 502 with a page of HTML");
	assert_int_equal(err_exit_code(CALL("/", "--soap=1.2", "-o", output)), 5);
	holds("version", why.text, "call with version 1.1");
	assert_int_equal(err_exit_code(CALL("/fault", "--soap")), 5); /* an escape is no character of XML */
	holds("escape", why.text, "not well-formed");
	struct buf kept = BUF_INIT(64);
	assert_int_equal(file_read(output, &kept, NULL), ERR_OK);
	assert_string_equal(buf_string(&kept), "before");
	buf_free(&kept);
}

static void wrong_lines_exit_2(void **state)
{
	(void)state;
	struct errbuf why;
	int before = server.requests;
	assert_int_equal(CALL("/", "--soap=1.3"), ERR_USAGE);
	holds("version", why.text, "want 1.1 or 1.2");
	assert_int_equal(CALL("/", "--soap", "-X", "PUT"), ERR_USAGE);
	assert_int_equal(CALL("/", "--soap", "-F", "a=b"), ERR_USAGE);
	assert_int_equal(CALL("/", "--action", "urn:a"), ERR_USAGE);
	holds("action", why.text, "--action goes with --soap only");
	assert_int_equal(CALL("/", "--soap", "-d", "<q>"), ERR_USAGE);
	holds("body", why.text, "what is given for Body is not well-formed");
	assert_int_equal(server.requests, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_content_of_body_is_printed),
		cmocka_unit_test(a_fault_goes_to_standard_error_and_exits_4),
		cmocka_unit_test(what_is_no_soap_exits_5_and_leaves_the_file),
		cmocka_unit_test(wrong_lines_exit_2),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
