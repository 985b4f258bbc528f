/* dress: what the API answers, made ready to be read. A member NAME keeps its value; its words for people stand beside it
 * as NAME_said. All change the borrowed JSON in place; ERR_MEMORY when it could not be. Pure. */
#ifndef ISSUER_CONSOLE_DRESS_H
#define ISSUER_CONSOLE_DRESS_H

#include "base/err.h"
#include "issuer/console/words.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define DRESS_TIME_SIZE 32
/* "22 Nov 2026, 02:13 UTC" of "2026-11-22T02:13:38Z"; the text itself when it is no time. */
void dress_time(const char *text, char out[DRESS_TIME_SIZE]);

/* Every time in the tree, however deep: "created_at_said" beside "created_at". */
enum err dress_times(json_t *tree) MUST_CHECK;

/* member's words, or its value when there are none for it; nothing when it is absent. as is the new member's name,
 * or NULL: member_said. */
enum err dress_as(json_t *object, const char *member, enum words kind, const char *as) MUST_CHECK;
enum err dress(json_t *object, const char *member, enum words kind) MUST_CHECK;
/* The same for every object of an array; a NULL array has none. */
enum err dress_each(json_t *array, const char *member, enum words kind) MUST_CHECK;

/* Audit records as the API lists them, each {"record": text, ...}: at, what, who, role, why, detail stand beside it, with
 * words. */
enum err dress_history(json_t *records) MUST_CHECK;

#endif
