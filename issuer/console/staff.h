/* staff: the form of a member of the staff, for a new one and for a change. */
#ifndef ISSUER_CONSOLE_STAFF_H
#define ISSUER_CONSOLE_STAFF_H

#include "issuer/console/contact_fields.h"

extern const struct console_choice staff_roles[];

/* of_...: the values' members, or "nothing". unlimited: what no organisation is for the API. */
#define STAFF_FIELDS(of_name, of_role, of_email, of_mobile, of_language, of_organisation, unlimited)                              \
	{.name = "name", .label = "Name", .wanted = true, .longest = 64, .value = (of_name)},                          \
	{.name = "role", .label = "Role", .kind = CONSOLE_CHOICE, .wanted = true, .empty = CONSOLE_SEND, .choices = staff_roles, .value = (of_role)}, \
	{.name = "organisation", .label = "Limited to one organisation", .longest = 63, .value = (of_organisation), .empty = (unlimited),      \
	 .hint = "Its short name. Then the role reaches that organisation alone. Empty: all."},                         \
	{.name = "email", .label = "E-mail", .kind = CONSOLE_EMAIL, .wanted = true, .longest = 254, .value = (of_email), \
	 .hint = "The link to the member's own certificate is sent here, and notices of what it ordered."},            \
	{.name = "mobile", .label = "Mobile", .kind = CONSOLE_TEL, .wanted = true, .longest = 32, .value = (of_mobile),  \
	 .hint = "The code and the password are sent here by SMS. With the country code.",                             \
	 .pattern = "\\+[0-9 ]{7,20}", .pattern_text = "With the country code, such as +47 999 91 234"},                 \
	{.name = "language", .label = "Language", .kind = CONSOLE_CHOICE, .empty = CONSOLE_SEND, .value = (of_language), \
	 .choices = contact_languages, .list = "languages", .list_value = "tag", .list_text = "tag"}

#endif
