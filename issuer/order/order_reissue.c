/* A certificate that was delivered, and whose file or password is lost: another takes its place. */
#include "issuer/order/idempotency.h"
#include "issuer/order/input.h"
#include "issuer/order/named_order.h"
#include "issuer/order/new_order.h"
#include "issuer/order/replaced.h"
#include "issuer/order/revoke.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

struct reissue {
	struct step step; /* of the order that is replaced */
	struct order_row row;
	struct revoking revoking;
	struct new_order next;
	bool revoked; /* by an earlier try, which was cut off behind its journalling */
};

/* Why nobody will get what took its place; NULL while somebody may. */
static const char *end_of(const struct order_row *next)
{
	switch (next->state) {
	case ORDER_LAPSED:
		return "which lapsed: order anew (order new)";
	case ORDER_CANCELLED:
		return "which was cancelled: order anew (order new)";
	case ORDER_REJECTED:
		return "which was rejected: order anew (order new)";
	default:
		return next->serial[0] && !next->alive
			   ? "whose certificate was revoked too: look at that one (order show)"
			   : NULL;
	}
}

/* What was ordered for its client since then stands in its place: beside it there is no room for another. */
static enum err find_anew(struct desk *d, struct reissue *r)
{
	int64_t anew = 0;
	struct store *s = readers_take(d->readers);
	enum err e = store_integer(s, STATEMENT_ORDER_REPLACED_ANEW,
				   STORE_VALUES(value_text(r->step.order), value_integer(r->step.now)), &anew);
	readers_give(d->readers, s);
	r->revoked = anew == 0;
	return e;
}

/* The clerk, or the staff by hand, has revoked it as we would have: the order alone is wanting. */
static enum err find_cut(struct desk *d, struct reissue *r, struct errbuf *why)
{
	struct standing standing;
	if (!r->row.serial[0] || r->row.alive)
		return ERR_OK;
	enum err rc = standing_find(d, &r->revoking, &standing, why);
	r->revoked = rc == ERR_OK && standing.revoked && standing.reason == r->revoking.reason;
	return r->revoked ? find_anew(d, r) : rc;
}

/* What to do instead: by the state, and by what became of the certificate. */
static const char *reason_against(const struct reissue *r)
{
	enum order_state to;
	if (r->row.staff[0])
		return "it is of a member of the staff: revoke the certificate (cert revoke), and renew the member's (staff renew)";
	switch (r->row.state) {
	case ORDER_REQUESTED:
		return "nothing was delivered yet: it waits for approval (order approve)";
	case ORDER_APPROVED:
	case ORDER_OFFERED:
	case ORDER_COLLECTING:
		return "nothing was delivered yet: send it again (order resend)";
	case ORDER_LOCKED:
		return "nothing was delivered yet: unlock it (order unlock), or cancel it and order anew";
	default:
		break;
	}
	if (order_next(r->row.state, EVENT_REISSUE, &to, NULL) != ERR_OK)
		return "it came to an end before anything was delivered: order anew (order new)";
	if (!r->row.alive && !r->revoked)
		return "its certificate was revoked already: order anew (order new)";
	return r->row.not_after <= r->step.now ? "its certificate's time is over: order anew (order new)" : NULL;
}

/* As the order was given then, but for the contact's addresses: those of today. */
static enum err write_body(const struct order_row *row, const char *note, json_t **out)
{
	struct order_facts f;
	enum err rc = row_facts(row, &f);
	if (rc != ERR_OK)
		return rc;
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s*}", "organisation", f.organisation_slug, "service",
			 f.service_slug, "client", f.client_slug, "contact", f.contact, "key_type", f.key_type,
			 "own_key", facts_take_request(&f), "note", note);
	return *out ? ERR_OK : ERR_MEMORY;
}

/* Behind the journal there is a gap until the commit: who asked for it, and why, is not lost in it. */
static enum err note_asked(struct store *s, void *ctx)
{
	const struct reissue *r = ctx;
	return step_note(s, &r->step, "order.reissue_asked", r->revoking.note, NULL);
}

static enum err revoke(struct desk *d, struct reissue *r, struct errbuf *why)
{
	if (r->revoked)
		return ERR_OK;
	enum err rc = writer_run(d->writer, note_asked, r);
	return rc == ERR_OK ? revoke_journal(d, &r->revoking, why) : rc;
}

/* The journal has the revocation. The new order comes with it or not at all. */
static enum err store_reissue(struct store *s, void *ctx)
{
	struct reissue *r = ctx;
	enum err e = idempotency_claim(s, &r->next.step);
	if (e == ERR_OK && !r->revoked)
		e = revoke_store(s, &r->revoking);
	if (e == ERR_OK)
		e = step_end_delivery(s, &r->step);
	if (e == ERR_OK)
		e = step_note(s, &r->step, order_event_name(EVENT_REISSUE), r->revoking.note, r->next.step.order);
	return e == ERR_OK ? new_order_store(s, &r->next) : e;
}

static enum err replace(struct desk *d, struct reissue *r, struct faults *faults, struct errbuf *why)
{
	json_t *body = NULL;
	enum err rc = write_body(&r->row, r->revoking.note, &body);
	if (rc == ERR_OK)
		rc = new_order_read(d, &r->next, body, faults, why);
	if (rc == ERR_OK)
		rc = new_order_make(d, &r->next, why);
	if (rc == ERR_OK)
		rc = revoke(d, r, why);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_ORDER_BEFORE, store_reissue, r);
	json_decref(body);
	if (rc != ERR_OK)
		return rc == ERR_CONFLICT ? fail(why, rc, "its certificate was revoked at this very moment: look again")
					  : rc;
	d->revocations_changed(d->ctx);
	d->outbox_changed(d->ctx);
	return ERR_OK;
}

struct forged {
	struct reissue *reissue;
	char sentence[192];
};

static enum err store_forged(struct store *s, void *ctx)
{
	const struct forged *f = ctx;
	struct reissue *r = f->reissue;
	enum err e = r->row.alive ? revoke_store(s, &r->revoking) : ERR_OK;
	if (e == ERR_OK && r->row.alive)
		e = step_end_delivery(s, &r->step);
	return e != ERR_OK ? e : step_note(s, &r->step, "order.refused", f->sentence, order_event_name(EVENT_REISSUE));
}

/* An order is said to replace this one, whose certificate was not revoked, or of which the audit knows nothing. Showing
 * it would leave the lost certificate valid: it is revoked, as was asked, and whoever asked learns that the database
 * was written to. */
static enum err refuse_forged(struct desk *d, struct reissue *r, const char *id, struct errbuf *why)
{
	struct forged f = {.reissue = r};
	log_event(LOG_LEVEL_ALARM, "order.replacement_forged", {"order", r->step.order}, {"replacement", id});
	snprintf(f.sentence, sizeof f.sentence,
		 "order %s is written down in its place, though no reissue made it: the database was "
		 "written to by others; %s",
		 id, r->row.serial[0] ? "the certificate is revoked" : "it has no certificate");
	enum err rc = r->row.alive ? revoke(d, r, why) : ERR_OK;
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_REVOKE_BEFORE, store_forged, &f);
	if (rc == ERR_OK && r->row.alive)
		d->revocations_changed(d->ctx);
	if (rc == ERR_CONFLICT)
		return fail(why, rc, "its certificate was revoked at this very moment: look again");
	return rc == ERR_OK ? fail(why, ERR_CORRUPT, "%s", f.sentence) : rc;
}

/* It was done before: shown once more, while there is something to collect or to use. */
static enum err repeat(struct desk *d, struct reissue *r, const struct replacement *by, char id[ID_SIZE],
		       struct errbuf *why)
{
	char sentence[160];
	struct order_row next;
	memcpy(id, by->id, ID_SIZE);
	if (!by->audited || !r->row.serial[0] || r->row.alive)
		return refuse_forged(d, r, id, why);
	enum err rc = row_by_id(d, id, &next);
	const char *end = rc == ERR_OK ? end_of(&next) : NULL;
	if (!end)
		return rc;
	snprintf(sentence, sizeof sentence, "it was reissued as %s, %s", id, end);
	return step_refuse(d, &r->step, EVENT_REISSUE, sentence, why);
}

/* With the certificate's turn in hand: of two at once the second finds what the first has done. */
static enum err reissue_in_turn(struct desk *d, struct reissue *r, char id[ID_SIZE], bool *made, struct faults *faults,
				struct errbuf *why)
{
	struct replacement by;
	enum err rc = row_by_id(d, r->step.order, &r->row);
	if (rc != ERR_OK)
		return rc;
	rc = replacement_find(d, r->step.order, &by);
	if (rc != ERR_NOT_FOUND)
		return rc == ERR_OK ? repeat(d, r, &by, id, why) : rc;
	rc = find_cut(d, r, why);
	if (rc != ERR_OK)
		return rc;
	const char *against = reason_against(r);
	if (against)
		return step_refuse(d, &r->step, EVENT_REISSUE, against, why);
	rc = new_order_begin(&r->next, r->step.who, id);
	r->next.replaces = r->step.order;
	if (rc == ERR_OK)
		rc = replace(d, r, faults, why);
	new_order_clear(&r->next);
	*made = rc == ERR_OK;
	return rc;
}

enum err order_reissue(struct desk *d, const struct actor *who, const struct reissue_wish *wish, char id[ID_SIZE],
		       bool *made, struct faults *faults, struct errbuf *why)
{
	struct reissue r = {.revoking = {.who = who, .reason = REASON_SUPERSEDED, .note = wish->note, .now = clock_now()}};
	*made = false;
	enum err rc = remark_check_any("note", wish->note, why);
	if (rc == ERR_OK)
		rc = named_order_find(d, who, wish->which, &r.row, why);
	if (rc != ERR_OK)
		return rc;
	char order[ID_SIZE]; /* the row is read again */
	memcpy(order, r.row.id, sizeof order);
	memcpy(r.revoking.serial, r.row.serial, sizeof r.revoking.serial);
	r.step = (struct step){who, order, r.revoking.now};
	revoke_turn_begin(r.revoking.serial);
	rc = reissue_in_turn(d, &r, id, made, faults, why);
	revoke_turn_end(r.revoking.serial);
	return rc;
}
