/* settings_table: settings.def as rows, for the parser, the writer and the explanation. Internal to issuer/settings*.c. */
#ifndef ISSUER_SETTINGS_TABLE_H
#define ISSUER_SETTINGS_TABLE_H

#include "issuer/settings.h"

#include <stdbool.h>

enum setting_type {
	SETTING_TEXT, SETTING_PATH, SETTING_KEY, SETTING_URL, SETTING_NUMBER, SETTING_DURATION, SETTING_LISTEN, SETTING_WORD, SETTING_USER,
	SETTING_TYPE_COUNT
};

struct setting_row {
	const char *section, *key;
	enum setting_type type;
	int64_t least, most;
	const char *standard, *unit, *meaning;
	size_t offset; /* of the member in struct settings */
};

extern const struct setting_row setting_rows[];
extern const size_t setting_count;

enum { SETTING_NAME_SIZE = 64, SETTING_VALUE_MAX = 4096 };

/* What a value is read with. */
struct setting_context {
	const char *folder; /* relative paths are joined to it */
};

/* Read one value into its member. The reason says what was wanted and what was had, without file and line. */
enum err setting_set(const struct setting_row *row, const struct setting_context *c, const char *value,
		     struct settings *out, struct errbuf *why) MUST_CHECK;
/* The member as text: numbers in digits. Appended to out. */
void setting_show(const struct setting_row *row, const struct settings *s, struct buf *out);
bool setting_is_number(const struct setting_row *row);

/* The row of section and key, or NULL; then *nearest is the row whose name is most alike, or NULL when none is near. */
const struct setting_row *setting_find(const char *section, const char *key, const struct setting_row **nearest);

#endif
