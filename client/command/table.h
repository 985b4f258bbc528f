/* table: every subcommand, once. It drives parsing, help, requests, what is printed, and the manual's check. */
#ifndef CLIENT_COMMAND_TABLE_H
#define CLIENT_COMMAND_TABLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIELDS_MAX = 20, COLUMNS_MAX = 8, EXAMPLES_MAX = 4 };

enum place { IN_TOOL, IN_PATH, IN_QUERY, IN_BODY }; /* where a field's value goes */
enum kind {
	KIND_TEXT,
	KIND_YES_NO, /* a JSON boolean */
	KIND_SERIAL, /* hexadecimal; colons and blanks are taken out, as in what other tools print */
	KIND_ORDER,  /* an order's id, or a serial as above */
	KIND_NUMBER, /* a whole number, 0 to 2^31-1 */
	KIND_SECONDS, /* the same, from 1 */
	KIND_SWITCH, /* given or not, no value */
	KIND_OPTIONAL, /* given or not; a value only behind '=' */
	KIND_MANY    /* text, may be given again */
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
	const char *what;   /* one line for people, without a full stop */
	enum err (*run)(const struct arguments *given, struct errbuf *why); /* NULL: the request, then the table or record */
	bool confirm;       /* asks before it acts, unless --yes */
	struct field fields[FIELDS_MAX + 1];
	struct column columns[COLUMNS_MAX + 1]; /* of a list's items */
	const char *examples[EXAMPLES_MAX + 1]; /* what follows "counterfoil ", NULL-terminated */
};

extern const struct verb verbs[];
extern const struct field global_fields[]; /* every subcommand takes these */

/* The subcommands with a run function of their own. */
enum err run_audit_verify(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_collect(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_show(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_check(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_convert(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_install(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_peer(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_call(const struct arguments *given, struct errbuf *why) MUST_CHECK;
enum err run_staff(const struct arguments *given, struct errbuf *why) MUST_CHECK; /* all others */

#endif
