/* Ordering a certificate: organisation, service and client are chosen one after the other by the page's address, so that no
 * script is needed; then one form orders it. */
#include "base/embed.h"
#include "issuer/console/console_own.h"
#include "issuer/console/listing.h"

#include <stdio.h>
#include <string.h>

EMBED_TEXT(console_text_order_new, "issuer/console/pages/order_new.html");

enum { MANY = 100, QUERY_SIZE = 1024 };

static console_view view;

static const struct console_choice key_types[] = {
	{"p256", "EC P-256 (the usual choice)"}, {"p384", "EC P-384"}, {"rsa2048", "RSA 2048 (for old systems)"},
	{"rsa3072", "RSA 3072"}, {"request", "The contact's own key: a request is brought"}, {0},
};
static const struct console_field fields[] = {
	{.name = "organisation", .kind = CONSOLE_FIXED},
	{.name = "service", .kind = CONSOLE_FIXED},
	{.name = "client", .kind = CONSOLE_FIXED},
	{.name = "contact", .label = "Contact", .hint = "Gets the link by e-mail and the code by SMS. Those who may not receive are not listed.",
	 .kind = CONSOLE_CHOICE, .wanted = true, .list = "contacts", .list_value = "id", .list_text = "label"},
	{.name = "key_type", .label = "Key type", .kind = CONSOLE_CHOICE, .wanted = true, .choices = key_types},
	{.name = "own_key", .label = "The contact may bring a request (PKCS#10) instead", .hint = "Then the key never leaves the contact's own machine.",
	 .kind = CONSOLE_FLAG},
	{.name = "due", .label = "Due", .hint = "The day by which it should be in use.", .kind = CONSOLE_DATE},
	{.name = "renews", .label = "Renews", .hint = "The serial of the certificate that this one follows.", .longest = 80},
	{.name = "note", .label = "Note", .hint = "Why it is ordered. Read by approvers and auditors, not by the contact.", .longest = 500},
	{0},
};
static const struct console_form order_new_form = {
	.name = "order", .path = "/console/orders/new", .api = api_order_new, .view = view, .submit = "Order it",
	.next = "/console/orders/{id}", .said = "ordered", .creates = true, .fields = fields,
};

/* The three steps before the form. */
static const struct step {
	const char *name, *list;
	route_handler *api;
} steps[] = {
	{"organisation", "organisations", api_organisation_list},
	{"service", "services", api_service_list},
	{"client", "clients", api_client_list},
};
enum { STEPS = sizeof steps / sizeof *steps };

struct choosing {
	struct front *front;
	const struct request *q;
	const struct console_posted *posted;
	json_t *data;
	struct buf query; /* what is chosen so far, for the API */
};

static const char *wish(const struct choosing *c, const char *name)
{
	const char *text = c->posted ? json_string_value(json_object_get(c->posted->values, name)) : request_query(c->q, name);
	return text ? text : "";
}

static enum err ask(const struct choosing *c, route_handler *api, const char *more, json_t **out)
{
	char query[QUERY_SIZE];
	snprintf(query, sizeof query, "limit=500%.900s%s", c->query.len ? (const char *)c->query.data : "", more);
	console_ask_maybe(c->front, c->q, &(struct console_call){.api = api, .query = query}, out);
	return *out ? ERR_OK : ERR_UNAVAILABLE;
}

/* Marks the chosen one; the one that there is, when there is but one. Its slug, or "". */
static const char *choose(json_t *items, const char *wanted)
{
	size_t i;
	json_t *item;
	if (!wanted[0] && json_array_size(items) == 1)
		wanted = json_string_value(json_object_get(json_array_get(items, 0), "slug"));
	json_array_foreach(items, i, item) {
		const char *slug = json_string_value(json_object_get(item, "slug"));
		if (!slug || strcmp(slug, wanted) != 0)
			continue;
		json_object_set_new(item, "chosen", json_true());
		return slug;
	}
	return "";
}

/* The list of one step, narrowed by those before it. *next: something was chosen. With more rows than are listed, what was typed is
 * taken as it is: the API says whether there is such a one. */
static enum err take_step(struct choosing *c, const struct step *step, bool *next)
{
	json_t *answer = NULL;
	enum err e = ask(c, step->api, "", &answer);
	if (e)
		return e;
	json_t *items = json_object_get(answer, "items");
	const bool many = json_array_size(items) > MANY, all = json_is_null(json_object_get(answer, "next"));
	const char *wanted = wish(c, step->name), *chosen = choose(items, wanted);
	if (!chosen[0] && !all)
		chosen = wanted;
	json_t *entry = json_pack("{s:s, s:O, s:b, s:b, s:s, s:b, s:b}", "name", step->name, "items", items, "many", many, "none",
				  json_array_size(items) == 0, "chosen_slug", chosen, "done", chosen[0] != '\0', "unknown",
				  wanted[0] && !chosen[0]);
	*next = entry && chosen[0];
	if (!entry || json_object_set_new(c->data, step->name, json_string(chosen)) != 0)
		e = ERR_MEMORY;
	query_add(&c->query, step->name, chosen);
	if (!e && !buf_string(&c->query))
		e = buf_check(&c->query);
	if (json_object_set_new(c->data, step->list, entry) != 0)
		e = ERR_MEMORY;
	json_decref(answer);
	return e;
}

/* Those who may receive, as "Kari Nordmann <kari@...>". */
static enum err add_contacts(struct choosing *c)
{
	struct choosing narrow = {.front = c->front, .q = c->q, .query = BUF_INIT(QUERY_SIZE)};
	json_t *answer = NULL, *item, *list = json_array();
	size_t i;
	query_add(&narrow.query, "organisation", json_string_value(json_object_get(c->data, "organisation")));
	enum err e = list && buf_string(&narrow.query) ? ask(&narrow, api_contact_list, "", &answer) : ERR_MEMORY;
	json_array_foreach(json_object_get(answer, "items"), i, item) {
		if (e || !json_is_true(json_object_get(item, "may_receive")))
			continue;
		json_t *label = json_sprintf("%s <%s>", json_string_value(json_object_get(item, "name")),
					     json_string_value(json_object_get(item, "email")));
		if (json_object_set_new(item, "label", label) != 0 || json_array_append(list, item) != 0)
			e = ERR_MEMORY;
	}
	if (json_object_set_new(c->data, "any_contact", json_boolean(json_array_size(list) > 0)) != 0 ||
	    json_object_set_new(c->data, "contacts", list) != 0)
		e = ERR_MEMORY;
	buf_free(&narrow.query);
	json_decref(answer);
	return e;
}

/* What the client has already: ordering beside a live certificate is refused unless it may have several. */
static enum err add_live(struct choosing *c)
{
	json_t *answer = NULL, *item, *live = json_array();
	size_t i;
	enum err e = live ? ask(c, api_certificate_list, "&status=valid", &answer) : ERR_MEMORY;
	json_array_foreach(json_object_get(answer, "items"), i, item)
		if (json_array_append(live, item) != 0)
			e = ERR_MEMORY;
	if (json_object_set_new(c->data, "any_live", json_boolean(json_array_size(live) > 0)) != 0 ||
	    json_object_set_new(c->data, "live", live) != 0)
		e = ERR_MEMORY;
	json_decref(answer);
	return e;
}

static enum err choose_all(struct choosing *c)
{
	bool next = true;
	enum err e = ERR_OK;
	for (size_t i = 0; !e && next && i < STEPS; i++)
		e = take_step(c, &steps[i], &next);
	if (e || !next)
		return e;
	e = add_contacts(c);
	if (!e)
		e = add_live(c);
	const char *renews = request_query(c->q, "renews"), *contact = request_query(c->q, "contact");
	if (json_object_set_new(c->data, "ready", json_true()) != 0 ||
	    json_object_set_new(c->data, "renews", json_string(renews ? renews : "")) != 0 ||
	    json_object_set_new(c->data, "contact", json_string(contact ? contact : "")) != 0)
		e = ERR_MEMORY;
	return e;
}

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	struct choosing c = {front, q, posted, json_object(), BUF_INIT(QUERY_SIZE)};
	enum err e = c.data ? choose_all(&c) : ERR_MEMORY;
	const bool ready = json_is_true(json_object_get(c.data, "ready")) && json_array_size(json_object_get(c.data, "contacts")) > 0;
	const struct console_use forms[] = {{&order_new_form, c.data, !ready}, {0}};
	const struct template_field more[] = {{"may_add", console_may(q, api_client_add, NULL) ? "1" : "", TEMPLATE_VALUE}, {0}};
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = "Order a certificate", .above = "Orders", .text = console_text_order_new,
								 .data = c.data, .fields = more, .forms = forms, .posted = posted});
	buf_free(&c.query);
	json_decref(c.data);
}

void console_order_new(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

void console_order_make(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &order_new_form);
}
