/* steady: a program that calls without pause, and is told of nothing while its certificate is renewed.
 *
 *   steady URL CA-FILE P12-FILE PASSWORD-FILE
 *
 * THREADS call one client that watches both files, until standard input ends. Each line of standard output is the body of an
 * answer that differs from the one that its thread had before; the last is how many calls there were. Exits 1 when one
 * failed, and says why. */
#include "client/include/counterfoil.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, FILE_MOST = 65536, BODY_MOST = 16384, LOOK_MS = 20, PAUSE_NS = 5000000 };

static counterfoil_client *client;
static const char *url;
static atomic_bool over;
static atomic_int calls, failures;

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "steady: %s: %s\n", what, why);
	failures++;
	return 1;
}

static counterfoil_bytes read_file(const char *path, char *into, size_t most)
{
	FILE *f = fopen(path, "r");
	size_t had = f ? fread(into, 1, most, f) : 0;
	if (f)
		fclose(f);
	return (counterfoil_bytes){into, had};
}

/* The body into `before` when it is another one. */
static void note(const counterfoil_response *response, char *before)
{
	counterfoil_bytes body = counterfoil_response_body(response);
	if (body.len >= BODY_MOST || strcmp(before, body.data) == 0)
		return;
	memcpy(before, body.data, body.len + 1);
	printf("%s\n", before);
	fflush(stdout);
}

static void *call_on(void *unused)
{
	char before[BODY_MOST] = "";
	(void)unused;
	while (!over) {
		const counterfoil_request request = {.size = sizeof request, .url = url};
		counterfoil_response *response = NULL;
		counterfoil_error error;
		calls++;
		if (counterfoil_call(client, &request, &response, &error))
			complain(counterfoil_code_word(error.code), error.text);
		else if (counterfoil_response_status(response) != 200)
			complain("status", counterfoil_response_body(response).data);
		else
			note(response, before);
		counterfoil_response_free(response);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	return NULL;
}

static int begin(char **given)
{
	static char ca[FILE_MOST], word[256];
	counterfoil_identity *identity = NULL;
	counterfoil_error error;
	counterfoil_bytes password = read_file(given[4], word, sizeof word - 1);
	password.len = strcspn(word, "\n");
	if (counterfoil_identity_from_file(given[3], password, &identity, &error))
		return complain(given[3], error.text);
	const counterfoil_client_options options = {.size = sizeof options, .identity = identity, .trust = COUNTERFOIL_TRUST_PEM,
						    .trust_pem = read_file(given[2], ca, sizeof ca)};
	const counterfoil_watch_options watch = {.size = sizeof watch, .path = given[3], .password_path = given[4],
						 .look_every_ms = LOOK_MS};
	if (counterfoil_client_new(&options, &client, &error) || counterfoil_client_watch(client, &watch, &error))
		complain("client", error.text);
	counterfoil_identity_free(identity);
	return failures;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	char byte;
	if (argc != 5)
		return complain("usage", "steady URL CA-FILE P12-FILE PASSWORD-FILE");
	url = argv[1];
	if (begin(argv))
		return 1;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, call_on, NULL) != 0)
			return complain("thread", "cannot be made");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	over = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	counterfoil_client_free(client);
	printf("calls %d\n", calls);
	return failures != 0;
}
