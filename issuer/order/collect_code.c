#include "issuer/order/collect.h"
#include "issuer/order/notice.h"
#include "issuer/order/step.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* One try: counted and committed (job A), then compared, then its outcome stored (job B). A crash between them costs a
 * try and gives nothing. */
struct trial {
	struct step step;
	struct actor who; /* the contact, once the link has told which */
	const struct settings *settings;
	uint8_t link_hash[HASH_BYTES];
	uint8_t hmac[CODE_HMAC_BYTES];
	uint8_t claim_hash[HASH_BYTES];
	char order[ID_SIZE], contact[ID_SIZE], code[ID_SIZE];
	enum order_state state;
	int64_t tries;
	bool locked;
	struct notice notice; /* of the last try */
};

static enum err take_trial(void *ctx, const struct row *r)
{
	struct trial *t = ctx;
	size_t len = 0;
	const uint8_t *hmac = row_blob(r, 4, &len);
	if (!hmac || len != sizeof t->hmac || order_state_from_name(row_text(r, 2), &t->state) != ERR_OK)
		return ERR_CORRUPT;
	snprintf(t->order, sizeof t->order, "%s", row_text(r, 0));
	snprintf(t->contact, sizeof t->contact, "%s", row_text(r, 1));
	snprintf(t->code, sizeof t->code, "%s", row_text(r, 3));
	memcpy(t->hmac, hmac, len);
	t->tries = row_integer(r, 5);
	return ERR_OK;
}

/* Job A. ERR_CONFLICT: there is no code that may be tried. */
static enum err count_try(struct store *s, void *ctx)
{
	struct trial *t = ctx;
	int64_t now = t->step.now;
	enum err e = store_exec_one(s, STATEMENT_CODE_TRY,
				    STORE_VALUES(value_integer(now), value_blob(t->link_hash, HASH_BYTES),
						 value_text(order_states_before(EVENT_CLAIM)),
						 value_integer(now - t->settings->claim_life),
						 value_integer(t->settings->code_tries),
						 value_integer(now - t->settings->code_life),
						 value_integer(t->settings->code_life)));
	if (e != ERR_OK)
		return e;
	return store_one(s, STATEMENT_CODE_TRIED, STORE_VALUES(value_blob(t->link_hash, HASH_BYTES)), take_trial, t);
}

/* Typed text of any shape is a try like any other. */
static enum err compare(struct desk *d, const struct trial *t, const char *typed, size_t len)
{
	struct secret *code = NULL;
	uint8_t hmac[CODE_HMAC_BYTES];
	enum err rc = len <= 64 ? code_canonical(typed, len, &code) : ERR_WRONG_CODE;
	if (rc == ERR_OK)
		rc = code_hmac(d->code_key, t->order, t->code, code, hmac);
	if (rc == ERR_OK && !secret_equal_bytes(hmac, t->hmac, sizeof hmac))
		rc = ERR_WRONG_CODE;
	secret_free(code);
	return rc;
}

/* Job B, right: whoever uses the code first has it. They have the link: no mail with or about it is sent any more. */
static enum err store_claim(struct store *s, void *ctx)
{
	const struct trial *t = ctx;
	const char *to = order_state_name(ORDER_COLLECTING);
	enum err e = store_exec_one(s, STATEMENT_CODE_USE, STORE_VALUES(value_integer(t->step.now), value_text(t->code)));
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_ORDER_CLAIM,
				   STORE_VALUES(value_text(to), value_integer(t->step.now),
						value_blob(t->claim_hash, HASH_BYTES), value_text(t->order),
						value_text(order_states_before(EVENT_CLAIM))));
	if (e == ERR_OK)
		e = step_end_links(s, &t->step);
	return e != ERR_OK ? e : step_note(s, &t->step, order_event_name(EVENT_CLAIM), NULL, NULL);
}

/* The last try was wrong. An offered order locks; one that is claimed only loses the code, for else anyone who holds the
 * link could lock the claimant out. A code that has died or been used meanwhile locks nothing: a newer one may live. */
static enum err lock(struct store *s, struct trial *t)
{
	enum order_state to;
	int64_t affected = 0;
	enum err e = store_exec(s, STATEMENT_CODE_EXHAUST, STORE_VALUES(value_integer(t->step.now), value_text(t->code)),
				&affected);
	if (e == ERR_OK && affected == 1)
		e = order_next(ORDER_OFFERED, EVENT_LOCK, &to, NULL);
	if (e != ERR_OK || affected != 1)
		return e;
	e = store_exec(s, STATEMENT_ORDER_STEP,
		       STORE_VALUES(value_text(order_state_name(to)), value_integer(t->step.now), value_text(t->order),
				    value_text(order_state_name(ORDER_OFFERED))),
		       &affected);
	t->locked = e == ERR_OK && affected == 1;
	if (t->locked)
		e = step_note(s, &t->step, order_event_name(EVENT_LOCK), NULL, NULL);
	return e != ERR_OK || !t->locked ? e : notice_store(s, &t->step, &t->notice, to);
}

/* Job B, wrong. */
static enum err store_wrong(struct store *s, void *ctx)
{
	struct trial *t = ctx;
	char detail[64];
	snprintf(detail, sizeof detail, "try %d of %d", (int)t->tries, (int)t->settings->code_tries);
	enum err e = step_note(s, &t->step, "code.wrong", NULL, detail);
	return e != ERR_OK || t->tries < t->settings->code_tries ? e : lock(s, t);
}

/* Why there was nothing to try: told only behind a link that lives. */
static enum err no_try(struct desk *d, const char *token, int64_t now, struct errbuf *why)
{
	struct order_row row;
	enum err rc = row_by_link(d, token, NULL, now, &row);
	if (rc != ERR_OK)
		return rc;
	if (row.state == ORDER_LOCKED)
		return fail(why, ERR_LOCKED, "locked after too many wrong codes");
	return fail(why, ERR_EXPIRED, "this code can no longer be used: ask for a new one");
}

static enum err accept_code(struct desk *d, struct trial *t, struct secret **claim, struct errbuf *why)
{
	struct secret *fresh = NULL;
	enum err rc = token_new(&fresh);
	if (rc == ERR_OK)
		rc = token_hash(secret_string(fresh), secret_len(fresh), t->claim_hash);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_CLAIM_BEFORE, store_claim, t);
	if (rc == ERR_OK)
		*claim = fresh;
	else
		secret_free(fresh);
	/* Someone else was faster, or the order has gone: a used code is like an old one. */
	return rc == ERR_CONFLICT ? fail(why, ERR_EXPIRED, "this code can no longer be used: ask for a new one") : rc;
}

static void make_notice(struct desk *d, struct trial *t)
{
	struct store *s = readers_take(d->readers);
	notice_make(&(struct notice_office){.store = s, .courier = d->courier, .settings = d->settings}, MESSAGE_LOCKED_ORDER, t->order, &t->notice);
	readers_give(d->readers, s);
}

static enum err refuse_code(struct desk *d, struct trial *t, int *tries_left, struct errbuf *why)
{
	if (t->tries >= d->settings->code_tries)
		make_notice(d, t);
	enum err rc = step_commit(d, CRASH_FRONT_WRONG_BEFORE, store_wrong, t);
	notice_clear(&t->notice);
	if (rc != ERR_OK)
		return rc;
	if (t->locked)
		d->outbox_changed(d->ctx);
	if (t->locked)
		return fail(why, ERR_LOCKED, "locked after too many wrong codes");
	*tries_left = (int)(t->settings->code_tries - t->tries);
	return fail(why, ERR_WRONG_CODE, "the code is not right");
}

enum err collect_code(struct desk *d, const struct actor *who, const char *token, const char *typed, size_t len,
		      struct secret **claim, int *tries_left, struct errbuf *why)
{
	struct trial t = {.settings = d->settings};
	t.who = (struct actor){.id = t.contact, .role = "recipient", .request = who->request};
	t.step = (struct step){&t.who, t.order, clock_now()};
	*claim = NULL;
	*tries_left = 0;
	enum err rc = row_hash(token, t.link_hash);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_TRY_BEFORE, count_try, &t);
	if (rc == ERR_CONFLICT)
		return no_try(d, token, t.step.now, why);
	if (rc != ERR_OK)
		return rc;
	rc = compare(d, &t, typed, len);
	if (rc == ERR_OK)
		return accept_code(d, &t, claim, why);
	return rc == ERR_WRONG_CODE ? refuse_code(d, &t, tries_left, why) : rc;
}
