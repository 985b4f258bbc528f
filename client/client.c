/* client: an identity, trust and limits, bound to a transport. */
#include "base/clock.h"
#include "client/refusal.h"
#include "client/request.h"
#include "client/trust.h"
#include "client/watch.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 256 };

#define OR(value, otherwise) ((value) ? (value) : (otherwise))

static struct transport_settings settings_of(const counterfoil_client_options *o)
{
	return (struct transport_settings){
		.connect_timeout_ms = OR(o->connect_timeout_ms, 10000),
		.total_timeout_ms = OR(o->total_timeout_ms, 60000),
		.stall_timeout_seconds = OR(o->stall_timeout_seconds, 20),
		.connections_kept = OR(o->connections_kept, 8),
		.header_cap = OR(o->header_cap, 65536),
		.body_cap = OR(o->body_cap, 16 << 20),
		.http = o->http,
		.staple = o->staple,
	};
}

/* The trust that was said for every server stays; that of the identity's file comes and goes with the file. */
static counterfoil_code build(counterfoil_client *client, const counterfoil_client_options *options,
			      counterfoil_error *error)
{
	X509_STORE *trust = NULL;
	counterfoil_code code = proxy_choose(options->proxy, &client->proxy, error);
	if (!code)
		code = trust_store(options, &trust, error);
	if (code)
		return code;
	client->settings = settings_of(options);
	client->settings.proxy = client->proxy.url;
	client->settings.no_proxy = client->proxy.except;
	code = generation_new(&client->settings, options->identity, trust, &client->current, error);
	if (options->trust == COUNTERFOIL_TRUST_IDENTITY)
		X509_STORE_free(trust);
	else
		client->trust = trust;
	return code;
}

/* What an earlier version's shorter struct lacks is zero. */
static bool options_take(const counterfoil_client_options *given, counterfoil_client_options *whole)
{
	if (!given || given->size < offsetof(counterfoil_client_options, proxy) || given->size > sizeof *whole)
		return false;
	memcpy(whole, given, given->size);
	return whole->connections_kept <= CONNECTIONS_MAX && whole->http <= COUNTERFOIL_HTTP_1_1 &&
	       whole->staple <= COUNTERFOIL_STAPLE_HARD;
}

counterfoil_code counterfoil_client_new(const counterfoil_client_options *given, counterfoil_client **client,
					counterfoil_error *error)
{
	if (!client)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the client");
	*client = NULL;
	counterfoil_client_options whole = {0};
	if (!options_take(given, &whole))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "options are missing, size is not set, or a value is out of bounds");
	const counterfoil_client_options *options = &whole;
	counterfoil_code code = options->identity ? counterfoil_identity_check(options->identity, clock_now(), error)
						  : COUNTERFOIL_OK;
	if (code)
		return code;
	counterfoil_client *made = calloc(1, sizeof *made);
	if (!made)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	pthread_mutex_init(&made->lock, NULL);
	code = build(made, options, error);
	if (code)
		counterfoil_client_free(made);
	else
		*client = made;
	return code;
}

void counterfoil_client_free(counterfoil_client *client)
{
	if (!client)
		return;
	watch_free(atomic_load(&client->watch));
	generation_release(client->current);
	X509_STORE_free(client->trust);
	proxy_free(&client->proxy);
	pthread_mutex_destroy(&client->lock);
	free(client);
}

counterfoil_code client_may_call(const struct generation *generation, counterfoil_error *error)
{
	return generation->identity ? counterfoil_identity_check(generation->identity, clock_now(), error) : COUNTERFOIL_OK;
}

counterfoil_code counterfoil_call(counterfoil_client *client, const counterfoil_request *request,
				  counterfoil_response **response, counterfoil_error *error)
{
	if (!client || !response)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no client was given, or nowhere to put the response");
	*response = NULL;
	struct attempt attempt = {0};
	counterfoil_code code = request_take(request, &attempt.request, error);
	if (code)
		return code;
	struct generation *generation = watch_take(client);
	code = client_may_call(generation, error);
	if (!code)
		code = retry_exchange(generation->transport, &attempt, response, error);
	if (!code)
		code = refusal_judge(*response, error);
	watch_verdict(client, generation, code);
	generation_release(generation);
	return code;
}
