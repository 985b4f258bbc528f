/* The list of orders. */
#include "base/embed.h"
#include "issuer/console/listing.h"
#include "issuer/console/phrases.h"

EMBED_TEXT(console_text_orders, "issuer/console/pages/orders.html");

static const struct console_choice states[] = {
	{"", "Any"},
	{"requested", "Waiting for approval"},
	{"offered", "Offered"},
	{"locked", "Locked"},
	{"collecting", "Being collected"},
	{"received", "Received"},
	{"password_sent", "Password sent"},
	{"in_use", "In use"},
	{"lapsed", "Lapsed"},
	{"rejected", "Rejected"},
	{"cancelled", "Cancelled"},
	{0},
};
static const struct console_choice kinds[] = {
	{"", "Any"}, {"new", "New"}, {"renewal", "Renewal"}, {"reissue", "Reissue"}, {0},
};
static const struct listing_filter filters[] = {
	{"state", states}, {"organisation", NULL}, {"service", NULL}, {"client", NULL}, {"contact", NULL},
	{"kind", kinds},   {"due_before", NULL},   {0},
};
static const struct listing listing = {
	.api = api_order_list, .path = "/console/orders", .api_path = "/v1/orders", .cursor = "before", .filters = filters,
};

void console_order_list(struct front *front, const struct request *q, struct reply *r)
{
	json_t *page = NULL;
	if (!listing_ask(front, q, r, &listing, &page))
		return;
	const struct template_field fields[] = {{"may_order", console_may(q, api_order_new, NULL) ? "1" : "", TEMPLATE_VALUE}, {0}};
	console_page(front, q, r, &(struct console_page){.status = listing_status(page), .title = "Orders", .text = console_text_orders, .data = page, .fields = fields});
	json_decref(page);
}
