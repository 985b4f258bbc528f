/* transport_prepare: from a request to the options of an easy handle. */
#include "client/request.h"
#include "client/transport_lane.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { URL_MAX = 8192 };

static bool url_part_is_absent(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	CURLUcode result = curl_url_get(url, part, &text, 0);
	curl_free(text);
	return result != CURLUE_OK;
}

/* "[::1]" becomes "::1", "host." becomes "host": the form in which certificates name them. */
static bool keep_host(struct lane *lane, const char *host)
{
	size_t len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (len > 1 && host[len - 1] == '.') {
		len--;
	}
	if (len == 0 || len >= sizeof lane->host)
		return false;
	memcpy(lane->host, host, len);
	lane->host[len] = '\0';
	struct in6_addr address;
	lane->host_is_address =
		inet_pton(AF_INET, lane->host, &address) == 1 || inet_pton(AF_INET6, lane->host, &address) == 1;
	return true;
}

/* Neither a blank nor a control character nor any outside ASCII is of a URL (RFC 3986 section 2). NULL: there is none. */
static const char *first_odd(const char *url)
{
	for (; *url; url++)
		if (*url <= ' ' || *url > '~')
			return url;
	return NULL;
}

/* Names of hosts are written otherwise than what is behind them (RFC 5890 section 2.3.2.1). */
static bool is_of_host(const char *url, const char *at)
{
	const char *host = strstr(url, "://");
	return host && at >= host + 3 && at < host + 3 + strcspn(host + 3, "/?#");
}

counterfoil_code lane_aim(struct lane *lane, const char *url, counterfoil_error *error)
{
	if (strnlen(url, URL_MAX) == URL_MAX)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the URL is longer than %d bytes", URL_MAX - 1);
	const char *odd = first_odd(url);
	if (odd && is_of_host(url, odd))
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "the URL's host has a blank or a character outside ASCII: write it in punycode (xn--...)");
	if (odd)
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "the URL has a blank or a character outside ASCII: percent-encode it");
	if (strncasecmp(url, "https://", 8) != 0 || url[8] == '/')
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the URL does not begin with https://");
	CURLU *parsed = curl_url();
	char *host = NULL;
	counterfoil_code code = COUNTERFOIL_OUT_OF_MEMORY;
	if (parsed) {
		code = COUNTERFOIL_BAD_INPUT;
		if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK && url_part_is_absent(parsed, CURLUPART_USER) &&
		    url_part_is_absent(parsed, CURLUPART_PASSWORD) && url_part_is_absent(parsed, CURLUPART_ZONEID) &&
		    curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK && keep_host(lane, host))
			code = COUNTERFOIL_OK;
	}
	curl_free(host);
	curl_url_cleanup(parsed);
	if (!code)
		return COUNTERFOIL_OK;
	return outcome(error, code, code == COUNTERFOIL_BAD_INPUT ? "the URL cannot be read: want https://HOST[:PORT]/PATH" : NULL);
}

static size_t on_header(char *bytes, size_t one, size_t len, void *data)
{
	struct lane *lane = data;
	(void)one; /* always 1 */
	lane->fault = response_header_line(lane->response, bytes, len);
	return lane->fault ? 0 : len;
}

/* A server may have acted on what it did not answer, so only what does no harm twice leaves twice: but for what went by a
 * connection made for it. That libcurl sends again only when the server itself said that it had not acted (RFC 9113, 8.7:
 * REFUSED_STREAM; HTTP_1_1_REQUIRED). */
static int on_send(void *data, char *their_ip, char *our_ip, int their_port, int our_port)
{
	struct lane *lane = data;
	(void)their_ip;
	(void)our_ip;
	(void)their_port;
	(void)our_port;
	if (++lane->sendings == 1)
		lane->made_for_it = lane->connected;
	if (lane->sendings == 1 || (lane->sendings == 2 && lane->made_for_it) || request_does_no_harm(&lane->attempt->request))
		return CURL_PREREQFUNC_OK;
	lane_fail(lane, COUNTERFOIL_BROKEN,
		  "the connection ended without an answer: the server may have acted on the request, so it was not sent again");
	return CURL_PREREQFUNC_ABORT;
}

static bool add_line(struct lane *lane, const char *line)
{
	struct curl_slist *longer = curl_slist_append(lane->headers, line);
	if (longer)
		lane->headers = longer;
	return longer != NULL;
}

/* To curl "Name:" means not to send that header; one without a value is written "Name;". */
static bool add_header(struct lane *lane, const char *line)
{
	char empty[HEADER_NAME_MAX + 2];
	size_t name = strcspn(line, ":"); /* request_take saw that it ends so */
	if (line[name + 1 + strspn(line + name + 1, " \t")])
		return add_line(lane, line);
	snprintf(empty, sizeof empty, "%.*s;", (int)name, line);
	return add_line(lane, empty);
}

static bool add_headers(struct lane *lane, const char *const *lines)
{
	bool added = true;
	for (; added && lines && *lines; lines++)
		added = add_header(lane, *lines);
	return added;
}

/* What curl would add to a body by itself and nobody asked for is switched off by a line without a value. */
static bool silence_curl(struct lane *lane, const counterfoil_request *request)
{
	bool typed = request->part_count || request_names_header(request->headers, "Content-Type");
	return add_line(lane, "Expect:") && (typed || add_line(lane, "Content-Type:"));
}

/* CAINFO and CAPATH are emptied: Debian's curl fills them with the machine's CAs. */
static bool set_security(struct lane *lane)
{
	CURL *e = lane->easy;
	return !curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https") && !curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) && !curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !curl_easy_setopt(e, CURLOPT_CAINFO, NULL) && !curl_easy_setopt(e, CURLOPT_CAPATH, NULL) &&
	       !curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L) &&
	       !curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, lane_tls) &&
	       !curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, lane);
}

static bool set_limits(struct lane *lane)
{
	CURL *e = lane->easy;
	const struct transport_settings *s = lane->settings;
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a name that is being looked up does not hold up the end of a call */
	return !curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->connect_timeout_ms) &&
	       !curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)s->stall_timeout_seconds) &&
	       !curl_easy_setopt(e, CURLOPT_MAXCONNECTS, 1L) && !curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
}

/* Left unset, libcurl would take a proxy out of the environment, and exceptions too: "" is none. */
static bool set_ways(struct lane *lane)
{
	CURL *e = lane->easy;
	const struct transport_settings *s = lane->settings;
	long version = s->http == COUNTERFOIL_HTTP_AUTO ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1;
	return !curl_easy_setopt(e, CURLOPT_HTTP_VERSION, version) &&
	       !curl_easy_setopt(e, CURLOPT_PROXY, s->proxy ? s->proxy : "") &&
	       !curl_easy_setopt(e, CURLOPT_NOPROXY, s->no_proxy ? s->no_proxy : "") &&
	       !curl_easy_setopt(e, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

static bool set_receivers(struct lane *lane)
{
	CURL *e = lane->easy;
	return !curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) &&
	       !curl_easy_setopt(e, CURLOPT_HEADERDATA, lane) && lane_set_body_callbacks(lane) &&
	       !curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_send) && !curl_easy_setopt(e, CURLOPT_PREREQDATA, lane) &&
	       !curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/* What no call wants otherwise is set once. */
static bool set_for_good(struct lane *lane)
{
	lane->ready = lane->ready ||
		      (set_security(lane) && set_limits(lane) && set_ways(lane) && set_receivers(lane) &&
		       !curl_easy_setopt(lane->easy, CURLOPT_USERAGENT, "libcounterfoil/" COUNTERFOIL_VERSION));
	return lane->ready;
}

static bool set_bounds(struct lane *lane, const counterfoil_request *request)
{
	const struct transport_settings *s = lane->settings;
	bool heads_only = request->method && strcmp(request->method, "HEAD") == 0; /* tells a length that does not come */
	size_t cap = request->body_cap || request->sink ? request->body_cap : s->body_cap; /* 0: none */
	long total = (long)(request->total_timeout_ms ? request->total_timeout_ms : s->total_timeout_ms);
	return !curl_easy_setopt(lane->easy, CURLOPT_TIMEOUT_MS, total) &&
	       !curl_easy_setopt(lane->easy, CURLOPT_MAXFILESIZE_LARGE, heads_only ? (curl_off_t)0 : (curl_off_t)(cap & INT64_MAX));
}

static bool set_request(struct lane *lane, const counterfoil_request *request)
{
	return set_for_good(lane) && set_bounds(lane, request) &&
	       !curl_easy_setopt(lane->easy, CURLOPT_NOPROGRESS, request->progress ? 0L : 1L) &&
	       add_headers(lane, request->headers) && (!lane_carries_body(request) || silence_curl(lane, request)) &&
	       !curl_easy_setopt(lane->easy, CURLOPT_HTTPHEADER, lane->headers) &&
	       !curl_easy_setopt(lane->easy, CURLOPT_URL, request->url);
}

counterfoil_code lane_prepare(struct lane *lane, const counterfoil_request *request, counterfoil_error *error)
{
	lane->alert = -1;
	lane->objected = false;
	lane->fault = ERR_OK;
	lane_fail(lane, COUNTERFOIL_OK, NULL);
	lane->sendings = 0;
	lane->sunk = 0;
	if (set_request(lane, request))
		return lane_body(lane, request, error);
	return outcome(error, COUNTERFOIL_FAILED, "libcurl did not take an option: it is older than 7.85, or out of memory");
}

void lane_clear(struct lane *lane)
{
	curl_slist_free_all(lane->headers);
	lane->headers = NULL;
	lane->connected = false;
	lane->cut = false;
	lane->body = (struct feed){.lane = lane, .fd = -1};
	lane_form_clear(lane);
}
