#include "issuer/http/list.h"

#include "base/clock.h"
#include "ca/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value list_value(const char *text)
{
	return value_text(text && text[0] ? text : NULL);
}

void list_fault(struct list *l, const char *name, const char *format, ...)
{
	struct errbuf why = {0};
	va_list rest;
	va_start(rest, format);
	vsnprintf(why.text, sizeof why.text, format, rest);
	va_end(rest);
	faults_add(&l->faults, name, &why);
	if (!l->err)
		snprintf(l->why.text, sizeof l->why.text, "%.60s: %.180s", name, why.text);
	l->err = ERR_INVALID;
}

const char *list_text(struct list *l, const char *name)
{
	const char *text = request_query(l->q, name);
	return text && text[0] ? text : NULL;
}

static void read_limit(struct list *l)
{
	const char *text = list_text(l, "limit");
	char *end = NULL;
	long most = l->csv ? LIST_CSV_ROWS : API_LIMIT_MOST;
	l->limit = l->csv ? LIST_CSV_ROWS : API_LIMIT;
	l->paged = text != NULL;
	if (!text)
		return;
	long n = strspn(text, "0123456789") == strlen(text) ? strtol(text, &end, 10) : 0;
	if (n < 1 || n > most)
		list_fault(l, "limit", "a whole number from 1 to %ld", most);
	else
		l->limit = n;
}

void list_begin(struct list *l, struct front *front, const struct request *q, struct reply *r, const char *const *names)
{
	static const char *const formats[] = {"json", "csv", NULL}, *const common[] = {"limit", "format", NULL};
	*l = (struct list){.front = front, .q = q, .r = r};
	/* the console's pages have parameters of their own beside these */
	const char *unknown = strncmp(q->path, "/v1/", 4) == 0 ? request_query_unknown(q, names, common) : NULL;
	if (unknown)
		list_fault(l, unknown, "unknown parameter");
	const char *format = list_word(l, "format", formats);
	l->csv = format && strcmp(format, "csv") == 0;
	read_limit(l);
	if (q->identity && q->identity->kind == IDENTITY_STAFF && q->identity->scope[0])
		l->scope = q->identity->scope;
	l->store = readers_take(front->desk.readers);
}

const char *list_word(struct list *l, const char *name, const char *const *words)
{
	const char *text = list_text(l, name);
	char all[256];
	size_t used = 0;
	if (!text)
		return NULL;
	for (const char *const *w = words; *w; w++) {
		if (strcmp(*w, text) == 0)
			return *w;
		int n = snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", *w);
		used = n > 0 && used + (size_t)n < sizeof all ? used + (size_t)n : used;
	}
	list_fault(l, name, "one of %s", all);
	return NULL;
}

bool list_time(struct list *l, const char *name, int64_t *out)
{
	const char *text = list_text(l, name);
	if (!text)
		return false;
	if (clock_from_text(text, out) == ERR_OK)
		return true;
	list_fault(l, name, "a day or a time (UTC), as 2026-11-22 or 2026-11-22T02:13:38Z");
	return false;
}

static enum err take_id(void *ctx, const struct row *r)
{
	snprintf(ctx, ID_SIZE, "%s", row_text(r, 0));
	return ERR_OK;
}

/* One level down: its id; NOBODY for what is not there, and for what is not to be seen. */
static void find_parent(struct list *l, const char *name, enum statement statement, const char *above, char out[ID_SIZE])
{
	const char *slug = list_text(l, name);
	if (!slug || l->err)
		return;
	if (slug_check(slug, strlen(slug), NULL) != ERR_OK) {
		list_fault(l, name, "a short name: a-z, 0-9 and hyphens");
		return;
	}
	struct value values[2] = {value_text(above), value_text(slug)};
	enum err e = above ? store_one(l->store, statement, values, 2, take_id, out)
			   : store_one(l->store, statement, values + 1, 1, take_id, out);
	if (e == ERR_OK && (above || !l->scope || strcmp(l->scope, out) == 0))
		return;
	l->err = e == ERR_NOT_FOUND ? ERR_OK : e;
	snprintf(out, ID_SIZE, LIST_NOBODY);
}

void list_parents(struct list *l, struct list_parents *out)
{
	*out = (struct list_parents){0};
	if (list_text(l, "service") && !list_text(l, "organisation"))
		list_fault(l, "service", "with its organisation beside it: short names are an organisation's own");
	if (list_text(l, "client") && !list_text(l, "service"))
		list_fault(l, "client", "with its organisation and service beside it: short names are a service's own");
	find_parent(l, "organisation", STATEMENT_ORDER_ORGANISATION, NULL, out->organisation);
	find_parent(l, "service", STATEMENT_ORDER_SERVICE, out->organisation, out->service);
	find_parent(l, "client", STATEMENT_ORDER_CLIENT, out->service, out->client);
	if (l->scope && !out->organisation[0])
		snprintf(out->organisation, ID_SIZE, "%s", l->scope);
}

bool list_cursor(struct list *l, const char *name, enum statement statement, enum err (*take)(void *ctx, const struct row *r),
		 void *ctx)
{
	const char *text = list_text(l, name);
	if (!text || l->err)
		return false;
	enum err e = store_one(l->store, statement, STORE_VALUES(value_text(text), value_text(l->scope)), take, ctx);
	if (e == ERR_NOT_FOUND)
		list_fault(l, name, "what the last page gave as next");
	else
		l->err = e;
	return e == ERR_OK;
}

void list_slugs(struct list *l, const char *name, char slug[][64], size_t n)
{
	const char *text = list_text(l, name);
	for (size_t i = 0; i < n; i++)
		slug[i][0] = '\0';
	for (size_t i = 0; text && i < n; i++) {
		size_t len = strcspn(text, "/");
		if (slug_check(text, len, NULL) != ERR_OK || (text[len] == '/') != (i + 1 < n)) {
			list_fault(l, name, "what the last page gave as next");
			return;
		}
		snprintf(slug[i], 64, "%.*s", (int)len, text);
		text += len + 1;
	}
}

/* An integer stays one: so the audit's is. */
static json_t *next_cursor(const struct list_shape *shape, const json_t *row)
{
	char text[LIST_CURSOR_SIZE];
	size_t used = 0;
	json_t *only = json_object_get(row, shape->cursors[0]);
	if (json_is_integer(only))
		return json_incref(only);
	for (size_t i = 0; i < 3 && shape->cursors[i]; i++) {
		const char *part = json_string_value(json_object_get(row, shape->cursors[i]));
		int n = snprintf(text + used, sizeof text - used, "%s%s", used ? "/" : "", part ? part : "");
		if (n < 0 || used + (size_t)n >= sizeof text)
			return NULL;
		used += (size_t)n;
	}
	return json_string(text);
}

static enum err answer_json(struct list *l, const struct list_shape *shape, enum statement id, const struct value *values,
			    size_t n)
{
	json_t *items = NULL, *next = json_null();
	enum err e = store_json(l->store, id, values, n, &items);
	size_t have = json_array_size(items);
	if (e)
		return e;
	if (have > (size_t)l->limit) {
		json_array_remove(items, have - 1);
		next = next_cursor(shape, json_array_get(items, have - 2));
	}
	json_t *answer = json_pack("{s:o, s:o}", "items", items, "next", next);
	if (!answer)
		return ERR_MEMORY;
	reply_json(l->r, 200, answer);
	return ERR_OK;
}

static enum err answer_csv(struct list *l, const struct list_shape *shape, enum statement id, const struct value *values,
			   size_t n)
{
	size_t rows = 0;
	enum err e = store_csv(l->store, id, values, n, &l->r->body, (size_t)l->limit, &rows);
	if (!e && rows > (size_t)l->limit && !l->paged)
		list_fault(l, "format", "as CSV %d rows at most: narrow the list by its filters, or give a limit", LIST_CSV_ROWS);
	if (e || l->err)
		return e;
	l->r->content_type = "text/csv; charset=utf-8; header=present";
	snprintf(l->r->disposition, sizeof l->r->disposition, "attachment; filename=\"%s.csv\"", shape->name);
	return ERR_OK;
}

static void finish(struct list *l)
{
	readers_give(l->front->desk.readers, l->store);
	if (l->err)
		reply_problem(l->r, l->q, l->err, l->faults.list ? &l->why : NULL, &l->faults);
	faults_clear(&l->faults);
}

void list_end(struct list *l, const struct list_shape *shape, enum statement id, struct value *values, size_t n)
{
	enum err e = l->err;
	values[n - 1] = value_integer(l->limit + 1);
	if (!e)
		e = l->csv ? answer_csv(l, shape, id, values, n) : answer_json(l, shape, id, values, n);
	l->err = e ? e : l->err;
	finish(l);
}

void list_answer(struct list *l, json_t *items)
{
	if (!l->err)
		reply_json(l->r, 200, json_pack("{s:O, s:n}", "items", items, "next"));
	if (!l->err && !l->r->json)
		l->err = ERR_MEMORY;
	json_decref(items);
	finish(l);
}
