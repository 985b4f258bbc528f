/* audit verify: every record over the API, page by page, through the chain. */
#include "client/command/audit.h"
#include "client/command/output.h"
#include "client/command/session.h"

#include <stdio.h>

enum { TARGET_SIZE = 64, PAGE = 500 };

static enum err add_page(struct session *s, struct audit_chain *c, bool *more, struct errbuf *why)
{
	char target[TARGET_SIZE];
	snprintf(target, sizeof target, "/v1/audit?after=%lld&limit=%d", (long long)c->records, PAGE);
	const struct exchange x = {.method = "GET", .target = target};
	json_t *page = NULL;
	enum err e = session_json(s, &x, &page, why);
	const json_t *items = json_object_get(page, "items");
	if (!e && !json_is_array(items))
		e = fail(why, ERR_MALFORMED, "the list of audit records has no items");
	for (size_t i = 0; !e && i < json_array_size(items); i++)
		e = audit_add(c, json_array_get(items, i), why);
	*more = json_array_size(items) > 0 && !json_is_null(json_object_get(page, "next"));
	json_decref(page);
	return e;
}

static enum err print(const struct arguments *given, const struct audit_chain *c, struct errbuf *why)
{
	if (arguments_switch(given, "json")) {
		json_t *all = json_pack("{s:I, s:s, s:I}", "records", (json_int_t)c->records, "hash", c->hash, "journal_record",
					(json_int_t)c->journal_record);
		enum err e = all ? output_json(all, why) : ERR_MEMORY;
		json_decref(all);
		return e;
	}
	struct buf line = BUF_INIT(256);
	buf_format(&line, "audit: %lld records, chain whole, ", (long long)c->records);
	if (c->journal_record)
		buf_format(&line, "journal head at record %lld\n", (long long)c->journal_record);
	else
		buf_text(&line, "journal empty\n");
	enum err e = output_buf(&line, why);
	buf_free(&line);
	return e;
}

enum err run_audit_verify(const struct arguments *given, struct errbuf *why)
{
	struct session s;
	struct audit_chain chain;
	json_t *head = NULL;
	bool more = true;
	enum err e = session_staff(given, &s, why);
	if (e)
		return e;
	const struct exchange x = {.method = "GET", .target = "/v1/audit/head"};
	e = session_json(&s, &x, &head, why);
	if (!e)
		e = audit_begin(&chain, head, why);
	while (!e && more)
		e = add_page(&s, &chain, &more, why);
	if (!e)
		e = audit_end(&chain, why);
	if (!e)
		e = print(given, &chain, why);
	json_decref(head);
	session_close(&s);
	return e;
}
