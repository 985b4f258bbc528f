#include "delivery/transfer_curl.h"
#include "base/wipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start(void)
{
	started = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc);
}

enum err transfer_start(void)
{
	pthread_once(&once, start);
	return started == CURLE_OK ? ERR_OK : ERR_MEMORY;
}

static struct {
	bool (*stopping)(void *ctx);
	void *ctx;
} end;

void transfer_stop_when(bool (*stopping)(void *ctx), void *ctx)
{
	end.stopping = stopping;
	end.ctx = ctx;
}

/* libcurl calls it at least once a second, whether or not anything moves; not 0 ends the exchange. */
static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	(void)ctx, (void)down_all, (void)down, (void)up_all, (void)up;
	return end.stopping && end.stopping(end.ctx);
}

static bool set_end(CURL *e)
{
	return !curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L) && !curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
}

static bool set_times(CURL *e, int64_t wanted)
{
	long seconds = wanted > 0 && wanted < TRANSFER_SECONDS_MOST ? (long)wanted : TRANSFER_SECONDS_MOST;
	return !curl_easy_setopt(e, CURLOPT_TIMEOUT, seconds) &&
	       !curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)TRANSFER_CONNECT_SECONDS) &&
	       !curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds) &&
	       !curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs holds nobody up */
}

/* Own certificates take the place of the system's; they are not added to them. */
static bool set_trust(CURL *e, const struct buf *trust)
{
	if (!trust || trust->len == 0)
		return true;
	struct curl_blob blob = {.data = trust->data, .len = trust->len, .flags = CURL_BLOB_COPY};
	return !curl_easy_setopt(e, CURLOPT_CAINFO, NULL) && !curl_easy_setopt(e, CURLOPT_CAPATH, NULL) &&
	       !curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &blob);
}

static bool set_tls(CURL *e)
{
	return !curl_easy_setopt(e, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) &&
	       !curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) && !curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static bool set_ways(CURL *e, const char *url, const char *protocols)
{
	return !curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, protocols) && !curl_easy_setopt(e, CURLOPT_URL, url) &&
	       !curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) && !curl_easy_setopt(e, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       !curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L) && !curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
}

static bool set_user(CURL *e, const struct transfer_peer *p)
{
	if (!p->user || !p->user[0])
		return true;
	return !curl_easy_setopt(e, CURLOPT_USERNAME, p->user) &&
	       !curl_easy_setopt(e, CURLOPT_PASSWORD, p->password ? secret_string(p->password) : "");
}

enum err transfer_open(struct transfer *x, const struct transfer_peer *p, const char *protocols, struct errbuf *why)
{
	*x = (struct transfer){.easy = transfer_start() == ERR_OK ? curl_easy_init() : NULL};
	if (x->easy && !curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->said) &&
	    !curl_easy_setopt(x->easy, CURLOPT_VERBOSE, 0L) && set_times(x->easy, p->seconds) && set_end(x->easy) && set_tls(x->easy) &&
	    set_trust(x->easy, p->trust) && set_ways(x->easy, p->url, protocols) && set_user(x->easy, p))
		return ERR_OK;
	return fail(why, ERR_MEMORY, "libcurl cannot be set up");
}

void transfer_close(struct transfer *x)
{
	curl_easy_cleanup(x->easy);
	explicit_bzero(x, sizeof *x);
}

/* `words`: libcurl's own are of use, and have no more in them than names of hosts and of certificates. */
static const struct {
	CURLcode result;
	enum err outcome;
	const char *text;
	bool words;
} verdicts[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK, "its name cannot be resolved", false},
	{CURLE_COULDNT_CONNECT, ERR_NETWORK, "it cannot be reached", true},
	{CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, "it did not answer in time", false},
	{CURLE_SSL_CONNECT_ERROR, ERR_NETWORK, "TLS with it did not come about", true},
	{CURLE_PEER_FAILED_VERIFICATION, ERR_USAGE, "it is not trusted, and nothing was sent", true},
	{CURLE_USE_SSL_FAILED, ERR_USAGE, "it offers no TLS, and nothing was sent", false},
	{CURLE_SSL_CACERT_BADFILE, ERR_USAGE, "the certificates that it must lead to cannot be used", false},
	{CURLE_LOGIN_DENIED, ERR_USAGE, "it does not take our user and password", false},
	{CURLE_URL_MALFORMAT, ERR_USAGE, "its address cannot be used", false},
	{CURLE_UNSUPPORTED_PROTOCOL, ERR_USAGE, "its address cannot be used", false},
	{CURLE_OUT_OF_MEMORY, ERR_MEMORY, "out of memory", false},
	{CURLE_ABORTED_BY_CALLBACK, ERR_NETWORK, "the daemon is being stopped", false},
	{CURLE_WRITE_ERROR, ERR_NETWORK, "it says more than is listened to", false},
};

enum err transfer_verdict(const struct transfer *x, CURLcode result, struct errbuf *why)
{
	if (result == CURLE_OK)
		return ERR_OK;
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (verdicts[i].result == result)
			return fail(why, verdicts[i].outcome, "%s%s%s", verdicts[i].text,
				    verdicts[i].words && x->said[0] ? ": " : "", verdicts[i].words ? x->said : "");
	return fail(why, ERR_NETWORK, "%s", curl_easy_strerror(result));
}
