#include "issuer/order/facts.h"

#include "ca/profile.h"
#include "issuer/store/store.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static enum err id_check(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	return id_shape(text) ? ERR_OK : fail(why, ERR_INVALID, "not an id");
}

/* A member of the staff, or "host" for the console of the machine. */
static enum err approver_check(const char *text, size_t len, struct errbuf *why)
{
	return strcmp(text, "host") == 0 ? ERR_OK : id_check(text, len, why);
}

static enum err profile_check(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	enum profile_id id = PROFILE_COUNT;
	if (profile_from_name(text, &id) != ERR_OK || id != PROFILE_CLIENT)
		return fail(why, ERR_INVALID, "orders are for client certificates");
	return ERR_OK;
}

static enum err key_type_check(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	enum key_type type = KEY_TYPE_COUNT;
	if (strcmp(text, FACTS_OWN_KEY) == 0)
		return ERR_OK;
	return key_type_from_name(text, &type) == ERR_OK ? ERR_OK : fail(why, ERR_INVALID, "not a key type");
}

static enum err own_key_check(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	return strcmp(text, FACTS_MAY) == 0 ? ERR_OK : fail(why, ERR_INVALID, "neither absent nor \"%s\"", FACTS_MAY);
}

static enum err language_check_tag(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	return language_tag_ok(text) ? ERR_OK : fail(why, ERR_INVALID, "not a language's tag");
}

bool facts_take_request(const struct order_facts *f)
{
	return strcmp(f->key_type, FACTS_OWN_KEY) == 0 || strcmp(f->own_key, FACTS_MAY) == 0;
}

/* Every text member, once; "approved_at" is the one integer. */
#define MEMBER(member, check) {#member, offsetof(struct order_facts, member), sizeof(((struct order_facts *)0)->member), check, false}
#define MAY_LACK(member, check) {#member, offsetof(struct order_facts, member), sizeof(((struct order_facts *)0)->member), check, true}
static const struct member {
	const char *name;
	size_t offset, size;
	enum err (*check)(const char *text, size_t len, struct errbuf *why);
	bool may_lack; /* then it is "" */
} members[] = {
	MEMBER(order, id_check),
	MEMBER(organisation_slug, slug_check),
	MEMBER(organisation_name, name_check),
	MEMBER(service_slug, slug_check),
	MEMBER(service_name, name_check),
	MEMBER(client_slug, slug_check),
	MEMBER(client_name, name_check),
	MEMBER(contact, id_check),
	MEMBER(contact_name, name_check),
	MEMBER(email, mailbox_check),
	MEMBER(mobile, mobile_check),
	MAY_LACK(language, language_check_tag),
	MEMBER(profile, profile_check),
	MEMBER(key_type, key_type_check),
	MAY_LACK(own_key, own_key_check),
	MEMBER(approved_by, approver_check),
};
enum { MEMBERS = sizeof members / sizeof members[0] };
static const int64_t YEAR_10000 = INT64_C(253402300800);

static enum err check_text(const struct member *m, const char *text, struct errbuf *why)
{
	struct errbuf reason = {{0}};
	enum err e = m->check(text, strlen(text), &reason);
	if (e == ERR_OK || e == ERR_MEMORY)
		return e;
	return fail(why, ERR_INVALID, "facts, %s: %s", m->name, err_why(e, &reason));
}

static int add_to_buf(const char *bytes, size_t len, void *ctx)
{
	buf_add(ctx, bytes, len);
	return 0;
}

enum err facts_write(const struct order_facts *f, struct buf *out)
{
	enum err rc = ERR_MEMORY;
	size_t before = out->len;
	json_t *object = json_object();
	if (!object)
		return ERR_MEMORY;
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *text = (const char *)f + members[i].offset;
		if (members[i].may_lack && !text[0])
			continue;
		rc = check_text(&members[i], text, NULL);
		if (rc != ERR_OK)
			goto out;
		rc = ERR_MEMORY;
		if (json_object_set_new(object, members[i].name, json_string(text)) != 0)
			goto out;
	}
	if (json_object_set_new(object, "approved_at", json_integer(f->approved_at)) != 0 ||
	    json_dump_callback(object, add_to_buf, out, JSON_SORT_KEYS | JSON_COMPACT) != 0)
		goto out;
	rc = buf_check(out);
	if (rc == ERR_OK && out->len - before > FACTS_MAX_BYTES)
		rc = ERR_TOO_LARGE;
out:
	json_decref(object);
	return rc;
}

static enum err read_text(const json_t *object, const struct member *m, struct order_facts *f, struct errbuf *why)
{
	const json_t *member = json_object_get(object, m->name);
	const char *text = json_string_value(member);
	if (!member && m->may_lack)
		return ERR_OK;
	if (!text)
		return fail(why, ERR_MALFORMED, "facts, %s: a text is wanted", m->name);
	size_t len = strlen(text);
	if (len >= m->size)
		return fail(why, ERR_INVALID, "facts, %s: %zu bytes, at most %zu", m->name, len, m->size - 1);
	enum err e = check_text(m, text, why);
	if (e == ERR_OK)
		memcpy((char *)f + m->offset, text, len + 1);
	return e;
}

static enum err read_object(const json_t *object, struct order_facts *f, struct errbuf *why)
{
	size_t lacking = 0;
	for (size_t i = 0; i < MEMBERS; i++)
		lacking += members[i].may_lack && !json_object_get(object, members[i].name);
	if (json_object_size(object) + lacking != MEMBERS + 1) /* its size is 0 when it is no object */
		return fail(why, ERR_MALFORMED, "facts: %zu members, wanted %zu", json_object_size(object),
			    MEMBERS + 1 - lacking);
	for (size_t i = 0; i < MEMBERS; i++) {
		enum err e = read_text(object, &members[i], f, why);
		if (e != ERR_OK)
			return e;
	}
	const json_t *at = json_object_get(object, "approved_at");
	if (!json_is_integer(at))
		return fail(why, ERR_MALFORMED, "facts, approved_at: a whole number is wanted");
	f->approved_at = json_integer_value(at);
	if (f->approved_at <= 0 || f->approved_at >= YEAR_10000)
		return fail(why, ERR_INVALID, "facts, approved_at: %" PRId64 " is no time", f->approved_at);
	return ERR_OK;
}

/* One order has one text: what a second spelling would hide is refused. */
static enum err check_canonical(const char *json, size_t len, const struct order_facts *f, struct errbuf *why)
{
	struct buf again = BUF_INIT(FACTS_MAX_BYTES + 1);
	enum err e = facts_write(f, &again);
	if (e == ERR_OK && (again.len != len || memcmp(again.data, json, len) != 0))
		e = fail(why, ERR_MALFORMED, "facts: not in the canonical form");
	buf_free(&again);
	return e;
}

enum err facts_read(const char *json, size_t len, struct order_facts *out, struct errbuf *why)
{
	struct order_facts f = {0};
	json_error_t where;
	if (len > FACTS_MAX_BYTES)
		return fail(why, ERR_MALFORMED, "facts: %zu bytes, at most %d", len, FACTS_MAX_BYTES);
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &where);
	if (!object)
		return fail(why, ERR_MALFORMED, "facts: byte %d: %s", where.position, where.text);
	enum err e = read_object(object, &f, why);
	json_decref(object);
	if (e == ERR_OK)
		e = check_canonical(json, len, &f, why);
	if (e == ERR_OK)
		*out = f;
	return e;
}
