#include "issuer/order/to_approve.h"

#include "base/encode.h"
#include "base/log.h"
#include "issuer/order/approvers.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum column { /* of ORDER_TO_APPROVE in sql_order.def */
	STATE, FACTS, DIGEST, APPROVALS, ORDERED_BY, KIND, RENEWS, NOTE, DUE, UNTIL, PROFILE, KEY_TYPE, ORDERER,
	ORGANISATION, ORGANISATION_SLUG, ORGANISATION_NAME, SERVICE_SLUG, SERVICE_NAME, CLIENT_SLUG, CLIENT_NAME, CONTACT,
	CONTACT_NAME, EMAIL, MOBILE, LANGUAGE, MAY_RECEIVE, MOVED_AT, BEFORE, STAFF, ROLE, SCOPE
};

/* What does not fit was put there by others: cut, it is another than what was asked for, and that is found. */
static void copy(char *out, size_t size, const struct row *r, int column)
{
	snprintf(out, size, "%s", row_text(r, column));
}
#define COPY(member, r, column) copy(member, sizeof(member), r, column)

static void take_names(const struct row *r, struct order_facts *f)
{
	COPY(f->organisation_slug, r, ORGANISATION_SLUG);
	COPY(f->organisation_name, r, ORGANISATION_NAME);
	COPY(f->service_slug, r, SERVICE_SLUG);
	COPY(f->service_name, r, SERVICE_NAME);
	COPY(f->client_slug, r, CLIENT_SLUG);
	COPY(f->client_name, r, CLIENT_NAME);
	COPY(f->contact, r, CONTACT);
	COPY(f->contact_name, r, CONTACT_NAME);
	COPY(f->email, r, EMAIL);
	COPY(f->mobile, r, MOBILE);
	COPY(f->language, r, LANGUAGE);
	COPY(f->profile, r, PROFILE);
	COPY(f->key_type, r, KEY_TYPE);
	COPY(f->staff, r, STAFF);
	COPY(f->role, r, ROLE);
	COPY(f->scope, r, SCOPE);
	if (f->staff[0])
		facts_make_staff(f);
}

static enum err take_order(void *ctx, const struct row *r)
{
	struct to_approve *a = ctx;
	size_t len = 0;
	const uint8_t *digest = row_blob(r, DIGEST, &len);
	if (order_state_from_name(row_text(r, STATE), &a->state) != ERR_OK)
		return ERR_CORRUPT;
	COPY(a->facts, r, FACTS);
	a->facts_len = strlen(a->facts);
	a->digest_stands = digest && len == sizeof a->digest;
	if (a->digest_stands)
		memcpy(a->digest, digest, len);
	hex_encode(a->digest, sizeof a->digest, a->digest_text);
	a->approvals = row_integer(r, APPROVALS);
	a->before = row_integer(r, BEFORE);
	a->until = row_integer(r, UNTIL);
	COPY(a->ordered_by, r, ORDERED_BY);
	COPY(a->orderer_name, r, ORDERER);
	COPY(a->organisation, r, ORGANISATION);
	a->may_receive = row_integer(r, MAY_RECEIVE) != 0;
	a->moved_at = row_integer(r, MOVED_AT);
	take_names(r, &a->now);
	request_describe(&a->now, &(struct request_facts){a->approvals, a->ordered_by, row_text(r, KIND), row_text(r, RENEWS),
							  row_text(r, NOTE), row_integer(r, DUE)});
	return ERR_OK;
}

static enum err take_approval(void *ctx, const struct row *r)
{
	struct to_approve *a = ctx;
	a->audited &= row_integer(r, 1) != 0;
	a->withdrawn |= row_integer(r, 2) == 0;
	if (a->given.n < APPROVERS_MOST)
		copy(a->given.of[a->given.n++], sizeof a->given.of[0], r, 0);
	return ERR_OK;
}

/* Rows that stand there and that no step of ours has made. */
static enum err hold_against_audit(struct store *s, const struct step *t, struct to_approve *a)
{
	int64_t asked = 0;
	enum err e = store_integer(s, STATEMENT_ORDER_ASKED, STORE_VALUES(value_text(t->order), value_text(a->digest_text)), &asked);
	a->audited = asked > 0;
	a->withdrawn = false;
	return e != ERR_OK ? e : store_each(s, STATEMENT_ORDER_APPROVALS,
					    STORE_VALUES(value_text(t->order), value_text(a->digest_text)), take_approval, a);
}

enum err to_approve_read(struct store *s, const struct step *t, struct to_approve *out)
{
	const char *scope = t->who->scope;
	*out = (struct to_approve){.state = ORDER_STATE_COUNT};
	enum err e = store_one(s, STATEMENT_ORDER_TO_APPROVE, STORE_VALUES(value_text(t->order)), take_order, out);
	if (e == ERR_OK && scope && scope[0] && strcmp(scope, out->organisation) != 0)
		e = ERR_NOT_FOUND;
	return e == ERR_OK ? hold_against_audit(s, t, out) : e;
}

/* Is what stands in the order what was asked for? Nobody but us writes there. */
static bool forged(const struct to_approve *a, const struct step *t)
{
	uint8_t hash[FACTS_DIGEST_BYTES];
	return !a->digest_stands || !a->audited || !SHA256((const uint8_t *)a->facts, a->facts_len, hash) ||
	       memcmp(hash, a->digest, sizeof hash) != 0 || strcmp(a->asked.order, t->order) != 0;
}

bool to_approve_changed(struct to_approve *a, const struct step *t, int64_t rest, struct errbuf *out)
{
	if (facts_read_request(a->facts, a->facts_len, &a->asked, NULL) != ERR_OK || forged(a, t)) {
		log_event(LOG_LEVEL_ALARM, "order.request_forged", {"order", t->order});
		(void)fail(out, ERR_CONFLICT, "this is not what was ordered: the database was written to by others");
		return true;
	}
	memcpy(a->now.order, a->asked.order, sizeof a->now.order);
	memcpy(a->now.own_key, a->asked.own_key, sizeof a->now.own_key);
	if (!a->now.language[0]) /* the installation's, of when it was ordered */
		memcpy(a->now.language, a->asked.language, sizeof a->now.language);
	const char *member = facts_differ(&a->asked, &a->now);
	if (member)
		(void)fail(out, ERR_CONFLICT, "its %s is not what it was when it was ordered: reject it, and have it ordered anew", member);
	else if (!a->may_receive)
		(void)fail(out, ERR_CONFLICT, "its contact may not receive any more: reject it, and have it ordered anew");
	else if (a->withdrawn)
		(void)fail(out, ERR_CONFLICT, "one who has approved it may not approve any more: reject it, and have it ordered anew");
	else if (a->moved_at && a->moved_at + rest > t->now)
		(void)fail(out, ERR_CONFLICT, "its contact's e-mail or mobile was changed: reject it, and have it ordered anew");
	else
		return false;
	return true;
}
