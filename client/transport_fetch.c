/* transport_fetch: a public file over plain HTTP, for what carries its own signature (RFC 5280 section 8 and 4.2.1.13). */
#include "client/transport.h"

#include <curl/curl.h>

enum { HEAD_MAX = 65536 };

struct fetch {
	struct buf *body;
	size_t head; /* bytes of headers so far */
};

static size_t on_head(char *bytes, size_t one, size_t len, void *data)
{
	struct fetch *f = data;
	(void)bytes;
	(void)one; /* always 1 */
	f->head += len;
	return f->head <= HEAD_MAX ? len : 0;
}

static size_t on_bytes(char *bytes, size_t one, size_t len, void *data)
{
	struct fetch *f = data;
	(void)one;
	buf_add(f->body, bytes, len);
	return buf_check(f->body) ? CURL_WRITEFUNC_ERROR : len;
}

static bool set_up(CURL *easy, const char *url, uint32_t timeout_ms, struct fetch *f)
{
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") && !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) && !curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) &&
	       !curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head) && !curl_easy_setopt(easy, CURLOPT_HEADERDATA, f) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes) && !curl_easy_setopt(easy, CURLOPT_WRITEDATA, f) &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") && /* by choice alone: not out of the environment */
	       !curl_easy_setopt(easy, CURLOPT_USERAGENT, "libcounterfoil/" COUNTERFOIL_VERSION) &&
	       !curl_easy_setopt(easy, CURLOPT_URL, url);
}

static counterfoil_code verdict(CURL *easy, CURLcode result, const struct fetch *f, counterfoil_error *error)
{
	long status = 0;
	if (f->body->err == ERR_MEMORY || result == CURLE_OUT_OF_MEMORY)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	if (f->body->err || f->head > HEAD_MAX)
		return outcome(error, COUNTERFOIL_TOO_LARGE, "the file is larger than %zu bytes", f->body->cap);
	if (result == CURLE_OPERATION_TIMEDOUT)
		return outcome(error, COUNTERFOIL_TIMEOUT, NULL);
	if (result)
		return outcome(error, COUNTERFOIL_UNREACHABLE, "it cannot be fetched: %s", curl_easy_strerror(result));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? outcome_ok(error)
			     : outcome(error, COUNTERFOIL_BROKEN, "it cannot be fetched: status %ld", status);
}

counterfoil_code transport_fetch(const char *url, uint32_t timeout_ms, struct buf *out, counterfoil_error *error)
{
	struct fetch f = {.body = out};
	CURL *easy = transport_is_usable() ? curl_easy_init() : NULL;
	if (!easy)
		return outcome(error, COUNTERFOIL_FAILED, "libcurl cannot be used");
	counterfoil_code code = set_up(easy, url, timeout_ms, &f) ? verdict(easy, curl_easy_perform(easy), &f, error)
								 : outcome(error, COUNTERFOIL_FAILED, NULL);
	curl_easy_cleanup(easy);
	return code;
}
