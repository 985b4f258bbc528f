#include "client/watch.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { EVERY_MS = 1000, AGAIN_MS = 60000, TICK_SECONDS = 2 };

static const uint32_t usual_days[] = {30, 14, 7, 1};

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_destroy(&watch->looking);
	for (size_t i = 0; i < WATCH_PATHS; i++)
		free(watch->paths[i]);
	free(watch);
}

static bool options_are_fit(const counterfoil_watch_options *o)
{
	return o && o->size == sizeof *o && o->day_count <= WATCH_DAYS && (o->days || o->day_count == 0) &&
	       (o->path ? o->load || o->password_path : !o->load && !o->password_path);
}

static bool keep(struct watch *watch, const counterfoil_watch_options *o)
{
	const uint32_t *days = o->days ? o->days : usual_days;
	const char *const paths[WATCH_PATHS] = {o->path, o->password_path};
	watch->options = *o;
	watch->options.day_count = o->days ? o->day_count : sizeof usual_days / sizeof *usual_days;
	memcpy(watch->days, days, watch->options.day_count * sizeof *days);
	watch->options.days = watch->days;
	for (size_t i = 0; i < WATCH_PATHS; i++)
		if (paths[i] && !(watch->paths[i] = strdup(paths[i])))
			return false;
	watch->options.path = watch->paths[0];
	watch->options.password_path = watch->paths[1];
	bool by_calls = o->path && o->look_every_ms != COUNTERFOIL_BY_HAND;
	atomic_init(&watch->next_look, by_calls ? INT64_MIN : INT64_MAX);
	return true;
}

counterfoil_code counterfoil_client_watch(counterfoil_client *client, const counterfoil_watch_options *options,
					  counterfoil_error *error)
{
	if (!client || !options_are_fit(options))
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "no client was given, options are missing or do not fit together, or size is not set");
	struct watch *watch = calloc(1, sizeof *watch), *none = NULL;
	if (!watch)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	pthread_mutex_init(&watch->looking, NULL);
	counterfoil_code code = COUNTERFOIL_OK;
	if (!keep(watch, options))
		code = COUNTERFOIL_OUT_OF_MEMORY;
	else if (!atomic_compare_exchange_strong(&client->watch, &none, watch))
		code = COUNTERFOIL_BAD_INPUT;
	if (code)
		watch_free(watch);
	return outcome(error, code, code == COUNTERFOIL_BAD_INPUT ? "the client is watched already" : NULL);
}

static bool has_changed(struct watch *watch, const struct watch_mark seen[WATCH_PATHS])
{
	bool changed = !watch->looked || memcmp(watch->marks, seen, sizeof watch->marks) != 0;
	memcpy(watch->marks, seen, sizeof watch->marks);
	watch->looked = true;
	return changed;
}

/* When to read the same files again. What was written in this very tick may be written once more without a trace; what the
 * files are not to blame for (memory, descriptors, permission, a time that is to come) may pass. */
static int64_t again(const struct watch *watch, counterfoil_code code)
{
	int64_t now = clock_now();
	for (size_t i = 0; i < WATCH_PATHS; i++)
		if (llabs(now - watch->marks[i].changed) <= TICK_SECONDS)
			return 0;
	bool of_the_file = counterfoil_category_of(code) == COUNTERFOIL_CATEGORY_INPUT && code != COUNTERFOIL_FILE_UNREADABLE;
	return code && !of_the_file ? clock_mono_ms() + AGAIN_MS : INT64_MAX;
}

/* Read and use what the files hold, when they changed: whether there is something to tell, with the lock. */
static bool look(counterfoil_client *client, struct watch *watch, counterfoil_identity **taken)
{
	struct watch_mark seen[WATCH_PATHS] = {0};
	for (size_t i = 0; i < WATCH_PATHS; i++)
		if (watch->paths[i])
			watch_mark(watch->paths[i], &seen[i]);
	bool changed = has_changed(watch, seen), swapped = false;
	if (!changed && clock_mono_ms() < watch->again_at)
		return false;
	counterfoil_code before = watch->refusal.code;
	counterfoil_error why = {0};
	counterfoil_code code = watch_load(watch, taken, &why);
	if (!code)
		code = client_swap(client, *taken, &swapped, &why);
	watch->again_at = again(watch, code);
	if (code && why.code != code)
		outcome(&why, code, NULL);
	watch->refusal = why;
	return swapped || (code && (changed || code != before));
}

/* The lock is the caller's, and is given back before the program is told. Code OK: what the files last held could be used. */
static void look_and_tell(counterfoil_client *client, struct watch *watch, counterfoil_error *refusal)
{
	counterfoil_identity *taken = NULL;
	bool news = look(client, watch, &taken);
	*refusal = watch->refusal;
	pthread_mutex_unlock(&watch->looking);
	if (news && refusal->code) {
		counterfoil_identity *in_use = counterfoil_client_identity(client);
		watch_tell(watch, COUNTERFOIL_EVENT_REFUSED, in_use, refusal);
		counterfoil_identity_free(in_use);
	} else if (news) {
		watch_tell(watch, COUNTERFOIL_EVENT_SWAPPED, taken, NULL);
	}
	counterfoil_identity_free(taken);
}

/* One call in a second looks; those beside it go on with what is in use. */
static void look_when_due(counterfoil_client *client, struct watch *watch)
{
	int64_t due = atomic_load(&watch->next_look);
	if (due == INT64_MAX)
		return;
	int64_t now = clock_mono_ms();
	uint32_t every = watch->options.look_every_ms ? watch->options.look_every_ms : EVERY_MS;
	if (now < due || !atomic_compare_exchange_strong(&watch->next_look, &due, now + every))
		return;
	counterfoil_error refusal;
	if (pthread_mutex_trylock(&watch->looking) == 0)
		look_and_tell(client, watch, &refusal);
}

struct generation *watch_take(counterfoil_client *client)
{
	struct watch *watch = atomic_load(&client->watch);
	if (watch)
		look_when_due(client, watch);
	struct generation *generation = client_take(client);
	if (watch)
		watch_age(watch, generation);
	return generation;
}

counterfoil_code counterfoil_client_check(counterfoil_client *client, counterfoil_error *error)
{
	if (!client)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no client was given");
	struct watch *watch = atomic_load(&client->watch);
	counterfoil_error refusal = {0};
	if (watch && watch->paths[0]) {
		pthread_mutex_lock(&watch->looking);
		look_and_tell(client, watch, &refusal);
	}
	struct generation *generation = client_take(client);
	if (watch)
		watch_age(watch, generation);
	counterfoil_code code = outcome_ok(error);
	if (generation->identity)
		code = counterfoil_identity_check(generation->identity, clock_now(), error);
	generation_release(generation);
	return code || !refusal.code ? code : outcome(error, refusal.code, "%s", refusal.text);
}
