#include "issuer/store/audit.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/json_text.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

struct head {
	int64_t sequence;
	uint8_t hash[AUDIT_HASH_BYTES];
};

static enum err take_head(void *ctx, const struct row *r)
{
	struct head *head = ctx;
	size_t len = 0;
	const uint8_t *hash = row_blob(r, 1, &len);
	if (!hash || len != sizeof head->hash)
		return ERR_CORRUPT;
	head->sequence = row_integer(r, 0);
	memcpy(head->hash, hash, len);
	return ERR_OK;
}

static enum err read_head(struct store *s, struct head *out)
{
	*out = (struct head){0};
	enum err e = store_one(s, STATEMENT_AUDIT_HEAD, NULL, 0, take_head, out);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static bool is_text(const char *text)
{
	return !text || !u8_check((const uint8_t *)text, strlen(text));
}

/* A NULL from jansson (text that is no UTF-8, no memory) is refused by the next call. */
static enum err compose(const struct actor *who, const struct audit_event *event, int64_t now,
			const struct head *before, char **record)
{
	char previous[2 * AUDIT_HASH_BYTES + 1], at[CLOCK_TEXT_SIZE];
	hex_encode(before->hash, sizeof before->hash, previous);
	clock_text(now, at);
	json_t *object = json_object();
	int bad = !object;
	bad |= json_object_set_new(object, "at", json_string(at));
	bad |= json_object_set_new(object, "sequence", json_integer(before->sequence + 1));
	bad |= json_object_set_new(object, "previous", json_string(previous));
	bad |= json_object_set_new(object, "who", json_string(who->id));
	bad |= json_object_set_new(object, "role", json_string(who->role));
	bad |= json_object_set_new(object, "request", json_string(who->request ? who->request : ""));
	bad |= json_object_set_new(object, "what", json_string(event->what));
	bad |= json_object_set_new(object, "object", json_string(event->object));
	bad |= json_object_set_new(object, "why", text_or_null(event->why));
	bad |= json_object_set_new(object, "detail", text_or_null(event->detail));
	*record = bad ? NULL : json_text(object, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(object);
	if (*record)
		return ERR_OK;
	return is_text(who->id) && is_text(who->role) && is_text(who->request) && is_text(event->what) &&
			       is_text(event->object) && is_text(event->why) && is_text(event->detail)
		       ? ERR_MEMORY
		       : ERR_INVALID;
}

enum err audit_append(struct store *s, const struct actor *who, const struct audit_event *event, int64_t now,
		      uint8_t head[AUDIT_HASH_BYTES])
{
	struct head before;
	uint8_t hash[AUDIT_HASH_BYTES];
	char *record = NULL;
	enum err e = read_head(s, &before);
	if (!e)
		e = compose(who, event, now, &before, &record);
	if (!e && !SHA256((const uint8_t *)record, strlen(record), hash))
		e = ERR_CRYPTO; /* no memory, most likely: a wrong hash would break the chain for good */
	if (!e)
		e = store_exec_one(s, STATEMENT_AUDIT_INSERT,
				   STORE_VALUES(value_integer(before.sequence + 1), value_text(record),
						value_blob(hash, sizeof hash), value_text(event->object),
						value_integer(now)));
	if (!e && head)
		memcpy(head, hash, sizeof hash);
	free(record);
	return e;
}

enum err audit_head(struct store *s, int64_t *sequence, uint8_t head[AUDIT_HASH_BYTES])
{
	struct head newest;
	enum err e = read_head(s, &newest);
	if (e)
		return e;
	*sequence = newest.sequence;
	memcpy(head, newest.hash, sizeof newest.hash);
	return ERR_OK;
}
