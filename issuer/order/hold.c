/* A certificate put on hold, and released. A hold is in the database first: what a crash leaves then is a hold that nobody
 * was told of, where the journal first would leave a revocation for the clerk to finish. A release is in the journal first,
 * like a revocation: a crash leaves the hold. */
#include "issuer/order/revoke.h"

#include "base/clock.h"
#include "issuer/order/order.h"

static enum err store_hold(struct store *s, void *ctx)
{
	const struct revoking *r = ctx;
	const struct audit_event event = {"certificate.held", r->serial, r->note, crl_reason_name(REASON_HOLD)};
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_HOLD,
				    STORE_VALUES(value_integer(r->now), value_text(r->serial)));
	return e != ERR_OK ? e : audit_append(s, r->who, &event, r->now, NULL);
}

static enum err store_end_of_hold(struct store *s, void *ctx)
{
	const struct revoking *r = ctx;
	const struct audit_event event = {.what = "certificate.released", .object = r->serial, .why = r->note};
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_RELEASE,
				    STORE_VALUES(value_text(r->serial)));
	return e != ERR_OK ? e : audit_append(s, r->who, &event, r->now, NULL);
}

static enum err look(struct desk *d, const struct revoking *r, struct standing *out, struct errbuf *why)
{
	enum err rc = standing_find(d, r, out, why);
	if (rc == ERR_OK)
		rc = standing_may_end(r->who, out, why);
	return rc == ERR_OK && out->revoked ? standing_revoked(out, why) : rc;
}

static enum err change(struct desk *d, struct revoking *r, enum err (*job)(struct store *s, void *ctx), struct errbuf *why)
{
	enum err rc = step_commit(d, CRASH_FRONT_REVOKE_BEFORE, job, r);
	if (rc == ERR_OK)
		d->revocations_changed(d->ctx); /* before the caller hears of it */
	return rc == ERR_CONFLICT ? fail(why, rc, "somebody else changed it at this moment") : rc;
}

typedef enum err turn_fn(struct desk *d, struct revoking *r, struct errbuf *why);

static enum err in_turn(struct desk *d, struct revoking *r, const char *serial, turn_fn *work, struct errbuf *why)
{
	enum err rc = revoking_read(r, serial, why);
	if (rc != ERR_OK)
		return rc;
	revoke_turn_begin(r->serial);
	rc = work(d, r, why);
	revoke_turn_end(r->serial);
	return rc;
}

/* A hold that the journal could not take is on record again when it is asked for again. */
static enum err hold(struct desk *d, struct revoking *r, struct errbuf *why)
{
	struct standing standing = {0};
	char at[CLOCK_TEXT_SIZE];
	enum err rc = look(d, r, &standing, why);
	if (rc != ERR_OK)
		return rc;
	if (!standing.held)
		rc = change(d, r, store_hold, why);
	if (rc == ERR_OK)
		rc = revoke_journal(d, r, why);
	if (rc != ERR_OK || !standing.held)
		return rc;
	clock_text(standing.revoked_at, at);
	return fail(why, ERR_CONFLICT, "it is on hold already, since %s", at);
}

static enum err release(struct desk *d, struct revoking *r, struct errbuf *why)
{
	struct standing standing = {0};
	enum err rc = look(d, r, &standing, why);
	if (rc == ERR_OK && !standing.held)
		rc = fail(why, ERR_CONFLICT, "it is not on hold");
	if (rc == ERR_OK)
		rc = revoke_journal(d, r, why);
	return rc != ERR_OK ? rc : change(d, r, store_end_of_hold, why);
}

enum err certificate_hold(struct desk *d, const struct actor *who, const char *serial, const char *note, struct errbuf *why)
{
	struct revoking r = {.who = who, .reason = REASON_HOLD, .note = note, .now = clock_now()};
	return in_turn(d, &r, serial, hold, why);
}

enum err certificate_release(struct desk *d, const struct actor *who, const char *serial, const char *note,
			     struct errbuf *why)
{
	struct revoking r = {.who = who, .reason = REASON_HOLD, .note = note, .now = clock_now(),
			     .release = true};
	return in_turn(d, &r, serial, release, why);
}
