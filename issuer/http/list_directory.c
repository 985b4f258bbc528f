/* The lists of the directory, and of staff. */
#include "issuer/http/list.h"

#include "ca/name.h"

#include <stdio.h>

enum { SLUGS = 3 };

void api_organisation_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"after", NULL};
	static const struct list_shape shape = {"organisations", {"slug"}};
	char after[1][SLUG_SIZE];
	struct list l;
	list_begin(&l, front, q, r, names);
	list_slugs(&l, "after", after, 1);
	struct value values[3] = {value_text(after[0]), value_text(l.scope)};
	list_end(&l, &shape, STATEMENT_ORGANISATION_LIST, values, 3);
}

void api_service_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"organisation", "after", NULL};
	static const struct list_shape shape = {"services", {"organisation", "slug"}};
	char after[2][SLUG_SIZE];
	struct list_parents in;
	struct list l;
	list_begin(&l, front, q, r, names);
	list_slugs(&l, "after", after, 2);
	list_parents(&l, &in);
	struct value all[3] = {value_text(after[0]), value_text(after[1])},
		     of[3] = {value_text(in.organisation), value_text(after[1])};
	if (in.organisation[0])
		list_end(&l, &shape, STATEMENT_SERVICE_LIST_OF, of, 3);
	else
		list_end(&l, &shape, STATEMENT_SERVICE_LIST, all, 3);
}

void api_client_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"organisation", "service", "after", NULL};
	static const struct list_shape shape = {"clients", {"organisation", "service", "slug"}};
	char after[SLUGS][SLUG_SIZE];
	struct list_parents in;
	struct list l;
	list_begin(&l, front, q, r, names);
	list_slugs(&l, "after", after, SLUGS);
	list_parents(&l, &in);
	struct value all[4] = {value_text(after[0]), value_text(after[1]), value_text(after[2])},
		     of[4] = {value_text(in.organisation), value_text(after[1]), value_text(after[2])},
		     of_service[3] = {value_text(in.service), value_text(after[2])};
	if (in.service[0])
		list_end(&l, &shape, STATEMENT_CLIENT_LIST_OF_SERVICE, of_service, 3);
	else if (in.organisation[0])
		list_end(&l, &shape, STATEMENT_CLIENT_LIST_OF, of, 4);
	else
		list_end(&l, &shape, STATEMENT_CLIENT_LIST, all, 4);
}

struct place {
	char organisation[SLUG_SIZE], name[NAME_SIZE];
};

static enum err take_contact(void *ctx, const struct row *r)
{
	struct place *p = ctx;
	snprintf(p->organisation, sizeof p->organisation, "%s", row_text(r, 0));
	snprintf(p->name, sizeof p->name, "%s", row_text(r, 1));
	return ERR_OK;
}

static enum err take_member(void *ctx, const struct row *r)
{
	struct place *p = ctx;
	snprintf(p->name, sizeof p->name, "%s", row_text(r, 0));
	return ERR_OK;
}

void api_contact_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"organisation", "after", NULL};
	static const struct list_shape shape = {"contacts", {"id"}};
	struct list_parents in;
	struct place at = {"", ""};
	struct list l;
	list_begin(&l, front, q, r, names);
	list_parents(&l, &in);
	const char *after = list_cursor(&l, "after", STATEMENT_CONTACT_CURSOR, take_contact, &at) ? list_text(&l, "after") : "";
	struct value values[4] = {value_text(in.organisation[0] ? in.organisation : at.organisation), value_text(at.name),
				  value_text(after)};
	list_end(&l, &shape, in.organisation[0] ? STATEMENT_CONTACT_LIST_OF : STATEMENT_CONTACT_LIST, values, 4);
}

void api_staff_list(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"after", NULL};
	static const struct list_shape shape = {"staff", {"id"}};
	struct place at = {"", ""};
	struct list l;
	list_begin(&l, front, q, r, names);
	const char *after = list_cursor(&l, "after", STATEMENT_STAFF_CURSOR, take_member, &at) ? list_text(&l, "after") : "";
	struct value values[4] = {value_text(at.name), value_text(after), value_text(l.scope)};
	list_end(&l, &shape, STATEMENT_STAFF_LIST, values, 4);
}
