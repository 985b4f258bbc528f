#include "base/clock.h"
#include "issuer/http/api.h"
#include "issuer/order/idempotency.h"

#include <inttypes.h>
#include <stdio.h>

/* Two at once may both find nothing. Only one of them creates it: the other fails, for the key is taken, or for what it
 * would have made is there already; and finds it then. */
static enum err create_once(struct desk *d, api_maker *make, struct creation *c)
{
	int64_t now = clock_now();
	enum err e = idempotency_find(d, &c->who, now, c->id, &c->why);
	c->made = false;
	if (e != ERR_NOT_FOUND)
		return e;
	c->made = true;
	e = make(d, c);
	if (e == ERR_OK || !c->who.once)
		return e;
	struct errbuf another = {{0}};
	enum err found = idempotency_find(d, &c->who, now, c->id, &another);
	if (found == ERR_NOT_FOUND)
		return e;
	c->made = false;
	c->why = another;
	faults_clear(&c->faults);
	return found;
}

int api_create(struct front *front, const struct request *q, struct reply *r, api_maker *make, struct creation *c)
{
	struct idempotency once;
	enum err e = ERR_OK;
	c->who = request_actor(q);
	if (!c->body)
		e = request_json(q, &c->body, &c->why);
	if (e == ERR_OK && q->idempotency_key) {
		e = idempotency_begin(&once, q->idempotency_key, q->path, c->body, &c->why);
		c->who.once = &once;
	}
	if (e == ERR_OK)
		e = create_once(&front->desk, make, c);
	c->who.once = NULL;
	if (e != ERR_OK)
		reply_problem(r, q, e, &c->why, &c->faults);
	faults_clear(&c->faults);
	return e != ERR_OK ? 0 : c->made ? 201 : 200;
}

void api_tag(struct reply *r, const json_t *object)
{
	snprintf(r->etag, sizeof r->etag, "\"%" JSON_INTEGER_FORMAT "\"", json_integer_value(json_object_get(object, "version")));
	r->tag_for_changes = true;
}
