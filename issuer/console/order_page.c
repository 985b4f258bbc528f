/* One order: where it stands, what happened to it, and what the caller may do about it. */
#include "base/embed.h"
#include "issuer/console/order_view.h"
#include "issuer/order/state.h"

#include <string.h>

EMBED_TEXT(console_text_order, "issuer/console/pages/order.html");

static console_view view;

static const struct console_field none[] = {{0}};
static const struct console_field approving[] = {{.name = "digest", .kind = CONSOLE_FIXED}, {0}};
static const struct console_field rejecting[] = {
	{.name = "reason", .label = "Why", .hint = "Whoever ordered is told by e-mail.", .wanted = true, .longest = 500}, {0},
};
static const struct console_field cancelling[] = {
	{.name = "reason", .label = "Why", .hint = "Kept in the audit.", .longest = 500}, {0},
};
static const struct console_field reissuing[] = {
	{.name = "note", .value = "nothing", .label = "What was lost", .hint = "Kept in the audit.", .longest = 500}, {0},
};
static const struct console_field renewing[] = {
	{.name = "contact", .value = "contact", .label = "Contact", .hint = "Who gets it: the id or the e-mail of a contact.", .longest = 254},
	{.name = "note", .value = "nothing", .label = "Note", .longest = 500},
	{.name = "due", .value = "nothing", .label = "Due", .kind = CONSOLE_DATE, .hint = "The day by which it should be in use."},
	{0},
};

#define AT "/console/orders/{order}"
static const struct console_form approve = {.name = "approve", .path = AT "/approve", .api = api_order_approve, .view = view,
	.submit = "Approve exactly this", .next = "/console/orders/{id}", .said = "approved", .versioned = true, .fields = approving};
static const struct console_form reject = {.name = "reject", .path = AT "/reject", .api = api_order_reject, .view = view,
	.submit = "Reject the order", .next = "/console/orders/{id}", .said = "rejected", .versioned = true, .dangerous = true, .fields = rejecting};
static const struct console_form resend = {.name = "resend", .path = AT "/resend", .api = api_order_resend, .view = view,
	.submit = "Send again", .next = "/console/orders/{id}", .said = "resent", .versioned = true, .fields = none};
static const struct console_form unlock = {.name = "unlock", .path = AT "/unlock", .api = api_order_unlock, .view = view,
	.submit = "Unlock and send a new code", .next = "/console/orders/{id}", .said = "unlocked", .versioned = true, .fields = none};
static const struct console_form cancel = {.name = "cancel", .path = AT "/cancel", .api = api_order_cancel, .view = view,
	.submit = "Cancel the order", .next = "/console/orders/{id}", .said = "cancelled", .versioned = true, .dangerous = true, .fields = cancelling};
static const struct console_form reissue = {.name = "reissue", .path = AT "/reissue", .api = api_order_reissue, .view = view,
	.submit = "Revoke it and order it again", .next = "/console/orders/{id}", .said = "reissued", .versioned = true, .dangerous = true, .fields = reissuing};
static const struct console_form renew = {.name = "renew", .path = AT "/renew", .api = api_order_renew, .view = view,
	.submit = "Order the renewal", .next = "/console/orders/{id}", .said = "renewed", .creates = true, .fields = renewing};
#undef AT

static bool allowed(const json_t *order, enum order_event event)
{
	enum order_state from, to;
	const char *name = json_string_value(json_object_get(order, "state"));
	return order_state_from_name(name, &from) == ERR_OK && order_next(from, event, &to, NULL) == ERR_OK;
}

static const char *flag(bool yes)
{
	return yes ? "1" : "";
}

static void write_page(struct front *front, const struct request *q, struct reply *r, const json_t *order,
		       const struct console_posted *posted)
{
	const bool own = !json_string_value(json_object_get(order, "client")); /* a member's own: there is the staff page for it */
	const bool delivered = allowed(order, EVENT_REISSUE) && !own;
	const char *orderer = json_string_value(json_object_get(order, "ordered_by"));
	const bool mine = orderer && q->identity && strcmp(orderer, q->identity->staff_id) == 0;
	const bool may_approve = json_is_true(json_object_get(order, "may_approve"));
	const struct console_use forms[] = {
		{&approve, order, !may_approve || !allowed(order, EVENT_APPROVE)},
		{&reject, order, mine || !allowed(order, EVENT_REJECT)}, /* one's own is cancelled */
		{&resend, order, !allowed(order, EVENT_RESEND)},
		{&unlock, order, !allowed(order, EVENT_UNLOCK)},
		{&cancel, order, !allowed(order, EVENT_CANCEL)},
		{&reissue, order, !delivered},
		{&renew, order, !delivered},
		{0},
	};
	const struct template_field fields[] = {
		{"requested", flag(allowed(order, EVENT_APPROVE)), TEMPLATE_VALUE},
		{"late", flag(allowed(order, EVENT_PASSWORD_SENT) || delivered), TEMPLATE_VALUE},
		{"two", flag(json_integer_value(json_object_get(order, "approvals")) > 1), TEMPLATE_VALUE},
		{"any_approved", flag(json_array_size(json_object_get(order, "approved")) > 0), TEMPLATE_VALUE},
		{"may_staff", flag(console_may(q, api_staff_show, NULL)), TEMPLATE_VALUE},
		{"any_messages", flag(json_array_size(json_object_get(order, "messages")) > 0), TEMPLATE_VALUE},
		{0},
	};
	const char *title = json_string_value(json_object_get(order, own ? "staff_name" : "client_name"));
	console_page(front, q, r, &(struct console_page){.title = title ? title : "Order", .above = "Order", .text = console_text_order,
							 .data = order, .fields = fields, .forms = forms, .posted = posted});
}

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *order = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_order_show}, &order))
		return;
	enum err e = order_dress(front, q, order);
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		write_page(front, q, r, order, posted);
	json_decref(order);
}

void console_order(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

#define SUBMIT(handler, form)                                                                                          \
	void handler(struct front *front, const struct request *q, struct reply *r)                                    \
	{                                                                                                              \
		console_submit(front, q, r, &(form));                                                                  \
	}
SUBMIT(console_order_approve, approve)
SUBMIT(console_order_reject, reject)
SUBMIT(console_order_resend, resend)
SUBMIT(console_order_unlock, unlock)
SUBMIT(console_order_cancel, cancel)
SUBMIT(console_order_reissue, reissue)
SUBMIT(console_order_renew, renew)
