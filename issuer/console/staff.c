/* Staff: the list, and the form that adds a member. */
#include "base/embed.h"
#include "issuer/console/contact_fields.h"
#include "issuer/console/directory.h"
#include "issuer/console/listing.h"
#include "issuer/console/staff.h"

EMBED_TEXT(console_text_staff, "issuer/console/pages/staff.html");

static console_view view;

const struct console_choice staff_roles[] = {
	{"", "Choose a role"},
	{"administrator", "Administrator: orders, keeps the directory and the staff"},
	{"approver", "Approver: approves or rejects what others ordered"},
	{"support", "Support: unlocks, sends again, revokes"},
	{"auditor", "Auditor: reads everything, changes nothing"},
	{0},
};

static const struct console_field fields[] = {
	STAFF_FIELDS("nothing", "nothing", "nothing", "nothing", "nothing", "nothing", CONSOLE_OMIT),
	{0},
};
static const struct console_form add = {
	.name = "add",
	.path = "/console/staff",
	.api = api_staff_add,
	.view = view,
	.submit = "Add the member and send the link",
	.next = "/console/staff/{id}",
	.said = "staffed",
	.creates = true,
	.fields = fields,
};
static const struct listing_filter filters[] = {{0}};
static const struct listing listing = {
	.api = api_staff_list,
	.path = "/console/staff",
	.api_path = "/v1/staff",
	.cursor = "after",
	.filters = filters,
};

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!listing_ask(front, q, r, &listing, &page))
		return;
	enum err e = directory_add_languages(front, page);
	const struct console_use forms[] = {{.form = &add}, {0}};
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(
		    front, q, r,
		    &(struct console_page){
			.title = "Staff", .text = console_text_staff, .data = page, .forms = forms, .posted = posted});
	json_decref(page);
}

void console_staff_list(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

void console_staff_add(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &add);
}
