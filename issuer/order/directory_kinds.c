#include "issuer/order/directory_kinds.h"

#include "ca/name.h"
#include "delivery/address.h"

enum { APPROVALS_MOST = 2 };

#define NAME {.name = "name", .type = MEMBER_TEXT, .check = name_check}

const struct directory directory_kinds[] = {
	[DIRECTORY_ORGANISATION] = {.word = "organisation", .added = "directory.organisation_added",
				    .changed = "directory.organisation_changed", .taken = "its slug is taken",
				    .members = {NAME}, .add = STATEMENT_ORGANISATION_ADD,
				    .find = STATEMENT_ORGANISATION_FIND, .change = STATEMENT_ORGANISATION_CHANGE},
	[DIRECTORY_SERVICE] = {.word = "service", .added = "directory.service_added",
			       .changed = "directory.service_changed", .taken = "the organisation has one of this slug",
			       .parents = 1, .members = {NAME, {.name = "approvals", .type = MEMBER_APPROVALS}},
			       .add = STATEMENT_SERVICE_ADD, .find = STATEMENT_SERVICE_FIND,
			       .change = STATEMENT_SERVICE_CHANGE},
	[DIRECTORY_CLIENT] = {.word = "client", .added = "directory.client_added", .changed = "directory.client_changed",
			      .taken = "the service has one of this slug", .parents = 2,
			      .members = {NAME, {.name = "several", .type = MEMBER_FLAG}}, .add = STATEMENT_CLIENT_ADD,
			      .find = STATEMENT_CLIENT_FIND, .change = STATEMENT_CLIENT_CHANGE},
	[DIRECTORY_CONTACT] = {.word = "contact", .added = "directory.contact_added",
			       .changed = "directory.contact_changed", .taken = "the organisation has one of this e-mail",
			       .parents = 1, .person = true,
			       .members = {{.name = "name", .check = name_check, .personal = true},
					   {.name = "email", .check = mailbox_check, .personal = true},
					   {.name = "mobile", .check = mobile_check, .personal = true},
					   {.name = "may_order", .type = MEMBER_FLAG, .standard = true},
					   {.name = "may_receive", .type = MEMBER_FLAG, .standard = true},
					   {.name = "language", .type = MEMBER_LANGUAGE}},
			       .add = STATEMENT_CONTACT_ADD, .find = STATEMENT_CONTACT_FIND,
			       .change = STATEMENT_CONTACT_CHANGE},
};

static json_t *read_text(struct input *in, const struct member *m, const struct languages *languages)
{
	(void)languages;
	const char *text = input_required(in, m->name, m->check);
	return text ? json_string(text) : NULL;
}

static json_t *read_flag(struct input *in, const struct member *m, const struct languages *languages)
{
	unsigned before = in->count;
	(void)languages;
	bool on = input_flag(in, m->name, m->standard);
	return in->count == before ? json_boolean(on) : NULL;
}

/* "" is the installation's: one that is given is one of them. */
static json_t *read_language(struct input *in, const struct member *m, const struct languages *languages)
{
	unsigned before = in->count;
	(void)m;
	const char *tag = input_language(in, languages);
	return in->count == before ? json_string(tag) : NULL;
}

static json_t *read_approvals(struct input *in, const struct member *m, const struct languages *languages)
{
	json_t *given = json_object_get(in->body, m->name);
	(void)languages;
	if (!given || json_is_null(given))
		return json_null();
	if (json_is_integer(given) && json_integer_value(given) >= 0 && json_integer_value(given) <= APPROVALS_MOST)
		return json_incref(given);
	input_fault(in, m->name, "0, 1 or 2 is wanted, or null: as many as the installation wants");
	return NULL;
}

json_t *member_read(struct input *in, const struct member *m, const struct languages *languages)
{
	static json_t *(*const readers[])(struct input *, const struct member *, const struct languages *) = {
		[MEMBER_TEXT] = read_text,
		[MEMBER_FLAG] = read_flag,
		[MEMBER_LANGUAGE] = read_language,
		[MEMBER_APPROVALS] = read_approvals,
	};
	return readers[m->type](in, m, languages);
}

struct value member_value(const json_t *v)
{
	if (json_is_string(v))
		return value_text(json_string_value(v));
	if (json_is_boolean(v))
		return value_integer(json_is_true(v));
	return json_is_integer(v) ? value_integer(json_integer_value(v)) : value_null();
}
