/* The audit's records: its filters, and which of them leads. */
#include "issuer/http/list.h"

#include <stdlib.h>
#include <string.h>

static const struct list_shape shape = {"audit", {"sequence"}};

static enum err take_at(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 0);
	return ERR_OK;
}

static int64_t read_after(struct list *l)
{
	const char *text = list_text(l, "after");
	if (text && (strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)) {
		list_fault(l, "after", "the sequence number of a record");
		return 0;
	}
	return text ? strtoll(text, NULL, 10) : 0;
}

struct filters {
	const char *object, *who, *what;
	int64_t after, at, since, until;
	bool since_given, until_given;
};

static void read_filters(struct list *l, struct filters *f)
{
	*f = (struct filters){list_text(l, "object"), list_text(l, "who"), list_text(l, "what"), .after = read_after(l)};
	f->since_given = list_time(l, "since", &f->since);
	f->until_given = list_time(l, "until", &f->until);
}

/* As the chain goes, for whoever verifies it. */
static void as_stored(struct list *l, const struct filters *f)
{
	struct value values[2] = {value_integer(f->after)};
	list_end(l, &shape, STATEMENT_AUDIT_LIST, values, 2);
}

static void filtered(struct list *l, struct filters *f)
{
	enum statement id = f->object  ? STATEMENT_AUDIT_LIST_OF_OBJECT
			    : f->who   ? STATEMENT_AUDIT_LIST_BY
			    : f->what  ? STATEMENT_AUDIT_LIST_WHAT
			    : l->scope ? STATEMENT_AUDIT_LIST_OF_ORGANISATION
				       : STATEMENT_AUDIT_LIST_WITHIN;
	int64_t sequence = f->after;
	if (f->after)
		(void)list_cursor(l, "after", STATEMENT_AUDIT_CURSOR, take_at, &f->at);
	if (f->object) {
		f->at = f->since_given ? f->since : 0;
	} else if (f->since_given && f->at < f->since) {
		f->at = f->since - 1; /* behind the last second before it */
		sequence = INT64_MAX;
	}
	struct value values[8] = {
		value_integer(f->at), value_integer(sequence), value_text(f->object), value_text(f->who), value_text(f->what),
		value_text(l->scope), f->until_given ? value_integer(f->until) : value_null(),
	};
	list_end(l, &shape, id, values, 8);
}

void api_audit_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"object", "who", "what", "since", "until", "after", NULL};
	struct filters f;
	struct list l;
	list_begin(&l, front, q, r, names);
	read_filters(&l, &f);
	if (f.object || f.who || f.what || f.since_given || f.until_given || l.scope)
		filtered(&l, &f);
	else
		as_stored(&l, &f);
}
