#include "issuer/console/directory.h"
#include "issuer/console/people.h"
#include "issuer/console/phrases.h"

bool directory_ask(struct front *front, const struct request *q, struct reply *r, route_handler *api, json_t **out)
{
	if (!console_ask(front, q, r, &(struct console_call){.api = api}, out))
		return false;
	json_t *history = json_object_get(*out, "history");
	enum err e = phrase_history(history);
	if (!e)
		e = people_name(front, q, history, NULL);
	if (!e)
		return true;
	json_decref(*out);
	*out = NULL;
	console_fault(front, q, r, e, NULL);
	return false;
}

enum err directory_add_languages(const struct front *front, json_t *page)
{
	json_t *list = json_array();
	int rc = list ? 0 : -1;
	const struct language *l;
	for (size_t i = 0; rc == 0 && front->desk.languages && (l = languages_at(front->desk.languages, i)) != NULL; i++)
		rc = json_array_append_new(list, json_pack("{s:s}", "tag", language_tag(l)));
	if (rc == 0)
		return json_object_set_new(page, "languages", list) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(list);
	return ERR_MEMORY;
}
