#include "issuer/settings_table.h"

#include <stdio.h>
#include <string.h>

const struct setting_row setting_rows[] = {
#define SETTING(section_, key_, member_, type_, least_, most_, standard_, unit_, meaning_)                                 \
	{.section = #section_, .key = #key_, .type = SETTING_##type_, .least = (least_), .most = (most_),                  \
	 .standard = (standard_), .unit = (unit_), .meaning = (meaning_), .offset = offsetof(struct settings, member_)},
#include "issuer/settings.def"
#undef SETTING
};
const size_t setting_count = sizeof setting_rows / sizeof *setting_rows;

bool setting_is_number(const struct setting_row *row)
{
	return row->type == SETTING_NUMBER || row->type == SETTING_DURATION;
}

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Levenshtein's distance of two names shorter than SETTING_NAME_SIZE. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[SETTING_NAME_SIZE];
	size_t lb = strlen(b);
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t above = row[j];
			row[j] = least_of(above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[lb];
}

static const struct setting_row *find_nearest(const char *name)
{
	const struct setting_row *best = NULL;
	size_t least = strlen(name) / 3 + 1; /* farther than a third away is no longer a slip of the pen */
	for (size_t i = 0; i < setting_count; i++) {
		char other[SETTING_NAME_SIZE];
		snprintf(other, sizeof other, "%s.%s", setting_rows[i].section, setting_rows[i].key);
		size_t d = edit_distance(name, other);
		if (d < least || (d == least && !best)) {
			least = d;
			best = &setting_rows[i];
		}
	}
	return best;
}

const struct setting_row *setting_find(const char *section, const char *key, const struct setting_row **nearest)
{
	for (size_t i = 0; i < setting_count; i++)
		if (strcmp(setting_rows[i].section, section) == 0 && strcmp(setting_rows[i].key, key) == 0)
			return &setting_rows[i];
	char name[SETTING_NAME_SIZE];
	int n = snprintf(name, sizeof name, "%s.%s", section, key);
	*nearest = n > 0 && n < SETTING_NAME_SIZE ? find_nearest(name) : NULL;
	return NULL;
}
