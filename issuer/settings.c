/* The configuration file's reader. */
#include "issuer/settings.h"
#include "base/file.h"
#include "base/ini_lines.h"
#include "ca/key_uri.h"
#include "issuer/settings_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 65536, ROWS_MOST = 128 };

struct reading {
	struct setting_context context;
	struct settings *settings;
	int seen[ROWS_MOST]; /* line of each row; 0: not yet */
};

static enum err unknown(const char *section, const char *key, const struct setting_row *nearest, struct errbuf *why)
{
	if (!section[0])
		return fail(why, ERR_USAGE, "key %s stands before any [section]", key);
	if (nearest)
		return fail(why, ERR_USAGE, "unknown key %s.%s; did you mean %s.%s?", section, key, nearest->section,
			    nearest->key);
	return fail(why, ERR_USAGE, "unknown key %s.%s", section, key);
}

static enum err set_row(struct reading *r, const struct setting_row *row, const struct ini_pair *p, struct errbuf *why)
{
	int *seen = &r->seen[row - setting_rows];
	if (*seen)
		return fail(why, ERR_USAGE, "duplicate key %s.%s, first on line %d", row->section, row->key, *seen);
	*seen = p->line;
	char shown[61];
	struct errbuf reason = {""};
	enum err e = setting_set(row, &r->context, p->value, r->settings, &reason);
	ini_show(p->value, shown);
	if (strstr(p->value, "pin-value")) /* who writes a PIN where it does not belong does not find it in the log too */
		snprintf(shown, sizeof shown, "...");
	return e ? fail(why, e, "%s.%s = %s: %s", row->section, row->key, shown, err_why(e, &reason)) : ERR_OK;
}

static enum err take_pair(void *ctx, const struct ini_pair *p, struct errbuf *why)
{
	struct reading *r = ctx;
	const struct setting_row *nearest = NULL;
	const struct setting_row *row = setting_find(p->section, p->key, &nearest);
	return row ? set_row(r, row, p, why) : unknown(p->section, p->key, nearest, why);
}

static enum err fill_defaults(struct reading *r, struct errbuf *why)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < setting_count && !e; i++) {
		struct errbuf reason = {""};
		if (r->seen[i])
			continue;
		e = setting_set(&setting_rows[i], &r->context, setting_rows[i].standard, r->settings, &reason);
		if (e)
			fail(why, e, "default of %s.%s: %s", setting_rows[i].section, setting_rows[i].key,
			     err_why(e, &reason));
	}
	return e;
}

/* One PIN, and one token that it is tried at: what happens to another one's would happen to both keys. */
static enum err check_tokens(const struct settings *s, const char *name, struct errbuf *why)
{
	if (!key_uri_is(s->key_issuing) || !key_uri_is(s->key_ocsp) || key_uri_same_token(s->key_issuing, s->key_ocsp))
		return ERR_OK;
	return fail(why, ERR_USAGE, "%s: keys.issuing and keys.ocsp must be in one token, which both name by the same words",
		    name);
}

enum err settings_parse(const char *text, size_t len, const char *name, const char *folder, struct settings **out,
			struct errbuf *why)
{
	_Static_assert(sizeof(struct settings) / sizeof(int64_t) <= ROWS_MOST, "more rows than places to note their line");
	struct reading r = {.context = {folder}};
	r.settings = calloc(1, sizeof *r.settings);
	if (!r.settings)
		return ERR_MEMORY;
	enum err e = ini_read(text, len, name, take_pair, &r, why);
	if (!e)
		e = fill_defaults(&r, why);
	if (!e)
		e = check_tokens(r.settings, name, why);
	if (e)
		settings_free(r.settings);
	else
		*out = r.settings;
	return e;
}

bool settings_token_wanted(const struct settings *s)
{
	return key_uri_is(s->key_issuing) || key_uri_is(s->key_ocsp);
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < setting_count; i++)
		if (!setting_is_number(&setting_rows[i]))
			free(*(char **)(void *)((char *)s + setting_rows[i].offset));
	free(s);
}

enum err settings_read(const char *path, struct settings_source *out, struct errbuf *why)
{
	out->text = BUF_INIT(FILE_MAX_BYTES);
	enum err e = file_read(path, &out->text, why);
	if (e)
		return e;
	if (!realpath(path, out->name))
		return fail(why, ERR_IO, "%s has no absolute path", path);
	memcpy(out->folder, out->name, sizeof out->folder);
	char *slash = strrchr(out->folder, '/');
	slash[slash == out->folder ? 1 : 0] = '\0';
	return ERR_OK;
}

void settings_source_clear(struct settings_source *s)
{
	buf_free(&s->text);
}

enum err settings_load(const char *path, struct settings **out, struct errbuf *why)
{
	struct settings_source source;
	enum err e = settings_read(path, &source, why);
	if (!e)
		e = settings_parse((const char *)source.text.data, source.text.len, path, source.folder, out, why);
	settings_source_clear(&source);
	return e;
}
