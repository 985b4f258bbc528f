#include "base/template.h"

#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 8, NAME_MAX_BYTES = 40 };

struct state {
	const struct template_field *fields;
	enum template_mode mode;
	const struct template_words *words;
	struct buf *out;
	char open[DEPTH_MAX][NAME_MAX_BYTES];
	int depth;
	int hidden_from; /* depth at which output stopped, or -1 */
};

static void escape(struct buf *out, const char *text, size_t len)
{
	for (const char *end = text + len; text < end; text++) {
		switch (*text) {
		case '&': buf_text(out, "&amp;"); break;
		case '<': buf_text(out, "&lt;"); break;
		case '>': buf_text(out, "&gt;"); break;
		case '"': buf_text(out, "&quot;"); break;
		case '\'': buf_text(out, "&#39;"); break;
		default: buf_byte(out, (uint8_t)*text);
		}
	}
}

void template_escape_html(struct buf *out, const char *value)
{
	escape(out, value, strlen(value));
}

/* What stands between the braces at `open`; what comes behind them, or NULL when they do not close. */
static const char *read_name(const char *open, char name[NAME_MAX_BYTES])
{
	const char *close = strstr(open, "}}");
	if (!close || (size_t)(close - open - 2) >= NAME_MAX_BYTES)
		return NULL;
	memcpy(name, open + 2, (size_t)(close - open - 2));
	name[close - open - 2] = '\0';
	return close + 2;
}

static const struct template_field *find(const struct template_field *f, const char *name)
{
	for (; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static enum err open_section(struct state *s, const char *name, int wanted)
{
	const struct template_field *f = find(s->fields, name);
	if (!f || s->depth == DEPTH_MAX)
		return ERR_INTERNAL;
	memcpy(s->open[s->depth], name, strlen(name) + 1); /* the tag fitted NAME_MAX_BYTES */
	int given = f->value && f->value[0];
	if (given != wanted && s->hidden_from < 0)
		s->hidden_from = s->depth;
	s->depth++;
	return ERR_OK;
}

static enum err close_section(struct state *s, const char *name)
{
	if (s->depth == 0 || strcmp(s->open[s->depth - 1], name) != 0)
		return ERR_INTERNAL;
	s->depth--;
	if (s->hidden_from == s->depth)
		s->hidden_from = -1;
	return ERR_OK;
}

static void write_text(struct state *s, const char *text, size_t len)
{
	if (s->mode == TEMPLATE_HTML)
		escape(s->out, text, len);
	else
		buf_add(s->out, text, len);
}

static enum err insert(struct state *s, const char *name, bool part)
{
	const struct template_field *f = find(s->fields, name);
	if (!f || (f->kind == TEMPLATE_PART) != part)
		return ERR_INTERNAL;
	if (s->hidden_from >= 0 || !f->value)
		return ERR_OK;
	if (part)
		buf_text(s->out, f->value);
	else
		write_text(s, f->value, strlen(f->value));
	return ERR_OK;
}

static const struct {
	const char *open, *close;
} dresses[] = {
	[TEMPLATE_VALUE] = {"", ""},
	[TEMPLATE_STRONG] = {"<strong>", "</strong>"},
	[TEMPLATE_CODE] = {"<code>", "</code>"},
	[TEMPLATE_KEEP] = {"<bdi class=\"keep\">", "</bdi>"},
};

static enum err word_place(struct state *s, const char *name, bool dressed)
{
	const struct template_field *f = find(s->fields, name);
	if (!f || f->kind == TEMPLATE_PART)
		return ERR_INTERNAL;
	const char *value = f->value ? f->value : "";
	enum template_kind dress = dressed && s->mode == TEMPLATE_HTML && value[0] ? f->kind : TEMPLATE_VALUE;
	buf_text(s->out, dresses[dress].open);
	write_text(s, value, strlen(value));
	buf_text(s->out, dresses[dress].close);
	return ERR_OK;
}

static enum err insert_words(struct state *s, const char *key, bool dressed)
{
	const char *text = s->words ? s->words->find(s->words->ctx, key) : NULL;
	char name[NAME_MAX_BYTES];
	if (!text)
		return ERR_INTERNAL;
	if (s->hidden_from >= 0)
		return ERR_OK;
	for (const char *open; (open = strstr(text, "{{")) != NULL;) {
		write_text(s, text, (size_t)(open - text));
		text = read_name(open, name);
		enum err e = text ? word_place(s, name, dressed) : ERR_INTERNAL;
		if (e)
			return e;
	}
	write_text(s, text, strlen(text));
	return ERR_OK;
}

static enum err tag(struct state *s, const char *name)
{
	switch (name[0]) {
	case '#': return open_section(s, name + 1, 1);
	case '^': return open_section(s, name + 1, 0);
	case '/': return close_section(s, name + 1);
	case '>': return insert(s, name + 1, true);
	case '_': return insert_words(s, name + 1, true);
	case '=': return insert_words(s, name + 1, false);
	default: return insert(s, name, false);
	}
}

enum err template_render_words(const char *text, enum template_mode mode, const struct template_words *words,
			       const struct template_field *fields, struct buf *out)
{
	struct state s = {.fields = fields, .mode = mode, .words = words, .out = out, .hidden_from = -1};
	const char *open;
	while ((open = strstr(text, "{{")) != NULL) {
		char name[NAME_MAX_BYTES];
		if (s.hidden_from < 0)
			buf_add(out, text, (size_t)(open - text));
		text = read_name(open, name);
		enum err e = text ? tag(&s, name) : ERR_INTERNAL;
		if (e)
			return e;
	}
	if (s.depth != 0)
		return ERR_INTERNAL;
	buf_text(out, text);
	return buf_check(out);
}

enum err template_render(const char *text, enum template_mode mode, const struct template_field *fields,
			 struct buf *out)
{
	return template_render_words(text, mode, NULL, fields, out);
}
