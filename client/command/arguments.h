/* arguments: a command line read against the table. */
#ifndef CLIENT_COMMAND_ARGUMENTS_H
#define CLIENT_COMMAND_ARGUMENTS_H

#include "client/command/table.h"

#include <stdint.h>

enum { GIVEN_MAX = 64 };

struct given {
	const struct field *field;
	const char *value; /* borrowed from argv; "" for a switch */
};

struct arguments {
	const struct verb *verb;   /* NULL when only help was asked for */
	const char *help_noun;     /* what help was asked about; NULL: all */
	bool help, version;
	struct given given[GIVEN_MAX];
	size_t count;
};

/* argv without the program's name. ERR_USAGE with a sentence, and with 'did you mean' where a word is close to one that
 * exists. All required fields are there, every value fits its kind, unless help or version is asked for. */
enum err arguments_parse(int count, const char *const *words, struct arguments *out, struct errbuf *why) MUST_CHECK;

/* The value of a field by name, NULL when not given. */
const char *arguments_value(const struct arguments *a, const char *name);
bool arguments_switch(const struct arguments *a, const char *name);
/* A KIND_NUMBER field, or otherwise when not given. */
long arguments_number(const struct arguments *a, const char *name, long otherwise);

/* A KIND_NUMBER field of seconds as milliseconds, at most 2^32-1; 0 when not given. */
uint32_t arguments_milliseconds(const struct arguments *a, const char *name);

/* The word among count that `typed` was probably meant to be (edit distance of a third of its length at most, a swap
 * counts one), or NULL. */
const char *suggest(const char *typed, const char *const *words, size_t count);

#endif
