/* Organisations: the list, and one with its services and contacts. */
#include "base/embed.h"
#include "issuer/console/contact_fields.h"
#include "issuer/console/directory.h"
#include "issuer/console/listing.h"

EMBED_TEXT(console_text_organisations, "issuer/console/pages/organisations.html");
EMBED_TEXT(console_text_organisation, "issuer/console/pages/organisation.html");

static console_view view_list, view;

static const struct console_field adding[] = {DIRECTORY_NAME("nothing"), DIRECTORY_SLUG, {0}};
static const struct console_form add = {
	.name = "add", .path = "/console/organisations", .api = api_organisation_add, .view = view_list, .submit = "Add the organisation",
	.next = "/console/organisations/{slug}", .said = "added", .creates = true, .fields = adding,
};
static const struct listing_filter filters[] = {{0}};
static const struct listing listing = {
	.api = api_organisation_list, .path = "/console/organisations", .api_path = "/v1/organisations", .cursor = "after", .filters = filters,
};

static void view_list(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!listing_ask(front, q, r, &listing, &page))
		return;
	const struct console_use forms[] = {{.form = &add}, {0}};
	console_page(front, q, r, &(struct console_page){.status = listing_status(page), .title = "Organisations", .text = console_text_organisations, .data = page,
							 .forms = forms, .posted = posted});
	json_decref(page);
}

void console_organisation_list(struct front *front, const struct request *q, struct reply *r)
{
	view_list(front, q, r, NULL);
}

void console_organisation_add(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &add);
}

static const struct console_field changing[] = {DIRECTORY_NAME("name"), {0}};
static const struct console_form change = {
	.name = "change", .path = "/console/organisations/{organisation}", .api = api_organisation_change, .view = view,
	.submit = "Save the change", .next = "/console/organisations/{slug}", .said = "changed", .versioned = true, .fields = changing,
};
#define PARENT {.name = "organisation", .kind = CONSOLE_FIXED, .value = "slug"}
static const struct console_field adding_service[] = {
	PARENT, DIRECTORY_NAME("nothing"), DIRECTORY_SLUG,
	{.name = "approvals", .label = "Approvals", .kind = CONSOLE_NUMBER, .empty = CONSOLE_NULL, .longest = 1, .value = "nothing",
	 .hint = "How many others must approve each order: up to 2, and never fewer than the installation says. Empty: as it says."},
	{0},
};
static const struct console_form add_service = {
	.name = "service", .path = "/console/organisations/{organisation}/services", .api = api_service_add, .view = view,
	.submit = "Add the service", .next = "/console/services/{organisation}/{slug}", .said = "added", .creates = true,
	.fields = adding_service,
};
static const struct console_field adding_contact[] = {
	PARENT,
	CONTACT_FIELDS("nothing", "nothing", "nothing", "nothing", "Links are sent here.", "Codes and passwords are sent here. With the country code."),
	{0},
};
#undef PARENT
static const struct console_form add_contact = {
	.name = "contact", .path = "/console/organisations/{organisation}/contacts", .api = api_contact_add, .view = view,
	.submit = "Add the contact", .next = "/console/contacts/{id}", .said = "added", .creates = true, .fields = adding_contact,
};

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!directory_ask(front, q, r, api_organisation_show, &page))
		return;
	enum err e = directory_add_languages(front, page);
	const char *name = json_string_value(json_object_get(page, "name"));
	json_t *contact = json_pack("{s:O, s:b, s:b}", "slug", json_object_get(page, "slug"), "may_order", 1, "may_receive", 1);
	const struct console_use forms[] = {{&change, page, false}, {&add_service, page, false}, {&add_contact, contact, false}, {0}};
	if (e || !contact)
		console_fault(front, q, r, e ? e : ERR_MEMORY, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = name, .above = "Organisation", .text = console_text_organisation,
								 .data = page, .forms = forms, .posted = posted});
	json_decref(contact);
	json_decref(page);
}

void console_organisation(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

void console_organisation_change(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &change);
}

void console_service_add(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &add_service);
}

void console_contact_add(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &add_contact);
}
