/* calls: what one call costs the caller, on a connection that is kept.
 *
 *   calls library PKCS12 PASSWORD-FILE CA URL COUNT    counterfoil_call
 *   calls curl    IDENTITY-PEM -       CA URL COUNT    curl_easy_perform, set up once, the answer's headers and body kept
 *
 * Both verify the server by CA alone and show the client's certificate. Prints microseconds of this process's CPU time a
 * call; the handshake is before the first that counts. */
#include "client/include/counterfoil.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_MOST = 65536, ANSWER_FIRST = 1024 };

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "calls: %s: %s\n", what, why);
	exit(1);
}

static size_t read_file(const char *path, char out[FILE_MOST])
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, FILE_MOST - 1, f) : 0;
	if (n == 0)
		die(path, "cannot be read");
	fclose(f);
	out[n] = '\0';
	return n;
}

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The library */

static void library_once(counterfoil_client *client, const char *url)
{
	counterfoil_error error;
	counterfoil_response *answer = NULL;
	const counterfoil_request request = {.size = sizeof request, .url = url};
	if (counterfoil_call(client, &request, &answer, &error) != COUNTERFOIL_OK)
		die(url, error.text);
	if (counterfoil_response_status(answer) != 200 || counterfoil_response_body(answer).len == 0)
		die(url, "not answered as wanted");
	counterfoil_response_free(answer);
}

static double library(char **argv, long count)
{
	static char password[FILE_MOST], ca[FILE_MOST];
	counterfoil_error error;
	counterfoil_identity *identity = NULL;
	counterfoil_client *client = NULL;
	read_file(argv[3], password);
	counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM};
	options.trust_pem = (counterfoil_bytes){ca, read_file(argv[4], ca)};
	counterfoil_bytes secret = {password, strcspn(password, "\n")};
	if (counterfoil_identity_from_file(argv[2], secret, &identity, &error) != COUNTERFOIL_OK)
		die(argv[2], error.text);
	options.identity = identity;
	if (counterfoil_client_new(&options, &client, &error) != COUNTERFOIL_OK)
		die("client", error.text);
	library_once(client, argv[5]);
	double began = cpu_us();
	for (long i = 0; i < count; i++)
		library_once(client, argv[5]);
	double took = cpu_us() - began;
	counterfoil_client_free(client);
	counterfoil_identity_free(identity);
	return took;
}

/* Bare libcurl */

struct answer {
	char *bytes;
	size_t len, size;
};

static size_t keep(char *bytes, size_t one, size_t len, void *ctx)
{
	struct answer *a = ctx;
	(void)one;
	if (a->len + len > a->size) {
		a->size = 2 * (a->len + len) + ANSWER_FIRST;
		a->bytes = realloc(a->bytes, a->size);
		if (!a->bytes)
			return 0;
	}
	memcpy(a->bytes + a->len, bytes, len);
	a->len += len;
	return len;
}

static void curl_once(CURL *easy)
{
	struct answer head = {0}, body = {0};
	long status = 0;
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &head);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
	CURLcode rc = curl_easy_perform(easy);
	if (rc != CURLE_OK)
		die("curl", curl_easy_strerror(rc));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 || body.len == 0)
		die("curl", "not answered as wanted");
	free(head.bytes);
	free(body.bytes);
}

static double curl(char **argv, long count)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *easy = curl_easy_init();
	if (!easy)
		die("curl", "no handle");
	curl_easy_setopt(easy, CURLOPT_URL, argv[5]);
	curl_easy_setopt(easy, CURLOPT_CAINFO, argv[4]);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, argv[2]);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, argv[2]);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
	curl_once(easy);
	double began = cpu_us();
	for (long i = 0; i < count; i++)
		curl_once(easy);
	double took = cpu_us() - began;
	curl_easy_cleanup(easy);
	return took;
}

int main(int argc, char **argv)
{
	long count = argc == 7 ? strtol(argv[6], NULL, 10) : 0;
	if (count <= 0)
		return fputs("usage: calls library|curl FILE PASSWORD-FILE CA URL COUNT\n", stderr), 2;
	double took = strcmp(argv[1], "library") == 0 ? library(argv, count) : curl(argv, count);
	printf("%.2f\n", took / (double)count);
	return 0;
}
