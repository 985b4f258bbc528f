#include "issuer/order/staff_order.h"

#include "ca/key.h"
#include "issuer/order/staff_name.h"

#include <stdio.h>
#include <string.h>

enum column { /* of STAFF_FIND in sql_staff.def */
	NAME, ROLE, STATUS, EMAIL, MOBILE, LANGUAGE, SCOPE, MOVED_AT, VERSION, SERIAL
};

#define COPY(member, r, column) snprintf(member, sizeof(member), "%s", row_text(r, column))

static enum err take_member(void *ctx, const struct row *r)
{
	struct member_row *m = ctx;
	COPY(m->name, r, NAME);
	COPY(m->role, r, ROLE);
	COPY(m->status, r, STATUS);
	COPY(m->email, r, EMAIL);
	COPY(m->mobile, r, MOBILE);
	COPY(m->language, r, LANGUAGE);
	COPY(m->scope, r, SCOPE);
	COPY(m->serial, r, SERIAL);
	m->moved_at = row_integer(r, MOVED_AT);
	m->version = row_integer(r, VERSION);
	return ERR_OK;
}

enum err member_find(struct store *s, const char *id, int64_t now, struct member_row *out, struct errbuf *why)
{
	*out = (struct member_row){.version = 0};
	snprintf(out->id, sizeof out->id, "%s", id);
	enum err e = store_one(s, STATEMENT_STAFF_FIND, STORE_VALUES(value_integer(now), value_text(id)), take_member, out);
	return e == ERR_NOT_FOUND ? fail(why, e, "the staff has no such member") : e;
}

enum err staff_order_read(struct desk *d, struct new_order *n, const struct member_row *m)
{
	struct order_facts *f = &n->facts;
	memcpy(f->client_name, m->name, sizeof f->client_name);
	memcpy(f->staff, m->id, sizeof f->staff);
	memcpy(f->role, m->role, sizeof f->role);
	memcpy(f->scope, m->scope, sizeof f->scope);
	memcpy(f->email, m->email, sizeof f->email);
	memcpy(f->mobile, m->mobile, sizeof f->mobile);
	memcpy(f->language, m->language, sizeof f->language);
	snprintf(f->key_type, sizeof f->key_type, "%s", key_type_name(KEY_P256));
	facts_make_staff(f);
	memcpy(n->renews, m->serial, sizeof n->renews);
	n->staff_version = m->version;
	n->note = "";
	n->approvals = n->approvals_standard = d->settings->approvals;
	struct store *s = readers_take(d->readers);
	enum err e = staff_name(s, n->step.who->id, n->orderer_name);
	readers_give(d->readers, s);
	return e;
}

enum err staff_order_add(struct store *s, const struct new_order *n)
{
	const struct order_facts *f = &n->facts;
	struct value digest = n->approvals ? value_blob(n->digest, sizeof n->digest) : value_null();
	struct value ticket = n->approvals ? value_null() : value_blob(n->ticket, TICKET_BYTES);
	return store_exec_one(s, STATEMENT_STAFF_ORDER_ADD,
			      STORE_VALUES(value_text(n->step.order), value_text(n->renews[0] ? "renewal" : "new"),
					   value_text(order_state_name(ORDER_REQUESTED)), value_integer(n->step.now),
					   value_text((const char *)n->text.data), ticket, digest, value_integer(n->approvals),
					   value_text(f->profile), value_text(f->key_type), value_text(n->note),
					   value_text(n->step.who->id), n->until ? value_integer(n->until) : value_null(),
					   n->renews[0] ? value_text(n->renews) : value_null(),
					   value_text(f->staff), value_integer(n->staff_version)));
}
