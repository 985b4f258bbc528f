#include "issuer/order/notice.h"

#include "base/log.h"
#include "ca/certificate.h"
#include "delivery/seal.h"

#include <stdio.h>
#include <string.h>

/* A mail server that is away over a long weekend does not swallow it. */
enum { TRIED_FOR = 7 * DAY, FIELD_SIZE = 257 };

static const char nobody[] = "neither who ordered it nor delivery.staff_mail has an address";
static const char not_made[] = "the mail could not be made";

struct about {
	struct order_facts names; /* those that are shown, as the directory has them; not what was approved */
	char orderer[NAME_SIZE], to[MAILBOX_SIZE];
	char renews[SERIAL_TEXT_SIZE]; /* the certificate that it was to follow */
	int64_t link_until, claimed_at, received_at;
	const char *reason;
};

enum column { /* of NOTICE_ABOUT in sql_order.def */
	ORGANISATION, ORGANISATION_SLUG, SERVICE, SERVICE_SLUG, CLIENT, CLIENT_SLUG, CONTACT, CONTACT_NAME, ORDERER, EMAIL,
	LINK_UNTIL, CLAIMED_AT, RECEIVED_AT, RENEWS, STAFF
};

static void copy(char *out, size_t size, const struct row *r, int column)
{
	const char *text = row_text(r, column);
	snprintf(out, size, "%s", text ? text : "");
}
#define COPY(member, r, column) copy(member, sizeof(member), r, column)

static enum err take_about(void *ctx, const struct row *r)
{
	struct about *a = ctx;
	COPY(a->names.organisation_name, r, ORGANISATION);
	COPY(a->names.organisation_slug, r, ORGANISATION_SLUG);
	COPY(a->names.service_name, r, SERVICE);
	COPY(a->names.service_slug, r, SERVICE_SLUG);
	COPY(a->names.client_name, r, CLIENT);
	COPY(a->names.client_slug, r, CLIENT_SLUG);
	COPY(a->names.contact, r, CONTACT);
	COPY(a->names.contact_name, r, CONTACT_NAME);
	COPY(a->names.staff, r, STAFF);
	COPY(a->orderer, r, ORDERER);
	COPY(a->to, r, EMAIL);
	COPY(a->renews, r, RENEWS);
	a->link_until = row_integer(r, LINK_UNTIL);
	a->claimed_at = row_integer(r, CLAIMED_AT);
	a->received_at = row_integer(r, RECEIVED_AT);
	return ERR_OK;
}

/* When what it tells of was over, or will be. */
static int64_t until(enum message_kind kind, const struct about *a, const struct settings *s)
{
	switch (kind) {
	case MESSAGE_LAPSED_CLAIM: return a->claimed_at + s->claim_life;
	case MESSAGE_LAPSED_PASSWORD: return a->received_at + DAY;
	default: return a->link_until;
	}
}

/* What to type next. Names of the longest kind do not fit into a field: then the manual says the rest. */
static void write_command(enum message_kind kind, const struct about *a, const char *order, char out[FIELD_SIZE])
{
	const struct order_facts *f = &a->names;
	if (f->staff[0] && kind != MESSAGE_LOCKED_ORDER) {
		snprintf(out, FIELD_SIZE, "counterfoil staff renew %s", f->staff);
		return;
	}
	const char *verb = kind == MESSAGE_LOCKED_ORDER ? "unlock" : kind == MESSAGE_LAPSED_PASSWORD ? "reissue" : NULL;
	int n = verb	       ? snprintf(out, FIELD_SIZE, "counterfoil order %s %s", verb, order)
		: a->renews[0] ? snprintf(out, FIELD_SIZE, "counterfoil order renew %s", a->renews)
			       : snprintf(out, FIELD_SIZE,
				"counterfoil order new --organisation %s --service %s --client %s --contact %s",
				f->organisation_slug, f->service_slug, f->client_slug, f->contact);
	if (n < 0 || n >= FIELD_SIZE)
		snprintf(out, FIELD_SIZE, "counterfoil order new");
}

/* A reason that no mail can hold is left out: the order has it. */
static enum err compose(const struct settings *s, enum message_kind kind, const char *order, const struct about *a,
			struct secret **plain)
{
	char time[MESSAGE_TIME_SIZE], command[FIELD_SIZE];
	message_time(until(kind, a, s), time);
	write_command(kind, a, order, command);
	struct message_field fields[] = {
		{"order", order},
		{"client", a->names.client_name},
		{"service", a->names.service_name},
		{"organisation", a->names.organisation_name},
		{"contact", a->names.contact_name},
		{"orderer", a->orderer[0] ? a->orderer : s->name},
		{"until", time},
		{"command", command},
		{"language", s->language},
		{"reason", a->reason ? a->reason : ""},
		{0},
	};
	const char *to = a->to[0] ? a->to : s->staff_mail;
	enum err rc = message_compose(kind, order, to, fields, plain, NULL);
	fields[sizeof fields / sizeof fields[0] - 2].value = "";
	return rc != ERR_INVALID ? rc : message_compose(kind, order, to, fields, plain, NULL);
}

static enum err make(const struct notice_office *office, const char *order, struct notice *out)
{
	struct about a = {.reason = office->reason};
	struct secret *plain = NULL;
	enum err rc = store_one(office->store, STATEMENT_NOTICE_ABOUT, STORE_VALUES(value_text(order)), take_about, &a);
	if (!rc && !a.to[0] && !office->settings->staff_mail[0]) {
		out->missed = nobody;
		return ERR_OK;
	}
	if (!rc)
		rc = id_new(out->id);
	if (!rc)
		rc = compose(office->settings, out->kind, order, &a, &plain);
	if (!rc)
		rc = seal_to(office->courier, secret_peek(plain), secret_len(plain), &out->sealed);
	secret_free(plain);
	return rc;
}

void notice_make(const struct notice_office *office, enum message_kind kind, const char *order, struct notice *out)
{
	*out = (struct notice){.kind = kind, .sealed = BUF_INIT(SEAL_MAX_BYTES)};
	enum err rc = make(office, order, out);
	if (rc) {
		buf_clear(&out->sealed);
		out->missed = not_made;
	}
	if (out->missed)
		log_event(LOG_LEVEL_WARNING, "notice.missed", {"order", order}, {"kind", message_kind_name(kind)},
			  {"why", out->missed}, {"error", err_word(rc)});
}

enum err notice_store(struct store *s, const struct step *t, const struct notice *n, enum order_state state)
{
	if (n->missed)
		return step_note(s, t, "notice.missed", n->missed, message_kind_name(n->kind));
	return store_exec(s, STATEMENT_NOTICE_ADD,
			  STORE_VALUES(value_text(n->id), value_text(message_kind_name(n->kind)),
				       value_text(message_channel_name(message_channel_of(n->kind))),
				       value_blob(n->sealed.data, n->sealed.len), value_integer(t->now),
				       value_integer(t->now + TRIED_FOR), value_text(t->order),
				       value_text(order_state_name(state))), NULL);
}

void notice_clear(struct notice *n)
{
	buf_free(&n->sealed);
}
