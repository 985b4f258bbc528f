/* Revoking: what stops working stands beside the reasons, and the name must be typed, so that in a hurry it is still the right one. */
#include "base/embed.h"
#include "issuer/console/certificate_view.h"

#include <string.h>

EMBED_TEXT(console_text_revoke, "issuer/console/pages/revoke.html");

static console_view view;

static const struct console_choice reasons[] = {
	{"", "Choose a reason"},
	{"keyCompromise", "The key is in wrong hands, or may be"},
	{"superseded", "Another took its place"},
	{"cessationOfOperation", "It is not used any more"},
	{"affiliationChanged", "It belongs elsewhere now"},
	{"unspecified", "Another reason: see the note"},
	{0},
};

/* The same form, by whose name is to be typed. */
#define FIELDS(member)                                                                                                 \
	{                                                                                                              \
		{.name = "reason", .label = "Reason", .kind = CONSOLE_CHOICE, .wanted = true, .empty = CONSOLE_SEND, .choices = reasons}, \
		{.name = "confirm", .label = "Type the name to confirm", .hint = "Exactly as it stands in the heading.", \
		 .kind = CONSOLE_CONFIRM, .value = (member), .longest = 1024},                                           \
		{.name = "compromised_at", .label = "In wrong hands since", .kind = CONSOLE_DATE,                      \
		 .hint = "If you know it. Revocation lists say so to whoever checks old signatures."},                  \
		{.name = "note", .label = "Note", .hint = "Who called, and what was said. Kept in the audit.", .longest = 500}, \
		{0},                                                                                                   \
	}
static const struct console_field of_client[] = FIELDS("client_name");
static const struct console_field of_staff[] = FIELDS("staff_name");
static const struct console_field of_other[] = FIELDS("subject");
#undef FIELDS

#define FORM(confirmed)                                                                                                \
	{                                                                                                              \
		.name = "revoke", .path = "/console/certificates/{serial}/revoke", .api = api_certificate_revoke,      \
		.about = api_certificate_show, .view = view, .submit = "Revoke it now",                                \
		.next = "/console/certificates/{serial}", .said = "revoked", .dangerous = true, .fields = (confirmed), \
	}
static const struct console_form forms[] = {FORM(of_client), FORM(of_staff), FORM(of_other)};
#undef FORM

static const struct console_form *form_for(const json_t *certificate)
{
	static const char *const members[] = {"client_name", "staff_name"};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *name = json_string_value(json_object_get(certificate, members[i]));
		if (name && name[0])
			return &forms[i];
	}
	return &forms[sizeof members / sizeof *members];
}

/* What stops working, where the API can say it. */
static enum err add_impact(struct front *front, const struct request *q, json_t *c)
{
	json_t *impact = NULL;
	console_ask_maybe(front, q, &(struct console_call){.api = api_certificate_impact}, &impact);
	const char *wish = request_query(q, "reason");
	if (impact && json_object_set_new(c, "impact", impact) != 0)
		return ERR_MEMORY;
	return json_object_set_new(c, "reason", json_string(wish ? wish : "")) == 0 ? ERR_OK : ERR_MEMORY;
}

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *c = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_certificate_show}, &c))
		return;
	enum err e = certificate_dress(front, q, c);
	if (!e)
		e = add_impact(front, q, c);
	const struct console_use uses[] = {{form_for(c), c, !json_is_true(json_object_get(c, "live"))}, {0}};
	const char *whose = json_string_value(json_object_get(c, "whose"));
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = whose ? whose : "Certificate", .above = "Revoke the certificate of",
								 .text = console_text_revoke, .data = c, .forms = uses, .posted = posted});
	json_decref(c);
}

void console_certificate_revoke(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

void console_certificate_revoke_do(struct front *front, const struct request *q, struct reply *r)
{
	json_t *c = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_certificate_show}, &c))
		return;
	console_submit(front, q, r, form_for(c));
	json_decref(c);
}
