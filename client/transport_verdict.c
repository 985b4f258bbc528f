/* transport_verdict: what a finished transfer means for the caller. */
#include "client/request.h"
#include "client/transport_lane.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

enum { PLACE_SIZE = HOST_SIZE + 8 };

static const struct {
	int alert;
	counterfoil_code code;
} alerts[] = {
	{SSL_AD_CERTIFICATE_REVOKED, COUNTERFOIL_REVOKED},
	{SSL_AD_CERTIFICATE_EXPIRED, COUNTERFOIL_EXPIRED},
	{SSL_AD_BAD_CERTIFICATE, COUNTERFOIL_CERTIFICATE_REFUSED},
	{SSL_AD_UNSUPPORTED_CERTIFICATE, COUNTERFOIL_CERTIFICATE_REFUSED},
	{SSL_AD_CERTIFICATE_UNKNOWN, COUNTERFOIL_CERTIFICATE_REFUSED},
	{SSL_AD_UNKNOWN_CA, COUNTERFOIL_CERTIFICATE_REFUSED},
	{SSL_AD_ACCESS_DENIED, COUNTERFOIL_CERTIFICATE_REFUSED},
	{SSL_AD_DECRYPT_ERROR, COUNTERFOIL_CERTIFICATE_REFUSED},
	{SSL_AD_PROTOCOL_VERSION, COUNTERFOIL_BAD_SERVER},
	{SSL_AD_INSUFFICIENT_SECURITY, COUNTERFOIL_BAD_SERVER},
};

static const struct {
	long result;
	counterfoil_code code;
} verify_results[] = {
	{X509_V_OK, COUNTERFOIL_WRONG_HOST}, /* the chain was good: curl disliked the name */
	{X509_V_ERR_HOSTNAME_MISMATCH, COUNTERFOIL_WRONG_HOST},
	{X509_V_ERR_IP_ADDRESS_MISMATCH, COUNTERFOIL_WRONG_HOST},
	{X509_V_ERR_CERT_HAS_EXPIRED, COUNTERFOIL_SERVER_EXPIRED},
	{X509_V_ERR_CERT_NOT_YET_VALID, COUNTERFOIL_SERVER_EXPIRED},
	{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, COUNTERFOIL_UNKNOWN_CA},
	{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, COUNTERFOIL_UNKNOWN_CA},
	{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, COUNTERFOIL_UNKNOWN_CA},
	{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, COUNTERFOIL_UNKNOWN_CA},
	{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, COUNTERFOIL_UNKNOWN_CA},
	{X509_V_ERR_CERT_UNTRUSTED, COUNTERFOIL_UNKNOWN_CA},
	{X509_V_ERR_CERT_SIGNATURE_FAILURE, COUNTERFOIL_UNKNOWN_CA},
};

static const struct {
	CURLcode result;
	counterfoil_code code;
} results[] = {
	{CURLE_OK, COUNTERFOIL_OK},
	{CURLE_URL_MALFORMAT, COUNTERFOIL_BAD_INPUT},
	{CURLE_UNSUPPORTED_PROTOCOL, COUNTERFOIL_BROKEN}, /* HTTP/0.9, which curl refuses */
	{CURLE_COULDNT_RESOLVE_HOST, COUNTERFOIL_UNREACHABLE},
	{CURLE_COULDNT_RESOLVE_PROXY, COUNTERFOIL_UNREACHABLE},
	{CURLE_COULDNT_CONNECT, COUNTERFOIL_UNREACHABLE},
	{CURLE_PROXY, COUNTERFOIL_UNREACHABLE},
	{CURLE_OPERATION_TIMEDOUT, COUNTERFOIL_TIMEOUT},
	{CURLE_SSL_CONNECT_ERROR, COUNTERFOIL_BAD_SERVER},
	{CURLE_GOT_NOTHING, COUNTERFOIL_BROKEN},
	{CURLE_PARTIAL_FILE, COUNTERFOIL_BROKEN},
	{CURLE_SEND_ERROR, COUNTERFOIL_BROKEN},
	{CURLE_SEND_FAIL_REWIND, COUNTERFOIL_BROKEN},
	{CURLE_RECV_ERROR, COUNTERFOIL_BROKEN},
	{CURLE_WEIRD_SERVER_REPLY, COUNTERFOIL_BROKEN},
	{CURLE_BAD_CONTENT_ENCODING, COUNTERFOIL_BROKEN},
	{CURLE_HTTP2, COUNTERFOIL_BROKEN},
	{CURLE_HTTP2_STREAM, COUNTERFOIL_BROKEN},
	{CURLE_FILESIZE_EXCEEDED, COUNTERFOIL_TOO_LARGE},
	{CURLE_OUT_OF_MEMORY, COUNTERFOIL_OUT_OF_MEMORY},
};

static counterfoil_code server_verdict(const struct lane *lane, counterfoil_error *error)
{
	long result = X509_V_OK;
	curl_easy_getinfo(lane->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	for (size_t i = 0; i < sizeof verify_results / sizeof *verify_results; i++)
		if (verify_results[i].result == result)
			return verify_results[i].code == COUNTERFOIL_WRONG_HOST
				       ? outcome(error, COUNTERFOIL_WRONG_HOST,
						 "the server's certificate is not for %s: check the URL", lane->host)
				       : outcome(error, verify_results[i].code, NULL);
	return outcome(error, COUNTERFOIL_BAD_SERVER, "the server's certificate is not acceptable (%s): tell its operator",
		       X509_verify_cert_error_string(result));
}

static counterfoil_code alert_verdict(const struct lane *lane, counterfoil_error *error)
{
	if (lane->alert == SSL_AD_CERTIFICATE_REQUIRED)
		return outcome(error, COUNTERFOIL_CERTIFICATE_REFUSED, "the server demands a client certificate, and none was sent: give one");
	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alerts[i].alert == lane->alert)
			return outcome(error, alerts[i].code, NULL);
	if (lane->alert == SSL_AD_HANDSHAKE_FAILURE)
		return outcome(error, COUNTERFOIL_CERTIFICATE_REFUSED,
			       "the server refused the TLS handshake: it wants %s client certificate, or other ciphers",
			       lane->settings->identity ? "another" : "a");
	return outcome(error, lane->sendings > 0 ? COUNTERFOIL_BROKEN : COUNTERFOIL_BAD_SERVER,
		       "the server ended TLS with alert %d (%s): tell its operator", lane->alert,
		       SSL_alert_desc_string_long(lane->alert));
}

static counterfoil_code fault_verdict(enum err fault, counterfoil_error *error)
{
	return fault == ERR_TOO_LARGE ? outcome(error, COUNTERFOIL_TOO_LARGE, "the answer is larger than the cap that was set")
				      : outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
}

/* One header line beyond what libcurl buffers (100 KB) ends as 'out of memory' in the middle of the headers. */
static bool is_giant_line(const struct lane *lane, CURLcode result)
{
	curl_off_t first_byte = 0;
	curl_easy_getinfo(lane->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
	return result == CURLE_OUT_OF_MEMORY && first_byte > 0 && lane->response->body.len == 0 && lane->sunk == 0;
}

/* What the proxy answered to CONNECT, 0 when there is none or it let us through. */
static long proxy_status(const struct lane *lane)
{
	long status = 0;
	if (lane->settings->proxy)
		curl_easy_getinfo(lane->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status >= 300 ? status : 0;
}

const char lane_cut_text[] = "the server answered and closed before it had the whole body: it may have acted on a part of it";

/* "HOST:PORT", or the host alone when there is no memory to find out. */
static void place_of(const struct lane *lane, char out[PLACE_SIZE])
{
	char *port = NULL;
	CURLU *url = curl_url();
	if (url && curl_url_set(url, CURLUPART_URL, lane->attempt->request.url, 0) == CURLUE_OK)
		(void)curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	snprintf(out, PLACE_SIZE, "%s%s%s", lane->host, port ? ":" : "", port ? port : "");
	curl_free(port);
	curl_url_cleanup(url);
}

/* Which of the three it was. */
static counterfoil_code timeout_verdict(const struct lane *lane, const char *place, counterfoil_error *error)
{
	const struct transport_settings *s = lane->settings;
	const counterfoil_request *request = &lane->attempt->request;
	uint32_t total = request->total_timeout_ms ? request->total_timeout_ms : s->total_timeout_ms;
	curl_off_t spent_us = 0;
	curl_easy_getinfo(lane->easy, CURLINFO_TOTAL_TIME_T, &spent_us);
	if (spent_us / 1000 >= total)
		return outcome(error, COUNTERFOIL_TIMEOUT, "%s: no whole answer within %u ms: try again, or allow more time", place, total);
	if (lane->sendings == 0)
		return outcome(error, COUNTERFOIL_TIMEOUT,
			       "%s: not connected within %u ms: check the host name, the port and the network", place,
			       s->connect_timeout_ms);
	return outcome(error, COUNTERFOIL_TIMEOUT, "%s: nothing came or went for %u seconds: try again", place,
		       s->stall_timeout_seconds);
}

static counterfoil_code network_verdict(const struct lane *lane, counterfoil_code code, CURLcode result, counterfoil_error *error)
{
	char place[PLACE_SIZE];
	counterfoil_error usual;
	place_of(lane, place);
	if (code == COUNTERFOIL_TIMEOUT)
		return timeout_verdict(lane, place, error);
	outcome(&usual, code, NULL);
	return outcome(error, code, "%s: %s (%s)", place, usual.text, curl_easy_strerror(result));
}

void lane_fail(struct lane *lane, counterfoil_code code, const char *why)
{
	lane->own_fault = code;
	snprintf(lane->own_why, sizeof lane->own_why, "%s", why ? why : "");
}

static counterfoil_code judge(const struct lane *lane, CURLcode result, counterfoil_error *error)
{
	if (lane->own_fault)
		return outcome(error, lane->own_fault, lane->own_why[0] ? "%s" : NULL, lane->own_why);
	if (lane->fault || is_giant_line(lane, result))
		return fault_verdict(lane->fault ? lane->fault : ERR_TOO_LARGE, error);
	if (lane->alert >= 0) /* first: curl takes 'certificate expired' about ours for a verdict on the server's */
		return alert_verdict(lane, error);
	if (result == CURLE_PEER_FAILED_VERIFICATION)
		return server_verdict(lane, error);
	long proxy = proxy_status(lane);
	if (proxy)
		return outcome(error, proxy < 500 ? COUNTERFOIL_PROXY_REFUSED : COUNTERFOIL_UNREACHABLE,
			       "the proxy does not let us through to %s: it answered %ld", lane->host, proxy);
	if (result == CURLE_HTTP2_STREAM && lane_carries_body(&lane->attempt->request)) /* libcurl threw away what it said */
		return outcome(error, COUNTERFOIL_BROKEN, "%s: the server ended the call before it had the whole body: by HTTP/1.1 it can say why",
			       lane->host);
	if (result == CURLE_SSL_CONNECT_ERROR && !lane->objected) /* nobody said what was wrong: it just ended */
		return network_verdict(lane, COUNTERFOIL_BROKEN, CURLE_RECV_ERROR, error);
	for (size_t i = 0; i < sizeof results / sizeof *results; i++)
		if (results[i].result == result)
			return counterfoil_category_of(results[i].code) == COUNTERFOIL_CATEGORY_NETWORK
				       ? network_verdict(lane, results[i].code, result, error)
				       : outcome(error, results[i].code, NULL);
	return outcome(error, COUNTERFOIL_FAILED, "libcurl: %s", curl_easy_strerror(result));
}

/* IDENTITY and SERVER promise that the request was not seen. An alert about our certificate keeps that on the connection that
 * was made for it. But what left by another may have been acted on before that died, and a new one was refused. */
static bool may_have_been_seen(const struct lane *lane, counterfoil_code code)
{
	counterfoil_category category = counterfoil_category_of(code);
	if (category != COUNTERFOIL_CATEGORY_IDENTITY && category != COUNTERFOIL_CATEGORY_SERVER)
		return false;
	return lane->sendings > 0 && !lane->made_for_it && !request_does_no_harm(&lane->attempt->request);
}

counterfoil_code lane_verdict(struct lane *lane, CURLcode result, counterfoil_error *error)
{
	if (result == CURLE_OK)
		return outcome_ok(error);
	counterfoil_error why = {0};
	counterfoil_code code = judge(lane, result, &why);
	if (may_have_been_seen(lane, code))
		return outcome(error, COUNTERFOIL_BROKEN,
			       "the connection ended without an answer: the server may have acted on the request. Then: %s", why.text);
	if (error)
		*error = why;
	return code;
}
