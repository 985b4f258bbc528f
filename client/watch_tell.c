/* watch_tell: what the program is told of the identity in use. */
#include "base/clock.h"
#include "client/watch.h"

enum { DAY_SECONDS = 86400 };

void watch_tell(const struct watch *watch, counterfoil_event_kind kind, const counterfoil_identity *identity,
		const counterfoil_error *error)
{
	if (!watch || !watch->options.on_event)
		return;
	const counterfoil_event event = {
		.size = sizeof event,
		.kind = kind,
		.identity = identity,
		.days_left = identity ? counterfoil_identity_days_left(identity, clock_now()) : 0,
		.error = error,
	};
	watch->options.on_event(watch->options.context, &event);
}

/* From this second on no more than so many whole days are left. */
static int64_t reached_at(const counterfoil_identity *identity, uint32_t days)
{
	return identity->not_after - ((int64_t)days + 1) * DAY_SECONDS + 1;
}

void watch_age(const struct watch *watch, struct generation *generation)
{
	int64_t due = atomic_load(&generation->tell_at), now = clock_now(), next = INT64_MAX;
	bool reached = false;
	if (!generation->identity || now < due)
		return;
	for (size_t i = 0; i < watch->options.day_count; i++) {
		int64_t at = reached_at(generation->identity, watch->days[i]);
		if (at <= now)
			reached = true;
		else if (at < next)
			next = at;
	}
	if (atomic_compare_exchange_strong(&generation->tell_at, &due, next) && reached)
		watch_tell(watch, COUNTERFOIL_EVENT_EXPIRY, generation->identity, NULL);
}

static bool is_current(counterfoil_client *client, const struct generation *generation)
{
	pthread_mutex_lock(&client->lock);
	bool current = client->current == generation;
	pthread_mutex_unlock(&client->lock);
	return current;
}

/* Of an identity that was replaced this is no news: renewal revokes the old one. */
void watch_verdict(counterfoil_client *client, struct generation *generation, counterfoil_code code)
{
	const struct watch *watch = atomic_load(&client->watch);
	counterfoil_error error;
	if (code != COUNTERFOIL_REVOKED || !watch || !is_current(client, generation) ||
	    atomic_flag_test_and_set(&generation->revoked_told))
		return;
	outcome(&error, code, NULL);
	watch_tell(watch, COUNTERFOIL_EVENT_REVOKED, generation->identity, &error);
}

void watch_swapped(counterfoil_client *client, const counterfoil_identity *identity)
{
	watch_tell(atomic_load(&client->watch), COUNTERFOIL_EVENT_SWAPPED, identity, NULL);
}
