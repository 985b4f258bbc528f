/* The list of certificates: its filters, and which of them leads. */
#include "issuer/http/list.h"

#include "base/clock.h"
#include "ca/certificate.h"
#include "ca/crl.h"

#include <string.h>

struct place {
	int64_t created_at, not_after;
};

static enum err take_place(void *ctx, const struct row *r)
{
	struct place *p = ctx;
	p->created_at = row_integer(r, 0);
	p->not_after = row_integer(r, 1);
	return ERR_OK;
}

struct filters {
	struct list_parents in;
	const char *status, *before;
	struct place at;
	int64_t now, ends_before;
	bool ends;
};

static const struct list_shape shape = {"certificates", {"serial"}};

/* By client, organisation or nothing: newest first. */
static void by_parents(struct list *l, const struct filters *f)
{
	enum statement id = f->in.client[0]	  ? STATEMENT_CERTIFICATE_LIST_OF_CLIENT
			    : f->in.organisation[0] ? STATEMENT_CERTIFICATE_LIST_OF_ORGANISATION
						    : STATEMENT_CERTIFICATE_LIST;
	struct value values[9] = {
		value_integer(f->now), value_integer(f->at.created_at), value_text(f->before), list_value(f->in.client),
		list_value(f->in.organisation), value_text(f->status), list_value(f->in.service),
		f->ends ? value_integer(f->ends_before) : value_null(),
	};
	list_end(l, &shape, id, values, 9);
}

static void by_status(struct list *l, const struct filters *f)
{
	struct value values[5] = {value_integer(f->now), value_integer(f->at.not_after), value_text(f->before)};
	if (strcmp(f->status, "expired") == 0) {
		values[1] = value_integer(f->before[0] ? f->at.not_after : f->now);
		list_end(l, &shape, STATEMENT_CERTIFICATE_LIST_EXPIRED, values, 4);
		return;
	}
	values[3] = value_text(f->status);
	list_end(l, &shape, STATEMENT_CERTIFICATE_LIST_WITH_STATUS, values, 5);
}

/* What is valid and ends: the first page begins at what ends now. */
static void by_end(struct list *l, const struct filters *f)
{
	struct value values[5] = {value_integer(f->now), value_integer(f->before[0] ? f->at.not_after : f->now), value_text(f->before),
				  value_integer(f->ends_before)};
	list_end(l, &shape, STATEMENT_CERTIFICATE_LIST_ENDING, values, 5);
}

void api_certificate_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"status", "organisation", "service", "client", "expires_before", "before", NULL},
			  *const statuses[] = {"valid", "held", "revoked", "expired", NULL};
	struct filters f = {.at = {INT64_MAX, INT64_MAX}, .now = clock_now()};
	struct list l;
	list_begin(&l, front, q, r, names);
	list_parents(&l, &f.in);
	f.status = list_word(&l, "status", statuses);
	f.ends = list_time(&l, "expires_before", &f.ends_before);
	f.before = list_cursor(&l, "before", STATEMENT_CERTIFICATE_CURSOR, take_place, &f.at) ? list_text(&l, "before") : "";
	if (f.ends && !f.status)
		f.status = "valid";
	if (f.ends && strcmp(f.status, "valid") != 0 && !f.in.organisation[0])
		list_fault(&l, "expires_before", "of those that are valid, or of one organisation");
	if (f.in.organisation[0] || !f.status)
		by_parents(&l, &f);
	else if (f.ends)
		by_end(&l, &f);
	else
		by_status(&l, &f);
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(r->json, "items"), i, item)
		api_name_reason(item);
}
