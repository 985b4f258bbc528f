/* swap THREADS CALLS SWAP_MS: threads that share one client call a server, while the client's identity is swapped for a
 * new one, out of a new file, every so many milliseconds. The server, a process of its own, looks at each request's
 * certificate: it must have been in use between the beginning and the end of the call, which tells the number of the last
 * swap that was over when it began. What the client holds is measured after a tenth of the calls, and after all of them.
 * Prints `row|name|figure|violations`; exits 1 on any. */
#include "client/include/counterfoil.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <dirent.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MOST = 128, WARM_UP = 10, HEAP_SLACK = 4096, TELL_MOST = 10, SLICE_MS = 20, USAGE = 2 };

/* Of both processes. */
static struct common {
	atomic_int port;
	atomic_int begun, over; /* numbers of swaps; certificates are named by them */
	atomic_long requests, wrong, resumed;
} *common;

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct pair ca, server_pair;
static counterfoil_client *client;
static char folder[] = "/tmp/campaign-swap.XXXXXX", file[64], next_file[64];
static atomic_long failed;
static atomic_int running;

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *server)
{
	(void)server;
	const char *from = strstr(request->head, "\r\nX-From: ");
	long first = from ? strtol(from + strlen("\r\nX-From: "), NULL, 10) : 0, number = strtol(request->client, NULL, 10);
	bool right = first > 0 && number >= first && number <= common->begun;
	common->requests++;
	common->wrong += !right;
	common->resumed += request->resumed;
	return tls_reply(ssl, right ? 200 : 409, NULL, request->client);
}

/* Serves until the other end of the pipe is closed. */
static _Noreturn void serve(int until)
{
	struct tls_server server = {.certificate = &server_pair, .client_ca = &ca, .answer = answer};
	char byte;
	tls_server_start(&server);
	common->port = server.port;
	while (read(until, &byte, 1) > 0)
		;
	tls_server_stop(&server);
	pair_free(&ca);
	pair_free(&server_pair);
	exit(0);
}

static pid_t start_server(int *stop)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[1]);
		serve(ends[0]);
	}
	close(ends[0]);
	*stop = ends[1];
	while (!common->port && waitpid(child, NULL, WNOHANG) == 0)
		poll(NULL, 0, SLICE_MS);
	return child;
}

static void write_identity(int number)
{
	char name[16];
	struct buf der = BUF_INIT(1 << 16);
	X509 *chain[] = {ca.certificate};
	snprintf(name, sizeof name, "%d", number);
	struct pair pair = pair_make(&(struct wanted){.common_name = name, .issuer = &ca, .extended = "clientAuth"});
	package_write(&(struct package){.subject = &pair, .password = password, .chain = chain, .chain_count = 1}, &der);
	FILE *f = fopen(next_file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(der.data, 1, der.len, f), der.len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next_file, file), 0);
	buf_free(&der);
	pair_free(&pair);
}

static void swap(void)
{
	counterfoil_error error;
	int number = ++common->begun;
	write_identity(number);
	if (counterfoil_client_reload(client, file, (counterfoil_bytes){password, strlen(password)}, &error)) {
		fprintf(stderr, "swap %d: %s\n", number, error.text);
		failed++;
	}
	common->over = number;
}

static void make_client(void)
{
	counterfoil_identity *identity = NULL;
	common->begun = common->over = 1;
	write_identity(1);
	assert_int_equal(counterfoil_identity_from_file(file, (counterfoil_bytes){password, strlen(password)}, &identity, NULL), 0);
	const counterfoil_client_options options = {.size = sizeof options, .identity = identity,
						    .connections_kept = THREADS_MOST};
	assert_int_equal(counterfoil_client_new(&options, &client, NULL), 0);
	counterfoil_identity_free(identity);
}

static void call(void)
{
	char url[64], from[32];
	const char *const headers[] = {from, NULL};
	const counterfoil_request request = {.size = sizeof request, .url = url, .headers = headers};
	counterfoil_response *response = NULL;
	counterfoil_error error;
	snprintf(url, sizeof url, "https://localhost:%d/", common->port);
	snprintf(from, sizeof from, "X-From: %d", common->over);
	counterfoil_code code = counterfoil_call(client, &request, &response, &error);
	if ((code || counterfoil_response_status(response) != 200) && failed++ < TELL_MOST)
		fprintf(stderr, "%s, status %d, certificate %s: %s\n", from, counterfoil_response_status(response),
			response ? (const char *)counterfoil_response_body(response).data : "?", error.text);
	counterfoil_response_free(response);
}

static void *call_on_and_on(void *data)
{
	for (long left = *(const long *)data; left > 0; left--)
		call();
	running--;
	return NULL;
}

/* At the end nothing is under way, and no connection is kept: a last swap has closed them. */
static void call_and_swap(int threads, long calls, int swap_ms)
{
	pthread_t thread[THREADS_MOST];
	running = threads;
	for (int i = 0; i < threads; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, call_on_and_on, &calls), 0);
	for (int slept = 0; running > 0; slept += SLICE_MS) {
		poll(NULL, 0, SLICE_MS);
		if (slept < swap_ms)
			continue;
		swap();
		slept = 0;
	}
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	swap();
}

struct holdings {
	int descriptors;
	size_t heap; /* bytes in use */
	long resident;
};

static struct holdings measure(void)
{
	struct holdings had = {0};
	DIR *open_ones = opendir("/proc/self/fd");
	FILE *statm = fopen("/proc/self/statm", "r");
	assert_true(open_ones && statm);
	while (readdir(open_ones))
		had.descriptors++;
	assert_int_equal(fscanf(statm, "%*d %ld", &had.resident), 1);
	fclose(statm);
	closedir(open_ones);
	struct mallinfo2 heap = mallinfo2();
	had.heap = heap.uordblks + heap.hblkhd;
	had.resident *= sysconf(_SC_PAGESIZE) / 1024;
	return had;
}

static bool report(const char *sizes, long wanted, double seconds, const struct holdings *first, const struct holdings *last)
{
	long lost = wanted - common->requests, grown = (long)last->heap - (long)first->heap;
	bool swapped = common->over > 2; /* not at the ends alone */
	printf("row|swap: %s, failed|%ld of %ld in %.0f s, %d swaps|%ld\n", sizes, (long)failed, wanted, seconds, common->over,
	       (long)failed + labs(lost) + !swapped);
	printf("row|swap: with an identity that was not in use, by the server|%ld of %ld|%ld\n", (long)common->wrong,
	       (long)common->requests, (long)common->wrong);
	printf("row|swap: on a resumed TLS session|%ld|%ld\n", (long)common->resumed, (long)common->resumed);
	printf("row|swap: descriptors after a tenth of the calls, and after all|%d, %d|%d\n", first->descriptors, last->descriptors,
	       last->descriptors != first->descriptors);
	printf("row|swap: heap in use, likewise (resident KiB)|%zu, %zu bytes (%ld, %ld)|%d\n", first->heap, last->heap,
	       first->resident, last->resident, grown > HEAP_SLACK);
	return !failed && !lost && swapped && !common->wrong && !common->resumed && grown <= HEAP_SLACK &&
	       last->descriptors == first->descriptors;
}

static void begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < 4; i++)
		unsetenv(((const char *const[]){"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"})[i]);
	common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(common != MAP_FAILED && mkdtemp(folder));
	snprintf(file, sizeof file, "%s/client.p12", folder);
	snprintf(next_file, sizeof next_file, "%s/next", folder);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	server_pair = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .extended = "serverAuth"});
}

static bool end(pid_t server, int stop)
{
	int status = 0;
	counterfoil_client_free(client);
	close(stop);
	assert_int_equal(waitpid(server, &status, 0), server);
	unlink(file);
	rmdir(folder);
	pair_free(&ca);
	pair_free(&server_pair);
	return status == 0;
}

int main(int argc, char **argv)
{
	int threads = argc == 4 ? (int)strtol(argv[1], NULL, 10) : 0, swap_ms = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
	long calls = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	char sizes[96];
	int stop;
	if (threads < 1 || threads > THREADS_MOST || calls < WARM_UP || swap_ms < SLICE_MS)
		return fputs("usage: swap THREADS CALLS SWAP_MS\n", stderr), USAGE;
	begin();
	pid_t server = start_server(&stop);
	make_client();
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	call_and_swap(threads, calls / WARM_UP, swap_ms);
	struct holdings first = measure();
	call_and_swap(threads, calls - calls / WARM_UP, swap_ms);
	struct holdings last = measure();
	clock_gettime(CLOCK_MONOTONIC, &to);
	snprintf(sizes, sizeof sizes, "%d threads x %ld calls, an identity every %d ms", threads, calls, swap_ms);
	double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	bool good = report(sizes, threads * calls, seconds, &first, &last);
	bool served = end(server, stop);
	return good && served ? 0 : 1;
}
