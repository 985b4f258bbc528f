/* The steps of a recovery. A revocation is journalled before it is committed, as everywhere: so the lost come first, and a run
 * that is cut off there finds them revoked in the journal the next time. */
#include "issuer/clerk/clerk_reconcile.h"
#include "issuer/command/recover.h"
#include "issuer/order/step.h"

#include <stdio.h>
#include <string.h>

enum err recovery_journal(struct recovery *r, struct errbuf *why)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < r->count && !e; i++) {
		struct history_entry *lost = r->steps[i].entry;
		if (r->steps[i].action != RECOVER_LOST || lost->standing == STANDING_REVOKED)
			continue;
		const struct journal_record record = {.op = "revoke", .issuer = lost->issuer, .serial = lost->serial,
						      .reason = REASON_SUPERSEDED, .revoked_at = r->now};
		e = journal_append(r->books->journal, &record, r->now);
		lost->standing = STANDING_REVOKED;
		lost->reason = REASON_SUPERSEDED;
		lost->revoked_at = r->now;
		lost->compromised_at = 0;
	}
	return e ? fail(why, e, "%s: %s", r->books->settings->journal, err_text(e)) : ERR_OK;
}

static struct value integer_or_null(int64_t i)
{
	return i ? value_integer(i) : value_null();
}

static enum err note(struct recovery *r, const char *what, const char *object, const char *because, const char *detail)
{
	const struct audit_event event = {.what = what, .object = object, .why = because, .detail = detail};
	return audit_append(r->books->store, &host_actor, &event, r->now, NULL);
}

static enum err add_lost(struct recovery *r, const struct history_entry *lost)
{
	uint8_t fingerprint[FINGERPRINT_BYTES];
	char subject[48];
	reconcile_orphan_fingerprint(lost->serial, fingerprint);
	snprintf(subject, sizeof subject, lost->order[0] ? "orphan of order %.16s" : "orphan of no order", lost->order);
	return store_exec_one(r->books->store, STATEMENT_RECOVER_LOST_ADD,
			      STORE_VALUES(value_text(lost->serial), value_text(lost->issuer), value_text(lost->order),
					   value_blob(fingerprint, sizeof fingerprint), value_text(subject),
					   value_integer(lost->not_before),
					   value_integer(lost->not_after ? lost->not_after : r->books->issuing_until),
					   value_integer(lost->revoked_at), value_integer(lost->reason),
					   integer_or_null(lost->compromised_at), value_integer(r->now)));
}

/* Its certificate was made for somebody after the backup: it must not be made for anybody a second time. An order that is in
 * another state by the database has another end than this. */
static enum err cancel_order(struct recovery *r, const char *order)
{
	static const char because[] = "recovered: its certificate was issued after the backup";
	const struct step step = {&host_actor, order, r->now};
	int64_t affected = 0;
	enum err e = store_exec(r->books->store, STATEMENT_ORDER_CANCEL,
				STORE_VALUES(value_text(order_state_name(ORDER_CANCELLED)), value_integer(r->now), value_text(order),
					     value_text(order_states_before(EVENT_CANCEL)), value_text("")),
				&affected);
	if (e || affected == 0)
		return e;
	r->cancelled++;
	e = step_end_delivery(r->books->store, &step);
	return e ? e : step_note(r->books->store, &step, order_event_name(EVENT_CANCEL), because, NULL);
}

static enum err apply_lost(struct recovery *r, const struct recover_step *s)
{
	const struct history_entry *lost = s->entry;
	enum err e = add_lost(r, lost);
	if (!e)
		e = note(r, "certificate.orphaned", lost->serial, "the database that was put back lacks it",
			 lost->order[0] ? lost->order : NULL);
	return e || !lost->done || !lost->order[0] ? e : cancel_order(r, lost->order);
}

static enum err set_standing(struct recovery *r, const struct recover_step *s)
{
	static const char *const words[] = {
		[STANDING_VALID] = "valid", [STANDING_HELD] = "held", [STANDING_REVOKED] = "revoked"};
	const struct history_entry *as = s->entry;
	bool valid = as->standing == STANDING_VALID;
	return store_exec_one(r->books->store, STATEMENT_RECOVER_STANDING,
			      STORE_VALUES(value_text(words[as->standing]),
					   valid ? value_null() : value_integer(as->revoked_at),
					   valid ? value_null() : value_integer(as->reason),
					   valid ? value_null() : integer_or_null(as->compromised_at), value_text(as->serial), value_text(words[s->had])));
}

static enum err apply_standing(struct recovery *r, const struct recover_step *s)
{
	static const char *const events[RECOVER_ACTION_COUNT] = {[RECOVER_REVOKE] = "certificate.revoked",
								 [RECOVER_HOLD] = "certificate.held",
								 [RECOVER_RELEASE] = "certificate.released"};
	static const char because[] = "recovered: the journal knows it";
	const struct step step = {&host_actor, s->order, r->now};
	enum err e = set_standing(r, s);
	if (!e)
		e = note(r, events[s->action], s->entry->serial, because, crl_reason_name(s->entry->reason));
	return e || s->action != RECOVER_REVOKE || !s->order[0] ? e : step_end_delivery(r->books->store, &step);
}

static enum err apply_all(struct recovery *r)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < r->count && !e; i++)
		e = r->steps[i].action == RECOVER_LOST ? apply_lost(r, &r->steps[i]) : apply_standing(r, &r->steps[i]);
	return e;
}

static enum err take_count(void *ctx, const struct row *row)
{
	*(size_t *)ctx = (size_t)row_integer(row, 0);
	return ERR_OK;
}

static enum err conclude(struct recovery *r, uint8_t head[AUDIT_HASH_BYTES])
{
	char detail[160];
	snprintf(detail, sizeof detail, "%zu lost, %zu revoked, %zu held, %zu released, %zu orders cancelled",
		 r->counts[RECOVER_LOST], r->counts[RECOVER_REVOKE], r->counts[RECOVER_HOLD], r->counts[RECOVER_RELEASE],
		 r->cancelled);
	const struct audit_event event = {.what = "database.recovered", .object = r->books->settings->node, .detail = detail};
	enum err e = store_one(r->books->store, STATEMENT_RECOVER_ORDERS,
			       STORE_VALUES(value_text(order_states_before(EVENT_LAPSE))), take_count, &r->open);
	return e ? e : audit_append(r->books->store, &host_actor, &event, r->now, head);
}

enum err recovery_commit(struct recovery *r, uint8_t head[AUDIT_HASH_BYTES], struct errbuf *why)
{
	struct store *s = r->books->store;
	enum err e = store_begin(s);
	if (!e)
		e = apply_all(r);
	if (!e)
		e = conclude(r, head);
	if (!e)
		e = store_commit(s);
	if (!e)
		return ERR_OK;
	store_rollback(s);
	return fail(why, e, "%s is as it was: %s", r->books->settings->database, err_text(e));
}

enum err recovery_agree(struct recovery *r, const uint8_t head[AUDIT_HASH_BYTES], struct errbuf *why)
{
	const struct host_books *b = r->books;
	const struct journal_record record = {.op = "recover", .issuer = b->issuer, .audit_head = head};
	enum err e = journal_append(b->journal, &record, r->now);
	if (e)
		return fail(why, e, "%s: %s; run it again", b->settings->journal, err_text(e));
	return host_books_agree(b->store, b->journal, why);
}
