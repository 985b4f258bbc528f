#include "issuer/order/post.h"

#include "delivery/seal.h"

#include <stdio.h>
#include <string.h>

enum { URL_MAX = 512, DOMAIN_MAX = 253 };

static enum err post_make(struct desk *d, const struct order_facts *f, const struct message_field *fields,
			  struct post *out, struct errbuf *why)
{
	struct secret *plain = NULL;
	const char *to = message_channel_of(out->kind) == CHANNEL_SMS ? f->mobile : f->email;
	out->sealed = BUF_INIT(SEAL_MAX_BYTES);
	enum err rc = id_new(out->id);
	if (rc == ERR_OK)
		rc = message_compose(out->kind, f->order, to, fields, &plain, why);
	if (rc == ERR_OK)
		rc = seal_to(d->courier, secret_peek(plain), secret_len(plain), &out->sealed);
	secret_free(plain);
	return rc;
}

/* The last field of every message: none in orders of before there were languages. */
static struct message_field language_field(const struct order_facts *f)
{
	return (struct message_field){f->language[0] ? "language" : NULL, f->language};
}

static enum err post_store(struct store *s, const struct step *t, const struct post *p, const char *code)
{
	return store_exec_one(s, STATEMENT_MESSAGE_ADD,
			      STORE_VALUES(value_text(p->id), value_text(t->order), value_text(code),
					   value_text(message_kind_name(p->kind)),
					   value_text(message_channel_name(message_channel_of(p->kind))),
					   value_blob(p->sealed.data, p->sealed.len), value_integer(t->now),
					   value_integer(t->now), value_integer(p->drop_after)));
}

static enum err write_url(const struct desk *d, const struct secret *token, struct buf *url)
{
	const char *base = d->settings->public_url;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	buf_add(url, base, len);
	buf_text(url, "/d/");
	buf_add(url, secret_peek(token), secret_len(token));
	return buf_string(url) ? ERR_OK : buf_check(url);
}

static void write_minutes(const struct desk *d, char out[16])
{
	snprintf(out, 16, "%d", (int)(d->settings->code_life / 60)); /* a day at most */
}

static enum err compose_link(struct desk *d, const struct order_facts *f, const char *orderer,
			     const struct secret *token, struct new_link *out, struct errbuf *why)
{
	struct buf url = BUF_INIT(URL_MAX);
	char until[MESSAGE_TIME_SIZE], minutes[16];
	message_time(out->until, until);
	write_minutes(d, minutes);
	enum err rc = write_url(d, token, &url);
	const struct message_field fields[] = {
		{"url", (const char *)url.data},
		{"client", f->client_name},
		{"service", f->service_name},
		{"organisation", f->organisation_name},
		{"contact", f->contact_name},
		{"orderer", orderer},
		{"until", until},
		{"minutes", minutes},
		{"staff", facts_of_staff(f) ? "1" : ""},
		language_field(f),
		{0},
	};
	if (rc == ERR_OK)
		rc = post_make(d, f, fields, &out->mail, why);
	buf_free(&url);
	return rc;
}

enum err link_make(struct desk *d, const struct order_facts *f, const char *orderer, int64_t now, struct new_link *out,
		   struct errbuf *why)
{
	struct secret *token = NULL;
	int64_t until = now + d->settings->link_life;
	*out = (struct new_link){.until = until, .mail = {.kind = MESSAGE_LINK, .drop_after = until}};
	enum err rc = token_new(&token);
	if (rc == ERR_OK)
		rc = token_hash(secret_string(token), secret_len(token), out->hash);
	if (rc == ERR_OK)
		rc = compose_link(d, f, orderer[0] ? orderer : d->settings->name, token, out, why);
	secret_free(token);
	return rc;
}

enum err link_store(struct store *s, const struct step *t, const struct new_link *link)
{
	enum err e = step_end_links(s, t);
	return e != ERR_OK ? e : post_store(s, t, &link->mail, NULL);
}

void link_clear(struct new_link *link)
{
	buf_free(&link->mail.sealed);
}

/* The host that phones may offer the code to: the recipient pages'. */
static void write_domain(const char *url, char out[DOMAIN_MAX + 1])
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	snprintf(out, DOMAIN_MAX + 1, "%.*s", (int)len, host);
}

enum err code_make(struct desk *d, const struct order_facts *f, int64_t now, struct new_code *out, struct errbuf *why)
{
	struct secret *code = NULL;
	char domain[DOMAIN_MAX + 1], minutes[16];
	*out = (struct new_code){.sms = {.kind = MESSAGE_CODE, .drop_after = now + d->settings->code_life}};
	write_domain(d->settings->public_url, domain);
	write_minutes(d, minutes);
	enum err rc = id_new(out->id);
	if (rc == ERR_OK)
		rc = code_new(&code);
	if (rc == ERR_OK)
		rc = code_hmac(d->code_key, f->order, out->id, code, out->hmac);
	if (rc == ERR_OK) {
		const struct message_field fields[] = {
			{"code", secret_string(code)},
			{"client", f->client_name},
			{"domain", domain},
			{"minutes", minutes},
			language_field(f),
			{0},
		};
		rc = post_make(d, f, fields, &out->sms, why);
	}
	secret_free(code);
	return rc;
}

enum err code_store(struct store *s, const struct step *t, const struct new_code *code, const char *states,
		    const struct code_limit *limit)
{
	int64_t affected = 0;
	enum err e = step_end_codes(s, t);
	if (e == ERR_OK)
		e = store_exec(s, STATEMENT_CODE_ADD,
			       STORE_VALUES(value_text(code->id), value_blob(code->hmac, sizeof code->hmac),
					    value_integer(t->now), value_text(limit->asked_by), value_text(t->order),
					    value_text(states), value_integer(t->now - DAY), value_integer(limit->most)),
			       &affected);
	if (e == ERR_OK && affected != 1)
		e = ERR_LIMIT;
	return e != ERR_OK ? e : post_store(s, t, &code->sms, code->id);
}

void code_clear(struct new_code *code)
{
	buf_free(&code->sms.sealed);
}
