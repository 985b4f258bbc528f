/* The configuration file as `init` writes it, and the keys in effect as `check` shows them. */
#include "issuer/settings.h"
#include "issuer/settings_table.h"

#include <stdio.h>
#include <string.h>

static const char opening[] =
	"# Counterfoil: the configuration of this node. counterfoil.conf(5) has every key; `counterfoild check` tells what\n"
	"# a change would do. Relative paths begin in this file's folder.\n";

static const char *value_of(const struct setting_row *row, const char *const *values)
{
	char name[SETTING_NAME_SIZE];
	snprintf(name, sizeof name, "%s.%s", row->section, row->key);
	for (; values && values[0]; values += 2)
		if (strcmp(values[0], name) == 0)
			return values[1];
	return row->standard;
}

static enum err check_names(const char *const *values)
{
	for (; values && values[0]; values += 2) {
		char section[SETTING_NAME_SIZE];
		const struct setting_row *nearest = NULL;
		const char *dot = strchr(values[0], '.');
		int n = dot ? snprintf(section, sizeof section, "%.*s", (int)(dot - values[0]), values[0]) : -1;
		if (n < 0 || n >= (int)sizeof section || !setting_find(section, dot + 1, &nearest))
			return ERR_USAGE;
		if (values[1][strcspn(values[1], "\r\n")])
			return ERR_INVALID;
	}
	return ERR_OK;
}

enum err settings_write(const char *const *values, struct buf *out)
{
	enum err e = check_names(values);
	if (e)
		return e;
	const char *section = "";
	buf_text(out, opening);
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting_row *row = &setting_rows[i];
		if (strcmp(section, row->section) != 0)
			buf_format(out, "\n[%s]\n", row->section);
		section = row->section;
		buf_format(out, "# %s\n%s = %s\n", row->meaning, row->key, value_of(row, values));
	}
	return buf_check(out);
}

enum err settings_explain(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting_row *row = &setting_rows[i];
		buf_format(out, "%s.%s = ", row->section, row->key);
		setting_show(row, s, out);
		buf_format(out, "%s%s\n    %s\n", row->unit[0] ? " " : "", row->unit, row->meaning);
	}
	return buf_check(out);
}

void settings_keys(struct buf *out)
{
	for (size_t i = 0; i < setting_count; i++)
		buf_format(out, "%s.%s\t%s\n", setting_rows[i].section, setting_rows[i].key, setting_rows[i].standard);
}
