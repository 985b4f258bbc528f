/* A revocation or a hold that the journal has and the database lacks, brought to an end as the journal has it: with its
 * reason, its time and since when the key is in wrong hands. A hold stays one: it can be released. */
#include "issuer/clerk/clerk_reconcile.h"

#include "base/crash.h"
#include "base/log.h"
#include "issuer/order/revoke.h"

#include <string.h>

bool reconcile_lacks(const struct known *known, const struct revocation *r)
{
	bool for_good = r->revoked_at && r->reason != REASON_HOLD;
	return strcmp(known->status, "valid") == 0 || (for_good && strcmp(known->status, "held") == 0);
}

struct finish {
	const struct revocation *what;
	const char *order;
	int64_t now, since; /* since when it is revoked or held: now, when the journal does not say it any more */
};

static enum err hold_in(struct store *s, const struct finish *f)
{
	const struct audit_event event = {.what = "certificate.held", .object = f->what->serial,
					  .why = "the journal has the hold", .detail = crl_reason_name(REASON_HOLD)};
	enum err e = store_exec_one(
		s, STATEMENT_CERTIFICATE_HOLD,
		STORE_VALUES(value_integer(f->since), value_text(f->what->serial)));
	return e ? e : audit_append(s, &clerk_actor, &event, f->now, NULL);
}

static enum err revoke_in(struct store *s, const struct finish *f)
{
	char detail[REASON_AND_DATE_SIZE];
	const struct revocation *r = f->what;
	const struct audit_event event = {.what = "certificate.revoked", .object = r->serial,
					  .why = "the journal has the revocation",
					  .detail = reason_and_date(r->reason, r->compromised_at, detail)};
	const struct step step = {&clerk_actor, f->order, f->now};
	struct value compromised = r->compromised_at ? value_integer(r->compromised_at) : value_null();
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_REVOKE,
				    STORE_VALUES(value_integer(f->since), value_integer(r->reason), compromised, value_text(r->serial)));
	if (!e)
		e = audit_append(s, &clerk_actor, &event, f->now, NULL);
	return e || !f->order[0] ? e : step_end_delivery(s, &step);
}

enum err reconcile_finish(struct clerk *c, const struct revocation *r, const char *order, int64_t now)
{
	const struct finish f = {r, order, now, r->revoked_at ? r->revoked_at : now};
	bool hold = r->reason == REASON_HOLD;
	crash_point(CRASH_CLERK_SETTLE_BEFORE);
	enum err e = store_begin(c->store);
	if (e)
		return e;
	e = hold ? hold_in(c->store, &f) : revoke_in(c->store, &f);
	if (e) {
		store_rollback(c->store);
		return e == ERR_CONFLICT ? ERR_OK : e;
	}
	e = store_commit(c->store);
	if (e)
		return e;
	crash_point(CRASH_CLERK_SETTLE_AFTER);
	c->erased = c->erased || !hold;
	clerk_revoked(c);
	log_event(LOG_LEVEL_WARNING, hold ? "certificate.hold_finished" : "certificate.revocation_finished",
		  {"serial", r->serial}, {"reason", crl_reason_name(r->reason)});
	return ERR_OK;
}
