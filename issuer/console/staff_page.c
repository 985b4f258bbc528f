/* A member of the staff, and what happens to one; and everybody's own page. */
#include "base/embed.h"
#include "issuer/console/directory.h"
#include "issuer/console/phrases.h"
#include "issuer/console/staff.h"

#include <string.h>

EMBED_TEXT(console_text_member, "issuer/console/pages/member.html");
EMBED_TEXT(console_text_me, "issuer/console/pages/me.html");

static console_view view, view_me;

static const struct console_field none[] = {{0}};
static const struct console_field changing[] = {
	STAFF_FIELDS("name", "role", "email", "mobile", "language", "organisation", CONSOLE_NULL),
	{0},
};
static const struct console_field suspending[] = {
	{.name = "reason", .value = "nothing", .label = "Why", .hint = "Kept in the audit.", .longest = 500},
	{0},
};
static const struct console_field removing[] = {
	{.name = "reason", .value = "nothing", .label = "Why", .hint = "Kept in the audit.", .longest = 500},
	{.name = "confirm",
	 .label = "Type the name to confirm",
	 .hint = "Exactly as it stands in the heading.",
	 .kind = CONSOLE_CONFIRM,
	 .value = "name"},
	{0},
};

#define AT "/console/staff/{staff}"
#define BACK "/console/staff/{0}"
static const struct console_form change = {.name = "change",
					   .path = AT,
					   .api = api_staff_change,
					   .view = view,
					   .submit = "Save the change",
					   .next = BACK,
					   .said = "changed",
					   .versioned = true,
					   .fields = changing};
static const struct console_form suspend = {.name = "suspend",
					    .path = AT "/suspend",
					    .api = api_staff_suspend,
					    .view = view,
					    .submit = "Suspend",
					    .next = BACK,
					    .said = "suspended",
					    .versioned = true,
					    .fields = suspending};
static const struct console_form restore = {.name = "restore",
					    .path = AT "/restore",
					    .api = api_staff_restore,
					    .view = view,
					    .submit = "Restore",
					    .next = BACK,
					    .said = "restored",
					    .versioned = true,
					    .fields = none};
static const struct console_form dismiss = {.name = "remove",
					    .path = AT "/remove",
					    .api = api_staff_remove,
					    .about = api_staff_show,
					    .view = view,
					    .submit = "Remove for good",
					    .next = BACK,
					    .said = "removed",
					    .versioned = true,
					    .dangerous = true,
					    .fields = removing};
static const struct console_form renew = {.name = "renew",
					  .path = AT "/renew",
					  .api = api_staff_renew,
					  .view = view,
					  .submit = "Send a new certificate",
					  .next = BACK,
					  .said = "renewing",
					  .creates = true,
					  .fields = none};
static const struct console_form renew_own = {.name = "renew",
					      .path = "/console/me/renew",
					      .api = api_staff_renew,
					      .view = view_me,
					      .submit = "Send me a new certificate",
					      .next = "/console/me",
					      .said = "renewing",
					      .creates = true,
					      .fields = none};
#undef AT
#undef BACK

static bool is_status(const json_t *member, const char *status)
{
	const char *text = json_string_value(json_object_get(member, "status"));
	return text && strcmp(text, status) == 0;
}

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *page = NULL;
	if (!directory_ask(front, q, r, api_staff_show, &page))
		return;
	enum err e = directory_add_languages(front, page);
	if (!e)
		e = phrase_add(page, "role", PHRASES_MAY, "may");
	const bool own = q->identity && q->parameter[0] && strcmp(q->identity->staff_id, q->parameter[0]) == 0;
	const bool active = is_status(page, "active"), removed = is_status(page, "removed");
	const char *name = json_string_value(json_object_get(page, "name"));
	const struct console_use forms[] = {
	    {&change, page, removed},  {&suspend, page, !active}, {&restore, page, !is_status(page, "suspended")},
	    {&dismiss, page, removed}, {&renew, page, !active || !(own || console_may(q, api_staff_change, NULL))},	  {0},
	};
	const struct template_field fields[] = {
	    {"any_certificate", json_array_size(json_object_get(page, "certificates")) > 0 ? "1" : "", TEMPLATE_VALUE},
	    {"any_order", json_array_size(json_object_get(page, "orders")) > 0 ? "1" : "", TEMPLATE_VALUE},
	    {0},
	};
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r,
			     &(struct console_page){.title = name ? name : "A member of the staff",
						    .above = "Staff",
						    .text = console_text_member,
						    .data = page,
						    .fields = fields,
						    .forms = forms,
						    .posted = posted});
	json_decref(page);
}

void console_staff(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

#define SUBMIT(handler, form)                                                                                          \
	void handler(struct front *front, const struct request *q, struct reply *r)                                    \
	{                                                                                                              \
		console_submit(front, q, r, &(form));                                                                  \
	}
SUBMIT(console_staff_change, change)
SUBMIT(console_staff_suspend, suspend)
SUBMIT(console_staff_restore, restore)
SUBMIT(console_staff_remove, dismiss)
SUBMIT(console_staff_renew, renew)
#undef SUBMIT

static void view_me(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *me = NULL;
	const struct console_use forms[] = {{.form = &renew_own}, {0}};
	if (!console_ask(front, q, r, &(struct console_call){.api = api_me}, &me))
		return;
	enum err e = phrase_add(me, "role", PHRASES_MAY, "may");
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r,
			     &(struct console_page){.title = "My certificate",
						    .text = console_text_me,
						    .data = me,
						    .forms = forms,
						    .posted = posted});
	json_decref(me);
}

void console_me(struct front *front, const struct request *q, struct reply *r)
{
	view_me(front, q, r, NULL);
}

/* One's own id is not in the address: nobody else's can be put there. */
void console_me_renew(struct front *front, const struct request *q, struct reply *r)
{
	struct request own = *q;
	own.parameter[0] = q->identity ? q->identity->staff_id : "";
	console_submit(front, &own, r, &renew_own);
}
