/* transport_retry: the same request again, when that does no harm and may help. */
#include "base/clock.h"
#include "client/request.h"
#include "client/transport_cancel.h"
#include "client/transport_lane.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 30000, SECONDS_DIGITS = 9 };

static bool is_one_of(int status)
{
	static const int statuses[] = {408, 429, 502, 503, 504};
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i] == status)
			return true;
	return false;
}

static bool may_help(counterfoil_code code, const counterfoil_response *response)
{
	return code ? counterfoil_category_of(code) == COUNTERFOIL_CATEGORY_NETWORK : is_one_of(response->status);
}

/* All that was read can be read once more, and all that was written can be taken back. */
static bool is_repeatable(const struct attempt *attempt)
{
	const counterfoil_request *request = &attempt->request;
	if (attempt->writing && !request->sink->restart)
		return false;
	if (attempt->reading && request->source && !request->source->rewind)
		return false;
	for (size_t i = 0; attempt->reading && i < request->part_count; i++)
		if (request->parts[i].source && !request->parts[i].source->rewind)
			return false;
	return true;
}

/* Retry-After (RFC 9110, 10.2.3) in milliseconds: a number of seconds, or a date; 0 when there is none. */
static int64_t asked_to_wait(const counterfoil_response *response)
{
	const char *value = response ? counterfoil_response_header(response, "Retry-After") : NULL;
	if (!value)
		return 0;
	size_t digits = strspn(value, "0123456789");
	if (digits && !value[digits])
		return digits > SECONDS_DIGITS ? INT64_MAX : strtoll(value, NULL, 10) * 1000;
	int64_t date = curl_getdate(value, NULL);
	int64_t wait = date < 0 ? 0 : (date - clock_now()) * 1000;
	return wait > 0 ? wait : 0;
}

static int64_t random_below(int64_t bound)
{
	uint32_t drawn = 0;
	if (bound <= 0 || getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
		return 0;
	return (int64_t)drawn % bound;
}

/* Callers that failed together shall not come back together. */
int64_t retry_wait(const counterfoil_request *request, uint32_t tried, int64_t most, int64_t asked)
{
	int64_t wait = request->retry_wait_ms ? request->retry_wait_ms : FIRST_WAIT_MS;
	for (; tried > 0 && wait < most; tried--)
		wait *= 2;
	wait = wait < most ? wait : most;
	return (asked ? asked : wait - wait / 2) + random_below(wait / 2 + 1);
}

static int64_t next_wait(const struct attempt *attempt, const counterfoil_response *response)
{
	const counterfoil_request *request = &attempt->request;
	int64_t most = request->retry_wait_most_ms ? request->retry_wait_most_ms : LONGEST_WAIT_MS;
	int64_t asked = asked_to_wait(response);
	if (asked > most || !is_repeatable(attempt))
		return -1;
	int64_t wait = retry_wait(request, attempt->tried, most, asked);
	return wait < attempt->deadline - clock_mono_ms() ? wait : -1;
}

void retry_begin(struct attempt *attempt, const struct transport_settings *settings)
{
	counterfoil_request *request = &attempt->request;
	if (request->retries == 0)
		return;
	if (!request_does_no_harm(request)) {
		request->retries = 0;
		return;
	}
	if (!request->total_timeout_ms)
		request->total_timeout_ms = settings->total_timeout_ms;
	attempt->deadline = clock_mono_ms() + request->total_timeout_ms;
}

int64_t retry_in(const struct attempt *attempt, counterfoil_code code, const counterfoil_response *response)
{
	return attempt->tried < attempt->request.retries && may_help(code, response) ? next_wait(attempt, response) : -1;
}

counterfoil_code retry_anew(struct attempt *attempt, counterfoil_error *error)
{
	const counterfoil_sink *sink = attempt->request.sink;
	if (attempt->writing && sink->restart(sink->context) != 0)
		return outcome(error, COUNTERFOIL_WRITER_FAILED, NULL);
	attempt->writing = false;
	attempt->tried++;
	int64_t left = attempt->deadline - clock_mono_ms();
	attempt->request.total_timeout_ms = left > 1 ? (uint32_t)left : 1;
	return COUNTERFOIL_OK;
}

counterfoil_code retry_exchange(struct transport *transport, struct attempt *attempt, counterfoil_response **response,
				counterfoil_error *error)
{
	retry_begin(attempt, transport_settings_of(transport));
	for (;;) {
		counterfoil_code code = transport_exchange(transport, attempt, response, error);
		int64_t wait = retry_in(attempt, code, *response);
		if (wait < 0)
			return code;
		counterfoil_response_free(*response);
		*response = NULL;
		if (cancel_sleep(attempt->request.cancel, wait))
			return outcome(error, COUNTERFOIL_CANCELLED, NULL);
		code = retry_anew(attempt, error);
		if (code)
			return code;
	}
}
