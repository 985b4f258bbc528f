#include "tests/support/failing.h"
#include "tests/support/interposed.h"
#include "tests/support/test.h"

#include <curl/curl.h>
#include <execinfo.h>
#include <link.h>
#include <openssl/cms.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/ocsp.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static const char *const kind_names[FAILING_KINDS] = {
	[FAILING_ALLOCATION] = "allocation", [FAILING_OPENSSL] = "OpenSSL call", [FAILING_SQLITE] = "SQLite call",
	[FAILING_CURL] = "libcurl call"};

static struct {
	atomic_int kind;
	atomic_long count, nth;
	atomic_bool for_good;
	_Atomic(const char *) what;
} failing;

static _Thread_local int paused;

void failing_begin(enum failing_kind kind, long nth, bool for_good)
{
	failing.count = 0;
	failing.nth = nth;
	failing.for_good = for_good;
	failing.what = "";
	failing.kind = kind;
}

long failing_end(void)
{
	failing.kind = FAILING_NOTHING;
	return failing.count;
}

static char where[160];

const char *failing_where(void)
{
	return where;
}

int failing_pause(void)
{
	return ++paused;
}

void failing_resume(const int *ignored)
{
	(void)ignored;
	paused--;
}

/* OpenSSL 3.0 does not look whether a key derivation got memory for its own state, and crashes in EVP_KDF_CTX_new. That
 * is not ours to survive: what is called from there does not fail. */
static bool called_by_a_derivation(void)
{
	static const char *from, *to;
	void *frames[8];
	Dl_info info;
	ElfW(Sym) *symbol = NULL;
	failing_pause(); /* the first backtrace allocates */
	if (!from && dladdr1((void *)(uintptr_t)EVP_KDF_CTX_new, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol) {
		from = info.dli_saddr;
		to = from + symbol->st_size;
	}
	bool found = false;
	for (int n = backtrace(frames, sizeof frames / sizeof *frames); n > 0; n--)
		found |= (const char *)frames[n - 1] > from && (const char *)frames[n - 1] <= to;
	failing_resume(NULL);
	return found;
}

static UNSEEN bool fails(enum failing_kind kind, const char *what)
{
	if (failing.kind != (int)kind || paused)
		return false;
	long n = failing.count++;
	bool yes = failing.for_good ? n >= failing.nth : n == failing.nth;
	if (yes && kind == FAILING_ALLOCATION && called_by_a_derivation())
		return false;
	if (yes)
		failing.what = what;
	return yes;
}

#define CALL(kind, type, failure, name, parameters, names)                                                             \
	INTERPOSE(type, failure, name, parameters, names, fails(FAILING_##kind, #name))
/* The libraries must find the allocators before the system's. mlock: a secret needs it beside memory. */
SEEN CALL(ALLOCATION, void *, NULL, malloc, (size_t size), (size))
SEEN CALL(ALLOCATION, void *, NULL, calloc, (size_t n, size_t size), (n, size))
SEEN CALL(ALLOCATION, void *, NULL, realloc, (void *old, size_t size), (old, size))
SEEN CALL(ALLOCATION, int, -1, mlock, (const void *at, size_t len), (at, len))
#include "tests/support/failing_calls.def"
#undef CALL

/* Its last argument is a curve's name or a number of bits: either way one word. */
EVP_PKEY *EVP_PKEY_Q_keygen(OSSL_LIB_CTX *c, const char *properties, const char *type, ...)
{
	static EVP_PKEY *(*next)(OSSL_LIB_CTX *, const char *, const char *, ...);
	va_list args;
	va_start(args, type);
	void *word = va_arg(args, void *);
	va_end(args);
	if (!next)
		find_next("EVP_PKEY_Q_keygen", &next);
	return fails(FAILING_OPENSSL, "EVP_PKEY_Q_keygen") ? NULL : next(c, properties, type, word);
}

/* An option's value is a long, a pointer or an offset: one word each of them. */
#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	static CURLcode (*next)(CURL *, CURLoption, ...);
	va_list args;
	va_start(args, option);
	void *word = va_arg(args, void *);
	va_end(args);
	if (!next)
		find_next("curl_easy_setopt", &next);
	return fails(FAILING_CURL, "curl_easy_setopt") ? CURLE_OUT_OF_MEMORY : next(easy, option, word);
}

#undef curl_multi_setopt
#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *easy, CURLINFO which, ...)
{
	static CURLcode (*next)(CURL *, CURLINFO, ...);
	va_list args;
	va_start(args, which);
	void *word = va_arg(args, void *);
	va_end(args);
	if (!next)
		find_next("curl_easy_getinfo", &next);
	return fails(FAILING_CURL, "curl_easy_getinfo") ? CURLE_UNKNOWN_OPTION : next(easy, which, word);
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	static CURLMcode (*next)(CURLM *, CURLMoption, ...);
	va_list args;
	va_start(args, option);
	void *word = va_arg(args, void *);
	va_end(args);
	if (!next)
		find_next("curl_multi_setopt", &next);
	return fails(FAILING_CURL, "curl_multi_setopt") ? CURLM_OUT_OF_MEMORY : next(multi, option, word);
}

static long run(const struct failing_work *w, enum failing_kind kind, long nth, bool for_good)
{
	if (w->before)
		w->before();
	failing_begin(kind, nth, for_good);
	enum err rc = w->act();
	long n = failing_end();
	snprintf(where, sizeof where, "%s, %s %ld%s (%s): %s", w->name, kind_names[kind], nth, for_good ? " for good" : "",
		 failing.what, err_word(rc));
	if (getenv("FAILING_TRACE"))
		fprintf(stderr, "%s\n", where);
	if (w->after)
		w->after(rc, nth < n);
	return n;
}

/* No work has more calls than this; one that has goes round in circles. */
enum { CALLS_MOST = 100000 };

/* FAILING_SHARE=K/N in the environment: every call, of which this process takes the K-th of N shares. */
static bool whole(long *first, long *step)
{
	const char *share = getenv("FAILING_SHARE");
	return share && sscanf(share, "%ld/%ld", first, step) == 2 && *step > 0 && *first >= 0 && *first < *step;
}

void failing_each(const struct failing_work *work, long most)
{
	long first = 0, step = 1;
	bool every = whole(&first, &step);
	for (enum failing_kind kind = FAILING_ALLOCATION; kind < FAILING_KINDS; kind++) {
		if ((kind == FAILING_SQLITE && work->without_sqlite) || (kind == FAILING_OPENSSL && work->without_openssl) ||
		    (kind == FAILING_CURL && !work->with_curl))
			continue;
		run(work, kind, CALLS_MOST, false); /* the libraries settle in: what they keep is made at the first call */
		long calls = run(work, kind, CALLS_MOST, false);
		if (calls == 0 || calls >= CALLS_MOST)
			fail_msg("%s: %ld of %s", work->name, calls, kind_names[kind]);
		if (!every)
			step = 1 + (calls - 1) / most;
		long failed = 0;
		for (int for_good = 0; for_good < 2; for_good++)
			for (long n = first; n < calls; n += step, failed++)
				run(work, kind, n, for_good);
		if (every)
			fprintf(stderr, "failed: %s: %ld of %s\n", work->name, failed, kind_names[kind]);
	}
}
