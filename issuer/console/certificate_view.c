#include "issuer/console/certificate_view.h"
#include "issuer/console/people.h"
#include "issuer/console/phrases.h"

#include "base/clock.h"
#include "ca/authority.h"
#include "issuer/issuers.h"

#include <string.h>

enum { DER_MAX = 65536, HUNDRED = 100 };

static const struct issuer *issuer_of(const struct front *front, const json_t *certificate)
{
	const char *name = json_string_value(json_object_get(certificate, "issuer"));
	return name && front->issuers ? issuers_named(front->issuers, name) : NULL;
}

static enum err add_link(json_t *chain, const struct buf *der)
{
	struct certificate_facts facts;
	char until[CLOCK_TEXT_SIZE];
	enum err e = certificate_read(der->data, der->len, &facts, NULL);
	if (e)
		return e;
	clock_text(facts.not_after, until);
	return json_array_append_new(chain, json_pack("{s:s, s:s}", "subject", facts.subject, "not_after", until)) == 0 ? ERR_OK : ERR_MEMORY;
}

/* What visits the certificates above: in DER, the issuing CA and then the root. */
typedef enum err chain_visit(void *ctx, const struct buf *der);

static enum err walk_chain(const struct front *front, const json_t *certificate, chain_visit *visit, void *ctx)
{
	const struct issuer *issuer = issuer_of(front, certificate);
	struct buf der = BUF_INIT(DER_MAX);
	enum err e = ERR_OK;
	if (issuer)
		e = certificate_encode(issuer->certificate, &der, NULL);
	if (issuer && !e)
		e = visit(ctx, &der);
	buf_clear(&der);
	if (!e && front->root_pem.len)
		e = certificate_pem_to_der(front->root_pem.data, front->root_pem.len, 0, &der);
	if (!e && der.len)
		e = visit(ctx, &der);
	buf_free(&der);
	return e;
}

static enum err visit_link(void *ctx, const struct buf *der)
{
	return add_link(ctx, der);
}

static enum err visit_pem(void *ctx, const struct buf *der)
{
	return certificate_der_to_pem(der->data, der->len, ctx);
}

enum err certificate_chain_pem(const struct front *front, const json_t *certificate, struct buf *out)
{
	return walk_chain(front, certificate, visit_pem, out);
}

static int64_t time_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	int64_t at = 0;
	return text && clock_from_text(text, &at) == ERR_OK ? at : 0;
}

static int past(const json_t *certificate)
{
	int64_t from = time_of(certificate, "not_before"), until = time_of(certificate, "not_after"), now = clock_now();
	if (now <= from || until <= from)
		return 0;
	return now >= until ? HUNDRED : (int)((now - from) * HUNDRED / (until - from));
}

static const char *first_text(const json_t *object, const char *const *members)
{
	for (; *members; members++) {
		const char *text = json_string_value(json_object_get(object, *members));
		if (text && text[0])
			return text;
	}
	return "";
}

static enum err add_facts(json_t *c)
{
	static const char *const names[] = {"client_name", "staff_name", "subject", NULL};
	const char *status = first_text(c, (const char *const[]){"status", NULL});
	json_t *more = json_pack("{s:s, s:b, s:i}", "whose", first_text(c, names), "live",
				 strcmp(status, "valid") == 0 || strcmp(status, "held") == 0, "past", past(c));
	enum err e = more && json_object_update(c, more) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(more);
	if (!e)
		e = phrase_add(c, "status", PHRASES_MEANS, "means");
	if (!e)
		e = phrase_add(c, "reason", PHRASES_REASON, "because");
	return e ? e : phrase_add(c, "kind", PHRASES_HOLDER, "holder");
}

static enum err add_chain(const struct front *front, json_t *c)
{
	json_t *chain = json_array();
	enum err e = chain ? walk_chain(front, c, visit_link, chain) : ERR_MEMORY;
	if (!e)
		return json_object_set_new(c, "chain", chain) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(chain);
	return e;
}

/* Its order says what it follows, and what took its place. */
static enum err add_order(struct front *front, const struct request *q, json_t *c)
{
	const char *id = json_string_value(json_object_get(c, "order"));
	json_t *order = NULL;
	if (id)
		console_ask_maybe(front, q, &(struct console_call){.api = api_order_show, .parameter = {id}}, &order);
	return !order || json_object_set_new(c, "ordered", order) == 0 ? ERR_OK : ERR_MEMORY;
}

enum err certificate_dress(struct front *front, const struct request *q, json_t *certificate)
{
	enum err e = add_facts(certificate);
	if (!e)
		e = add_chain(front, certificate);
	if (!e)
		e = add_order(front, q, certificate);
	if (!e)
		e = phrase_history(json_object_get(certificate, "history"));
	return e ? e : people_name(front, q, json_object_get(certificate, "history"), NULL);
}
