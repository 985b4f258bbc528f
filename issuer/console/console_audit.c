/* The audit: the newest records first; with a filter, those that it leaves, as they happened. */
#include "base/embed.h"
#include "issuer/console/console_own.h"
#include "issuer/console/listing.h"
#include "issuer/console/people.h"
#include "issuer/console/phrases.h"
#include "issuer/store/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

EMBED_TEXT(console_text_audit, "issuer/console/pages/audit.html");

enum { ROWS = 100, DIGITS_MOST = 18, SERIAL_DIGITS = 40 };

/* All that is ever written of, as the table of phrases knows it. */
#define CHOICE_NEXT(code, text)
#define CHOICE_ORDER(code, text)
#define CHOICE_KEY(code, text)
#define CHOICE_MESSAGE(code, text)
#define CHOICE_CHANNEL(code, text)
#define CHOICE_MEANS(code, text)
#define CHOICE_HOLDER(code, text)
#define CHOICE_REASON(code, text)
#define CHOICE_MAY(code, text)
#define CHOICE_ACTOR(code, text)
#define CHOICE_WHAT(code, text) {code, text},
#define PHRASE(kind, code, text) CHOICE_##kind(code, text)
static const struct console_choice deeds[] = {
	{"", "Anything"},
#include "issuer/console/phrases.def"
	{0},
};
#undef PHRASE
static const struct listing_filter filters[] = {{"who", NULL}, {"what", deeds}, {"object", NULL}, {"since", NULL}, {"until", NULL}, {0}};
static const struct listing records = {.api = api_audit_list, .path = "/console/audit", .api_path = "/v1/audit", .cursor = "after",
				       .filters = filters};

static bool is_filtered(const struct request *q)
{
	const char *after = request_query(q, "after");
	bool any = (after && after[0]) || (q->identity && q->identity->scope[0]); /* the numbers of one organisation have gaps */
	for (const struct listing_filter *f = filters; f->name; f++) {
		const char *asked = request_query(q, f->name);
		any = any || (asked && asked[0]);
	}
	return any;
}

/* The sequence behind the newest that is wanted: ?before=, or behind the head. */
static enum err read_before(struct front *front, const struct request *q, int64_t *before)
{
	uint8_t head[AUDIT_HASH_BYTES];
	const char *text = request_query(q, "before");
	int64_t newest = 0;
	struct store *s = readers_take(front->desk.readers);
	enum err e = audit_head(s, &newest, head);
	readers_give(front->desk.readers, s);
	*before = newest + 1;
	if (!e && text && text[0] && strspn(text, "0123456789") == strlen(text) && strlen(text) <= DIGITS_MOST) {
		int64_t asked = strtoll(text, NULL, 10);
		*before = asked > 1 && asked < *before ? asked : *before;
	}
	return e;
}

/* The API lists them as the chain goes; people want the newest first. */
static enum err turn_around(json_t *page)
{
	const json_t *items = json_object_get(page, "items");
	json_t *turned = json_array();
	for (size_t i = json_array_size(items); turned && i-- > 0;)
		if (json_array_append(turned, json_array_get(items, i)) != 0) {
			json_decref(turned);
			return ERR_MEMORY;
		}
	return json_object_set_new(page, "items", turned) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err add_ways(json_t *page, int64_t before, int64_t after, bool newest)
{
	char more[64];
	snprintf(more, sizeof more, "/console/audit?before=%" PRId64, after + 1);
	json_t *ways = json_pack("{s:s, s:s, s:b, s:s*, s:s*}", "csv", "/v1/audit?format=csv", "json", "/v1/audit", "any", before > 1, "more",
				 after > 0 ? more : NULL, "first", newest ? NULL : "/console/audit");
	enum err e = ways && json_object_update(page, ways) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(ways);
	return e;
}

/* A hundred before that one. False: answered already. */
static bool ask_newest(struct front *front, const struct request *q, struct reply *r, json_t **out)
{
	char query[64];
	int64_t before = 0;
	enum err e = read_before(front, q, &before);
	int64_t after = before > ROWS ? before - 1 - ROWS : 0;
	snprintf(query, sizeof query, "after=%" PRId64 "&limit=%" PRId64, after, before - 1 - after > 0 ? before - 1 - after : 1);
	if (!e && !console_ask(front, q, r, &(struct console_call){.api = api_audit_list, .query = query}, out))
		return false;
	if (!e)
		e = turn_around(*out);
	if (!e)
		e = add_ways(*out, before, after, !request_query(q, "before"));
	if (e)
		console_fault(front, q, r, e, NULL);
	return e == ERR_OK;
}

/* Where an object's own page is, by what was done with it; the search knows the others. */
static const struct {
	const char *deed, *path;
} places[] = {{"order.", "/console/orders/"},	{"parcel.", "/console/orders/"},	{"code.", "/console/orders/"},
	      {"digits.", "/console/orders/"},	{"message.", "/console/orders/"}, {"directory.contact", "/console/contacts/"}};

static enum err add_place(json_t *record)
{
	const char *object = json_string_value(json_object_get(record, "object")), *what = json_string_value(json_object_get(record, "what"));
	const char *path = object && strlen(object) == SERIAL_DIGITS ? "/console/certificates/" : NULL;
	for (size_t i = 0; !path && what && i < sizeof places / sizeof *places; i++)
		if (strncmp(what, places[i].deed, strlen(places[i].deed)) == 0)
			path = places[i].path;
	if (!path || !object || !object[0])
		return ERR_OK;
	return json_object_set_new(record, "place", json_sprintf("%s%s", path, object)) == 0 ? ERR_OK : ERR_MEMORY;
}

/* Who may be chosen: the staff that the caller may know. */
static enum err add_people(json_t *page, const json_t *named, const char *chosen)
{
	const char *id;
	json_t *name, *list = json_array();
	json_object_foreach((json_t *)named, id, name)
		if (list && json_array_append_new(list, json_pack("{s:s, s:O, s:b}", "value", id, "text", name, "chosen",
								  chosen && strcmp(chosen, id) == 0)) != 0) {
			json_decref(list);
			return ERR_MEMORY;
		}
	return json_object_set_new(page, "people", list) == 0 ? ERR_OK : ERR_MEMORY;
}

/* The deeds to choose among, also when nothing is chosen. */
static enum err add_deeds(json_t *page)
{
	json_t *list = json_object_get(page, "choices_what") ? NULL : json_array();
	for (const struct console_choice *c = deeds; list && c->value; c++)
		if (json_array_append_new(list, json_pack("{s:s, s:s}", "value", c->value, "text", c->text)) != 0) {
			json_decref(list);
			return ERR_MEMORY;
		}
	if (json_object_get(page, "choices_what"))
		return ERR_OK;
	return json_object_set_new(page, "choices_what", list) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err dress(struct front *front, const struct request *q, json_t *page)
{
	size_t i;
	json_t *record, *items = json_object_get(page, "items"), *named = json_object();
	enum err e = named ? phrase_history(items) : ERR_MEMORY;
	if (!e)
		e = people_name(front, q, items, named);
	json_array_foreach(items, i, record)
		if (!e)
			e = add_place(record);
	if (!e)
		e = add_deeds(page);
	if (!e)
		e = add_people(page, named, request_query(q, "who"));
	json_decref(named);
	return e;
}

static void show(struct front *front, const struct request *q, struct reply *r, const json_t *page)
{
	const struct template_field fields[] = {
		{"filter_object", "", TEMPLATE_VALUE},
		{"filter_since", "", TEMPLATE_VALUE},
		{"filter_until", "", TEMPLATE_VALUE},
		{"oldest_first", is_filtered(q) ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	console_page(front, q, r, &(struct console_page){.status = listing_status(page), .title = "Audit", .text = console_text_audit, .data = page, .fields = fields});
}

void console_audit(struct front *front, const struct request *q, struct reply *r)
{
	json_t *page = NULL;
	if (is_filtered(q) ? listing_ask(front, q, r, &records, &page) : ask_newest(front, q, r, &page)) {
		enum err e = dress(front, q, page);
		if (e)
			console_fault(front, q, r, e, NULL);
		else
			show(front, q, r, page);
	}
	json_decref(page);
}
