#include "issuer/order/input.h"
#include "issuer/order/staff_order.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/crl.h"

#include <stdio.h>
#include <string.h>

/* So many orders or certificates a look, and so many looks before we give up. */
enum { OPEN_MOST = 32, ROUNDS = 64 };

struct turn {
	struct step step; /* its order: the member's id */
	const char *to, *from, *what, *reason;
	bool before; /* it was so already */
};

static enum err store_turn(struct store *s, void *ctx)
{
	const struct turn *t = ctx;
	enum err e = store_exec_one(s, STATEMENT_STAFF_STATUS,
				    STORE_VALUES(value_text(t->to), value_text(t->step.order), value_text(t->from),
						 value_integer(t->step.now)));
	return e != ERR_OK ? e : step_note(s, &t->step, t->what, t->reason, NULL);
}

/* One UPDATE decides. Why it did not is looked for afterwards. */
static enum err take_turn(struct desk *d, struct turn *t, struct errbuf *why)
{
	struct member_row m;
	enum err e = writer_run(d->writer, store_turn, t);
	if (e == ERR_OK)
		d->revocations_changed(d->ctx); /* whoever has a connection open is looked at again */
	if (e != ERR_CONFLICT)
		return e;
	struct store *s = readers_take(d->readers);
	e = member_find(s, t->step.order, t->step.now, &m, why);
	readers_give(d->readers, s);
	if (e != ERR_OK)
		return e;
	t->before = strcmp(m.status, t->to) == 0;
	if (strstr(t->from, m.status))
		return fail(why, ERR_CONFLICT, "%s", STAFF_LAST_ONE);
	return fail(why, ERR_CONFLICT, "this member is %s%s", m.status, t->before ? " already" : "");
}

static enum err read_reason(const char *reason, struct errbuf *why)
{
	return remark_check_any("reason", reason, why);
}

enum err staff_suspend(struct desk *d, const struct actor *who, const char *staff, const char *reason, struct errbuf *why)
{
	struct turn t = {{who, staff, clock_now()}, "suspended", "[\"active\"]", "staff.suspended", reason, false};
	enum err e = read_reason(reason, why);
	return e != ERR_OK ? e : take_turn(d, &t, why);
}

enum err staff_restore(struct desk *d, const struct actor *who, const char *staff, struct errbuf *why)
{
	struct turn t = {{who, staff, clock_now()}, "active", "[\"suspended\"]", "staff.restored", NULL, false};
	return take_turn(d, &t, why);
}

struct list {
	char of[OPEN_MOST][SERIAL_TEXT_SIZE];
	size_t n;
};

static enum err take_one(void *ctx, const struct row *r)
{
	struct list *l = ctx;
	if (l->n < OPEN_MOST)
		snprintf(l->of[l->n++], SERIAL_TEXT_SIZE, "%s", row_text(r, 0));
	return ERR_OK;
}

static enum err find_left(struct desk *d, const char *staff, struct list *orders, struct list *certificates)
{
	orders->n = certificates->n = 0;
	struct store *s = readers_take(d->readers);
	enum err e = store_each(s, STATEMENT_STAFF_OPEN_ORDERS,
				STORE_VALUES(value_text(staff), value_text(order_states_before(EVENT_CANCEL))), take_one, orders);
	if (e == ERR_OK)
		e = store_each(s, STATEMENT_STAFF_LIVE_CERTIFICATES, STORE_VALUES(value_text(staff)), take_one, certificates);
	readers_give(d->readers, s);
	return e;
}

/* An order that has ended meanwhile, or a certificate that somebody else has revoked, is as good: the next look says so. */
static enum err unless_done(enum err e)
{
	return e == ERR_CONFLICT ? ERR_OK : e;
}

static enum err end_found(struct desk *d, const struct turn *t, const struct list *orders, const struct list *certificates,
			  struct errbuf *why)
{
	const char *reason = t->reason ? t->reason : "the member was removed";
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < orders->n; i++)
		e = unless_done(order_cancel(d, t->step.who, orders->of[i], reason, why));
	for (size_t i = 0; e == ERR_OK && i < certificates->n && !orders->n; i++) {
		const struct revocation_wish wish = {.serial = certificates->of[i], .note = reason,
						     .reason = crl_reason_name(REASON_CESSATION)};
		e = unless_done(certificate_revoke(d, t->step.who, &wish, why));
	}
	return e;
}

/* Until a look finds nothing: the orders first, for what was made for them is revoked with them, and then what is left. */
static enum err end_all(struct desk *d, const struct turn *t, size_t *done, struct errbuf *why)
{
	struct list orders, certificates;
	enum err e = ERR_OK;
	for (int i = 0; e == ERR_OK && i < ROUNDS; i++) {
		e = find_left(d, t->step.order, &orders, &certificates);
		if (e == ERR_OK && orders.n + certificates.n == 0)
			return ERR_OK;
		if (e == ERR_OK)
			e = end_found(d, t, &orders, &certificates, why);
		*done += orders.n + certificates.n;
	}
	return e != ERR_OK ? e : fail(why, ERR_UNAVAILABLE, "the member is removed, but not all that it had is: ask again");
}

enum err staff_remove(struct desk *d, const struct actor *who, const char *staff, const char *reason, struct errbuf *why)
{
	struct turn t = {{who, staff, clock_now()}, "removed", "[\"active\",\"suspended\"]", "staff.removed", reason, false};
	size_t done = 0;
	enum err e = read_reason(reason, why);
	enum err turned = e == ERR_OK ? take_turn(d, &t, why) : e;
	if (turned != ERR_OK && !t.before)
		return turned;
	e = end_all(d, &t, &done, why);
	return e == ERR_OK && t.before && done == 0 ? turned : e;
}

static enum err check_renewable(const struct desk *d, const struct member_row *m, int64_t now, struct errbuf *why)
{
	char until[CLOCK_TEXT_SIZE];
	if (strcmp(m->status, "active") != 0)
		return fail(why, ERR_CONFLICT, "this member is %s", m->status);
	if (!m->email[0] || !m->mobile[0])
		return fail(why, ERR_CONFLICT, "this member has no %s, to which the parcel could go (staff change)",
			    m->email[0] ? "mobile" : "e-mail");
	if (!m->moved_at || m->moved_at + d->settings->contact_rest <= now)
		return ERR_OK;
	clock_text(m->moved_at + d->settings->contact_rest, until);
	return fail(why, ERR_CONFLICT, "its e-mail or mobile was changed: nothing can be ordered for it before %s", until);
}

static enum err store_renewal(struct store *s, void *ctx)
{
	return new_order_store(s, ctx);
}

static enum err renew(struct desk *d, struct new_order *n, const char *staff, struct errbuf *why)
{
	struct member_row m;
	struct store *s = readers_take(d->readers);
	enum err e = member_find(s, staff, n->step.now, &m, why);
	readers_give(d->readers, s);
	if (e == ERR_OK)
		e = check_renewable(d, &m, n->step.now, why);
	if (e == ERR_OK)
		e = staff_order_read(d, n, &m);
	if (e == ERR_OK)
		e = new_order_make(d, n, why);
	if (e == ERR_OK)
		e = step_commit(d, CRASH_FRONT_ORDER_BEFORE, store_renewal, n);
	if (e == ERR_CONFLICT && !why->text[0])
		e = fail(why, e, "it has an order that waits (order resend sends that once more), or was changed at this very moment");
	return e;
}

enum err staff_renew(struct desk *d, const struct actor *who, const char *staff, char order[ID_SIZE], struct errbuf *why)
{
	struct new_order n;
	struct errbuf reason = {{0}};
	bool over_all = strcmp(who->role, ROLE_ADMINISTRATOR) == 0 && !actor_scope(who);
	if (!over_all && strcmp(who->id, staff) != 0)
		return fail(why, ERR_NOT_FOUND, "the staff has no such member");
	enum err e = new_order_begin(&n, who, order);
	if (e == ERR_OK)
		e = renew(d, &n, staff, &reason);
	if (e == ERR_OK)
		d->outbox_changed(d->ctx);
	new_order_clear(&n);
	return e == ERR_OK || !reason.text[0] ? e : fail(why, e, "%s", reason.text);
}
