/* people: the audit names staff by id alone; here they get their names back, as far as the caller may know them. */
#ifndef ISSUER_CONSOLE_PEOPLE_H
#define ISSUER_CONSOLE_PEOPLE_H

#include "issuer/console/console.h"

/* Records opened by phrase_history (or NULL): of each whose "who" is known, its name becomes "by". `named` (or NULL): ids to names
 * that the page knows already, and takes more. */
enum err people_name(struct front *front, const struct request *q, json_t *records, json_t *named) MUST_CHECK;

#endif
