/* calls PKCS12 PASSWORD-FILE IDENTITY-PEM CA URL COUNT: what one call costs the caller, on a connection that is kept, by
 * counterfoil_call and by bare curl_easy_perform (set up once; the answer's headers and body kept, as the library keeps
 * them). Both verify the server by CA alone and show the client's certificate.
 *
 * Prints microseconds of this process's CPU time a call, library first. They take turns in slices of a few milliseconds in
 * this one process: what a call costs differs by half with the core on which the server happens to answer. */
#include "client/include/counterfoil.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_MOST = 65536, ANSWER_FIRST = 1024, SLICE = 100 };

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

static counterfoil_client *library_new(char **argv)
{
	static char password[FILE_MOST], ca[FILE_MOST];
	counterfoil_error error;
	counterfoil_identity *identity = NULL;
	counterfoil_client *client = NULL;
	read_file(argv[2], password);
	counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM};
	options.trust_pem = (counterfoil_bytes){ca, read_file(argv[4], ca)};
	counterfoil_bytes secret = {password, strcspn(password, "\n")};
	if (counterfoil_identity_from_file(argv[1], secret, &identity, &error) != COUNTERFOIL_OK)
		die(argv[1], error.text);
	options.identity = identity;
	if (counterfoil_client_new(&options, &client, &error) != COUNTERFOIL_OK)
		die("client", error.text);
	counterfoil_identity_free(identity);
	return client;
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

static CURL *curl_new(char **argv)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *easy = curl_easy_init();
	if (!easy)
		die("curl", "no handle");
	curl_easy_setopt(easy, CURLOPT_URL, argv[5]);
	curl_easy_setopt(easy, CURLOPT_CAINFO, argv[4]);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, argv[3]);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, argv[3]);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
	return easy;
}

int main(int argc, char **argv)
{
	double by_library = 0, by_curl = 0;
	long count = argc == 7 ? strtol(argv[6], NULL, 10) : 0, done = 0;
	if (count <= 0)
		return fputs("usage: calls PKCS12 PASSWORD-FILE IDENTITY-PEM CA URL COUNT\n", stderr), 2;
	CURL *easy = curl_new(argv);
	counterfoil_client *client = library_new(argv);
	library_once(client, argv[5]); /* the handshakes do not count */
	curl_once(easy);
	for (; done < count; done += SLICE) {
		double began = cpu_us();
		for (int i = 0; i < SLICE; i++)
			library_once(client, argv[5]);
		double middle = cpu_us();
		for (int i = 0; i < SLICE; i++)
			curl_once(easy);
		by_library += middle - began;
		by_curl += cpu_us() - middle;
	}
	printf("%.2f %.2f\n", by_library / (double)done, by_curl / (double)done);
	counterfoil_client_free(client);
	curl_easy_cleanup(easy);
	return 0;
}
