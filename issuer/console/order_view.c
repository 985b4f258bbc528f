#include "issuer/console/order_view.h"
#include "issuer/console/people.h"
#include "issuer/console/phrases.h"

#include <string.h>

static bool given(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	return value && !json_is_null(value);
}

/* What the gateway has said last is its fate. */
static const char *fate_of(const json_t *message)
{
	if (given(message, "delivered_at"))
		return "delivered";
	if (given(message, "failed_at"))
		return "failed";
	const char *state = json_string_value(json_object_get(message, "state"));
	return state ? state : "waiting";
}

static enum err add_tries(json_t *message, const json_t *attempts)
{
	const char *id = json_string_value(json_object_get(message, "id"));
	json_t *tries = json_array(), *attempt;
	size_t i;
	int rc = tries ? 0 : -1;
	json_array_foreach(attempts, i, attempt) {
		const char *of = json_string_value(json_object_get(attempt, "message_id"));
		if (rc == 0 && id && of && strcmp(id, of) == 0)
			rc = json_array_append(tries, attempt);
	}
	if (rc == 0)
		return json_object_set_new(message, "tries", tries) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(tries);
	return ERR_MEMORY;
}

static enum err dress_message(json_t *message, const json_t *attempts)
{
	enum err e = phrase_add(message, "kind", PHRASES_MESSAGE, "about");
	if (!e)
		e = phrase_add(message, "channel", PHRASES_CHANNEL, "way");
	if (!e && json_object_set_new(message, "fate", json_string(fate_of(message))) != 0)
		e = ERR_MEMORY;
	return e ? e : add_tries(message, attempts);
}

static enum err dress_messages(const json_t *order)
{
	enum err e = ERR_OK;
	size_t i;
	json_t *message;
	json_array_foreach(json_object_get(order, "messages"), i, message)
		if (!e)
			e = dress_message(message, json_object_get(order, "attempts"));
	return e;
}

/* Those whom the order itself names. */
static enum err add_named(const json_t *order, json_t *named)
{
	const char *orderer = json_string_value(json_object_get(order, "ordered_by"));
	json_t *name = json_object_get(order, "ordered_by_name"), *approval;
	size_t i;
	int rc = orderer && json_is_string(name) ? json_object_set(named, orderer, name) : 0;
	json_array_foreach(json_object_get(order, "approved"), i, approval) {
		const char *id = json_string_value(json_object_get(approval, "staff"));
		name = json_object_get(approval, "name");
		if (rc == 0 && id && json_is_string(name))
			rc = json_object_set(named, id, name);
	}
	return rc == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err dress_history(struct front *front, const struct request *q, const json_t *order)
{
	json_t *named = json_object(), *history = json_object_get(order, "history");
	enum err e = named ? add_named(order, named) : ERR_MEMORY;
	if (!e)
		e = phrase_history(history);
	if (!e)
		e = people_name(front, q, history, named);
	json_decref(named);
	return e;
}

enum err order_dress(struct front *front, const struct request *q, json_t *order)
{
	enum err e = phrase_add(order, "state", PHRASES_NEXT, "next");
	if (!e)
		e = phrase_add(order, "key_type", PHRASES_KEY, "key");
	if (!e)
		e = phrase_add(order, "kind", PHRASES_ORDER, "order_kind");
	if (!e)
		e = dress_messages(order);
	return e ? e : dress_history(front, q, order);
}
