#include "issuer/order/revoke.h"

#include "base/clock.h"
#include "issuer/order/input.h"

#include <stdio.h>
#include <string.h>

static enum err take_issuer(void *ctx, const struct row *r)
{
	struct revocation *out = ctx;
	snprintf(out->issuer, sizeof out->issuer, "%s", row_text(r, 0));
	return ERR_OK;
}

enum err revocation_issuer(struct store *s, struct revocation *r)
{
	r->issuer[0] = '\0';
	enum err e = store_one(s, STATEMENT_CERTIFICATE_ISSUER, STORE_VALUES(value_text(r->serial)), take_issuer, r);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err revoke_journal(struct desk *d, const struct revoking *r, struct errbuf *why)
{
	struct revocation revocation = {.reason = r->reason, .revoked_at = r->now, .compromised_at = r->compromised_at,
					.release = r->release};
	uint8_t head[AUDIT_HASH_BYTES];
	int64_t sequence = 0;
	memcpy(revocation.serial, r->serial, sizeof revocation.serial);
	struct store *s = readers_take(d->readers);
	enum err rc = revocation_issuer(s, &revocation);
	if (rc == ERR_OK)
		rc = audit_head(s, &sequence, head);
	readers_give(d->readers, s);
	return rc != ERR_OK ? rc : signer_revoke(d->signer, &revocation, head, why);
}

const char *reason_and_date(enum crl_reason reason, int64_t compromised_at, char out[REASON_AND_DATE_SIZE])
{
	char at[CLOCK_TEXT_SIZE];
	if (!compromised_at)
		return crl_reason_name(reason);
	clock_text(compromised_at, at);
	snprintf(out, REASON_AND_DATE_SIZE, "%s, invalid since %s", crl_reason_name(reason), at);
	return out;
}

enum err revoke_store(struct store *s, const struct revoking *r)
{
	char detail[REASON_AND_DATE_SIZE];
	const struct audit_event event = {"certificate.revoked", r->serial, r->note, reason_and_date(r->reason, r->compromised_at, detail)};
	struct value compromised = r->compromised_at ? value_integer(r->compromised_at) : value_null();
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_REVOKE,
				    STORE_VALUES(value_integer(r->now), value_integer(r->reason), compromised, value_text(r->serial)));
	return e != ERR_OK ? e : audit_append(s, r->who, &event, r->now, NULL);
}

static enum err take_standing(void *ctx, const struct row *r)
{
	struct standing *out = ctx;
	const char *order = row_text(r, 3);
	out->revoked = strcmp(row_text(r, 0), "revoked") == 0;
	out->held = strcmp(row_text(r, 0), "held") == 0;
	out->of_client = strcmp(row_text(r, 4), "client") == 0;
	out->revoked_at = row_integer(r, 1);
	out->reason = (enum crl_reason)row_integer(r, 2);
	snprintf(out->order, sizeof out->order, "%s", order ? order : "");
	return ERR_OK;
}

enum err standing_find(struct desk *d, const struct revoking *r, struct standing *out, struct errbuf *why)
{
	*out = (struct standing){0};
	struct store *s = readers_take(d->readers);
	enum err e = store_one(s, STATEMENT_CERTIFICATE_STATUS,
			     STORE_VALUES(value_text(r->serial), value_text(actor_scope(r->who))), take_standing, out);
	readers_give(d->readers, s);
	return e == ERR_NOT_FOUND ? fail(why, e, "no certificate has this serial") : e;
}

enum err standing_revoked(const struct standing *standing, struct errbuf *why)
{
	char at[CLOCK_TEXT_SIZE];
	const char *reason = crl_reason_name(standing->reason);
	clock_text(standing->revoked_at, at);
	return fail(why, ERR_CONFLICT, "it was revoked already, on %s (%s)", at, reason ? reason : "no reason");
}

/* Whoever answers the telephone may end a client's certificate. Ending a colleague's, or a listener's own, can lock
 * everybody out: that is for administrators. */
enum err standing_may_end(const struct actor *who, const struct standing *standing, struct errbuf *why)
{
	if (standing->of_client || strcmp(who->role, "administrator") == 0)
		return ERR_OK;
	return fail(why, ERR_REFUSED, "certificates of staff and servers are revoked by administrators only");
}

struct certificate_end {
	struct revoking revoking;
	struct step step; /* of its order */
};

/* The order keeps its state: it says what has happened to the parcel. But nothing of it is handed out any more, and what
 * waits to be sent is not. */
static enum err store_end(struct store *s, void *ctx)
{
	const struct certificate_end *c = ctx;
	enum err e = revoke_store(s, &c->revoking);
	if (e == ERR_OK && c->step.order[0])
		e = step_end_delivery(s, &c->step);
	return e;
}

enum err revoking_read(struct revoking *r, const char *serial, struct errbuf *why)
{
	uint8_t bytes[SERIAL_BYTES];
	if (serial_from_text(serial, bytes) != ERR_OK)
		return fail(why, ERR_NOT_FOUND, "no certificate has this serial");
	serial_text(bytes, r->serial);
	return remark_check_any("note", r->note, why);
}

static enum err read_revocation(struct revoking *r, const struct revocation_wish *wish, struct errbuf *why)
{
	enum err rc = revoking_read(r, wish->serial, why);
	if (rc != ERR_OK)
		return rc;
	if (!wish->reason || crl_reason_from_name(wish->reason, &r->reason) != ERR_OK)
		return fail(why, ERR_INVALID, "the reason is one of unspecified, keyCompromise, affiliationChanged, "
			    "superseded, cessationOfOperation");
	if (r->reason == REASON_HOLD)
		return fail(why, ERR_INVALID, "a hold is not a revocation");
	if (wish->compromised_at && clock_from_text(wish->compromised_at, &r->compromised_at) != ERR_OK)
		return fail(why, ERR_INVALID, "the time of a compromise is written as 2026-11-22T02:13:38Z or 2026-11-22, in UTC");
	if (wish->compromised_at && (r->compromised_at <= 0 || r->compromised_at > r->now))
		return fail(why, ERR_INVALID, "a compromise lies in the past");
	return ERR_OK;
}

static enum err revoke_in_turn(struct desk *d, struct certificate_end *c, struct errbuf *why)
{
	struct standing standing;
	enum err rc = standing_find(d, &c->revoking, &standing, why);
	if (rc == ERR_OK)
		rc = standing_may_end(c->revoking.who, &standing, why);
	if (rc == ERR_OK && standing.revoked)
		rc = standing_revoked(&standing, why);
	if (rc == ERR_OK)
		rc = revoke_journal(d, &c->revoking, why);
	if (rc != ERR_OK)
		return rc;
	c->step = (struct step){c->revoking.who, standing.order, c->revoking.now};
	rc = step_commit(d, CRASH_FRONT_REVOKE_BEFORE, store_end, c);
	if (rc == ERR_OK)
		d->revocations_changed(d->ctx); /* before the caller hears of it */
	else if (rc == ERR_CONFLICT && standing_find(d, &c->revoking, &standing, why) == ERR_OK)
		rc = standing_revoked(&standing, why); /* by someone else, at this moment */
	return rc;
}

enum err certificate_revoke(struct desk *d, const struct actor *who, const struct revocation_wish *wish, struct errbuf *why)
{
	struct certificate_end c = {
		.revoking = {.who = who, .note = wish->note, .now = clock_now()}};
	enum err rc = read_revocation(&c.revoking, wish, why);
	if (rc != ERR_OK)
		return rc;
	revoke_turn_begin(c.revoking.serial);
	rc = revoke_in_turn(d, &c, why);
	revoke_turn_end(c.revoking.serial);
	return rc;
}
