/* transport_fetch: a public file or answer over plain HTTP, for what carries its own signature (RFC 5280 section 8 and
 * 4.2.1.13, RFC 6960 appendix A.1). */
#include "client/transport.h"

#include <curl/curl.h>
#include <stdio.h>

enum { HEAD_MAX = 65536, TYPE_SIZE = 128 };

struct fetch {
	struct buf *body;
	size_t head; /* bytes of headers so far */
	struct curl_slist *headers;
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

static bool add_line(struct fetch *f, const char *line)
{
	struct curl_slist *longer = curl_slist_append(f->headers, line);
	if (longer)
		f->headers = longer;
	return longer != NULL;
}

static bool set_post(CURL *easy, const struct transport_question *q, struct fetch *f)
{
	char type[TYPE_SIZE];
	if (!q->type)
		return true;
	snprintf(type, sizeof type, "Content-Type: %s", q->type);
	return add_line(f, type) && add_line(f, "Expect:") && !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, f->headers) &&
	       !curl_easy_setopt(easy, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (const char *)q->body.data);
}

static bool set_up(CURL *easy, const struct transport_question *q, struct fetch *f)
{
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name that is being looked up does not hold up the end */
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") && !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)q->timeout_ms) &&
	       !curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head) && !curl_easy_setopt(easy, CURLOPT_HEADERDATA, f) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes) && !curl_easy_setopt(easy, CURLOPT_WRITEDATA, f) &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") && /* by choice alone: not out of the environment */
	       !curl_easy_setopt(easy, CURLOPT_USERAGENT, "libcounterfoil/" COUNTERFOIL_VERSION) && set_post(easy, q, f) &&
	       !curl_easy_setopt(easy, CURLOPT_URL, q->url);
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

counterfoil_code transport_fetch(const struct transport_question *question, struct buf *out, counterfoil_error *error)
{
	struct fetch f = {.body = out};
	CURL *easy = transport_is_usable() ? curl_easy_init() : NULL;
	if (!easy)
		return outcome(error, COUNTERFOIL_FAILED, "libcurl cannot be used");
	counterfoil_code code = set_up(easy, question, &f) ? verdict(easy, curl_easy_perform(easy), &f, error)
							  : outcome(error, COUNTERFOIL_FAILED, NULL);
	curl_easy_cleanup(easy);
	curl_slist_free_all(f.headers);
	return code;
}
