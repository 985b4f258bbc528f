/* calls: the library as a server's program uses it, in every way that a call can end; for valgrind to watch.
 *
 *   calls FOLDER URL COUNT
 *
 * FOLDER holds good.p12 and revoked.p12, each with a .password beside it, ca.pem, and other-ca.pem, which signed nothing; URL is
 * the members listener. Of COUNT calls most are good; the table has the others, each of which must end as it says. Prints
 * how many of each there were; exits 1 at the first surprise. */
#include "client/include/counterfoil.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_MOST = 65536, URL_MOST = 256, CHUNK = 4096, SHORT_MS = 50, CLIENT_MS = 60000, USAGE = 2 };

enum who { GOOD, REVOKED, DOUBTING, WHO_COUNT }; /* DOUBTING trusts another CA alone */
enum where { MEMBERS, BY_ADDRESS, SILENT, CLOSED, WHERE_COUNT };

struct stage {
	const char *folder;
	char bases[WHERE_COUNT][URL_MOST];
	counterfoil_client *clients[WHO_COUNT];
};

struct kind {
	const char *name;
	long every; /* one in so many */
	bool (*run)(const struct stage *s, const struct kind *k);
	enum who who;
	enum where where;
	counterfoil_request request; /* url: the path */
	counterfoil_code code;
	int status;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "calls: %s: %s\n", what, why);
	exit(1);
}

static counterfoil_bytes read_file(const char *folder, const char *name, char out[FILE_MOST])
{
	char path[URL_MOST];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, FILE_MOST, f) : 0;
	if (n == 0)
		die(path, "cannot be read");
	fclose(f);
	return (counterfoil_bytes){out, n};
}

static counterfoil_code open_identity(const char *folder, const char *name, const char *tail, counterfoil_identity **out)
{
	char file[URL_MOST], path[2 * URL_MOST], password[FILE_MOST];
	snprintf(file, sizeof file, "%s.password", name);
	counterfoil_bytes secret = read_file(folder, file, password);
	size_t len = strcspn(password, "\n");
	memcpy(password + len, tail, strlen(tail));
	secret.len = len + strlen(tail);
	snprintf(path, sizeof path, "%s/%s.p12", folder, name);
	counterfoil_code code = counterfoil_identity_from_file(path, secret, out, NULL);
	OPENSSL_cleanse(password, sizeof password);
	return code;
}

static counterfoil_client *make_client(const char *folder, const char *name, const char *ca)
{
	char pem[FILE_MOST];
	counterfoil_error error = {.text = "the identity cannot be opened"};
	counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM,
					      .connect_timeout_ms = CLIENT_MS, .total_timeout_ms = CLIENT_MS};
	counterfoil_identity *identity = NULL;
	counterfoil_client *client = NULL;
	options.trust_pem = read_file(folder, ca, pem);
	if (open_identity(folder, name, "", &identity) == COUNTERFOIL_OK) {
		options.identity = identity;
		(void)counterfoil_client_new(&options, &client, &error);
	}
	counterfoil_identity_free(identity);
	if (!client)
		die(name, error.text);
	return client;
}

static bool ended_as_wanted(const struct kind *k, counterfoil_code code, int status, const char *text)
{
	if (code == k->code && status == k->status)
		return true;
	fprintf(stderr, "calls: %s: wanted %s, status %d; had %s, status %d: %s\n", k->name, counterfoil_code_word(k->code),
		k->status, counterfoil_code_word(code), status, text);
	return false;
}

static bool call_with(counterfoil_client *client, const struct stage *s, const struct kind *k)
{
	char url[2 * URL_MOST];
	counterfoil_request request = k->request;
	counterfoil_response *answer = NULL;
	counterfoil_error error = {0};
	snprintf(url, sizeof url, "%s%s", s->bases[k->where], k->request.url);
	request.size = sizeof request;
	request.url = url;
	counterfoil_code code = counterfoil_call(client, &request, &answer, &error);
	int status = answer ? counterfoil_response_status(answer) : 0;
	bool good = ended_as_wanted(k, code, status, error.text);
	if (answer && !counterfoil_response_header(answer, "content-type"))
		good = false;
	counterfoil_response_free(answer);
	return good;
}

static bool call(const struct stage *s, const struct kind *k)
{
	return call_with(s->clients[k->who], s, k);
}

static bool call_json(const struct stage *s, const struct kind *k)
{
	char url[2 * URL_MOST];
	counterfoil_json *answer = NULL;
	counterfoil_error error = {0};
	snprintf(url, sizeof url, "%s%s", s->bases[k->where], k->request.url);
	const counterfoil_request request = {.size = sizeof request, .url = url};
	counterfoil_code code = counterfoil_json_call(s->clients[k->who], &request, &answer, &error);
	bool good = ended_as_wanted(k, code, counterfoil_response_status(counterfoil_json_response(answer)), error.text);
	good &= counterfoil_json_string(answer, code ? "/code" : "/client", NULL) != NULL;
	counterfoil_json_free(answer);
	return good;
}

/* The service has no SOAP: it says so, by a status that comes with JSON. */
static bool call_soap(const struct stage *s, const struct kind *k)
{
	char url[2 * URL_MOST];
	counterfoil_soap_answer *answer = NULL;
	counterfoil_error error = {0};
	snprintf(url, sizeof url, "%s%s", s->bases[k->where], k->request.url);
	const counterfoil_request http = {.size = sizeof http, .url = url};
	const counterfoil_soap_request request = {.size = sizeof request, .call = &http, .body = {"<q/>", 4}};
	counterfoil_code code = counterfoil_soap_call(s->clients[k->who], &request, &answer, &error);
	bool good = ended_as_wanted(k, code, counterfoil_response_status(counterfoil_soap_response(answer)), error.text);
	counterfoil_soap_free(answer);
	return good;
}

/* From the file to the end of everything. */
static bool call_afresh(const struct stage *s, const struct kind *k)
{
	counterfoil_client *client = make_client(s->folder, "good", "ca.pem");
	bool good = call_with(client, s, k);
	counterfoil_client_free(client);
	return good;
}

static bool wrong_password(const struct stage *s, const struct kind *k)
{
	counterfoil_identity *identity = NULL;
	return ended_as_wanted(k, open_identity(s->folder, "good", "x", &identity), 0, "") && !identity;
}

static bool cut_file(const struct stage *s, const struct kind *k)
{
	char bytes[FILE_MOST];
	counterfoil_identity *identity = NULL;
	counterfoil_bytes file = read_file(s->folder, "good.p12", bytes);
	file.len /= 2;
	counterfoil_code code = counterfoil_identity_from_memory(file, (counterfoil_bytes){"x", 1}, &identity, NULL);
	return ended_as_wanted(k, code, 0, "") && !identity;
}

/* Of a size that is sent at once: a refusal that comes before the end of a larger one may be lost with the connection. */
static char chunk[CHUNK];

/* The first row that i is a multiple of is the call's; what is left is good. */
static const struct kind kinds[] = {
	{"made afresh", 151, call_afresh, GOOD, MEMBERS, {.url = "/v1/me"}, COUNTERFOIL_OK, 200},
	{"revoked", 101, call, REVOKED, MEMBERS, {.url = "/v1/me"}, COUNTERFOIL_REVOKED, 403},
	{"wrong password", 103, wrong_password, .code = COUNTERFOIL_WRONG_PASSWORD},
	{"half a file", 107, cut_file, .code = COUNTERFOIL_NOT_PKCS12},
	{"wrong host", 109, call, GOOD, BY_ADDRESS, {.url = "/v1/me"}, COUNTERFOIL_WRONG_HOST, 0},
	{"unknown CA", 113, call, DOUBTING, MEMBERS, {.url = "/v1/me"}, COUNTERFOIL_UNKNOWN_CA, 0},
	{"answer too large", 127, call, GOOD, MEMBERS, {.url = "/v1/me", .body_cap = 16}, COUNTERFOIL_TOO_LARGE, 0},
	{"time-out", 131, call, GOOD, SILENT, {.url = "/", .total_timeout_ms = SHORT_MS}, COUNTERFOIL_TIMEOUT, 0},
	{"unreachable", 137, call, GOOD, CLOSED, {.url = "/"}, COUNTERFOIL_UNREACHABLE, 0},
	{"refused", 11, call, GOOD, MEMBERS, {.url = "/v1/orders"}, COUNTERFOIL_REFUSED, 403},
	{"another's service", 13, call, GOOD, MEMBERS, {.url = "/v1/services/nordbank/payments"}, COUNTERFOIL_REFUSED, 403},
	{"not found", 17, call, GOOD, MEMBERS, {.url = "/v1/nothing"}, COUNTERFOIL_OK, 404},
	{"body refused", 97, call, GOOD, MEMBERS, {.url = "/v1/me", .method = "POST", .body = {chunk, sizeof chunk}},
	 COUNTERFOIL_OK, 405},
	{"bad method", 139, call, GOOD, MEMBERS, {.url = "/v1/me", .method = "get"}, COUNTERFOIL_BAD_INPUT, 0},
	{"no SOAP", 149, call_soap, GOOD, MEMBERS, {.url = "/v1/me"}, COUNTERFOIL_NOT_SOAP, 405},
	{"JSON, not found", 19, call_json, GOOD, MEMBERS, {.url = "/v1/nothing"}, COUNTERFOIL_PROBLEM, 404},
	{"JSON", 7, call_json, GOOD, MEMBERS, {.url = "/v1/me"}, COUNTERFOIL_OK, 200},
	{"good, own service", 5, call, GOOD, MEMBERS, {.url = "/v1/services/nordbank/document-archive"}, COUNTERFOIL_OK, 200},
	{"good", 1, call, GOOD, MEMBERS, {.url = "/v1/me"}, COUNTERFOIL_OK, 200},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* A port that takes connections and says nothing, or one that takes none; the socket goes to *fd. */
static void bind_port(bool listening, char url[URL_MOST], int *fd)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&a, len) != 0 || (listening && listen(*fd, SOMAXCONN) != 0) ||
	    getsockname(*fd, (struct sockaddr *)&a, &len) != 0)
		die("a port of our own", "cannot be had");
	snprintf(url, URL_MOST, "https://localhost:%u", ntohs(a.sin_port));
}

static void run_all(const struct stage *s, long count)
{
	long done[KIND_COUNT] = {0};
	for (long i = 1; i <= count; i++) {
		size_t k = 0;
		while (i % kinds[k].every != 0)
			k++;
		if (!kinds[k].run(s, &kinds[k]))
			die(kinds[k].name, "did not end as it must");
		done[k]++;
	}
	for (size_t k = 0; k < KIND_COUNT; k++)
		printf("%ld %s%s", done[k], kinds[k].name, k + 1 < KIND_COUNT ? ", " : "\n");
}

int main(int argc, char **argv)
{
	long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	const char *port = argc == 4 ? strrchr(argv[2], ':') : NULL;
	if (count <= 0 || !port)
		return fputs("usage: calls FOLDER https://localhost:PORT COUNT\n", stderr), USAGE;
	struct stage s = {.folder = argv[1]};
	int silent, closed;
	snprintf(s.bases[MEMBERS], URL_MOST, "%s", argv[2]);
	snprintf(s.bases[BY_ADDRESS], URL_MOST, "https://127.0.0.1%s", port);
	bind_port(true, s.bases[SILENT], &silent);
	bind_port(false, s.bases[CLOSED], &closed);
	s.clients[GOOD] = make_client(s.folder, "good", "ca.pem");
	s.clients[REVOKED] = make_client(s.folder, "revoked", "ca.pem");
	s.clients[DOUBTING] = make_client(s.folder, "good", "other-ca.pem");
	run_all(&s, count);
	for (size_t i = 0; i < WHO_COUNT; i++)
		counterfoil_client_free(s.clients[i]);
	close(silent);
	close(closed);
	return 0;
}
