/* directory: what the pages of organisations, services, clients and contacts share. */
#ifndef ISSUER_CONSOLE_DIRECTORY_H
#define ISSUER_CONSOLE_DIRECTORY_H

#include "issuer/console/console.h"

/* Fields that more than one form has. member: of the values, what the name is now; "nothing" for a new one. */
#define DIRECTORY_SLUG                                                                                                 \
	{                                                                                                              \
		.name = "slug", .label = "Short name",                                                                 \
		.hint = "Small letters, digits and hyphens: it stands in addresses and in certificates, and stays for ever.", \
		.wanted = true, .longest = 63, .pattern = "[a-z0-9\\-]{1,63}", .pattern_text = "Only a to z, 0 to 9 and -", .value = "nothing" \
	}
#define DIRECTORY_NAME(member)                                                                                         \
	{                                                                                                              \
		.name = "name", .label = "Name", .hint = "As people write it.", .wanted = true, .longest = 64, .value = (member) \
	}

/* The object that the API shows at the page's own path, its history in words. False: the page that says why not stands in r. */
bool directory_ask(struct front *front, const struct request *q, struct reply *r, route_handler *api, json_t **out);
/* "languages" [{"tag"}]: those in which people can be written to. */
enum err directory_add_languages(const struct front *front, json_t *page) MUST_CHECK;

#endif
