/* Contacts: the list, and one with what a change of it does. */
#include "base/embed.h"
#include "issuer/console/contact_fields.h"
#include "issuer/console/directory.h"
#include "issuer/console/listing.h"

EMBED_TEXT(console_text_contacts, "issuer/console/pages/contacts.html");
EMBED_TEXT(console_text_contact, "issuer/console/pages/contact.html");

const struct console_choice contact_languages[] = {{"", "The installation's"}, {0}};

static const struct listing_filter filters[] = {{"organisation", NULL}, {0}};
static const struct listing listing = {
	.api = api_contact_list, .path = "/console/contacts", .api_path = "/v1/contacts", .cursor = "after", .filters = filters,
};

void console_contact_list(struct front *front, const struct request *q, struct reply *r)
{
	json_t *page = NULL;
	if (!listing_ask(front, q, r, &listing, &page))
		return;
	console_page(front, q, r, &(struct console_page){.status = listing_status(page), .title = "Contacts", .text = console_text_contacts, .data = page});
	json_decref(page);
}

static console_view view;

static const struct console_field fields[] = {
	CONTACT_FIELDS("name", "email", "mobile", "language",
		       "Links are sent here. A change is told by e-mail at both addresses, and for a while nothing can be ordered for this contact.",
		       "Codes and passwords are sent here. A change is told by e-mail, and for a while nothing can be ordered for this contact."),
	{0},
};
static const struct console_form change = {
	.name = "change", .path = "/console/contacts/{contact}", .api = api_contact_change, .view = view, .submit = "Save the change",
	.next = "/console/contacts/{id}", .said = "changed", .versioned = true, .fields = fields,
};

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!directory_ask(front, q, r, api_contact_show, &page))
		return;
	enum err e = directory_add_languages(front, page);
	const char *name = json_string_value(json_object_get(page, "name"));
	const struct console_use forms[] = {{&change, page, false}, {0}};
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = name, .above = "Contact", .text = console_text_contact,
								 .data = page, .forms = forms, .posted = posted});
	json_decref(page);
}

void console_contact(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

void console_contact_change(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &change);
}
