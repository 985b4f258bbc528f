/* swap: another identity in the place of the one in use, while calls are under way. */
#include "base/clock.h"
#include "client/trust.h"
#include "client/watch.h"

#include <string.h>

struct generation *client_take(counterfoil_client *client)
{
	pthread_mutex_lock(&client->lock);
	struct generation *taken = client->current;
	generation_hold(taken);
	pthread_mutex_unlock(&client->lock);
	return taken;
}

/* The same certificate with the same CAs: its connections may go on. */
static bool is_same(const counterfoil_identity *a, const counterfoil_identity *b)
{
	size_t i = 0;
	for (; a && a->der[i].data && b->der[i].data; i++)
		if (a->der[i].len != b->der[i].len || memcmp(a->der[i].data, b->der[i].data, a->der[i].len) != 0)
			return false;
	return a && !a->der[i].data && !b->der[i].data;
}

static bool is_in_use(counterfoil_client *client, const counterfoil_identity *identity)
{
	struct generation *current = client_take(client);
	bool same = is_same(current->identity, identity);
	generation_release(current);
	return same;
}

static counterfoil_code check(const counterfoil_identity *identity, counterfoil_error *error)
{
	int64_t now = clock_now();
	counterfoil_code code = counterfoil_identity_check(identity, now, error);
	return code ? code : identity_check_chain(identity, now, error);
}

static counterfoil_code make_generation(counterfoil_client *client, const counterfoil_identity *identity,
					struct generation **out, counterfoil_error *error)
{
	if (client->trust)
		return generation_new(&client->settings, identity, client->trust, out, error);
	const counterfoil_client_options options = {.identity = identity, .trust = COUNTERFOIL_TRUST_IDENTITY};
	X509_STORE *trust = NULL;
	counterfoil_code code = trust_store(&options, &trust, error);
	if (!code)
		code = generation_new(&client->settings, identity, trust, out, error);
	X509_STORE_free(trust);
	return code;
}

counterfoil_code client_swap(counterfoil_client *client, const counterfoil_identity *identity, bool *swapped,
			     counterfoil_error *error)
{
	struct generation *next = NULL;
	*swapped = false;
	counterfoil_code code = check(identity, error);
	if (code || is_in_use(client, identity))
		return code;
	code = make_generation(client, identity, &next, error);
	if (code)
		return code;
	pthread_mutex_lock(&client->lock);
	struct generation *old = client->current;
	client->current = next;
	pthread_mutex_unlock(&client->lock);
	generation_retire(old);
	generation_release(old);
	*swapped = true;
	return outcome_ok(error);
}

counterfoil_code counterfoil_client_use(counterfoil_client *client, const counterfoil_identity *identity,
					counterfoil_error *error)
{
	bool swapped = false;
	if (!client || !identity)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no client was given, or no identity");
	counterfoil_code code = client_swap(client, identity, &swapped, error);
	if (swapped)
		watch_swapped(client, identity);
	return code;
}

counterfoil_code counterfoil_client_reload(counterfoil_client *client, const char *path, counterfoil_bytes password,
					   counterfoil_error *error)
{
	counterfoil_identity *identity = NULL;
	if (!client)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no client was given");
	counterfoil_code code = counterfoil_identity_from_file(path, password, &identity, error);
	if (!code)
		code = counterfoil_client_use(client, identity, error);
	counterfoil_identity_free(identity);
	return code;
}

counterfoil_identity *counterfoil_client_identity(counterfoil_client *client)
{
	if (!client)
		return NULL;
	struct generation *current = client_take(client);
	counterfoil_identity *held = identity_hold(current->identity);
	generation_release(current);
	return held;
}
