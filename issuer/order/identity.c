#include "issuer/order/order.h"
#include "issuer/order/step.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/certificate.h"

#include <stdio.h>
#include <string.h>

enum column { /* of CERTIFICATE_IDENTITY */
	KIND, STATUS, FINGERPRINT, NOT_BEFORE, NOT_AFTER, STAFF, STAFF_NAME, ROLE, STAFF_STATUS, ORDER, ORGANISATION,
	SERVICE, CLIENT, CLIENT_NAME, SCOPE
};

struct presented {
	const struct certificate_facts *facts;
	int64_t now;
	struct identity *out;
	struct errbuf *why;
};

#define COPY(member, row, column) snprintf((member), sizeof(member), "%s", row_text((row), (column)) ? row_text((row), (column)) : "")

static enum err take_staff(const struct row *r, struct identity *out, struct errbuf *why)
{
	const char *status = row_text(r, STAFF_STATUS);
	if (!status || strcmp(status, "active") != 0)
		return fail(why, ERR_REFUSED, "this member of the staff is not active");
	out->kind = IDENTITY_STAFF;
	COPY(out->order_id, r, ORDER); /* "" for one that was made on the host */
	COPY(out->staff_id, r, STAFF);
	COPY(out->staff_name, r, STAFF_NAME);
	COPY(out->role, r, ROLE);
	COPY(out->scope, r, SCOPE);
	COPY(out->organisation, r, ORGANISATION);
	return ERR_OK;
}

static enum err take_client(const struct row *r, struct identity *out, struct errbuf *why)
{
	if (row_is_null(r, CLIENT) || row_is_null(r, SERVICE) || row_is_null(r, ORGANISATION))
		return fail(why, ERR_REFUSED, "this certificate belongs to no client");
	out->kind = IDENTITY_CLIENT;
	COPY(out->order_id, r, ORDER);
	COPY(out->organisation, r, ORGANISATION);
	COPY(out->service, r, SERVICE);
	COPY(out->client, r, CLIENT);
	COPY(out->client_name, r, CLIENT_NAME);
	return ERR_OK;
}

/* The worst news first: revoked (of an orphan no fingerprint is known), a twin, expired. Only 'valid' lets in. */
static enum err check_life(const struct row *r, const struct presented *p)
{
	const char *status = row_text(r, STATUS);
	size_t len = 0;
	const uint8_t *fingerprint = row_blob(r, FINGERPRINT, &len);
	if (strcmp(status, "valid") != 0)
		return fail(p->why, ERR_REVOKED, "this certificate is %s", strcmp(status, "held") == 0 ? "on hold" : "revoked");
	if (!fingerprint || len != FINGERPRINT_BYTES || !secret_equal_bytes(fingerprint, p->facts->fingerprint, len))
		return fail(p->why, ERR_REFUSED, "this certificate is not the one that we know by its serial");
	if (p->now > row_integer(r, NOT_AFTER))
		return fail(p->why, ERR_EXPIRED, "this certificate has expired");
	if (p->now < row_integer(r, NOT_BEFORE))
		return fail(p->why, ERR_EXPIRED, "this certificate is not valid yet");
	return ERR_OK;
}

static enum err take_identity(void *ctx, const struct row *r)
{
	const struct presented *p = ctx;
	const char *kind = row_text(r, KIND);
	enum err e = check_life(r, p);
	if (e != ERR_OK)
		return e;
	p->out->not_after = row_integer(r, NOT_AFTER);
	serial_text(p->facts->serial, p->out->serial);
	if (strcmp(kind, "staff") == 0)
		return take_staff(r, p->out, p->why);
	if (strcmp(kind, "client") == 0)
		return take_client(r, p->out, p->why);
	return fail(p->why, ERR_REFUSED, "this certificate is for nobody who calls here");
}

enum err identity_find(struct store *s, const uint8_t *der, size_t len, int64_t now, struct identity *out,
		       struct errbuf *why)
{
	struct certificate_facts facts;
	char serial[SERIAL_TEXT_SIZE];
	struct identity found = {.kind = IDENTITY_NONE};
	*out = found;
	if (certificate_read(der, len, &facts, NULL) != ERR_OK)
		return fail(why, ERR_REFUSED, "this certificate cannot be read");
	serial_text(facts.serial, serial);
	struct presented p = {.facts = &facts, .now = now, .out = &found, .why = why};
	enum err rc = store_one(s, STATEMENT_CERTIFICATE_IDENTITY, STORE_VALUES(value_text(serial)), take_identity, &p);
	if (rc == ERR_NOT_FOUND)
		return fail(why, ERR_REFUSED, "this certificate is not known here");
	if (rc == ERR_OK)
		*out = found;
	return rc;
}

struct first_use {
	struct step step;
	const char *serial;
	bool early; /* before its parcel was acknowledged */
};

/* A first use before the receipt breaks the order of things: nobody should have the password. It is noted, and the order
 * stays where it is. */
static enum err store_use(struct store *s, void *ctx)
{
	struct first_use *u = ctx;
	const struct step *t = &u->step;
	int64_t first = 0, used = 0;
	enum err e = store_exec(s, STATEMENT_CERTIFICATE_FIRST_USE,
				STORE_VALUES(value_integer(t->now), value_text(u->serial)), &first);
	if (e != ERR_OK || !t->order[0])
		return e;
	e = store_exec(s, STATEMENT_ORDER_USE,
		       STORE_VALUES(value_text(order_state_name(ORDER_IN_USE)), value_integer(t->now), value_text(t->order),
				    value_text(order_states_before(EVENT_USE))),
		       &used);
	if (e == ERR_OK && used)
		e = step_note(s, t, order_event_name(EVENT_USE), NULL, NULL);
	if (e == ERR_OK && used)
		e = step_erase_password(s, t);
	u->early = e == ERR_OK && first && !used;
	return u->early ? step_note(s, t, "order.refused", "used before its receipt", order_event_name(EVENT_USE)) : e;
}

enum err identity_used(struct desk *d, const struct identity *who)
{
	bool staff = who->kind == IDENTITY_STAFF;
	const struct actor actor = {.id = staff ? who->staff_id : who->serial, .role = staff ? who->role : "client", .request = ""};
	struct first_use u = {.step = {&actor, who->order_id, clock_now()}, .serial = who->serial};
	if (who->kind == IDENTITY_NONE)
		return ERR_INTERNAL;
	enum err rc = step_commit(d, CRASH_FRONT_USE_BEFORE, store_use, &u);
	if (rc == ERR_OK && u.early) {
		log_event(LOG_LEVEL_ALARM, "certificate.used_before_receipt", {"order", who->order_id}, {"serial", who->serial});
		return ERR_CONFLICT;
	}
	return rc;
}
