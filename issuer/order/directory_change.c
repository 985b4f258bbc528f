#include "issuer/order/input.h"
#include "issuer/order/step.h"

#include "base/clock.h"

#include <string.h>

struct change {
	struct step step; /* its order: the contact's id */
	const char *language;
};

static enum err take_id(void *ctx, const struct row *r)
{
	char *id = ctx;
	const char *text = row_text(r, 0);
	size_t len = strlen(text);
	if (len >= ID_SIZE)
		return ERR_CORRUPT;
	memcpy(id, text, len + 1);
	return ERR_OK;
}

static enum err find_contact(struct desk *d, const char *name, char id[ID_SIZE])
{
	struct store *s = readers_take(d->readers);
	enum err e = store_one(s, STATEMENT_CONTACT_SHOW, STORE_VALUES(value_text(name)), take_id, id);
	readers_give(d->readers, s);
	return e;
}

static enum err store_change(struct store *s, void *ctx)
{
	const struct change *c = ctx;
	enum err e = store_exec_one(s, STATEMENT_CONTACT_CHANGE,
				    STORE_VALUES(value_text(c->language), value_integer(c->step.now), value_text(c->step.order)));
	return e != ERR_OK ? e : step_note(s, &c->step, "directory.contact_changed", NULL, c->language);
}

enum err directory_change_contact(struct desk *d, const struct actor *who, const char *contact, json_t *body,
				  struct faults *faults, struct errbuf *why)
{
	static const char *const members[] = {"language", NULL};
	struct input in = {.body = body, .faults = faults};
	char id[ID_SIZE];
	struct change c = {.step = {who, id, clock_now()}};
	enum err rc = input_begin(&in, members, why);
	if (rc == ERR_OK)
		rc = find_contact(d, contact, id);
	if (rc != ERR_OK)
		return rc;
	c.language = input_language(&in, d->languages);
	if (!c.language[0] && !json_object_get(body, "language"))
		input_fault(&in, "language", "this is what can be changed, and it is missing");
	rc = input_verdict(&in, why);
	return rc == ERR_OK ? writer_run(d->writer, store_change, &c) : rc;
}
