#include "issuer/order/directory_kinds.h"
#include "issuer/order/idempotency.h"
#include "issuer/order/parents.h"
#include "issuer/order/step.h"
#include "issuer/order/words.h"

#include "base/clock.h"

enum { VALUES_MOST = 12, NAMES_MOST = DIRECTORY_MEMBERS_MOST + PARENT_LEVELS + 2 };

struct addition {
	const struct directory *kind;
	struct step step;
	json_t *given;                    /* the members' values: an array */
	struct value values[VALUES_MOST]; /* in the order of the statement; borrowed from the former and from the input */
	size_t count;
	const char *slug; /* NULL for a contact: people are named by id only */
};

static void add_value(struct addition *a, struct value v)
{
	a->values[a->count++] = v;
}

/* What the body may have. */
static enum err begin(struct input *in, const struct directory *kind, struct errbuf *why)
{
	static const char *const parents[] = {"organisation", "service"};
	const char *names[NAMES_MOST] = {NULL};
	size_t n = 0;
	for (unsigned i = 0; i < kind->parents && i < sizeof parents / sizeof *parents; i++)
		names[n++] = parents[i];
	if (!kind->person)
		names[n++] = "slug";
	for (const struct member *m = kind->members; m->name; m++)
		names[n++] = m->name;
	return input_begin(in, names, why);
}

/* ERR_MEMORY; whatever is wrong with the values is noted as a fault. */
static enum err read_values(struct addition *a, struct input *in, const struct languages *languages)
{
	add_value(a, value_text(a->step.order));
	if (!a->kind->person)
		add_value(a, value_text(a->slug = input_required(in, "slug", slug_check)));
	for (const struct member *m = a->kind->members; m->name; m++) {
		unsigned before = in->count;
		json_t *v = member_read(in, m, languages);
		if (in->count != before)
			continue;
		if (!v || json_array_append_new(a->given, v) != 0)
			return ERR_MEMORY;
		add_value(a, member_value(v));
	}
	add_value(a, value_integer(a->step.now));
	return ERR_OK;
}

static enum err store_addition(struct store *s, void *ctx)
{
	const struct addition *a = ctx;
	enum err e = idempotency_claim(s, &a->step);
	if (e == ERR_OK)
		e = store_exec_one(s, a->kind->add, a->values, a->count);
	if (e == ERR_OK)
		e = words_renew(s, (enum directory_kind)(a->kind - directory_kinds), a->step.order);
	return e != ERR_OK ? e : step_note(s, &a->step, a->kind->added, NULL, a->slug);
}

static enum err make(struct desk *d, struct addition *a, struct input *in, struct errbuf *why)
{
	struct parent parents[PARENT_LEVELS] = {0};
	struct store *s = readers_take(d->readers);
	enum err rc = parents_find(s, in, a->kind->parents, parents);
	readers_give(d->readers, s);
	if (rc == ERR_OK)
		rc = read_values(a, in, d->languages);
	for (unsigned i = 0; i < a->kind->parents; i++)
		add_value(a, value_text(parents[i].slug));
	if (rc == ERR_OK)
		rc = input_verdict(in, why);
	return rc == ERR_OK ? writer_run(d->writer, store_addition, a) : rc;
}

enum err directory_add(struct desk *d, const struct actor *who, enum directory_kind kind, json_t *body,
		       char id[ID_SIZE], struct faults *faults, struct errbuf *why)
{
	struct addition a = {.kind = &directory_kinds[kind], .step = {who, id, clock_now()}};
	struct input in = {.body = body, .faults = faults, .scope = actor_scope(who)};
	enum err rc = begin(&in, a.kind, why);
	if (rc == ERR_OK)
		rc = id_new(id);
	if (rc == ERR_OK && !(a.given = json_array()))
		rc = ERR_MEMORY;
	if (rc == ERR_OK)
		rc = make(d, &a, &in, why);
	json_decref(a.given);
	if (rc == ERR_EXISTS)
		return fail(why, rc, "this %s cannot be added: %s", a.kind->word, a.kind->taken);
	return rc;
}
