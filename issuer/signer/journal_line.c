#include "issuer/signer/journal_line.h"
#include "base/encode.h"

#include <jansson.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <string.h>

const char journal_check_none[JOURNAL_CHECK_SIZE] = "0000000000000000";

enum kind { NUMBER, TEXT, HASH };

/* Every member of a line but "check" and "revoked". */
static const struct member {
	const char *name;
	enum kind kind;
	size_t offset, size;
} members[] = {
#define MEMBER(name, kind, field) {name, kind, offsetof(struct journal_line, field), sizeof(((struct journal_line *)0)->field)}
	MEMBER("at", NUMBER, at),
	MEMBER("compromised_at", NUMBER, compromised_at),
	MEMBER("head", HASH, head),
	MEMBER("issuer", TEXT, issuer),
	MEMBER("latest", NUMBER, latest),
	MEMBER("node", TEXT, node),
	MEMBER("not_after", NUMBER, not_after),
	MEMBER("not_before", NUMBER, not_before),
	MEMBER("number", NUMBER, number),
	MEMBER("op", TEXT, op),
	MEMBER("order", TEXT, order),
	MEMBER("reason", NUMBER, reason),
	MEMBER("revoked_at", NUMBER, revoked_at),
	MEMBER("sequence", NUMBER, sequence),
	MEMBER("serial", TEXT, serial),
	MEMBER("tbs", HASH, tbs),
#undef MEMBER
};
enum { MEMBER_COUNT = sizeof members / sizeof *members };

static int number_write(json_t *object, const char *name, const void *field)
{
	int64_t value;
	memcpy(&value, field, sizeof value);
	return value ? json_object_set_new(object, name, json_integer(value)) : 0;
}

static int text_write(json_t *object, const char *name, const void *field)
{
	const char *text = field;
	return text[0] ? json_object_set_new(object, name, json_string(text)) : 0;
}

static int hash_write(json_t *object, const char *name, const void *field)
{
	static const uint8_t none[SHA256_DIGEST_LENGTH];
	char hex[2 * SHA256_DIGEST_LENGTH + 1];
	hex_encode(field, SHA256_DIGEST_LENGTH, hex);
	return memcmp(field, none, sizeof none) ? json_object_set_new(object, name, json_string(hex)) : 0;
}

static int number_read(const json_t *json, void *field, size_t size)
{
	int64_t value = json_integer_value(json);
	if (!json_is_integer(json))
		return -1;
	memcpy(field, &value, size);
	return 0;
}

static int text_read(const json_t *json, void *field, size_t size)
{
	size_t len = json_string_length(json);
	if (!json_is_string(json) || len >= size)
		return -1;
	memcpy(field, json_string_value(json), len + 1);
	return 0;
}

static int hash_read(const json_t *json, void *field, size_t size)
{
	if (!json_is_string(json) || json_string_length(json) != 2 * size)
		return -1;
	return hex_decode(json_string_value(json), field, size) ? -1 : 0;
}

static const struct {
	int (*write)(json_t *object, const char *name, const void *field); /* nothing when it is absent */
	int (*read)(const json_t *json, void *field, size_t size);
} kinds[] = {[NUMBER] = {number_write, number_read}, [TEXT] = {text_write, text_read}, [HASH] = {hash_write, hash_read}};

static json_t *revocation_write(const struct revocation *r)
{
	if (!r->revoked_at)
		return json_string(r->serial);
	return json_pack("[s, I, I, I]", r->serial, (json_int_t)r->reason, (json_int_t)r->revoked_at,
			 (json_int_t)r->compromised_at);
}

static int revocation_read(const json_t *json, struct revocation *out)
{
	int64_t numbers[3] = {0};
	if (json_is_string(json))
		return text_read(json, out->serial, sizeof out->serial);
	int bad = json_array_size(json) != 4 || text_read(json_array_get(json, 0), out->serial, sizeof out->serial);
	for (size_t i = 0; !bad && i < 3; i++)
		bad = number_read(json_array_get(json, i + 1), &numbers[i], sizeof numbers[i]);
	if (bad || numbers[0] < 0 || numbers[0] > UINT8_MAX)
		return -1;
	out->reason = (enum crl_reason)numbers[0];
	out->revoked_at = numbers[1];
	out->compromised_at = numbers[2];
	return 0;
}

static int revoked_write(json_t *object, const struct journal_line *l)
{
	json_t *list = json_array();
	int bad = !list;
	for (size_t i = 0; i < JOURNAL_REVOKED && l->revoked[i].serial[0]; i++)
		bad |= json_array_append_new(list, revocation_write(&l->revoked[i]));
	if (!bad && json_array_size(list) > 0)
		bad = json_object_set(object, "revoked", list);
	json_decref(list);
	return bad;
}

static int revoked_read(const json_t *list, struct journal_line *out)
{
	if (!json_is_array(list) || json_array_size(list) > JOURNAL_REVOKED)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (revocation_read(json_array_get(list, i), &out->revoked[i]))
			return -1;
	return 0;
}

/* Everything but "check". */
static json_t *object_of(const struct journal_line *l)
{
	json_t *object = json_object();
	int bad = object ? revoked_write(object, l) : -1;
	for (size_t i = 0; !bad && i < MEMBER_COUNT; i++)
		bad = kinds[members[i].kind].write(object, members[i].name, (const char *)l + members[i].offset);
	if (!bad)
		return object;
	json_decref(object);
	return NULL;
}

static enum err dump(const json_t *object, struct buf *out)
{
	const size_t flags = JSON_SORT_KEYS | JSON_COMPACT;
	size_t len = json_dumpb(object, NULL, 0, flags);
	uint8_t *room = len ? buf_room(out, len) : NULL;
	if (!room || json_dumpb(object, (char *)room, len, flags) != len)
		return out->err ? out->err : ERR_MEMORY;
	return ERR_OK;
}

static void check_of(const char *previous, const struct buf *body, char check[JOURNAL_CHECK_SIZE])
{
	struct buf all = BUF_INIT(JOURNAL_LINE_MAX + JOURNAL_CHECK_SIZE);
	uint8_t digest[SHA256_DIGEST_LENGTH] = {0};
	buf_text(&all, previous);
	buf_add(&all, body->data, body->len);
	check[0] = '\0';
	if (!all.err && SHA256(all.data, all.len, digest))
		hex_encode(digest, (JOURNAL_CHECK_SIZE - 1) / 2, check);
	buf_free(&all);
}

enum err journal_line_write(struct journal_line *l, const char *previous, struct buf *out)
{
	struct buf body = BUF_INIT(JOURNAL_LINE_MAX);
	json_t *object = object_of(l);
	enum err rc = object ? dump(object, &body) : ERR_MEMORY;
	if (rc)
		goto out;
	check_of(previous, &body, l->check);
	rc = l->check[0] && !json_object_set_new(object, "check", json_string(l->check)) ? ERR_OK : ERR_MEMORY;
	if (rc)
		goto out;
	buf_clear(&body);
	rc = dump(object, &body);
	if (rc)
		goto out;
	buf_add(out, body.data, body.len);
	buf_byte(out, '\n');
	rc = buf_check(out);
out:
	json_decref(object);
	buf_free(&body);
	return rc;
}

static const struct member *member_find(const char *name)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (!strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static int member_read(const char *name, const json_t *value, struct journal_line *out)
{
	const struct member *m = member_find(name);
	if (m)
		return kinds[m->kind].read(value, (char *)out + m->offset, m->size);
	if (!strcmp(name, "check"))
		return text_read(value, out->check, sizeof out->check);
	return strcmp(name, "revoked") ? -1 : revoked_read(value, out);
}

static enum err parse(const void *text, size_t len, struct journal_line *out)
{
	const char *name;
	json_t *value;
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	int bad = !json_is_object(object);
	memset(out, 0, sizeof *out);
	json_object_foreach(object, name, value)
		bad |= member_read(name, value, out);
	json_decref(object);
	return bad ? ERR_CORRUPT : ERR_OK;
}

enum err journal_line_read(const void *text, size_t len, const char *previous, struct journal_line *out)
{
	struct journal_line again;
	struct buf exact = BUF_INIT(JOURNAL_LINE_MAX);
	enum err rc = parse(text, len, out);
	if (rc)
		return rc;
	again = *out;
	rc = journal_line_write(&again, previous, &exact);
	if (!rc && (exact.len != len + 1 || memcmp(exact.data, text, len) != 0))
		rc = ERR_CORRUPT;
	buf_free(&exact);
	return rc == ERR_TOO_LARGE ? ERR_CORRUPT : rc;
}

enum err journal_line_check(const void *text, size_t len, char check[JOURNAL_CHECK_SIZE])
{
	struct journal_line l;
	enum err rc = parse(text, len, &l);
	if (!rc && strlen(l.check) != JOURNAL_CHECK_SIZE - 1)
		rc = ERR_CORRUPT;
	if (!rc)
		memcpy(check, l.check, sizeof l.check);
	return rc;
}
