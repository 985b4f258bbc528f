/* ini_lines: INI text, pair by pair, with the number of each line: [section], key = value, # or ; comments on lines of their
 * own. No continued lines, no quotes, no comments behind values. */
#ifndef BASE_INI_LINES_H
#define BASE_INI_LINES_H

#include "base/err.h"

#include <stddef.h>

struct ini_pair {
	const char *section, *key, *value; /* section "": before any */
	int line;                          /* 1, 2, ... */
};

/* Call `pair` for each. A failure, its own or of the text (ERR_USAGE), ends it with "NAME:LINE: reason" in why. Nothing is
 * allocated. */
enum err ini_read(const char *text, size_t len, const char *name,
		  enum err (*pair)(void *ctx, const struct ini_pair *p, struct errbuf *why), void *ctx,
		  struct errbuf *why) MUST_CHECK;

/* As much of a value as a message may show: whole characters, at most 60 bytes. */
void ini_show(const char *value, char out[61]);

#endif
