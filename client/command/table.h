/* table: every subcommand, once. It drives parsing, help, requests, what is printed, completion and the manual. The rows stand
 * in one file an area, verbs_*.c; table.c says in which order. */
#ifndef CLIENT_COMMAND_TABLE_H
#define CLIENT_COMMAND_TABLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIELDS_MAX = 24, COLUMNS_MAX = 10, EXAMPLES_MAX = 4, SHOWN_MAX = 8 };

enum place { IN_TOOL, IN_PATH, IN_QUERY, IN_BODY, IN_HEADER }; /* where a field's value goes; a header has the flag's name */
enum kind {
	KIND_TEXT,
	KIND_YES_NO, /* a JSON boolean */
	KIND_SERIAL, /* hexadecimal; colons and blanks are taken out, as in what other tools print */
	KIND_ORDER,  /* an order's id, or a serial as above */
	KIND_NUMBER, /* a whole number, 0 to 2^31-1; a JSON integer */
	KIND_NUMBER_OR_NONE, /* the same, or "none": JSON null */
	KIND_SECONDS, /* a whole number, from 1 */
	KIND_SWITCH, /* given or not, no value */
	KIND_OPTIONAL, /* given or not; a value only behind '=' */
	KIND_MANY,   /* text, may be given again */
	KIND_TAG     /* an entity tag, sent in its quotes whether they were typed or not */
};

struct field {
	const char *name;  /* the flag without its hyphens, and the API's member with '_' for '-'; NULL ends the list */
	const char *wants; /* "SLUG", as help prints it; NULL for a switch */
	const char *help;
	enum place place;
	enum kind kind;
	bool required;
	bool positional; /* may stand without its flag, in the table's order */
	char letter;     /* 'X': -X is the same; 0 for none */
	const char *with;     /* the flag without which this one would say nothing: then it is refused */
	const char *not_with; /* the flag that would silence this one, or it that one: then both are refused */
	const char *values;   /* "valid|held": those that are known, for completion and help; others are not refused for it */
};

struct column {
	const char *title; /* NULL ends the list */
	const char *member;
};

struct arguments;

struct verb {
	const char *noun;   /* NULL ends the table */
	const char *verb;   /* NULL when the noun stands alone */
	const char *method; /* of the request; NULL when run makes its own */
	const char *path;   /* "/v1/orders/{order}": the braces name fields */
	const char *preview; /* the path whose answer --dry-run prints in place of the request; NULL: there is no --dry-run */
	const char *what;   /* one line for people, without a full stop */
	enum err (*run)(const struct arguments *given, struct errbuf *why); /* NULL: the request, then the table or record */
	const char *confirm; /* the question before it acts, unless --yes, behind what `shown` names of its object; NULL: none */
	struct field fields[FIELDS_MAX + 1];
	struct column columns[COLUMNS_MAX + 1]; /* of a list's items */
	struct column shown[SHOWN_MAX + 1];     /* of what GET answers on the path less its last part, before it is confirmed */
	const char *examples[EXAMPLES_MAX + 1]; /* what follows "counterfoil ", NULL-terminated */
};

/* The subcommands of one area, as help shows them together. */
struct area {
	const char *title; /* NULL ends the list */
	const struct verb *verbs;
};

extern const struct area areas[];
extern const struct field global_fields[]; /* every subcommand takes these */

/* Every subcommand in turn: the first behind NULL, NULL behind the last. */
const struct verb *table_next(const struct verb *v);

extern const struct verb verbs_directory[], verbs_orders[], verbs_certificates[], verbs_staff[], verbs_service[], verbs_holders[],
	verbs_tool[];

/* The subcommands with a run function of their own. */
enum err run_audit_verify(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_collect(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_show(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_check(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_convert(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_install(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_peer(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_call(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_completion(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_config(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_staff(const struct arguments *given, struct errbuf *why) MUST_CHECK; /* all others */

#endif
