#include "issuer/order/contact_moved.h"
#include "issuer/order/directory_kinds.h"
#include "issuer/order/parents.h"
#include "issuer/order/staff_name.h"
#include "issuer/order/version.h"
#include "issuer/order/words.h"

#include "base/clock.h"
#include "base/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOVES_A_DAY = 5 }; /* each is told to two addresses by mail: nobody's mailbox is to be filled that way */
enum { DETAIL_MAX = 2048, VALUES_MOST = DIRECTORY_MEMBERS_MOST + 4, TRIES = MOVES_A_DAY + 1 };

struct change {
	const struct directory_change *wish;
	const struct directory *kind;
	struct step step; /* its order: the object's id */
	char *id;
	json_t *wanted; /* the members that are given */
	json_t *seen;   /* the object as it was when its mails were made */
	json_t *before, *now; /* as it is inside the transaction, and will be */
	struct move_mails mails;
	bool stale;         /* somebody else has moved it in between: the mails name another address */
	int64_t full_since; /* when the first of as many changes as a day has room for was */
	struct errbuf why;  /* of the transaction */
};

static bool reaches(const struct actor *who, const json_t *object)
{
	const char *scope = actor_scope(who);
	return !scope || strcmp(scope, json_string_value(json_object_get(object, "organisation_id"))) == 0;
}

static enum err look(struct store *s, const struct change *c, json_t **out)
{
	const struct directory_change *w = c->wish;
	struct value keys[PARENT_LEVELS];
	size_t n = 0;
	if (c->kind->person)
		keys[n++] = value_text(c->id);
	else
		for (unsigned i = 0; i <= c->kind->parents; i++)
			keys[n++] = value_text(w->slug[i]);
	json_decref(*out);
	*out = NULL;
	enum err e = store_json_one(s, c->kind->find, keys, n, out);
	return e == ERR_OK && !reaches(c->step.who, *out) ? ERR_NOT_FOUND : e;
}

/* A member that neither has does not. */
static bool differs(const json_t *a, const json_t *b, const char *member)
{
	const json_t *one = json_object_get(a, member), *other = json_object_get(b, member);
	return one != other && !json_equal(one, other);
}

static bool any_differs(const struct change *c)
{
	for (const struct member *m = c->kind->members; m->name; m++)
		if (differs(c->before, c->now, m->name))
			return true;
	return false;
}

static bool moves(const json_t *before, const json_t *now)
{
	return differs(before, now, "email") || differs(before, now, "mobile");
}

/* As it was, with what is wanted in its place. */
static enum err merge(const json_t *before, json_t *wanted, json_t **now)
{
	json_decref(*now);
	*now = json_copy((json_t *)before);
	return *now && json_object_update(*now, wanted) == 0 ? ERR_OK : ERR_MEMORY;
}

static void add_json(struct buf *out, const json_t *v)
{
	char *text = json_text(v, JSON_ENCODE_ANY);
	buf_text(out, text ? text : "?");
	free(text);
}

/* People are known by their id alone: what of them was changed is noted, and not what it was or is. */
static enum err note(struct store *s, const struct change *c)
{
	struct buf text = BUF_INIT(DETAIL_MAX);
	for (const struct member *m = c->kind->members; m->name; m++) {
		if (!differs(c->before, c->now, m->name))
			continue;
		buf_format(&text, "%s%s", text.len ? ", " : "", m->name);
		if (m->personal)
			continue;
		buf_byte(&text, ' ');
		add_json(&text, json_object_get(c->before, m->name));
		buf_text(&text, " to ");
		add_json(&text, json_object_get(c->now, m->name));
	}
	const char *detail = buf_string(&text);
	enum err e = detail ? step_note(s, &c->step, c->kind->changed, NULL, detail) : ERR_MEMORY;
	buf_free(&text);
	return e;
}

static struct value text_of(const json_t *object, const char *member)
{
	return value_text(json_string_value(json_object_get(object, member)));
}

/* Of many at once no more get through; what it had is kept until the clerk forgets it, for a contact that is added with it
 * rests. */
static enum err store_move(struct store *s, struct change *c)
{
	bool email = differs(c->before, c->now, "email"), mobile = differs(c->before, c->now, "mobile");
	enum err e = store_integer(s, STATEMENT_MOVED_LATELY,
				   STORE_VALUES(value_text(c->id), value_integer(c->step.now - DAY),
						value_integer(MOVES_A_DAY - 1)),
				   &c->full_since);
	if (e != ERR_NOT_FOUND)
		return e == ERR_OK ? ERR_CONFLICT : e;
	e = store_exec_one(s, STATEMENT_MOVED_ADD,
			   STORE_VALUES(value_text(c->id), email ? text_of(c->before, "email") : value_null(),
					mobile ? text_of(c->before, "mobile") : value_null(), value_integer(c->step.now)));
	return e != ERR_OK ? e : move_mails_store(s, &c->mails, c->step.now);
}

static enum err update(struct store *s, const struct change *c, bool moved)
{
	struct value values[VALUES_MOST];
	size_t n = 0;
	for (const struct member *m = c->kind->members; m->name; m++)
		values[n++] = member_value(json_object_get(c->now, m->name));
	if (c->kind->person) {
		values[n++] = value_integer(c->step.now);
		values[n++] = value_integer(moved);
	}
	values[n++] = value_text(c->id);
	values[n++] = member_value(json_object_get(c->before, "version"));
	return store_exec_one(s, c->kind->change, values, n);
}

static enum err check_version(struct store *s, struct change *c, const json_t *object)
{
	return version_check(s, c->wish->if_match, c->id, json_integer_value(json_object_get(object, "version")), &c->why);
}

static enum err store_change(struct store *s, void *ctx)
{
	struct change *c = ctx;
	enum err e = look(s, c, &c->before);
	if (e == ERR_OK)
		e = check_version(s, c, c->before);
	if (e == ERR_OK)
		e = merge(c->before, c->wanted, &c->now);
	if (e != ERR_OK || !any_differs(c))
		return e;
	bool moved = moves(c->before, c->now);
	c->stale = moved && moves(c->seen, c->before);
	if (c->stale)
		return ERR_CONFLICT;
	e = moved ? store_move(s, c) : ERR_OK;
	if (e == ERR_OK)
		e = update(s, c, moved);
	if (e == ERR_OK)
		e = words_renew(s, (enum directory_kind)(c->kind - directory_kinds), c->id);
	return e != ERR_OK ? e : note(s, c);
}

static void copy_facts(const struct change *c, const json_t *object, struct contact_facts *f)
{
	const struct {
		const char *member;
		char *out;
		size_t size;
	} texts[] = {
		{"name", f->name, sizeof f->name},       {"organisation_name", f->organisation, sizeof f->organisation},
		{"email", f->email, sizeof f->email},    {"mobile", f->mobile, sizeof f->mobile},
		{"language", f->language, sizeof f->language},
	};
	snprintf(f->id, sizeof f->id, "%s", c->id);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		snprintf(texts[i].out, texts[i].size, "%s", json_string_value(json_object_get(object, texts[i].member)));
}

static enum err make_mails(struct desk *d, struct store *s, struct change *c, struct errbuf *why)
{
	struct contact_facts before, now;
	char by[NAME_SIZE]; /* who changes it */
	struct contact_move move = {.before = &before, .now = &now, .by = by};
	if (d->settings->contact_rest > 0)
		move.rest_until = c->step.now + d->settings->contact_rest;
	copy_facts(c, c->seen, &before);
	copy_facts(c, c->now, &now);
	enum err e = staff_name(s, c->step.who->id, by);
	return e != ERR_OK ? e : move_mails_make(d, &move, &c->mails, why);
}

/* What can be told without a transaction, and the mails of one. */
static enum err prepare(struct desk *d, struct change *c, struct errbuf *why)
{
	struct store *s = readers_take(d->readers);
	enum err e = look(s, c, &c->seen);
	if (e == ERR_OK) {
		snprintf(c->id, ID_SIZE, "%s", json_string_value(json_object_get(c->seen, "id")));
		e = merge(c->seen, c->wanted, &c->now);
	}
	if (e == ERR_OK && c->kind->person && moves(c->seen, c->now))
		e = make_mails(d, s, c, why);
	readers_give(d->readers, s);
	return e;
}

/* Somebody else may move a contact in between, but not as often as this is tried. */
static enum err commit(struct desk *d, struct change *c, struct errbuf *why)
{
	enum err e = ERR_CONFLICT;
	for (int i = 0; i < TRIES && (i == 0 || c->stale); i++) {
		move_mails_clear(&c->mails);
		c->mails.count = 0;
		c->stale = false;
		e = prepare(d, c, why);
		if (e == ERR_OK)
			e = writer_run(d->writer, store_change, c);
	}
	if (e == ERR_OK && c->mails.count > 0)
		d->outbox_changed(d->ctx);
	return e;
}

static enum err too_often(const struct change *c, struct errbuf *why)
{
	char until[CLOCK_TEXT_SIZE];
	clock_text(c->full_since + DAY, until);
	return fail(why, ERR_CONFLICT, "its e-mail or mobile was changed %d times within a day: again from %s", MOVES_A_DAY, until);
}

static enum err explain(const struct change *c, enum err e, struct errbuf *why)
{
	if (e == ERR_PRECONDITION)
		return fail(why, e, "%s", c->why.text);
	if (e == ERR_EXISTS)
		return fail(why, e, "this %s cannot be changed: %s", c->kind->word, c->kind->taken);
	if (e == ERR_CONFLICT && c->full_since)
		return too_often(c, why);
	return e == ERR_CONFLICT ? fail(why, e, "the %s changed at this very moment; look again", c->kind->word) : e;
}

/* Every member that is given, and none but those that may be changed. */
static enum err read_wanted(struct desk *d, struct change *c, struct faults *faults, struct errbuf *why)
{
	struct input in = {.body = c->wish->body, .faults = faults};
	const char *names[DIRECTORY_MEMBERS_MOST + 1] = {NULL};
	for (size_t i = 0; c->kind->members[i].name; i++)
		names[i] = c->kind->members[i].name;
	enum err e = input_begin(&in, names, why);
	for (const struct member *m = c->kind->members; e == ERR_OK && m->name; m++) {
		unsigned faulty = in.count;
		const json_t *given = json_object_get(in.body, m->name);
		if (!given)
			continue;
		if (m->type == MEMBER_LANGUAGE && json_is_null(given)) /* to be left out at an addition alone */
			input_fault(&in, m->name, "a language's tag is wanted, as en or nb");
		json_t *v = member_read(&in, m, d->languages);
		if (in.count == faulty && json_object_set_new(c->wanted, m->name, v) != 0)
			e = ERR_MEMORY;
	}
	if (e == ERR_OK && json_object_size(in.body) == 0)
		input_fault(&in, c->kind->members[0].name, "nothing is to be changed: it, or another member, is wanted");
	return e != ERR_OK ? e : input_verdict(&in, why);
}

enum err directory_change(struct desk *d, const struct actor *who, const struct directory_change *wish,
			  char id[ID_SIZE], struct faults *faults, struct errbuf *why)
{
	struct change c = {.wish = wish, .kind = &directory_kinds[wish->kind], .step = {who, id, clock_now()}, .id = id};
	enum err rc = (c.wanted = json_object()) ? ERR_OK : ERR_MEMORY;
	if (rc == ERR_OK)
		rc = version_tags_check(wish->if_match, why);
	if (rc == ERR_OK && c.kind->person)
		rc = contact_find(d, who, wish->contact, id, why);
	if (rc == ERR_OK)
		rc = read_wanted(d, &c, faults, why);
	if (rc == ERR_OK)
		rc = commit(d, &c, why);
	move_mails_clear(&c.mails);
	json_decref(c.wanted);
	json_decref(c.seen);
	json_decref(c.before);
	json_decref(c.now);
	return rc == ERR_OK ? rc : explain(&c, rc, why);
}
