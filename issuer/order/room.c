/* Is there room for another order of this client? One that may not have several live certificates is ordered for once at
 * a time; a renewal is an order of its own beside the one certificate that it follows. */
#include "issuer/order/new_order.h"
#include "issuer/order/room.h"

#include "ca/certificate.h"

#include <stdio.h>
#include <string.h>

enum column { /* of ORDER_ROOM in sql_order.def */
	APPROVALS, SEVERAL, LIVE, OPEN, RENEWABLE, RENEWED_BY, ALIVE
};

struct room {
	int64_t approvals; /* at least as many as the installation wants; -1: just as many */
	bool several, renewable;
	int64_t alive; /* how many live certificates it has */
	char live[SERIAL_TEXT_SIZE], open[ID_SIZE], renewed_by[ID_SIZE]; /* "" for none */
};

static void copy(char *out, size_t size, const struct row *r, int column)
{
	const char *text = row_text(r, column);
	snprintf(out, size, "%s", text ? text : "");
}

static enum err take_room(void *ctx, const struct row *r)
{
	struct room *room = ctx;
	room->approvals = row_is_null(r, APPROVALS) ? -1 : row_integer(r, APPROVALS);
	room->several = row_integer(r, SEVERAL) != 0;
	room->renewable = row_integer(r, RENEWABLE) != 0;
	room->alive = row_integer(r, ALIVE);
	copy(room->live, sizeof room->live, r, LIVE);
	copy(room->open, sizeof room->open, r, OPEN);
	copy(room->renewed_by, sizeof room->renewed_by, r, RENEWED_BY);
	return ERR_OK;
}

static void check_new(struct input *in, const struct room *room)
{
	char text[256];
	if (room->live[0])
		snprintf(text, sizeof text,
			 "it has the live certificate %s: renew that (order renew), or let it have several (client change "
			 "--several yes)", room->live);
	else if (room->open[0])
		snprintf(text, sizeof text,
			 "the order %s for it is still open: go on with that, or cancel it (order cancel), or let it have "
			 "several (client change --several yes)", room->open);
	else
		return;
	input_fault(in, "client", text);
}

static void check_renewal(struct input *in, const struct room *room)
{
	char text[256];
	if (!room->renewable) {
		input_fault(in, "renews", "the client has no live certificate of this serial");
	} else if (!room->several && room->renewed_by[0]) {
		snprintf(text, sizeof text, "the order %s renews it already: go on with that one", room->renewed_by);
		input_fault(in, "renews", text);
	} else if (!room->several && room->alive > 1) {
		input_fault(in, "renews", "the client has its renewed certificate beside this one: revoke the one that is not used any "
					  "more (cert revoke), or let it have several (client change --several yes)");
	}
}

enum err room_find(struct store *s, struct input *in, const char *client, struct new_order *n)
{
	struct room room = {.approvals = -1};
	enum err e = store_one(s, STATEMENT_ORDER_ROOM,
			       STORE_VALUES(value_integer(n->step.now), value_text(n->renews), value_text(client)), take_room, &room);
	if (e != ERR_OK)
		return e;
	n->approvals = room.approvals > n->approvals_standard ? room.approvals : n->approvals_standard;
	if (n->renews[0])
		check_renewal(in, &room);
	else if (!n->replaces && !room.several)
		check_new(in, &room);
	return ERR_OK;
}
