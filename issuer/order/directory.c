#include "issuer/order/parents.h"
#include "issuer/order/step.h"

#include "base/clock.h"
#include "delivery/address.h"

enum { VALUES_MOST = 9 };

static const struct kind {
	const char *word;    /* also the audit's: "directory.WORD_added" */
	const char *event;
	const char *taken;   /* what ERR_EXISTS says */
	const char *members[8];
	unsigned parents;
	enum statement add;
} kinds[] = {
	[DIRECTORY_ORGANISATION] = {"organisation", "directory.organisation_added", "its slug is taken",
				    {"slug", "name"}, 0, STATEMENT_ORGANISATION_ADD},
	[DIRECTORY_SERVICE] = {"service", "directory.service_added", "the organisation has one of this slug",
			       {"organisation", "slug", "name"}, 1, STATEMENT_SERVICE_ADD},
	[DIRECTORY_CLIENT] = {"client", "directory.client_added", "the service has one of this slug",
			      {"organisation", "service", "slug", "name", "several"}, 2, STATEMENT_CLIENT_ADD},
	[DIRECTORY_CONTACT] = {"contact", "directory.contact_added", "the organisation has one of this e-mail",
			       {"organisation", "name", "email", "mobile", "may_order", "may_receive", "language"}, 1,
			       STATEMENT_CONTACT_ADD},
};

struct addition {
	const struct kind *kind;
	struct step step;
	struct value values[VALUES_MOST]; /* in the order of the statement */
	size_t count;
	const struct languages *languages;
	const char *slug; /* NULL for a contact: people are named by id only */
};

static void add_value(struct addition *a, struct value v)
{
	a->values[a->count++] = v;
}

/* The statements take: id, what it is, now, its parents' slugs. */
static void read_values(struct addition *a, struct input *in, const struct parent *parents)
{
	add_value(a, value_text(a->step.order));
	if (a->kind == &kinds[DIRECTORY_CONTACT]) {
		add_value(a, value_text(input_required(in, "name", name_check)));
		add_value(a, value_text(input_required(in, "email", mailbox_check)));
		add_value(a, value_text(input_required(in, "mobile", mobile_check)));
		add_value(a, value_integer(input_flag(in, "may_order", true)));
		add_value(a, value_integer(input_flag(in, "may_receive", true)));
		add_value(a, value_text(input_language(in, a->languages)));
	} else {
		a->slug = input_required(in, "slug", slug_check);
		add_value(a, value_text(a->slug));
		add_value(a, value_text(input_required(in, "name", name_check)));
		if (a->kind == &kinds[DIRECTORY_CLIENT])
			add_value(a, value_integer(input_flag(in, "several", false)));
	}
	add_value(a, value_integer(a->step.now));
	for (unsigned i = 0; i < a->kind->parents; i++)
		add_value(a, value_text(parents[i].slug));
}

static enum err store_addition(struct store *s, void *ctx)
{
	const struct addition *a = ctx;
	enum err e = store_exec_one(s, a->kind->add, a->values, a->count);
	return e != ERR_OK ? e : step_note(s, &a->step, a->kind->event, NULL, a->slug);
}

enum err directory_add(struct desk *d, const struct actor *who, enum directory_kind kind, json_t *body,
		       char id[ID_SIZE], struct faults *faults, struct errbuf *why)
{
	struct addition a = {.kind = &kinds[kind], .step = {who, id, clock_now()}, .languages = d->languages};
	struct input in = {.body = body, .faults = faults};
	struct parent parents[PARENT_LEVELS] = {0};
	enum err rc = input_begin(&in, a.kind->members, why);
	if (rc == ERR_OK)
		rc = id_new(id);
	if (rc != ERR_OK)
		return rc;
	struct store *s = readers_take(d->readers);
	rc = parents_find(s, &in, a.kind->parents, parents);
	readers_give(d->readers, s);
	read_values(&a, &in, parents);
	if (rc == ERR_OK)
		rc = input_verdict(&in, why);
	if (rc == ERR_OK)
		rc = writer_run(d->writer, store_addition, &a);
	if (rc == ERR_EXISTS)
		return fail(why, rc, "this %s cannot be added: %s", a.kind->word, a.kind->taken);
	return rc;
}
