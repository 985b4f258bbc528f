/* Open intents: certificates that may have been signed, and of which the signer heard nothing more.
 *
 * An orphan enters the database first, then the journal. The primary key decides between it and a front that is
 * late: one of the two inserts fails. And a crash in between leaves an intent that is still open, whose orphan is
 * found again. */
#include "issuer/clerk/clerk_reconcile.h"

#include "base/crash.h"
#include "base/log.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/signer/signer.h"

#include <stdio.h>
#include <string.h>

enum { INTENTS_MOST = 64 };

static enum err insert_orphan(struct store *s, const struct open_intent *i, int64_t now)
{
	uint8_t fingerprint[FINGERPRINT_BYTES];
	char subject[48];
	const struct audit_event event = {.what = "certificate.orphaned", .object = i->serial,
					  .why = "signed, but never delivered", .detail = i->order};
	reconcile_orphan_fingerprint(i->serial, fingerprint);
	snprintf(subject, sizeof subject, "orphan of order %.16s", i->order);
	enum err e = store_exec_one(s, STATEMENT_CLERK_ORPHAN_ADD,
				    STORE_VALUES(value_text(i->serial), value_text(i->issuer), value_text(i->order),
						 value_blob(fingerprint, sizeof fingerprint), value_text(subject),
						 value_integer(i->not_before), value_integer(i->not_after), value_integer(now),
						 value_integer(REASON_CESSATION)));
	return e ? e : audit_append(s, &clerk_actor, &event, now, NULL);
}

static enum err add_orphan(struct clerk *c, const struct open_intent *i, int64_t now)
{
	crash_point(CRASH_CLERK_ORPHAN_BEFORE);
	enum err e = store_begin(c->store);
	if (e)
		return e;
	e = insert_orphan(c->store, i, now);
	if (e) {
		store_rollback(c->store);
		return e;
	}
	e = store_commit(c->store);
	if (e)
		return e;
	clerk_revoked(c);
	log_event(LOG_LEVEL_WARNING, "certificate.orphaned", {"serial", i->serial}, {"order", i->order});
	return ERR_OK;
}

static enum err close_intent(struct clerk *c, const struct open_intent *i, bool orphan, int64_t now, struct errbuf *why)
{
	struct revocation r = {.reason = REASON_CESSATION, .revoked_at = now};
	uint8_t head[AUDIT_HASH_BYTES];
	int64_t sequence = 0;
	enum err e = audit_head(c->store, &sequence, head);
	if (e)
		return e;
	memcpy(r.issuer, i->issuer, sizeof r.issuer);
	memcpy(r.serial, i->serial, sizeof r.serial);
	crash_point(orphan ? CRASH_CLERK_ORPHAN_BETWEEN : CRASH_CLERK_DONE_BEFORE);
	e = orphan ? signer_revoke(c->signer, &r, head, why) : signer_done(c->signer, i->order, i->serial, head);
	crash_point(orphan ? CRASH_CLERK_ORPHAN_AFTER : CRASH_CLERK_DONE_AFTER);
	return e;
}

/* ERR_EXISTS: the front was first, and the next round finds its certificate. */
static enum err settle_intent(struct clerk *c, const struct open_intent *i, int64_t now, struct errbuf *why)
{
	struct known known;
	enum err e = reconcile_find(c->store, i->serial, &known);
	if (e == ERR_NOT_FOUND) {
		e = add_orphan(c, i, now);
		return e == ERR_EXISTS ? ERR_OK : e ? e : close_intent(c, i, true, now, why);
	}
	return e ? e : close_intent(c, i, strcmp(known.kind, "orphan") == 0, now, why);
}

/* One that cannot be settled does not keep the others from it; a signer that has gone does. */
enum err reconcile_intents(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct open_intent intents[INTENTS_MOST];
	size_t n = 0;
	enum err rc = signer_open_intents(c->signer, intents, INTENTS_MOST, &n, why);
	if (rc)
		return rc;
	for (size_t i = 0; i < n && !peer_gone(rc); i++) {
		enum err e = settle_intent(c, &intents[i], now, why);
		rc = rc ? rc : e;
	}
	return rc;
}
