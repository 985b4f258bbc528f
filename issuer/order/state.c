#include "issuer/order/state.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *phrase; /* "%s cannot be unlocked" */
} states[ORDER_STATE_COUNT] = {
	[ORDER_REQUESTED] = {"requested", "an order that waits for approval"},
	[ORDER_APPROVED] = {"approved", "an approved order"},
	[ORDER_REJECTED] = {"rejected", "a rejected order"},
	[ORDER_OFFERED] = {"offered", "an offered order"},
	[ORDER_LOCKED] = {"locked", "a locked order"},
	[ORDER_LAPSED] = {"lapsed", "a lapsed order"},
	[ORDER_COLLECTING] = {"collecting", "an order that is being collected"},
	[ORDER_RECEIVED] = {"received", "an order whose file was received"},
	[ORDER_PASSWORD_SENT] = {"password_sent", "an order whose password was sent"},
	[ORDER_IN_USE] = {"in_use", "an order whose certificate is in use"},
	[ORDER_CANCELLED] = {"cancelled", "a cancelled order"},
};

static const struct {
	const char *name;
	const char *done; /* "... cannot be %s" */
} events[EVENT_COUNT] = {
	[EVENT_APPROVE] = {"order.approved", "approved"},
	[EVENT_REJECT] = {"order.rejected", "rejected"},
	[EVENT_OFFER] = {"order.offered", "offered"},
	[EVENT_CLAIM] = {"order.claimed", "claimed"},
	[EVENT_LOCK] = {"order.locked", "locked"},
	[EVENT_UNLOCK] = {"order.unlocked", "unlocked"},
	[EVENT_RESEND] = {"order.resent", "sent again"},
	[EVENT_LAPSE] = {"order.lapsed", "marked as lapsed"},
	[EVENT_RECEIVE] = {"parcel.received", "marked as received"},
	[EVENT_PASSWORD_SENT] = {"order.password_sent", "marked as having its password sent"},
	[EVENT_USE] = {"order.in_use", "marked as in use"},
	[EVENT_CANCEL] = {"order.cancelled", "cancelled"},
	[EVENT_REISSUE] = {"order.reissued", "made anew"},
};

/* The table. What is not here is refused. */
#define TO(state) (ORDER_##state + 1)
static const uint8_t next[ORDER_STATE_COUNT][EVENT_COUNT] = {
	[ORDER_REQUESTED] = {
		[EVENT_APPROVE] = TO(APPROVED),
		[EVENT_REJECT] = TO(REJECTED),
		[EVENT_LAPSE] = TO(LAPSED),      /* nobody approved it in time */
		[EVENT_CANCEL] = TO(CANCELLED),
	},
	[ORDER_APPROVED] = {
		[EVENT_OFFER] = TO(OFFERED),
		[EVENT_CANCEL] = TO(CANCELLED),
	},
	[ORDER_OFFERED] = {
		[EVENT_CLAIM] = TO(COLLECTING),
		[EVENT_LOCK] = TO(LOCKED),
		[EVENT_RESEND] = TO(OFFERED),
		[EVENT_LAPSE] = TO(LAPSED),
		[EVENT_CANCEL] = TO(CANCELLED),
	},
	[ORDER_LOCKED] = {
		[EVENT_UNLOCK] = TO(OFFERED),
		[EVENT_LAPSE] = TO(LAPSED),
		[EVENT_CANCEL] = TO(CANCELLED),
	},
	[ORDER_COLLECTING] = {
		[EVENT_CLAIM] = TO(COLLECTING),  /* a new code replaces a lost claim */
		[EVENT_RESEND] = TO(OFFERED),    /* a new link ends the claim; what was made stays for the next one */
		[EVENT_RECEIVE] = TO(RECEIVED),
		[EVENT_LAPSE] = TO(LAPSED),
		[EVENT_CANCEL] = TO(CANCELLED),
	},
	[ORDER_RECEIVED] = {
		[EVENT_RESEND] = TO(RECEIVED),   /* the password again, while it rests */
		[EVENT_PASSWORD_SENT] = TO(PASSWORD_SENT),
		[EVENT_USE] = TO(IN_USE),        /* a request's holder needs no password */
		[EVENT_CANCEL] = TO(CANCELLED),
		[EVENT_REISSUE] = TO(RECEIVED),  /* another order takes its place; this one says what was delivered */
	},
	[ORDER_PASSWORD_SENT] = {
		[EVENT_RESEND] = TO(PASSWORD_SENT),
		[EVENT_USE] = TO(IN_USE),
		[EVENT_CANCEL] = TO(CANCELLED),
		[EVENT_REISSUE] = TO(PASSWORD_SENT),
	},
	[ORDER_IN_USE] = {
		[EVENT_REISSUE] = TO(IN_USE),
	},
};
#undef TO

/* What else there is to do, where the refusal alone does not say it. */
static const struct {
	enum order_state from;
	enum order_event event;
	const char *advice;
} advices[] = {
	{ORDER_IN_USE, EVENT_RESEND, ": its password is erased at the first use; have it made anew (order reissue)"},
	{ORDER_LAPSED, EVENT_RESEND, ": order anew (order new)"},
	{ORDER_LAPSED, EVENT_APPROVE, ": order anew (order new)"},
	{ORDER_REQUESTED, EVENT_RESEND, ": nothing was sent yet; it is sent once it is approved"},
	{ORDER_OFFERED, EVENT_REJECT, ": it is approved; cancel it (order cancel)"},
};

static const char *advice_for(enum order_state from, enum order_event event)
{
	for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
		if (advices[i].from == from && advices[i].event == event)
			return advices[i].advice;
	return "";
}

const char *order_state_name(enum order_state s)
{
	return (unsigned)s < ORDER_STATE_COUNT ? states[s].name : "unknown";
}

enum err order_state_from_name(const char *name, enum order_state *out)
{
	for (unsigned s = 0; name && s < ORDER_STATE_COUNT; s++) {
		if (strcmp(states[s].name, name) == 0) {
			*out = (enum order_state)s;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

const char *order_event_name(enum order_event e)
{
	return (unsigned)e < EVENT_COUNT ? events[e].name : "order.unknown";
}

enum err order_next(enum order_state from, enum order_event event, enum order_state *to, struct errbuf *why)
{
	if ((unsigned)from >= ORDER_STATE_COUNT || (unsigned)event >= EVENT_COUNT)
		return fail(why, ERR_CONFLICT, "there is no such state or event");
	if (!next[from][event])
		return fail(why, ERR_CONFLICT, "%s cannot be %s%s", states[from].phrase, events[event].done,
			    advice_for(from, event));
	*to = (enum order_state)(next[from][event] - 1);
	return ERR_OK;
}

enum { LIST_SIZE = 192 }; /* every state's name, quoted */
static char lists[EVENT_COUNT][LIST_SIZE];

static void write_lists(void)
{
	for (unsigned e = 0; e < EVENT_COUNT; e++) {
		size_t len = 0;
		for (unsigned s = 0; s < ORDER_STATE_COUNT; s++)
			if (next[s][e])
				len += (size_t)snprintf(lists[e] + len, LIST_SIZE - len, "%s\"%s\"", len ? "," : "[",
							states[s].name);
		snprintf(lists[e] + len, LIST_SIZE - len, "%s]", len ? "" : "[");
	}
}

const char *order_states_before(enum order_event event)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if ((unsigned)event >= EVENT_COUNT || pthread_once(&once, write_lists) != 0)
		return "[]";
	return lists[event];
}
