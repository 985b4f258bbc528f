/* command: the daemon's subcommands, one file each. Data goes to stdout, words for people to stderr; the return value is
 * the exit status: 0 ok, 1 failure, 2 usage or configuration, 3 not found, 4 refused, 5 network, 6 revoked or expired. */
#ifndef ISSUER_COMMAND_H
#define ISSUER_COMMAND_H

#include "base/buf.h"

#include <stdbool.h>

struct command {
	const char *name;
	const char *synopsis; /* what follows the name; NULL hides the command from the usage */
	const char *what;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command command_table[];
extern const size_t command_count;

int command_init(int argc, char **argv);
int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_admin(int argc, char **argv);
int command_ca(int argc, char **argv);
int command_recover(int argc, char **argv);
int command_clock_accept(int argc, char **argv);

/* One "--name VALUE" or "--name" of a command. The table ends with a NULL name. */
struct option_row {
	const char *name;
	const char **value; /* takes the last value given, or: */
	const char **list;  /* takes every value, at most `most`, with a NULL behind the last */
	size_t most;
	bool *flag; /* takes no value */
};
/* Parse; what is not an option goes to operands (at most `most`). ERR_USAGE names the option. */
struct operands {
	const char *at[4];
	size_t count, most;
};
enum err options_parse(int argc, char **argv, const struct option_row *rows, struct operands *operands,
		       struct errbuf *why) MUST_CHECK;

/* "counterfoild: sentence" on stderr; returns the exit status of e. */
int command_failed(enum err e, const struct errbuf *why);

#endif
