/* bare_rsa BITS COUNT: so many RSA keys by GnuTLS, one after the other, and nothing done with them. Prints the microseconds of
 * CPU of one. */
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	unsigned bits = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (bits < 2048 || count < 1)
		return fputs("usage: bare_rsa BITS COUNT\n", stderr), 2;
	double before = cpu_us();
	for (unsigned long i = 0; i < count; i++) {
		gnutls_x509_privkey_t key;
		if (gnutls_x509_privkey_init(&key) < 0 || gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, bits, 0) < 0)
			return fputs("bare_rsa: no key\n", stderr), 1;
		gnutls_x509_privkey_deinit(key);
	}
	printf("%.2f\n", (cpu_us() - before) / (double)count);
	return 0;
}
