/* completion: the table as a script for a shell, which offers nouns, verbs, flags and the values that are known. Pure: what
 * a server has (slugs, ids, serials) is never asked for at a key stroke. */
#ifndef CLIENT_COMMAND_COMPLETION_H
#define CLIENT_COMMAND_COMPLETION_H

#include "base/buf.h"
#include "client/command/table.h"

/* What a shell offers where a field's value is to stand. */
enum offer { OFFER_SWITCH, OFFER_TEXT, OFFER_FILE, OFFER_FOLDER, OFFER_VALUES };

enum offer completion_offer(const struct field *f);
/* "a|b", when the offer is OFFER_VALUES. */
const char *completion_values(const struct field *f);

/* A place in a script's template, "@NAME@", and what stands there. */
struct completion_place {
	const char *name; /* NULL ends the list */
	void (*write)(struct buf *out);
};
void completion_fill(const char *template, const struct completion_place *places, struct buf *out);

/* The first verb of each noun, in the table's order: NULL behind the last. */
const struct verb *completion_next_noun(const struct verb *v);
/* "add, list, show", or what a noun that stands alone does; plain is without commas. */
void completion_noun_text(const struct verb *noun, bool plain, struct buf *out);
/* "a|b" as "a b". */
void completion_spaced(const char *values, struct buf *out);

/* Every flag that takes a value, whatever the command, a blank before each. */
void completion_valued(struct buf *out);

/* The characters of `escaped` get a backslash; in_quote is what a single quote becomes. */
void completion_quoted(const char *text, const char *escaped, const char *in_quote, struct buf *out);

/* The scripts. */
void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);
void completion_fish(struct buf *out);

#endif
