#include "delivery/address.h"
#include "issuer/order/idempotency.h"
#include "issuer/order/input.h"
#include "issuer/order/parents.h"
#include "issuer/order/staff_order.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

struct addition {
	struct step step; /* its order: the member's id */
	struct member_row member;
	struct new_order order;
};

static struct value or_null(const char *text)
{
	return text[0] ? value_text(text) : value_null();
}

static enum err store_member(struct store *s, void *ctx)
{
	const struct addition *a = ctx;
	const struct member_row *m = &a->member;
	enum err e = idempotency_claim(s, &a->step);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_STAFF_ADD,
				   STORE_VALUES(value_text(m->id), value_text(m->name), value_text(m->role),
						value_integer(a->step.now), value_text(m->email), value_text(m->mobile),
						value_text(m->language), or_null(m->scope)));
	if (e == ERR_OK)
		e = step_note(s, &a->step, "staff.added", NULL, m->role);
	return e == ERR_OK ? new_order_store(s, &a->order) : e;
}

#define TAKE(out, text) snprintf(out, sizeof(out), "%s", (text) ? (text) : "")

static enum err read_member(struct desk *d, struct input *in, struct member_row *m, struct errbuf *why)
{
	TAKE(m->name, input_required(in, "name", name_check));
	TAKE(m->role, input_required(in, "role", role_check));
	TAKE(m->email, input_required(in, "email", mailbox_check));
	TAKE(m->mobile, input_required(in, "mobile", mobile_check));
	TAKE(m->language, input_language(in, d->languages));
	snprintf(m->status, sizeof m->status, "active");
	m->version = 1;
	enum err e = staff_scope_read(d, in, m->scope);
	return e != ERR_OK ? e : input_verdict(in, why);
}

enum err staff_scope_read(struct desk *d, struct input *in, char scope[ID_SIZE])
{
	struct parent parents[PARENT_LEVELS];
	const json_t *given = json_object_get(in->body, "organisation");
	scope[0] = '\0';
	if (!given || json_is_null(given) || (json_is_string(given) && !json_string_length(given)))
		return ERR_OK;
	struct store *s = readers_take(d->readers);
	enum err e = parents_find(s, in, PARENT_ORGANISATION + 1, parents);
	readers_give(d->readers, s);
	memcpy(scope, parents[PARENT_ORGANISATION].id, ID_SIZE);
	return e;
}

static enum err make(struct desk *d, struct addition *a, json_t *body, struct faults *faults, struct errbuf *why)
{
	static const char *const members[] = {"name", "role", "email", "mobile", "language", "organisation", NULL};
	struct input in = {.body = body, .faults = faults, .scope = actor_scope(a->step.who)};
	enum err e = input_begin(&in, members, why);
	if (e == ERR_OK)
		e = read_member(d, &in, &a->member, why);
	if (e == ERR_OK)
		e = staff_order_read(d, &a->order, &a->member);
	if (e == ERR_OK)
		e = new_order_make(d, &a->order, why);
	return e == ERR_OK ? step_commit(d, CRASH_FRONT_ORDER_BEFORE, store_member, a) : e;
}

enum err staff_add(struct desk *d, const struct actor *who, json_t *body, char id[ID_SIZE], struct faults *faults,
		   struct errbuf *why)
{
	char order[ID_SIZE];
	struct addition a = {.step = {who, id, clock_now()}};
	enum err e = new_order_begin(&a.order, who, order);
	if (e == ERR_OK)
		e = id_new(id);
	if (e == ERR_OK) {
		memcpy(a.member.id, id, ID_SIZE);
		e = make(d, &a, body, faults, why);
	}
	if (e == ERR_OK)
		d->outbox_changed(d->ctx);
	new_order_clear(&a.order);
	return e;
}
