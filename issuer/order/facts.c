#include "issuer/order/facts_approval.h"

#include "base/clock.h"
#include "ca/certificate.h"
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

/* A member of the staff, or "host" for the console of the machine; or two of them. */
static enum err approvers_check(const char *text, size_t len, struct errbuf *why)
{
	struct approvers a;
	(void)len;
	return approvers_read(text, &a) ? ERR_OK : fail(why, ERR_INVALID, "not one id or two");
}

static enum err approvals_check(const char *text, size_t len, struct errbuf *why)
{
	return len == 1 && strchr("12", text[0]) ? ERR_OK : fail(why, ERR_INVALID, "neither absent nor 1 nor 2");
}

static enum err kind_check(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	if (strcmp(text, "renewal") == 0 || strcmp(text, "reissue") == 0)
		return ERR_OK;
	return fail(why, ERR_INVALID, "neither absent nor renewal nor reissue");
}

static enum err hex_check(const char *text, size_t len, size_t wanted, struct errbuf *why)
{
	if (len == wanted && strspn(text, "0123456789abcdef") == len)
		return ERR_OK;
	return fail(why, ERR_INVALID, "not %zu hexadecimal digits", wanted);
}

static enum err serial_check(const char *text, size_t len, struct errbuf *why)
{
	return hex_check(text, len, SERIAL_TEXT_SIZE - 1, why);
}

static enum err hash_check(const char *text, size_t len, struct errbuf *why)
{
	return hex_check(text, len, FACTS_HASH_SIZE - 1, why);
}

static enum err date_check(const char *text, size_t len, struct errbuf *why)
{
	int64_t at = 0;
	if (len == FACTS_DATE_SIZE - 1 && clock_from_text(text, &at) == ERR_OK)
		return ERR_OK;
	return fail(why, ERR_INVALID, "not a date");
}

static enum err profile_check(const char *text, size_t len, struct errbuf *why)
{
	(void)len;
	enum profile_id id = PROFILE_COUNT;
	if (profile_from_name(text, &id) != ERR_OK || (id != PROFILE_CLIENT && id != PROFILE_STAFF))
		return fail(why, ERR_INVALID, "orders are for certificates of clients and of staff");
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

bool facts_of_staff(const struct order_facts *f)
{
	return strcmp(f->profile, FACTS_STAFF) == 0;
}

void facts_make_staff(struct order_facts *f)
{
	memcpy(f->profile, FACTS_STAFF, sizeof FACTS_STAFF);
	memcpy(f->client_slug, FACTS_STAFF, sizeof FACTS_STAFF);
	memcpy(f->contact_name, f->client_name, sizeof f->contact_name);
}

bool facts_take_request(const struct order_facts *f)
{
	return strcmp(f->key_type, FACTS_OWN_KEY) == 0 || strcmp(f->own_key, FACTS_MAY) == 0;
}

/* Every text member, once; "approved_at" is the one integer. */
#define ROW(member, check) .name = #member, offsetof(struct order_facts, member), sizeof(((struct order_facts *)0)->member), check
#define MEMBER(member, check) {ROW(member, check)}
#define CLIENT(member, check) {ROW(member, check), .of = OF_CLIENT}
#define STAFF(member, check) {ROW(member, check), .of = OF_STAFF}
#define MAY_LACK(member, check) {ROW(member, check), .may_lack = true}
static const struct member {
	const char *name;
	size_t offset, size;
	enum err (*check)(const char *text, size_t len, struct errbuf *why);
	enum { OF_BOTH, OF_CLIENT, OF_STAFF } of;
	bool may_lack;  /* then it is "" */
	bool concludes; /* "" in what is to be approved */
} members[] = {
	MEMBER(order, id_check),
	CLIENT(organisation_slug, slug_check),
	CLIENT(organisation_name, name_check),
	CLIENT(service_slug, slug_check),
	CLIENT(service_name, name_check),
	CLIENT(client_slug, slug_check),
	CLIENT(client_name, name_check),
	CLIENT(contact, id_check),
	CLIENT(contact_name, name_check),
	STAFF(staff, id_check),
	{.name = "name", offsetof(struct order_facts, client_name), sizeof(((struct order_facts *)0)->client_name), name_check,
	 .of = OF_STAFF},
	STAFF(role, role_check),
	{ROW(scope, id_check), .of = OF_STAFF, .may_lack = true},
	MEMBER(email, mailbox_check),
	MEMBER(mobile, mobile_check),
	MAY_LACK(language, language_check_tag),
	MEMBER(profile, profile_check),
	MEMBER(key_type, key_type_check),
	MAY_LACK(own_key, own_key_check),
	MAY_LACK(approvals, approvals_check),
	MAY_LACK(ordered_by, id_check),
	MAY_LACK(kind, kind_check),
	MAY_LACK(renews, serial_check),
	MAY_LACK(due, date_check),
	MAY_LACK(note, hash_check),
	{ROW(digest, hash_check), .may_lack = true, .concludes = true},
	{ROW(approved_by, approvers_check), .concludes = true},
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

enum form { FORM_APPROVED, FORM_REQUEST };

/* The profile says which members there are. */
static bool belongs(const struct member *m, bool staff)
{
	return m->of == OF_BOTH || (m->of == OF_STAFF) == staff;
}

static enum err add_members(const struct order_facts *f, enum form form, json_t *object)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < MEMBERS; i++) {
		const struct member *m = &members[i];
		bool none = form == FORM_REQUEST && m->concludes;
		const char *text = none ? "" : (const char *)f + m->offset;
		if (!belongs(m, facts_of_staff(f)) || (m->may_lack && !text[0]))
			continue;
		rc = none ? ERR_OK : check_text(m, text, NULL);
		if (rc == ERR_OK && json_object_set_new(object, m->name, json_string(text)) != 0)
			rc = ERR_MEMORY;
	}
	return rc;
}

static enum err write_form(const struct order_facts *f, enum form form, struct buf *out)
{
	size_t before = out->len;
	int64_t at = form == FORM_REQUEST ? 0 : f->approved_at;
	json_t *object = json_object();
	if (!object)
		return ERR_MEMORY;
	enum err rc = add_members(f, form, object);
	if (rc == ERR_OK && (json_object_set_new(object, "approved_at", json_integer(at)) != 0 ||
			     json_dump_callback(object, add_to_buf, out, JSON_SORT_KEYS | JSON_COMPACT) != 0))
		rc = ERR_MEMORY;
	if (rc == ERR_OK)
		rc = buf_check(out);
	if (rc == ERR_OK && out->len - before > FACTS_MAX_BYTES)
		rc = ERR_TOO_LARGE;
	json_decref(object);
	return rc;
}

enum err facts_write_request(const struct order_facts *f, struct buf *out)
{
	return write_form(f, FORM_REQUEST, out);
}

enum err facts_write(const struct order_facts *f, struct buf *out)
{
	enum err rc = approval_check(f);
	return rc == ERR_OK ? write_form(f, FORM_APPROVED, out) : rc;
}

const char *facts_differ(const struct order_facts *a, const struct order_facts *b)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		size_t at = members[i].offset;
		if (!members[i].concludes && strcmp((const char *)a + at, (const char *)b + at) != 0)
			return members[i].name;
	}
	return NULL;
}

static enum err read_text(const json_t *object, enum form form, const struct member *m, struct order_facts *f,
			  struct errbuf *why)
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
	if (form == FORM_REQUEST && m->concludes)
		return len ? fail(why, ERR_INVALID, "facts, %s: nobody has approved it yet", m->name) : ERR_OK;
	enum err e = check_text(m, text, why);
	if (e == ERR_OK)
		memcpy((char *)f + m->offset, text, len + 1);
	return e;
}

static enum err read_time(const json_t *object, enum form form, struct order_facts *f, struct errbuf *why)
{
	const json_t *at = json_object_get(object, "approved_at");
	if (!json_is_integer(at))
		return fail(why, ERR_MALFORMED, "facts, approved_at: a whole number is wanted");
	f->approved_at = json_integer_value(at);
	bool good = form == FORM_REQUEST ? f->approved_at == 0 : f->approved_at > 0 && f->approved_at < YEAR_10000;
	return good ? ERR_OK : fail(why, ERR_INVALID, "facts, approved_at: %" PRId64 " is no time", f->approved_at);
}

static enum err read_object(const json_t *object, enum form form, struct order_facts *f, struct errbuf *why)
{
	const char *profile = json_string_value(json_object_get(object, "profile"));
	bool staff = profile && strcmp(profile, FACTS_STAFF) == 0;
	size_t wanted = 1;
	for (size_t i = 0; i < MEMBERS; i++)
		wanted += belongs(&members[i], staff) && !(members[i].may_lack && !json_object_get(object, members[i].name));
	if (json_object_size(object) != wanted) /* its size is 0 when it is no object */
		return fail(why, ERR_MALFORMED, "facts: %zu members, wanted %zu", json_object_size(object), wanted);
	for (size_t i = 0; i < MEMBERS; i++) {
		enum err e = belongs(&members[i], staff) ? read_text(object, form, &members[i], f, why) : ERR_OK;
		if (e != ERR_OK)
			return e;
	}
	if (staff)
		facts_make_staff(f);
	return read_time(object, form, f, why);
}

/* One order has one text: what a second spelling would hide is refused. */
static enum err check_canonical(const char *json, size_t len, enum form form, const struct order_facts *f,
				struct errbuf *why)
{
	struct buf again = BUF_INIT(FACTS_MAX_BYTES + 1);
	enum err e = write_form(f, form, &again);
	if (e == ERR_OK && (again.len != len || memcmp(again.data, json, len) != 0))
		e = fail(why, ERR_MALFORMED, "facts: not in the canonical form");
	buf_free(&again);
	return e;
}

static enum err read_form(const char *json, size_t len, enum form form, struct order_facts *out, struct errbuf *why)
{
	struct order_facts f = {0};
	json_error_t where;
	if (len > FACTS_MAX_BYTES)
		return fail(why, ERR_MALFORMED, "facts: %zu bytes, at most %d", len, FACTS_MAX_BYTES);
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &where);
	if (!object)
		return fail(why, ERR_MALFORMED, "facts: byte %d: %s", where.position, where.text);
	enum err e = read_object(object, form, &f, why);
	json_decref(object);
	if (e == ERR_OK)
		e = check_canonical(json, len, form, &f, why);
	if (e == ERR_OK)
		*out = f;
	return e;
}

enum err facts_read_request(const char *json, size_t len, struct order_facts *out, struct errbuf *why)
{
	return read_form(json, len, FORM_REQUEST, out, why);
}

enum err facts_read(const char *json, size_t len, struct order_facts *out, struct errbuf *why)
{
	struct order_facts f;
	enum err e = read_form(json, len, FORM_APPROVED, &f, why);
	if (e == ERR_OK)
		e = approval_check(&f);
	if (e == ERR_INVALID && why && !why->text[0])
		e = fail(why, e, "facts: not approved as they say");
	if (e == ERR_OK)
		*out = f;
	return e;
}
