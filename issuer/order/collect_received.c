#include "issuer/order/collect.h"
#include "issuer/order/step.h"

#include "base/clock.h"

struct receiving {
	struct step step;
	const struct order_row *row;
	enum order_state to;
};

/* The password goes out and what it opens is gone from here, in one transaction. The sealed password itself rests for a
 * resend, until the first use or for a day, and no message holds it longer. */
static enum err send_password(struct store *s, const struct receiving *v)
{
	char id[ID_SIZE];
	enum err e = id_new(id);
	return e != ERR_OK ? e
			   : store_exec_one(s, STATEMENT_PARCEL_SEND_PASSWORD,
					    STORE_VALUES(value_text(id), value_integer(v->step.now),
							 value_integer(v->step.now + DAY),
							 value_text(v->step.order)));
}

static enum err store_received(struct store *s, void *ctx)
{
	const struct receiving *v = ctx;
	const struct step *t = &v->step;
	enum err e = store_exec_one(s, STATEMENT_ORDER_RECEIVE,
				    STORE_VALUES(value_text(order_state_name(v->to)), value_integer(t->now), value_text(t->order),
						 value_blob(v->row->claim_hash, HASH_BYTES),
						 value_text(order_states_before(EVENT_RECEIVE))));
	if (e == ERR_OK && !v->row->by_request) /* a key of one's own needs none */
		e = send_password(s, v);
	if (e == ERR_OK)
		e = step_note(s, t, order_event_name(EVENT_RECEIVE), NULL, NULL);
	if (e == ERR_OK)
		e = step_end_codes(s, t); /* a new one that was asked for meanwhile */
	return e != ERR_OK ? e : step_erase_parcel(s, t);
}

/* A package that was served to this claim, or its certificate: the hash of another is known to whoever has the claim,
 * and says nothing of what arrived. */
static bool was_served(const struct order_row *row, const uint8_t *sha256)
{
	static const uint8_t none[HASH_BYTES];
	bool found = row->by_request && (row->served & SERVED_CERTIFICATE) &&
		     secret_equal_bytes(row->fingerprint, sha256, HASH_BYTES);
	for (int i = 0; i < PACKAGE_ENCODING_COUNT; i++)
		found |= (row->served >> i & 1) && secret_equal_bytes(row->sha256[i], sha256, HASH_BYTES) &&
			 !secret_equal_bytes(row->sha256[i], none, HASH_BYTES);
	return found;
}

static enum err check(const struct order_row *row, const uint8_t *sha256, struct errbuf *why)
{
	if (row->serial[0] && !row->alive)
		return fail(why, ERR_REVOKED, "the certificate has been revoked");
	if (!row->serial[0] || !row->served_at)
		return fail(why, ERR_CONFLICT, "the file has not been fetched yet");
	if (sha256 && !was_served(row, sha256))
		return fail(why, ERR_CONFLICT, "what arrived is not what was sent: fetch it again");
	return ERR_OK;
}

enum err collect_received(struct desk *d, const struct actor *who, const char *token, const char *claim,
			  const uint8_t *sha256, struct errbuf *why)
{
	struct order_row row, now;
	struct actor contact = {.id = row.contact, .role = "recipient", .request = who->request};
	struct receiving v = {.step = {&contact, row.id, clock_now()}, .row = &row};
	enum err rc = row_by_claim(d, token, claim, v.step.now, &row, why);
	if (rc != ERR_OK || row.state != ORDER_COLLECTING)
		return rc; /* a repeat: received it is */
	rc = check(&row, sha256, why);
	if (rc == ERR_OK)
		rc = order_next(row.state, EVENT_RECEIVE, &v.to, why);
	if (rc != ERR_OK)
		return rc;
	rc = step_commit(d, CRASH_FRONT_RECEIVED_BEFORE, store_received, &v);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	if (rc != ERR_CONFLICT)
		return rc;
	rc = row_by_claim(d, token, claim, v.step.now, &now, why); /* a repeat at this very moment? */
	if (rc == ERR_OK && now.state == ORDER_COLLECTING)
		rc = check(&now, sha256, why);
	return rc == ERR_OK && now.state == ORDER_COLLECTING ? fail(why, ERR_CONFLICT, "try again") : rc;
}
