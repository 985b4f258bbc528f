#include "base/template.h"

#include <string.h>

enum { DEPTH_MAX = 8, NAME_MAX_BYTES = 40 };

struct state {
	const struct template_field *fields;
	enum template_mode mode;
	struct buf *out;
	char open[DEPTH_MAX][NAME_MAX_BYTES];
	int depth;
	int hidden_from; /* depth at which output stopped, or -1 */
};

void template_escape_html(struct buf *out, const char *value)
{
	for (; *value; value++) {
		switch (*value) {
		case '&': buf_text(out, "&amp;"); break;
		case '<': buf_text(out, "&lt;"); break;
		case '>': buf_text(out, "&gt;"); break;
		case '"': buf_text(out, "&quot;"); break;
		case '\'': buf_text(out, "&#39;"); break;
		default: buf_byte(out, (uint8_t)*value);
		}
	}
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

static enum err insert(struct state *s, const char *name, enum template_kind kind)
{
	const struct template_field *f = find(s->fields, name);
	if (!f || f->kind != kind)
		return ERR_INTERNAL;
	if (s->hidden_from >= 0 || !f->value)
		return ERR_OK;
	if (s->mode == TEMPLATE_HTML && kind == TEMPLATE_VALUE)
		template_escape_html(s->out, f->value);
	else
		buf_text(s->out, f->value);
	return ERR_OK;
}

static enum err tag(struct state *s, const char *name)
{
	switch (name[0]) {
	case '#': return open_section(s, name + 1, 1);
	case '^': return open_section(s, name + 1, 0);
	case '/': return close_section(s, name + 1);
	case '>': return insert(s, name + 1, TEMPLATE_PART);
	default: return insert(s, name, TEMPLATE_VALUE);
	}
}

enum err template_render(const char *text, enum template_mode mode, const struct template_field *fields,
			 struct buf *out)
{
	struct state s = {.fields = fields, .mode = mode, .out = out, .hidden_from = -1};
	const char *open;
	while ((open = strstr(text, "{{")) != NULL) {
		const char *close = strstr(open, "}}");
		char name[NAME_MAX_BYTES] = {0};
		if (!close || (size_t)(close - open - 2) >= sizeof name)
			return ERR_INTERNAL;
		if (s.hidden_from < 0)
			buf_add(out, text, (size_t)(open - text));
		memcpy(name, open + 2, (size_t)(close - open - 2));
		enum err e = tag(&s, name);
		if (e)
			return e;
		text = close + 2;
	}
	if (s.depth != 0)
		return ERR_INTERNAL;
	buf_text(out, text);
	return buf_check(out);
}
