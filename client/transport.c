#include "client/transport.h"
#include "client/transport_lane.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct transport {
	struct transport_settings settings;
	pthread_mutex_t lock; /* guards idle and idle_count */
	struct lane *idle;    /* newest first: the connection most likely to live */
	uint32_t idle_count;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_state;

static void start_curl(void)
{
	curl_state = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Keys and trust are handed to OpenSSL itself: another TLS library below curl would not take them. */
bool transport_is_usable(void)
{
	pthread_once(&curl_once, start_curl);
	const curl_version_info_data *have = curl_version_info(CURLVERSION_NOW);
	return curl_state == CURLE_OK && have->ssl_version && strncmp(have->ssl_version, "OpenSSL/", 8) == 0;
}

counterfoil_code transport_new(const struct transport_settings *settings, struct transport **out,
			       counterfoil_error *error)
{
	if (!transport_is_usable())
		return outcome(error, COUNTERFOIL_FAILED, "libcurl is not built with OpenSSL: install its OpenSSL flavour");
	struct transport *transport = calloc(1, sizeof *transport);
	if (!transport)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	transport->settings = *settings;
	pthread_mutex_init(&transport->lock, NULL);
	*out = transport;
	return outcome_ok(error);
}

static void lane_free(struct lane *lane)
{
	if (lane->easy)
		curl_easy_cleanup(lane->easy);
	curl_multi_cleanup(lane->multi);
	free(lane);
}

void transport_retire(struct transport *transport)
{
	pthread_mutex_lock(&transport->lock);
	struct lane *lanes = transport->idle;
	transport->idle = NULL;
	transport->idle_count = 0;
	transport->settings.connections_kept = 0;
	pthread_mutex_unlock(&transport->lock);
	while (lanes) {
		struct lane *lane = lanes;
		lanes = lane->next;
		lane_free(lane);
	}
}

void transport_free(struct transport *transport)
{
	if (!transport)
		return;
	transport_retire(transport);
	pthread_mutex_destroy(&transport->lock);
	free(transport);
}

static struct lane *lane_new(const struct transport_settings *settings)
{
	struct lane *lane = calloc(1, sizeof *lane);
	if (!lane)
		return NULL;
	lane->settings = settings;
	lane->easy = curl_easy_init();
	if (lane->easy)
		return lane;
	free(lane);
	return NULL;
}

static struct lane *take_lane(struct transport *transport)
{
	pthread_mutex_lock(&transport->lock);
	struct lane *lane = transport->idle;
	if (lane) {
		transport->idle = lane->next;
		transport->idle_count--;
	}
	pthread_mutex_unlock(&transport->lock);
	return lane ? lane : lane_new(&transport->settings);
}

/* One whose call failed is not kept: libcurl may have run out of memory in it, and then holds up the calls to come. */
static void return_lane(struct transport *transport, struct lane *lane, bool sound)
{
	pthread_mutex_lock(&transport->lock);
	bool keep = sound && !lane->spoilt && transport->idle_count < transport->settings.connections_kept;
	if (keep) {
		lane->next = transport->idle;
		transport->idle = lane;
		transport->idle_count++;
	}
	pthread_mutex_unlock(&transport->lock);
	if (!keep)
		lane_free(lane);
}

static counterfoil_code no_memory(counterfoil_error *error)
{
	outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	return COUNTERFOIL_OUT_OF_MEMORY;
}

/* What was taken for one try goes back, the response too when nobody took it. */
static void end_try(struct transport *transport, struct lane *lane, bool sound)
{
	lane_clear(lane);
	counterfoil_response_free(lane->response);
	lane->response = NULL;
	lane->attempt = NULL;
	return_lane(transport, lane, sound);
}

counterfoil_code transport_begin(struct transport *transport, struct attempt *attempt, struct lane **out,
				 counterfoil_error *error)
{
	struct lane *lane = take_lane(transport);
	if (!lane)
		return no_memory(error);
	const counterfoil_request *request = &attempt->request;
	size_t body_cap = request->body_cap && !request->sink ? request->body_cap : transport->settings.body_cap;
	lane->attempt = attempt;
	lane->response = response_new(transport->settings.header_cap, body_cap);
	counterfoil_code code = lane->response ? lane_aim(lane, request->url, error) : no_memory(error);
	if (!code)
		code = lane_prepare(lane, request, error);
	if (code)
		end_try(transport, lane, counterfoil_category_of(code) == COUNTERFOIL_CATEGORY_INPUT);
	else
		*out = lane;
	return code;
}

counterfoil_code transport_end(struct transport *transport, struct lane *lane, CURLcode result,
			       counterfoil_response **response, counterfoil_error *error)
{
	counterfoil_code code = lane_verdict(lane, result, error);
	if (!code) {
		long status = 0;
		if (curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
			code = outcome(error, COUNTERFOIL_FAILED, "libcurl does not tell the answer's status");
		else if (lane->cut && status < 300 && lane_carries_body(&lane->attempt->request))
			code = outcome(error, COUNTERFOIL_BROKEN, "%s", lane_cut_text);
		else if (response_end(lane->response, (int)status) != ERR_OK)
			code = no_memory(error);
	}
	if (!code) {
		*response = lane->response;
		lane->response = NULL;
	}
	end_try(transport, lane, code == COUNTERFOIL_OK);
	return code;
}

counterfoil_code transport_exchange(struct transport *transport, struct attempt *attempt,
				    counterfoil_response **response, counterfoil_error *error)
{
	struct lane *lane = NULL;
	counterfoil_code code = transport_begin(transport, attempt, &lane, error);
	if (code)
		return code;
	ERR_set_mark();
	code = transport_end(transport, lane, lane_run(lane), response, error);
	ERR_pop_to_mark();
	return code;
}

const struct transport_settings *transport_settings_of(const struct transport *transport)
{
	return &transport->settings;
}
