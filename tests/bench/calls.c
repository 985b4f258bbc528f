/* calls IDENTITY-PEM CA URL COUNT: what a call costs the caller, by counterfoil_call and by bare curl_easy_perform (the
 * answer's headers and body kept, as the library keeps them). Both verify the server by CA alone and show the same
 * certificate.
 *
 * Prints one line, the library's figure before libcurl's: a call on a connection that is kept (microseconds of this process's
 * CPU time); a first call, from the files to the answer, handle and all (likewise); a handle with the connection that it
 * keeps (bytes of memory, as malloc counts them). Time is taken in turns of a few milliseconds: what a call costs differs by
 * half with the core on which the server happens to answer. */
#include "client/include/counterfoil.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_MOST = 65536, ANSWER_FIRST = 1024, SLICE = 100, FIRST_SLICE = 5, HANDLES = 50 };

static const char *identity_file, *ca_file, *url;

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

static void library_once(counterfoil_client *client)
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

static counterfoil_client *library_new(void)
{
	char ca[FILE_MOST];
	counterfoil_error error;
	counterfoil_identity *identity = NULL;
	counterfoil_client *client = NULL;
	const counterfoil_identity_options from = {.size = sizeof from, .file.path = identity_file};
	if (counterfoil_identity_load(&from, &identity, &error) != COUNTERFOIL_OK)
		die(identity_file, error.text);
	counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM, .identity = identity};
	options.trust_pem = (counterfoil_bytes){ca, read_file(ca_file, ca)};
	if (counterfoil_client_new(&options, &client, &error) != COUNTERFOIL_OK)
		die("client", error.text);
	counterfoil_identity_free(identity);
	return client;
}

static void library_first(void)
{
	counterfoil_client *client = library_new();
	library_once(client);
	counterfoil_client_free(client);
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

static CURL *curl_new(void)
{
	CURL *easy = curl_easy_init();
	if (!easy)
		die("curl", "no handle");
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, identity_file);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, identity_file);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
	return easy;
}

static void curl_first(void)
{
	CURL *easy = curl_new();
	curl_once(easy);
	curl_easy_cleanup(easy);
}

/* What is measured */

static void measure_kept(long count)
{
	double by_library = 0, by_curl = 0;
	long done = 0;
	CURL *easy = curl_new();
	counterfoil_client *client = library_new();
	library_once(client); /* the handshakes do not count */
	curl_once(easy);
	for (; done < count; done += SLICE) {
		double began = cpu_us();
		for (int i = 0; i < SLICE; i++)
			library_once(client);
		double middle = cpu_us();
		for (int i = 0; i < SLICE; i++)
			curl_once(easy);
		by_library += middle - began;
		by_curl += cpu_us() - middle;
	}
	printf("%.2f %.2f", by_library / (double)done, by_curl / (double)done);
	counterfoil_client_free(client);
	curl_easy_cleanup(easy);
}

static void measure_first(long count)
{
	double by_library = 0, by_curl = 0;
	long done = 0;
	for (; done < count; done += FIRST_SLICE) {
		double began = cpu_us();
		for (int i = 0; i < FIRST_SLICE; i++)
			library_first();
		double middle = cpu_us();
		for (int i = 0; i < FIRST_SLICE; i++)
			curl_first();
		by_library += middle - began;
		by_curl += cpu_us() - middle;
	}
	printf(" %.2f %.2f", by_library / (double)done, by_curl / (double)done);
}

static double memory_used(void)
{
	struct mallinfo2 now = mallinfo2();
	return (double)(now.uordblks + now.hblkhd);
}

static void measure_handles(void)
{
	counterfoil_client *clients[HANDLES];
	CURL *easies[HANDLES];
	double began = memory_used();
	for (int i = 0; i < HANDLES; i++) {
		clients[i] = library_new();
		library_once(clients[i]);
	}
	double middle = memory_used();
	for (int i = 0; i < HANDLES; i++) {
		easies[i] = curl_new();
		curl_once(easies[i]);
	}
	printf(" %.0f %.0f\n", (middle - began) / HANDLES, (memory_used() - middle) / HANDLES);
	for (int i = 0; i < HANDLES; i++) {
		counterfoil_client_free(clients[i]);
		curl_easy_cleanup(easies[i]);
	}
}

int main(int argc, char **argv)
{
	long count = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
	if (count <= 0)
		return fputs("usage: calls IDENTITY-PEM CA URL COUNT\n", stderr), 2;
	identity_file = argv[1];
	ca_file = argv[2];
	url = argv[3];
	curl_global_init(CURL_GLOBAL_DEFAULT);
	measure_kept(count);
	measure_first(count / 50);
	measure_handles();
	return 0;
}
