/* The list of orders: its filters, and which of them leads. */
#include "issuer/http/list.h"

#include "issuer/order/state.h"

#include <stdio.h>

struct place {
	int64_t created_at, due_at;
};

static enum err take_place(void *ctx, const struct row *r)
{
	struct place *p = ctx;
	p->created_at = row_integer(r, 0);
	p->due_at = row_integer(r, 1);
	return ERR_OK;
}

static const char *read_state(struct list *l)
{
	const char *words[ORDER_STATE_COUNT + 1] = {0};
	for (int s = 0; s < ORDER_STATE_COUNT; s++)
		words[s] = order_state_name((enum order_state)s);
	return list_word(l, "state", words);
}

struct contact {
	char id[ID_SIZE];
	int found;
};

static enum err take_contact(void *ctx, const struct row *r)
{
	struct contact *c = ctx;
	snprintf(c->id, sizeof c->id, "%s", row_text(r, 0));
	c->found++;
	return ERR_OK;
}

/* By id or e-mail; an address may stand in several organisations. */
static void read_contact(struct list *l, const char *organisation, struct contact *out)
{
	const char *text = list_text(l, "contact");
	*out = (struct contact){0};
	if (!text || l->err)
		return;
	enum err e = store_each(l->store, STATEMENT_CONTACT_NAMED, STORE_VALUES(value_text(text), list_value(organisation)),
				take_contact, out);
	if (e)
		l->err = e;
	else if (out->found == 0)
		snprintf(out->id, sizeof out->id, LIST_NOBODY);
	else if (out->found > 1)
		list_fault(l, "contact", "several organisations have a contact of this address: name the organisation too");
}

struct filters {
	struct list_parents in;
	struct contact contact;
	const char *state, *kind;
	int64_t due_before;
	bool due;
};

/* The narrowest first: what the others leave out of it is looked at row by row. */
static enum statement leading(const struct filters *f)
{
	const struct {
		bool given;
		enum statement statement;
	} by[] = {
		{f->in.client[0], STATEMENT_ORDER_LIST_OF_CLIENT},
		{f->contact.id[0], STATEMENT_ORDER_LIST_OF_CONTACT},
		{f->in.organisation[0], STATEMENT_ORDER_LIST_OF_ORGANISATION},
		{f->state && !f->due, STATEMENT_ORDER_LIST_IN_STATE},
		{f->due, STATEMENT_ORDER_LIST_DUE},
		{f->kind, STATEMENT_ORDER_LIST_OF_KIND},
	};
	for (size_t i = 0; i < sizeof by / sizeof *by; i++)
		if (by[i].given)
			return by[i].statement;
	return STATEMENT_ORDER_LIST;
}

void api_order_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"state", "organisation", "service", "client", "contact", "kind", "due_before", "before",
					    NULL},
			  *const kinds[] = {"new", "renewal", "reissue", NULL};
	static const struct list_shape shape = {"orders", {"id"}};
	struct place at = {INT64_MAX, INT64_MAX};
	struct filters f;
	struct list l;
	list_begin(&l, front, q, r, names);
	list_parents(&l, &f.in);
	read_contact(&l, f.in.organisation, &f.contact);
	f.state = read_state(&l);
	f.kind = list_word(&l, "kind", kinds);
	f.due = list_time(&l, "due_before", &f.due_before);
	const char *before = list_cursor(&l, "before", STATEMENT_ORDER_CURSOR, take_place, &at) ? list_text(&l, "before") : "";
	enum statement id = leading(&f);
	struct value values[10] = {
		value_integer(id == STATEMENT_ORDER_LIST_DUE ? at.due_at : at.created_at), value_text(before),
		list_value(f.in.client), list_value(f.contact.id), list_value(f.in.organisation), value_text(f.state),
		value_text(f.kind), list_value(f.in.service), f.due ? value_integer(f.due_before) : value_null(),
	};
	list_end(&l, &shape, id, values, 10);
}
