/* The configuration file's reader. inih splits the lines; the lines are counted here, for Debian's build of it does not
 * hand their numbers on. */
#include "issuer/settings.h"
#include "base/file.h"
#include "issuer/settings_table.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

enum { FILE_MAX_BYTES = 65536, ROWS_MOST = 128 };

struct reading {
	const char *at, *end; /* what is left of the text */
	int line;
	const char *name; /* of the file, for messages */
	struct setting_context context;
	struct settings *settings;
	int seen[ROWS_MOST]; /* line of each row; 0: not yet */
	enum err rc;
	struct errbuf why; /* without file and line */
};

/* fgets for inih. A line that does not fit is a fault of its own: inih would read its rest as another line. */
static char *next_line(char *out, int size, void *stream)
{
	struct reading *r = stream;
	if (r->at == r->end || r->rc)
		return NULL;
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	const char *stop = newline ? newline + 1 : r->end;
	size_t len = (size_t)(stop - r->at);
	r->line++;
	if (len >= (size_t)size || memchr(r->at, '\0', len)) {
		r->rc = fail(&r->why, ERR_USAGE, "%s", len >= (size_t)size ? "the line is too long" : "NUL in the line");
		return NULL;
	}
	memcpy(out, r->at, len);
	out[len] = '\0';
	r->at = stop;
	return out;
}

static enum err unknown(struct reading *r, const char *section, const char *key, const struct setting_row *nearest)
{
	if (!section[0])
		return fail(&r->why, ERR_USAGE, "key %s stands before any [section]", key);
	if (nearest)
		return fail(&r->why, ERR_USAGE, "unknown key %s.%s; did you mean %s.%s?", section, key, nearest->section,
			    nearest->key);
	return fail(&r->why, ERR_USAGE, "unknown key %s.%s", section, key);
}

/* As much of a value as a message may show: whole characters, at most 60 bytes. */
static void show_value(const char *value, char out[61])
{
	size_t len = strnlen(value, 60);
	while (len > 0 && u8_check((const uint8_t *)value, len))
		len--;
	memcpy(out, value, len);
	out[len] = '\0';
}

static enum err set_row(struct reading *r, const struct setting_row *row, const char *value)
{
	int *seen = &r->seen[row - setting_rows];
	if (*seen)
		return fail(&r->why, ERR_USAGE, "duplicate key %s.%s, first on line %d", row->section, row->key, *seen);
	*seen = r->line;
	char shown[61];
	struct errbuf reason = {""};
	enum err e = setting_set(row, &r->context, value, r->settings, &reason);
	show_value(value, shown);
	return e ? fail(&r->why, e, "%s.%s = %s: %s", row->section, row->key, shown, err_why(e, &reason)) : ERR_OK;
}

static int take_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	const struct setting_row *nearest = NULL;
	const struct setting_row *row = setting_find(section, key, &nearest);
	r->rc = row ? set_row(r, row, value) : unknown(r, section, key, nearest);
	return r->rc == ERR_OK;
}

/* inih's own switches are variables of the library: values stand alone on their line, exactly as written. */
static void set_dialect(void)
{
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_stop_on_first_error = true;
	ini_max_line = SETTING_VALUE_MAX + 256;
}

static enum err read_pairs(struct reading *r, struct errbuf *why)
{
	set_dialect();
	int line = ini_parse_stream(next_line, r, take_pair, r);
	if (!r->rc && line != 0) {
		r->line = line > 0 ? line : r->line;
		r->rc = fail(&r->why, line > 0 ? ERR_USAGE : ERR_MEMORY, "neither [section], nor key = value, nor # comment");
	}
	return r->rc ? fail(why, r->rc, "%s:%d: %s", r->name, r->line, r->why.text) : ERR_OK;
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

enum err settings_parse(const char *text, size_t len, const char *name, const char *folder, struct settings **out,
			struct errbuf *why)
{
	_Static_assert(sizeof(struct settings) / sizeof(int64_t) <= ROWS_MOST, "more rows than places to note their line");
	struct reading r = {.at = text, .end = text + len, .name = name, .context = {folder}};
	r.settings = calloc(1, sizeof *r.settings);
	if (!r.settings)
		return ERR_MEMORY;
	enum err e = read_pairs(&r, why);
	if (!e)
		e = fill_defaults(&r, why);
	if (e)
		settings_free(r.settings);
	else
		*out = r.settings;
	return e;
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
