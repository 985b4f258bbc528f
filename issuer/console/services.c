/* A service with its clients, and a client with its certificates. */
#include "base/embed.h"
#include "issuer/console/directory.h"

#include <stdio.h>

EMBED_TEXT(console_text_service, "issuer/console/pages/service.html");
EMBED_TEXT(console_text_client, "issuer/console/pages/client.html");

enum { QUERY_SIZE = 256 };

static console_view view_service, view_client;

static const struct console_field changing_service[] = {
	DIRECTORY_NAME("name"),
	{.name = "approvals", .label = "Approvals", .kind = CONSOLE_NUMBER, .empty = CONSOLE_NULL, .longest = 1,
	 .hint = "How many others must approve each order: up to 2, and never fewer than the installation says. Empty: as it says. Orders that wait keep what they were made with."},
	{0},
};
static const struct console_form change_service = {
	.name = "change", .path = "/console/services/{organisation}/{service}", .api = api_service_change, .view = view_service,
	.submit = "Save the change", .next = "/console/services/{organisation}/{slug}", .said = "changed", .versioned = true,
	.fields = changing_service,
};
#define SEVERAL                                                                                                        \
	{                                                                                                              \
		.name = "several", .label = "May have several live certificates", .kind = CONSOLE_FLAG,                \
		.hint = "One for each machine, say. Else a second one is only ordered as the renewal of the first."    \
	}
static const struct console_field adding_client[] = {
	{.name = "organisation", .kind = CONSOLE_FIXED}, {.name = "service", .kind = CONSOLE_FIXED, .value = "slug"},
	DIRECTORY_NAME("nothing"), DIRECTORY_SLUG, SEVERAL, {0},
};
static const struct console_form add_client = {
	.name = "client", .path = "/console/services/{organisation}/{service}/clients", .api = api_client_add, .view = view_service,
	.submit = "Add the client", .next = "/console/clients/{organisation}/{service}/{slug}", .said = "added", .creates = true,
	.fields = adding_client,
};

static enum err add_clients(struct front *front, const struct request *q, json_t *page)
{
	char query[QUERY_SIZE];
	json_t *answer = NULL;
	snprintf(query, sizeof query, "organisation=%.63s&service=%.63s&limit=500", q->parameter[0], q->parameter[1]);
	console_ask_maybe(front, q, &(struct console_call){.api = api_client_list, .query = query}, &answer);
	json_t *items = json_object_get(answer, "items");
	int rc = json_object_set_new(page, "any", json_boolean(json_array_size(items) > 0));
	if (rc == 0 && items)
		rc = json_object_set(page, "clients", items);
	json_decref(answer);
	return rc == 0 ? ERR_OK : ERR_MEMORY;
}

static void view_service(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!directory_ask(front, q, r, api_service_show, &page))
		return;
	enum err e = add_clients(front, q, page);
	const char *name = json_string_value(json_object_get(page, "name"));
	const struct console_use forms[] = {{&change_service, page, false}, {&add_client, page, false}, {0}};
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = name, .above = "Service", .text = console_text_service,
								 .data = page, .forms = forms, .posted = posted});
	json_decref(page);
}

void console_service(struct front *front, const struct request *q, struct reply *r)
{
	view_service(front, q, r, NULL);
}

void console_service_change(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &change_service);
}

void console_client_add(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &add_client);
}

static const struct console_field changing_client[] = {DIRECTORY_NAME("name"), SEVERAL, {0}};
static const struct console_form change_client = {
	.name = "change", .path = "/console/clients/{organisation}/{service}/{client}", .api = api_client_change, .view = view_client,
	.submit = "Save the change", .next = "/console/clients/{organisation}/{service}/{slug}", .said = "changed", .versioned = true,
	.fields = changing_client,
};

static void view_client(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!directory_ask(front, q, r, api_client_show, &page))
		return;
	const char *name = json_string_value(json_object_get(page, "name"));
	const struct console_use forms[] = {{&change_client, page, false}, {0}};
	const struct template_field fields[] = {
		{"may_order", console_may(q, api_order_new, NULL) ? "1" : "", TEMPLATE_VALUE},
		{"any", json_array_size(json_object_get(page, "certificates")) > 0 ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	console_page(front, q, r, &(struct console_page){.title = name, .above = "Client", .text = console_text_client, .data = page,
							 .fields = fields, .forms = forms, .posted = posted});
	json_decref(page);
}

void console_client(struct front *front, const struct request *q, struct reply *r)
{
	view_client(front, q, r, NULL);
}

void console_client_change(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &change_client);
}
