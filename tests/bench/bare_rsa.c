/* bare_rsa BITS COUNT THREADS: so many RSA keys by GnuTLS, on so many threads at once, as the product makes them, and nothing
 * done with them. Prints the microseconds of CPU of one. */
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS_MOST = 16 };

static unsigned bits;
static atomic_long left;
static atomic_bool failed;

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *make(void *unused)
{
	while (atomic_fetch_sub(&left, 1) > 0) {
		gnutls_x509_privkey_t key;
		if (gnutls_x509_privkey_init(&key) < 0 || gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, bits, 0) < 0) {
			failed = true;
			break;
		}
		gnutls_x509_privkey_deinit(key);
	}
	return unused;
}

int main(int argc, char **argv)
{
	bits = argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned long count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0, threads = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	pthread_t thread[THREADS_MOST];
	if (bits < 2048 || count < 1 || threads < 1 || threads > THREADS_MOST)
		return fputs("usage: bare_rsa BITS COUNT THREADS\n", stderr), 2;
	left = (long)count;
	double before = cpu_us();
	for (unsigned long i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, make, NULL) != 0)
			return fputs("bare_rsa: no thread\n", stderr), 1;
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	if (failed)
		return fputs("bare_rsa: no key\n", stderr), 1;
	printf("%.2f\n", (cpu_us() - before) / (double)count);
	return 0;
}
