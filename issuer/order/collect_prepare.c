#include "issuer/order/collect.h"
#include "issuer/order/preparing.h"
#include "issuer/order/revoke.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* A request's parcel has no key, no package and no password. */
static struct value sealed(const struct buf *b)
{
	return b->len ? value_blob(b->data, b->len) : value_null();
}

static enum err add_parcel(struct store *s, const struct preparing *p)
{
	const struct issued *i = p->issued;
	bool package = i->sealed_modern.len > 0;
	return store_exec_one(s, STATEMENT_PARCEL_ADD,
			      STORE_VALUES(value_text(p->step.order), value_text(p->serial),
					   sealed(&i->sealed_key), sealed(&i->sealed_modern),
					   package ? value_blob(i->sha256_modern, sizeof i->sha256_modern) : value_null(),
					   sealed(&i->sealed_password),
					   value_integer(p->step.now)));
}

static struct value request_of(const struct preparing *p)
{
	return p->request_hash ? value_blob(p->request_hash, HASH_BYTES) : value_null();
}

/* ERR_CONFLICT when the order is not in the hands of this claim any more, or the key has been certified meanwhile. */
static enum err add_certificate(struct store *s, const struct preparing *p)
{
	const struct certificate_facts *f = &p->facts;
	return store_exec_one(s, STATEMENT_CERTIFICATE_ADD_CLIENT,
			      STORE_VALUES(value_text(p->serial), value_text(p->issuer),
					   value_blob(f->fingerprint, sizeof f->fingerprint), value_text(f->subject),
					   value_integer(f->not_before), value_integer(f->not_after),
					   value_blob(p->issued->certificate.data, p->issued->certificate.len),
					   value_integer(p->step.now), value_blob(f->key_hash, sizeof f->key_hash),
					   request_of(p), value_text(p->step.order),
					   value_blob(p->row->claim_hash, HASH_BYTES)));
}

static enum err store_issued(struct store *s, void *ctx)
{
	struct preparing *p = ctx;
	const struct audit_event event = {"certificate.issued", p->serial, NULL, p->step.order};
	enum err e = add_certificate(s, p);
	if (e == ERR_OK)
		e = add_parcel(s, p);
	if (e == ERR_OK)
		e = step_note(s, &p->step, "parcel.made", NULL, p->serial);
	return e != ERR_OK ? e : audit_append(s, p->step.who, &event, p->step.now, p->head);
}

/* The order has ended between the signature and the transaction. */
static enum err store_orphan(struct store *s, void *ctx)
{
	const struct preparing *p = ctx;
	const struct certificate_facts *f = &p->facts;
	const struct audit_event event = {"certificate.orphaned", p->serial, "its order had ended", p->step.order};
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_ADD,
				    STORE_VALUES(value_text(p->serial), value_text(p->issuer), value_text("orphan"),
						 value_text(p->step.order), value_null(), value_null(),
						 value_blob(f->fingerprint, sizeof f->fingerprint), value_text(f->subject),
						 value_integer(f->not_before), value_integer(f->not_after),
						 value_blob(p->issued->certificate.data, p->issued->certificate.len),
						 value_text("revoked"), value_integer(p->step.now),
						 value_integer(REASON_CESSATION), value_integer(p->step.now),
						 value_blob(f->key_hash, sizeof f->key_hash), request_of(p)));
	return e != ERR_OK ? e : audit_append(s, p->step.who, &event, p->step.now, NULL);
}

/* After a transaction that would not take the certificate (`refusal`): what does the order say now? */
static enum err find_fate(struct desk *d, struct preparing *p, enum err refusal)
{
	struct order_row now;
	enum err e = row_by_id(d, p->step.order, &now);
	if (e != ERR_OK)
		return e;
	if (strcmp(now.serial, p->serial) == 0)
		p->fate = FATE_STORED; /* by another call of the same claimant, or of the next one */
	else if (refusal == ERR_EXISTS)
		p->fate = FATE_WITHDRAWN;
	else if (now.state == ORDER_OFFERED || now.state == ORDER_LOCKED || now.state == ORDER_COLLECTING)
		p->fate = FATE_CLAIM_LOST;
	else
		p->fate = FATE_ORPHAN;
	return ERR_OK;
}

/* The database first: a crash behind it leaves an open intent, which the clerk closes. The other way round the journal
 * would know a certificate that the database never had, as if an old copy had been put back. */
static enum err revoke_orphan(struct desk *d, struct preparing *p)
{
	struct revoking r = {.who = p->step.who, .reason = REASON_CESSATION, .now = p->step.now};
	memcpy(r.serial, p->serial, sizeof r.serial);
	enum err e = step_commit(d, CRASH_FRONT_ORPHAN_BEFORE, store_orphan, p);
	if (e == ERR_OK) {
		d->revocations_changed(d->ctx);
		e = revoke_journal(d, &r, NULL);
	}
	crash_point(CRASH_FRONT_ORPHAN_AFTER);
	if (e != ERR_OK && e != ERR_EXISTS) /* the clerk has been there, or ends what we could not */
		log_event(LOG_LEVEL_ALARM, "certificate.orphan_open", {"serial", p->serial}, {"error", err_word(e)});
	return ERR_NOT_FOUND;
}

static enum err keep(struct desk *d, struct preparing *p, struct errbuf *why)
{
	enum err rc = step_commit(d, CRASH_FRONT_CERTIFICATE_BEFORE, store_issued, p);
	if (rc == ERR_OK) {
		/* Without it the clerk finds the intent open, the certificate stored, and says so itself. */
		if (signer_done(d->signer, p->step.order, p->serial, p->head) != ERR_OK)
			log_event(LOG_LEVEL_WARNING, "signer.done_unsaid", {"order", p->step.order}, {"serial", p->serial});
		crash_point(CRASH_FRONT_DONE);
		return ERR_OK;
	}
	if (rc != ERR_CONFLICT && rc != ERR_EXISTS)
		return rc;
	rc = find_fate(d, p, rc);
	if (rc != ERR_OK)
		return rc;
	switch (p->fate) {
	case FATE_STORED:
		return ERR_OK;
	case FATE_CLAIM_LOST:
		return fail(why, ERR_REFUSED, "a newer link or code has taken over: type the one-time code first");
	case FATE_WITHDRAWN:
		return fail(why, ERR_UNAVAILABLE, "the file could not be made in time; try again");
	case FATE_ORPHAN:
		break;
	}
	return revoke_orphan(d, p);
}

static enum err note_ticket(struct store *s, void *ctx)
{
	return step_note(s, ctx, "order.ticket_refused", "the order is not as it was approved", NULL);
}

/* Somebody has changed the database under us, or the ticket key: nothing is issued. */
static enum err ticket_refused(struct desk *d, const struct step *t)
{
	log_event(LOG_LEVEL_ALARM, "order.ticket_refused", {"order", t->order});
	enum err e = writer_run(d->writer, note_ticket, (void *)t);
	return e != ERR_OK ? e : ERR_REFUSED;
}

struct lint_refusal {
	const struct step *step;
	const char *reason;
};

static enum err note_lint(struct store *s, void *ctx)
{
	const struct lint_refusal *r = ctx;
	return step_note(s, r->step, "certificate.refused", r->reason, NULL);
}

/* The signer would not sign it: what was approved is no certificate any more, or it built a wrong one. */
static enum err lint_refused(struct desk *d, const struct step *t, const struct errbuf *why)
{
	struct lint_refusal r = {t, err_why(ERR_INVALID, why)};
	log_event(LOG_LEVEL_ALARM, "certificate.refused", {"order", t->order}, {"why", r.reason});
	enum err e = writer_run(d->writer, note_lint, &r);
	return e != ERR_OK ? e : ERR_INVALID;
}

/* The signer has had the order's `done`: a call beside ours has stored the certificate, or an old database lacks it. */
static enum err done_before(struct desk *d, const struct step *t, struct errbuf *why)
{
	struct order_row now;
	enum err e = row_by_id(d, t->order, &now);
	if (e != ERR_OK || now.alive)
		return e;
	log_event(LOG_LEVEL_ALARM, "order.certificate_missing", {"order", t->order});
	return fail(why, ERR_UNAVAILABLE, "the order's certificate is not in the database");
}

enum err preparing_end(struct desk *d, struct preparing *p, enum err signed_rc, const struct issued *issued,
		       struct errbuf *why)
{
	if (signed_rc == ERR_REFUSED)
		return ticket_refused(d, &p->step);
	if (signed_rc == ERR_INVALID)
		return lint_refused(d, &p->step, why);
	if (signed_rc == ERR_CONFLICT)
		return done_before(d, &p->step, why);
	enum err rc = signed_rc;
	if (rc == ERR_OK)
		rc = certificate_read(issued->certificate.data, issued->certificate.len, &p->facts, why);
	if (rc == ERR_OK) {
		serial_text(p->facts.serial, p->serial);
		p->issued = issued;
		rc = keep(d, p, why);
		p->issued = NULL;
	}
	return rc;
}

static enum err ask(struct desk *d, const struct preparing *p, struct issued *out, struct errbuf *why)
{
	return signer_issue(d->signer, p->row->facts, p->row->facts_len, p->row->ticket, out, why);
}

/* ERR_OK and no certificate: its key is not made yet. */
static enum err ask_and_wait(struct desk *d, const struct preparing *p, struct issued *out, struct errbuf *why)
{
	int64_t until = clock_mono_ms() + KEY_WAIT_MS;
	if (key_wait_ended(&d->key_wait)) /* whoever comes after this process is asked next */
		return ERR_OK;
	enum err rc = ask(d, p, out, why);
	if (rc || out->certificate.len || !key_wait_enter(&d->key_wait))
		return rc;
	while (!rc && !out->certificate.len && clock_mono_ms() < until && key_wait_pause(&d->key_wait))
		rc = ask(d, p, out, why);
	key_wait_leave(&d->key_wait);
	return rc;
}

static enum err issue(struct desk *d, struct preparing *p, struct errbuf *why)
{
	struct issued issued = ISSUED_INIT;
	enum err rc = ask_and_wait(d, p, &issued, why);
	if (rc || issued.certificate.len)
		rc = preparing_end(d, p, rc, &issued, why);
	issued_free(&issued);
	return rc;
}

enum err collect_prepare(struct desk *d, const struct actor *who, const char *token, const char *claim,
			 struct errbuf *why)
{
	struct order_row row;
	struct actor contact = {.id = row.contact, .role = "recipient", .request = who->request};
	struct preparing p = {.step = {&contact, row.id, clock_now()}, .row = &row, .issuer = d->issuer_name};
	enum err rc = row_by_claim(d, token, claim, p.step.now, &row, why);
	if (rc != ERR_OK)
		return rc;
	if (row.serial[0] && !row.alive)
		return fail(why, ERR_REVOKED, "the certificate has been revoked");
	if (!row.serial[0] && row_only_request(&row))
		return fail(why, ERR_CONFLICT, "%s", ROW_NO_FILE);
	return row.serial[0] ? ERR_OK : issue(d, &p, why);
}
