/* A line is empty, a comment ("# ..."), "[section]", "key = text", or indented: then it goes on with the text before,
 * joined to it by a blank, or, behind "|", as a line of its own. */
#include "delivery/language_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

enum { NAME_SIZE = 20 };

struct reader {
	struct language *out;
	char section[NAME_SIZE];
	struct language_entry *open; /* the one that further lines belong to */
	struct buf text;             /* its text */
	int line;
};

/* Control characters but the tabulator, separators of lines, and what turns the reading direction. */
static bool harmless(ucs4_t c)
{
	return c == '\t' || (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) &&
			     !uc_is_property(c, UC_PROPERTY_BIDI_CONTROL));
}

static enum err check_letters(const char *line, size_t len, struct errbuf *why)
{
	ucs4_t c = 0;
	for (size_t at = 0; at < len;) {
		int n = u8_mbtoucr(&c, (const uint8_t *)line + at, len - at);
		if (n <= 0)
			return fail(why, ERR_USAGE, "byte %zu is not UTF-8", at + 1);
		if (!harmless(c))
			return fail(why, ERR_USAGE, "U+%04X at byte %zu may not stand in a text", (unsigned)c, at + 1);
		at += (size_t)n;
	}
	return ERR_OK;
}

static bool read_name(const char *from, size_t len, char out[NAME_SIZE])
{
	if (len == 0 || len >= NAME_SIZE || strspn(from, "abcdefghijklmnopqrstuvwxyz0123456789_") < len)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

/* The entry is whole: keep its text. */
static enum err close_entry(struct reader *r, struct errbuf *why)
{
	struct language_entry *e = r->open;
	if (!e)
		return ERR_OK;
	r->open = NULL;
	const char *text = buf_string(&r->text);
	if (!text)
		return buf_check(&r->text) == ERR_MEMORY
			       ? ERR_MEMORY
			       : fail(why, ERR_USAGE, "%s is longer than %d bytes", e->key, LANGUAGE_TEXT_MOST);
	if (!text[0])
		return fail(why, ERR_USAGE, "%s has no text", e->key);
	e->text = strdup(text);
	return e->text ? ERR_OK : ERR_MEMORY;
}

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && strchr(" \t", **text))
		(*text)++, (*len)--;
	while (*len > 0 && strchr(" \t", (*text)[*len - 1]))
		(*len)--;
}

static enum err read_section(struct reader *r, const char *line, size_t len, struct errbuf *why)
{
	if (line[len - 1] != ']' || !read_name(line + 1, len - 2, r->section))
		return fail(why, ERR_USAGE, "a section is [name] of letters a to z, digits and _, %d at most", NAME_SIZE - 1);
	return ERR_OK;
}

static enum err read_entry(struct reader *r, const char *line, size_t len, struct errbuf *why)
{
	const char *equals = memchr(line, '=', len), *name = line;
	size_t name_len = equals ? (size_t)(equals - line) : 0;
	char key[NAME_SIZE];
	trim(&name, &name_len);
	if (!equals || !read_name(name, name_len, key))
		return fail(why, ERR_USAGE, "neither key = text, [section], # comment, nor an indented line");
	if (!r->section[0])
		return fail(why, ERR_USAGE, "%s stands before any [section]", key);
	if (r->out->count == LANGUAGE_KEYS_MOST)
		return fail(why, ERR_USAGE, "more than %d keys", LANGUAGE_KEYS_MOST);
	struct language_entry *e = &r->out->entries[r->out->count++];
	snprintf(e->key, sizeof e->key, "%s.%s", r->section, key);
	e->line = r->line;
	r->open = e;
	buf_clear(&r->text);
	const char *text = equals + 1;
	size_t text_len = len - (size_t)(text - line);
	trim(&text, &text_len);
	buf_add(&r->text, text, text_len);
	return ERR_OK;
}

static enum err read_more(struct reader *r, const char *line, size_t len, struct errbuf *why)
{
	if (!r->open)
		return fail(why, ERR_USAGE, "an indented line goes on with a text, and here is none");
	bool own = line[0] == '|';
	line += own, len -= own;
	trim(&line, &len);
	buf_byte(&r->text, own ? '\n' : ' ');
	buf_add(&r->text, line, len);
	return ERR_OK;
}

static enum err read_line(struct reader *r, const char *line, size_t len, struct errbuf *why)
{
	enum err e = check_letters(line, len, why);
	bool indented = len > 0 && strchr(" \t", line[0]);
	trim(&line, &len);
	if (e)
		return e;
	if (indented && len > 0)
		return read_more(r, line, len, why);
	int line_number = r->line;
	r->line = r->open ? r->open->line : r->line; /* what is wrong with the one before is told of its line */
	e = close_entry(r, why);
	if (e)
		return e;
	r->line = line_number;
	if (len == 0 || line[0] == '#')
		return ERR_OK;
	return line[0] == '[' ? read_section(r, line, len, why) : read_entry(r, line, len, why);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct language_entry *)a)->key, ((const struct language_entry *)b)->key);
}

static enum err sort(struct reader *r, struct errbuf *why)
{
	struct language *l = r->out;
	qsort(l->entries, l->count, sizeof *l->entries, by_key);
	for (size_t i = 1; i < l->count; i++) {
		const struct language_entry *a = &l->entries[i - 1], *b = &l->entries[i];
		if (strcmp(a->key, b->key) != 0)
			continue;
		r->line = a->line > b->line ? a->line : b->line;
		return fail(why, ERR_USAGE, "%s is there twice, first on line %d", a->key, a->line < b->line ? a->line : b->line);
	}
	return ERR_OK;
}

static enum err read_lines(struct reader *r, const char *text, size_t len, struct errbuf *why)
{
	enum err e = ERR_OK;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3, len -= 3;
	for (const char *end = text + len; !e && text < end;) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((feed ? feed : end) - text);
		r->line++;
		e = read_line(r, text, n > 0 && text[n - 1] == '\r' ? n - 1 : n, why);
		text += n + 1;
	}
	if (!e)
		e = read_line(r, "", 0, why);
	return e ? e : sort(r, why);
}

enum err language_read(const char *file, const char *text, size_t len, struct language *out, struct errbuf *why)
{
	struct reader r = {.out = out, .text = BUF_INIT(LANGUAGE_TEXT_MOST + 1)};
	struct errbuf reason = {""};
	if (len > LANGUAGE_FILE_MOST)
		return fail(why, ERR_USAGE, "%s: %zu bytes, at most %d", file, len, LANGUAGE_FILE_MOST);
	enum err e = read_lines(&r, text, len, &reason);
	buf_free(&r.text);
	if (e == ERR_USAGE)
		return fail(why, e, "%s:%d: %s", file, r.line, reason.text);
	return e ? fail(why, e, "%s: %s", file, err_why(e, &reason)) : ERR_OK;
}

void language_clear(struct language *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->entries[i].text);
	l->count = 0;
}

struct language_entry *language_entry(const struct language *l, const char *key)
{
	struct language_entry wanted = {.line = 0};
	if (strlen(key) >= sizeof wanted.key)
		return NULL;
	memcpy(wanted.key, key, strlen(key) + 1);
	return bsearch(&wanted, l->entries, l->count, sizeof *l->entries, by_key);
}
