#include "issuer/order/contact_moved.h"

#include "delivery/seal.h"

#include <stdio.h>
#include <string.h>

enum { TRIED_FOR = 7 * DAY, MASKED_SIZE = MAILBOX_SIZE + 8, SHOWN_DIGITS = 2 };

#define NONE "-" /* members of the staff may have no address yet */

struct found {
	char *id;
	int rows;
};

static enum err take_id(void *ctx, const struct row *r)
{
	struct found *f = ctx;
	if (f->rows++ == 0)
		snprintf(f->id, ID_SIZE, "%s", row_text(r, 0));
	return ERR_OK;
}

enum err contact_find(struct desk *d, const struct actor *who, const char *name, char id[ID_SIZE], struct errbuf *why)
{
	struct found f = {.id = id};
	struct store *s = readers_take(d->readers);
	enum err e = store_each(s, STATEMENT_CONTACT_NAMED, STORE_VALUES(value_text(name), value_text(actor_scope(who))), take_id, &f);
	readers_give(d->readers, s);
	if (e == ERR_OK && f.rows == 0)
		e = ERR_NOT_FOUND;
	if (e == ERR_OK && f.rows > 1 && strcmp(id, name) != 0)
		e = fail(why, ERR_INVALID, "this address stands in several organisations: name the contact by its id");
	return e;
}

/* "k***@nordbank.example" */
static void mask_mailbox(const char *mailbox, char out[MASKED_SIZE])
{
	const char *at = strchr(mailbox, '@');
	if (mailbox[0])
		snprintf(out, MASKED_SIZE, "%.1s***%s", mailbox, at ? at : "");
	else
		snprintf(out, MASKED_SIZE, "%s", NONE);
}

/* "+47 *** *67": fewer than the last four digits, by which a recipient asks for a new code. */
static void mask_mobile(const char *mobile, char out[MASKED_SIZE])
{
	size_t len = strlen(mobile);
	if (len)
		snprintf(out, MASKED_SIZE, "%.3s *** *%s", mobile, len > SHOWN_DIGITS ? mobile + len - SHOWN_DIGITS : "");
	else
		snprintf(out, MASKED_SIZE, "%s", NONE);
}

struct letter {
	enum message_kind kind;
	char before[MASKED_SIZE], now[MASKED_SIZE];
};

static enum err write_mail(struct desk *d, const struct contact_move *m, const struct letter *l, const char *to,
			   struct post *out)
{
	struct secret *plain = NULL;
	char until[MESSAGE_TIME_SIZE] = "";
	if (m->rest_until)
		message_time(m->rest_until, until);
	const struct message_field fields[] = {
		{"organisation", m->now->organisation},
		{"contact", m->now->name},
		{"orderer", m->by[0] ? m->by : d->settings->name},
		{"before", l->before},
		{"now", l->now},
		{"until", until},
		{"language", m->now->language[0] ? m->now->language : d->settings->language},
		{0},
	};
	out->kind = l->kind;
	enum err e = id_new(out->id);
	if (e == ERR_OK)
		e = message_compose(l->kind, m->now->id, to, fields, &plain, NULL);
	if (e == ERR_OK)
		e = seal_to(d->courier, secret_peek(plain), secret_len(plain), &out->sealed);
	secret_free(plain);
	return e;
}

static enum err add_mails(struct desk *d, const struct contact_move *m, const struct letter *l, struct move_mails *out)
{
	const char *const to[] = {m->before->email, m->now->email};
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < (strcmp(to[0], to[1]) == 0 ? 1 : 2); i++) {
		if (!to[i][0])
			continue;
		struct post *mail = &out->of[out->count++];
		*mail = (struct post){.sealed = BUF_INIT(SEAL_MAX_BYTES)};
		e = write_mail(d, m, l, to[i], mail);
	}
	return e;
}

enum err move_mails_make(struct desk *d, const struct contact_move *m, struct move_mails *out, struct errbuf *why)
{
	struct letter email = {.kind = MESSAGE_NEW_EMAIL}, mobile = {.kind = MESSAGE_NEW_MOBILE};
	enum err e = ERR_OK;
	*out = (struct move_mails){.count = 0};
	mask_mailbox(m->before->email, email.before);
	mask_mailbox(m->now->email, email.now);
	mask_mobile(m->before->mobile, mobile.before);
	mask_mobile(m->now->mobile, mobile.now);
	if (strcmp(m->before->email, m->now->email) != 0)
		e = add_mails(d, m, &email, out);
	if (e == ERR_OK && strcmp(m->before->mobile, m->now->mobile) != 0)
		e = add_mails(d, m, &mobile, out);
	return e == ERR_OK ? e : fail(why, e, "the mail about it cannot be made: nothing was changed");
}

enum err move_mails_store(struct store *s, const struct move_mails *mails, int64_t now)
{
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < mails->count; i++) {
		const struct post *p = &mails->of[i];
		e = store_exec_one(s, STATEMENT_MESSAGE_ADD,
				   STORE_VALUES(value_text(p->id), value_null(), value_null(),
						value_text(message_kind_name(p->kind)),
						value_text(message_channel_name(message_channel_of(p->kind))),
						value_blob(p->sealed.data, p->sealed.len), value_integer(now),
						value_integer(now), value_integer(now + TRIED_FOR)));
	}
	return e;
}

void move_mails_clear(struct move_mails *mails)
{
	for (size_t i = 0; i < mails->count; i++)
		buf_free(&mails->of[i].sealed);
}
