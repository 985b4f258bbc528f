/* list: one page of a list of the API: its parameters read, its rows written as JSON or CSV.
 *
 * A list takes the parameters that it names, and limit and format; any other is refused, for a filter that is mistyped
 * must not list everything. Faults are noted as they are found, and answered all at once (422) by list_end. */
#ifndef ISSUER_HTTP_LIST_H
#define ISSUER_HTTP_LIST_H

#include "issuer/http/api.h"

enum { LIST_CSV_ROWS = 10000, LIST_CURSOR_SIZE = 3 * 64 };

struct list {
	struct front *front;
	const struct request *q;
	struct reply *r;
	struct store *store; /* a reader's */
	const char *scope;   /* the one organisation that is seen, by id; NULL: all */
	struct faults faults;
	struct errbuf why; /* the first of them */
	enum err err;
	int64_t limit;
	bool csv, paged;     /* paged: a limit was asked for */
};

/* `names` ends with NULL. Whatever it finds, list_end is to be called. */
void list_begin(struct list *l, struct front *front, const struct request *q, struct reply *r, const char *const *names);
/* Names the parameter and what it takes. */
void list_fault(struct list *l, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Each is NULL when the parameter is absent or empty, or was at fault. */
const char *list_text(struct list *l, const char *name);
/* One of the words, which end with NULL. */
const char *list_word(struct list *l, const char *name, const char *const *words);
/* A day or a time, as seconds: false when there is none. */
bool list_time(struct list *l, const char *name, int64_t *out);
/* organisation, service and client by their slugs, as ids: each "" when it is not asked for, and LIST_NOBODY, of which nothing
 * is, when there is none such. A service wants its organisation
 * beside it, a client its service. For who sees one organisation alone there is no other. */
#define LIST_NOBODY "-"
struct list_parents {
	char organisation[ID_SIZE], service[ID_SIZE], client[ID_SIZE];
};
void list_parents(struct list *l, struct list_parents *out);
/* Where the row of a cursor stands: the values of `statement`, which takes the cursor and the scope. False when there is no
 * cursor, or it was at fault. */
bool list_cursor(struct list *l, const char *name, enum statement statement, enum err (*take)(void *ctx, const struct row *r),
		 void *ctx);
/* A cursor of slugs: "nordbank/archive" into so many texts, the rest "". */
void list_slugs(struct list *l, const char *name, char slug[][64], size_t n);

struct list_shape {
	const char *name;       /* of the file that a spreadsheet opens: "orders" */
	const char *cursors[3]; /* the members of the last row that make the next page's cursor, joined by "/" */
};
/* The answer: {"items":[...],"next":cursor or null}, exact: a last page says that it is the last. The last value is the limit,
 * set here. CSV: the page that was asked for by ?limit=; without it all rows, and a fault when there are more than LIST_CSV_ROWS. */
void list_end(struct list *l, const struct list_shape *shape, enum statement id, struct value *values, size_t n);

/* The answer of a list that is made by hand; takes the items, which are the answer unless there was a fault. */
void list_answer(struct list *l, json_t *items);

/* "" as SQL NULL. */
struct value list_value(const char *text);

#endif
