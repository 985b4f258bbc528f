/* transport_body: what goes out with a request, and where the answer's body goes. */
#include "client/transport_lane.h"

#include <string.h>

bool lane_carries_body(const counterfoil_request *request)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH"};
	for (size_t i = 0; request->method && i < sizeof methods / sizeof *methods; i++)
		if (strcmp(request->method, methods[i]) == 0)
			return true;
	return request->body.len > 0 || request->source || request->part_count;
}

static bool set_without(CURL *easy, const char *method)
{
	bool heads_only = strcmp(method, "HEAD") == 0;
	return !curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) && /* first: it forgets the body of the call before */
	       !curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, heads_only ? NULL : method) &&
	       (!heads_only || !curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
}

static bool set_memory(CURL *easy, counterfoil_bytes body)
{
	return !curl_easy_setopt(easy, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.len ? body.data : "");
}

static counterfoil_code set_source(struct lane *lane, const counterfoil_source *source, counterfoil_error *error)
{
	lane->body = (struct feed){.lane = lane, .source = source, .fd = -1, .length = source->length < 0 ? -1 : source->length};
	counterfoil_code code = feed_start(&lane->body);
	if (code)
		return outcome(error, code, NULL);
	if (!curl_easy_setopt(lane->easy, CURLOPT_UPLOAD, 1L) &&
	    !curl_easy_setopt(lane->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)lane->body.length))
		return COUNTERFOIL_OK;
	return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
}

counterfoil_code lane_body(struct lane *lane, const counterfoil_request *request, counterfoil_error *error)
{
	const char *method = request->method ? request->method : "GET";
	counterfoil_code code = COUNTERFOIL_OK;
	bool set = true;
	if (!lane_carries_body(request))
		return set_without(lane->easy, method) ? COUNTERFOIL_OK : outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	if (request->source)
		code = set_source(lane, request->source, error);
	else if (request->part_count)
		code = lane_form(lane, request, error);
	else
		set = set_memory(lane->easy, request->body);
	if (code || (set && !curl_easy_setopt(lane->easy, CURLOPT_CUSTOMREQUEST, method)))
		return code;
	return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
}

/* Of an answer whose status cannot be had nobody gets a byte. */
static bool sink_is_meant(struct lane *lane, long *status)
{
	if (!lane->attempt->request.sink)
		return false;
	if (curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, status) != CURLE_OK)
		lane->own_fault = COUNTERFOIL_FAILED;
	return *status >= 200 && *status <= 299;
}

static bool sink_takes(struct lane *lane, const void *bytes, size_t len, long status)
{
	const counterfoil_sink *sink = lane->attempt->request.sink;
	bool begins = lane->sunk == 0;
	lane->response->status = (int)status;
	lane->attempt->writing = true;
	lane->sunk += len;
	return (!begins || !sink->begin || sink->begin(sink->context, lane->response) == 0) &&
	       sink->write(sink->context, bytes, len) == 0;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *data)
{
	struct lane *lane = data;
	long status = 0;
	(void)one; /* always 1 */
	if (len == 0)
		return 0;
	if (lane->own_fault) /* it was stopped from a callback */
		return CURL_WRITEFUNC_ERROR;
	bool to_sink = sink_is_meant(lane, &status);
	if (lane->own_fault)
		return CURL_WRITEFUNC_ERROR;
	if (!to_sink) {
		lane->fault = response_body_bytes(lane->response, bytes, len);
		return lane->fault ? CURL_WRITEFUNC_ERROR : len;
	}
	size_t cap = lane->attempt->request.body_cap;
	if (cap && len > cap - lane->sunk)
		lane->fault = ERR_TOO_LARGE;
	else if (!sink_takes(lane, bytes, len, status))
		lane->own_fault = COUNTERFOIL_WRITER_FAILED;
	return lane->fault || lane->own_fault ? CURL_WRITEFUNC_ERROR : len;
}

static int on_progress(void *data, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent)
{
	struct lane *lane = data;
	const counterfoil_request *request = &lane->attempt->request;
	if (lane->own_fault)
		return 1;
	if (!request->progress || request->progress(request->progress_context, sent, to_send > 0 ? to_send : -1, received,
						    to_receive > 0 ? to_receive : -1) == 0)
		return 0;
	lane->own_fault = COUNTERFOIL_STOPPED;
	return 1;
}

bool lane_set_body_callbacks(struct lane *lane)
{
	CURL *e = lane->easy;
	return !curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) && !curl_easy_setopt(e, CURLOPT_WRITEDATA, lane) &&
	       !curl_easy_setopt(e, CURLOPT_READFUNCTION, feed_read) &&
	       !curl_easy_setopt(e, CURLOPT_READDATA, &lane->body) &&
	       !curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, feed_seek) &&
	       !curl_easy_setopt(e, CURLOPT_SEEKDATA, &lane->body) &&
	       !curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress) &&
	       !curl_easy_setopt(e, CURLOPT_XFERINFODATA, lane);
}
