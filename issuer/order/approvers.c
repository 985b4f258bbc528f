#include "issuer/order/approvers.h"

#include "base/log.h"
#include "delivery/seal.h"

#include <stdio.h>
#include <string.h>

enum { AN_HOUR = 3600, WAITING_MOST = 20, COMMAND_SIZE = 128 };

static const char nobody[] = "nobody else who may approve it, nor delivery.staff_mail, has an address";
static const char not_made[] = "the mail could not be made";
static const char too_many[] = "many orders of this hour wait already";

struct addressees {
	char email[CALLS_MOST][MAILBOX_SIZE];
	char language[CALLS_MOST][LANGUAGE_TAG_SIZE];
	size_t n;
};

static enum err take_addressee(void *ctx, const struct row *r)
{
	struct addressees *a = ctx;
	if (a->n == CALLS_MOST)
		return ERR_OK;
	snprintf(a->email[a->n], sizeof a->email[0], "%s", row_text(r, 0));
	snprintf(a->language[a->n], sizeof a->language[0], "%s", row_text(r, 1));
	a->n++;
	return ERR_OK;
}

static enum err find(struct desk *d, const struct call *c, struct addressees *a)
{
	struct store *s = readers_take(d->readers);
	enum err e = store_each(s, STATEMENT_APPROVERS,
				STORE_VALUES(value_text(c->step->who->id), value_text(c->organisation),
					     value_text(c->facts->approvals), value_integer(CALLS_MOST)),
				take_addressee, a);
	readers_give(d->readers, s);
	if (e == ERR_OK && a->n == 0 && d->settings->staff_mail[0])
		snprintf(a->email[a->n++], sizeof a->email[0], "%s", d->settings->staff_mail);
	return e;
}

static enum err write_one(struct desk *d, const struct call *c, const char *to, const char *language, struct post *out)
{
	const struct order_facts *f = c->facts;
	struct secret *plain = NULL;
	char until[MESSAGE_TIME_SIZE], command[COMMAND_SIZE];
	message_time(c->until, until);
	snprintf(command, sizeof command, "counterfoil order approve %s --digest DIGEST", f->order);
	const struct message_field fields[] = {
		{"order", f->order},
		{"client", f->client_name},
		{"service", f->service_name},
		{"organisation", f->organisation_name},
		{"contact", f->contact_name},
		{"orderer", c->orderer[0] ? c->orderer : d->settings->name},
		{"until", until},
		{"command", command},
		{"language", language[0] ? language : d->settings->language},
		{0},
	};
	*out = (struct post){.kind = MESSAGE_APPROVAL, .sealed = BUF_INIT(SEAL_MAX_BYTES), .drop_after = c->until};
	enum err e = id_new(out->id);
	if (e == ERR_OK)
		e = message_compose(out->kind, f->order, to, fields, &plain, NULL);
	if (e == ERR_OK)
		e = seal_to(d->courier, secret_peek(plain), secret_len(plain), &out->sealed);
	secret_free(plain);
	return e;
}

void calls_make(struct desk *d, const struct call *c, struct calls *out)
{
	struct addressees a = {.n = 0};
	*out = (struct calls){.count = 0};
	enum err e = find(d, c, &a);
	for (size_t i = 0; e == ERR_OK && i < a.n; i++)
		e = write_one(d, c, a.email[i], a.language[i], &out->of[out->count++]);
	if (e != ERR_OK)
		calls_clear(out);
	out->missed = e != ERR_OK ? not_made : a.n == 0 ? nobody : NULL;
	if (out->missed)
		log_event(LOG_LEVEL_WARNING, "notice.missed", {"order", c->facts->order},
			  {"kind", message_kind_name(MESSAGE_APPROVAL)}, {"why", out->missed}, {"error", err_word(e)});
}

static enum err store_one_call(struct store *s, const struct step *t, const struct post *p)
{
	return store_exec_one(s, STATEMENT_MESSAGE_ADD,
			      STORE_VALUES(value_text(p->id), value_text(t->order), value_null(),
					   value_text(message_kind_name(p->kind)),
					   value_text(message_channel_name(message_channel_of(p->kind))),
					   value_blob(p->sealed.data, p->sealed.len), value_integer(t->now),
					   value_integer(t->now), value_integer(p->drop_after)));
}

enum err calls_store(struct store *s, const struct step *t, const struct calls *calls)
{
	int64_t waiting = 0;
	enum err e = store_integer(s, STATEMENT_ORDERS_WAITING, STORE_VALUES(value_integer(t->now - AN_HOUR)), &waiting);
	const char *missed = calls->missed ? calls->missed : waiting > WAITING_MOST ? too_many : NULL;
	if (e == ERR_OK && missed)
		return step_note(s, t, "notice.missed", missed, message_kind_name(MESSAGE_APPROVAL));
	for (size_t i = 0; e == ERR_OK && i < calls->count; i++)
		e = store_one_call(s, t, &calls->of[i]);
	return e;
}

void calls_clear(struct calls *calls)
{
	for (size_t i = 0; i < calls->count; i++)
		buf_free(&calls->of[i].sealed);
	calls->count = 0;
}
