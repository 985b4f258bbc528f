/* contact_fields: the form of a contact, for a new one and for a change. */
#ifndef ISSUER_CONSOLE_CONTACT_FIELDS_H
#define ISSUER_CONSOLE_CONTACT_FIELDS_H

#include "issuer/console/console.h"

extern const struct console_choice contact_languages[]; /* before the page's "languages" */

/* rest: what is said of a change. of(member): the values' member, or "nothing". */
#define CONTACT_FIELDS(of_name, of_email, of_mobile, of_language, email_hint, mobile_hint)                             \
	{.name = "name", .label = "Name", .wanted = true, .longest = 64, .value = (of_name)},                          \
	{.name = "email", .label = "E-mail", .hint = (email_hint), .kind = CONSOLE_EMAIL, .wanted = true, .longest = 254, .value = (of_email)}, \
	{.name = "mobile", .label = "Mobile", .hint = (mobile_hint), .kind = CONSOLE_TEL, .wanted = true, .longest = 32, .value = (of_mobile), \
	 .pattern = "\\+[0-9 ]{7,20}", .pattern_text = "With the country code, such as +47 999 91 234"},                 \
	{.name = "language", .label = "Language", .kind = CONSOLE_CHOICE, .empty = CONSOLE_SEND, .value = (of_language), \
	 .choices = contact_languages, .list = "languages", .list_value = "tag", .list_text = "tag"},                  \
	{.name = "may_order", .label = "May order for the organisation", .kind = CONSOLE_FLAG},                        \
	{.name = "may_receive", .label = "May receive certificates", .kind = CONSOLE_FLAG}

#endif
