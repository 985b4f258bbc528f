/* An HTTP exchange. */
#include "delivery/transfer_curl.h"

#include <string.h>

/* A cap that is reached ends the exchange: libcurl is told that fewer bytes were taken. */
static size_t on_body(char *bytes, size_t one, size_t len, void *answer)
{
	(void)one; /* always 1 */
	buf_add(answer, bytes, len);
	return buf_check(answer) == ERR_OK ? len : 0;
}

static enum err add_headers(struct curl_slist **list, const char *const *headers, struct errbuf *why)
{
	for (; headers && *headers; headers++) {
		if ((*headers)[strcspn(*headers, "\r\n")])
			return fail(why, ERR_INVALID, "a header has a line break in it");
		struct curl_slist *longer = curl_slist_append(*list, *headers);
		if (!longer)
			return ERR_MEMORY;
		*list = longer;
	}
	return ERR_OK;
}

static bool set_request(CURL *e, const struct transfer_request *r, struct curl_slist *headers, struct buf *answer)
{
	bool set = !curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
		   !curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
		   !curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers) &&
		   !curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) && !curl_easy_setopt(e, CURLOPT_WRITEDATA, answer);
	if (set && r->body)
		set = !curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->len) &&
		      !curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body);
	return set;
}

/* From the end of the handshake on it may have the request. */
static bool may_have_it(const struct transfer *x)
{
	curl_off_t spoke = 0;
	return curl_easy_getinfo(x->easy, CURLINFO_APPCONNECT_TIME_T, &spoke) != CURLE_OK || spoke > 0;
}

static enum err run(struct transfer *x, int *status, struct errbuf *why)
{
	long code = 0;
	enum err rc = transfer_verdict(x, curl_easy_perform(x->easy), why);
	if (!rc && curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK)
		rc = fail(why, ERR_CLOSED, "the answer has no status");
	if (rc == ERR_NETWORK && may_have_it(x))
		rc = ERR_CLOSED;
	*status = (int)code;
	return rc;
}

enum err transfer_http(const struct transfer_request *r, int *status, struct buf *answer, struct errbuf *why)
{
	struct transfer x = {0};
	struct curl_slist *headers = NULL;
	enum err rc = add_headers(&headers, r->headers, why);
	if (!rc)
		rc = transfer_open(&x, &r->peer, "https", why);
	if (!rc && !set_request(x.easy, r, headers, answer))
		rc = fail(why, ERR_MEMORY, "libcurl cannot be set up");
	if (!rc)
		rc = run(&x, status, why);
	transfer_close(&x);
	curl_slist_free_all(headers);
	return rc;
}
