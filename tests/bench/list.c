/* list product|library N: a revocation list of N entries, as clerk and signer make it together, or with the library's
 * objects: "microseconds of CPU, kB of memory, bytes of the list". Neither reads nor writes a database. */
#include "ca/authority.h"
#include "ca/crl.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { NOW = 1795313618, PART = 4096 };

static struct authority ca;

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "list: %s\n", what);
	exit(1);
}

static long peak_kb(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct crl_entry entry(size_t i)
{
	struct crl_entry e = {.revoked_at = NOW - (int64_t)i, .reason = (enum crl_reason)(i % 6)};
	e.serial[0] = 0x40;
	for (int b = 0; b < 4; b++)
		e.serial[1 + b] = (uint8_t)(i >> (24 - 8 * b));
	memset(e.serial + 5, (int)(i % 251), sizeof e.serial - 5);
	return e;
}

static size_t by_product(size_t n)
{
	const struct crl_head head = {.number = NOW, .this_update = NOW, .next_update = NOW + 86400};
	struct crl_signing *signing = NULL;
	struct crl_entry *list = calloc(n, sizeof *list);
	struct buf front = BUF_INIT(CRL_PART_MAX), tail = BUF_INIT(CRL_PART_MAX);
	struct crl_head back;
	size_t len = 0, had = 0;
	must(list != NULL, "memory");
	for (size_t i = 0; i < n; i++) {
		list[i] = entry(i);
		len += crl_entry_size(&list[i]);
	}
	struct buf der = BUF_INIT(CRL_PART_MAX + len + CRL_PART_MAX);
	must(buf_room(&der, der.cap) != NULL, "memory");
	der.len = CRL_PART_MAX;
	must(!crl_signing_begin(&head, len, ca.certificate, ca.key, &signing, NULL), "begin");
	for (size_t at = 0; at < n; at += PART) {
		size_t part = n - at < PART ? n - at : PART;
		must(!crl_entries_write(list + at, part, at ? list[at - 1].serial : NULL, &der, NULL), "write");
		must(!crl_signing_add(signing, list + at, part, NULL), "add");
	}
	must(!crl_signing_end(signing, &front, &tail, NULL), "end");
	uint8_t *begin = der.data + CRL_PART_MAX - front.len;
	memcpy(begin, front.data, front.len);
	buf_add(&der, tail.data, tail.len);
	size_t size = der.len - (size_t)(begin - der.data);
	must(!crl_read(begin, size, ca.certificate, &back, &had, NULL) && had == n, "read");
	crl_signing_free(signing);
	buf_free(&der);
	buf_free(&front);
	buf_free(&tail);
	free(list);
	return size;
}

static void add_entry(X509_CRL *crl, const struct crl_entry *e)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, e->revoked_at);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	must(r && serial && at && reason && ASN1_STRING_set(serial, e->serial, sizeof e->serial) == 1, "memory");
	X509_REVOKED_set_serialNumber(r, serial);
	X509_REVOKED_set_revocationDate(r, at);
	if (e->reason) {
		ASN1_ENUMERATED_set(reason, e->reason);
		X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0);
	}
	must(X509_CRL_add0_revoked(crl, r) == 1, "add");
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(at);
	ASN1_ENUMERATED_free(reason);
}

static size_t by_library(size_t n)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, NOW);
	uint8_t *der = NULL;
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.certificate));
	X509_CRL_set1_lastUpdate(crl, at);
	X509_CRL_set1_nextUpdate(crl, at);
	for (size_t i = 0; i < n; i++) {
		struct crl_entry e = entry(i);
		add_entry(crl, &e);
	}
	must(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, ca.key, EVP_sha384()) > 0, "sign");
	int len = i2d_X509_CRL(crl, &der);
	must(len > 0, "encode");
	OPENSSL_free(der);
	ASN1_TIME_free(at);
	X509_CRL_free(crl);
	return (size_t)len;
}

int main(int argc, char **argv)
{
	static const struct authority_names names = {.organisation = "Bench", .root_name = "Bench Root"};
	must(argc == 3 && !authority_make_root(&names, NOW, &ca, NULL), "usage: list product|library N");
	size_t n = strtoul(argv[2], NULL, 10);
	long memory = peak_kb();
	double cpu = cpu_us();
	size_t size = strcmp(argv[1], "product") == 0 ? by_product(n) : by_library(n);
	printf("%.0f %ld %zu\n", cpu_us() - cpu, peak_kb() - memory, size);
	authority_clear(&ca);
	return 0;
}
