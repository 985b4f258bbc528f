#include "base/template.h"

#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 8, NAME_MAX_BYTES = 40 };

/* A section that is open. Over a list it goes back to its body until every item has had its turn. */
struct section {
	char name[NAME_MAX_BYTES];
	const char *body;
	const void *list; /* NULL: it does not repeat */
	size_t at, count;
	const void *node; /* whose members are at hand in it; NULL: nobody's */
};

struct state {
	const char *text; /* what comes next */
	const struct template_field *fields;
	const struct template_data *data; /* NULL: fields alone */
	enum template_mode mode;
	const struct template_words *words;
	struct buf *out;
	struct section open[DEPTH_MAX];
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

/* Of what is at hand, from the inside out. */
static bool find_value(const struct state *s, const char *name, struct template_value *out)
{
	*out = (struct template_value){.text = ""};
	for (int i = s->depth; s->data && i-- > 0;)
		if (s->open[i].node && s->data->find(s->open[i].node, name, out))
			return true;
	if (s->data && s->data->root && s->data->find(s->data->root, name, out))
		return true;
	const struct template_field *f = find(s->fields, name);
	if (!f)
		return false;
	*out = (struct template_value){.text = f->value ? f->value : "", .given = f->value && f->value[0]};
	return true;
}

static enum err open_section(struct state *s, const char *name, bool wanted)
{
	struct template_value v = {.text = ""};
	bool dark = s->data && s->hidden_from >= 0; /* what is at hand there is not what will be */
	if (s->depth == DEPTH_MAX || (!dark && !find_value(s, name, &v) && !s->data))
		return ERR_INTERNAL;
	struct section *section = &s->open[s->depth];
	*section = (struct section){.body = s->text};
	memcpy(section->name, name, strlen(name) + 1); /* the tag fitted NAME_MAX_BYTES */
	if (v.given != wanted && s->hidden_from < 0)
		s->hidden_from = s->depth;
	else if (wanted && !dark)
		section->list = v.list, section->count = v.count, section->node = v.node;
	if (s->data && section->list)
		section->node = s->data->item(section->list, 0);
	s->depth++;
	return ERR_OK;
}

static enum err close_section(struct state *s, const char *name)
{
	struct section *section = s->depth ? &s->open[s->depth - 1] : NULL;
	if (!section || strcmp(section->name, name) != 0)
		return ERR_INTERNAL;
	if (section->list && ++section->at < section->count) {
		section->node = s->data->item(section->list, section->at);
		s->text = section->body;
		return ERR_OK;
	}
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

static enum err insert_part(struct state *s, const char *name)
{
	const struct template_field *f = find(s->fields, name);
	if (!f || f->kind != TEMPLATE_PART)
		return ERR_INTERNAL;
	if (s->hidden_from < 0 && f->value)
		buf_text(s->out, f->value);
	return ERR_OK;
}

/* "{{dress name}}", of a tree alone. */
static enum err insert_dressed(struct state *s, const char *name, size_t dress_len)
{
	char dress[NAME_MAX_BYTES];
	struct template_value v;
	if (!s->data || !s->data->dress)
		return ERR_INTERNAL;
	if (s->hidden_from >= 0)
		return ERR_OK;
	memcpy(dress, name, dress_len);
	dress[dress_len] = '\0';
	if (!find_value(s, name + dress_len + 1, &v))
		return ERR_INTERNAL;
	return v.text[0] ? s->data->dress(s->data->ctx, dress, v.text, s->out) : ERR_OK;
}

static enum err insert(struct state *s, const char *name)
{
	const struct template_field *f = find(s->fields, name);
	const char *space = strchr(name, ' ');
	struct template_value v;
	if (space)
		return insert_dressed(s, name, (size_t)(space - name));
	if (f && f->kind == TEMPLATE_PART)
		return ERR_INTERNAL;
	if (s->data && s->hidden_from >= 0)
		return ERR_OK;
	if (!find_value(s, name, &v))
		return ERR_INTERNAL;
	if (s->hidden_from < 0)
		write_text(s, v.text, strlen(v.text));
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
	case '#': return open_section(s, name + 1, true);
	case '^': return open_section(s, name + 1, false);
	case '/': return close_section(s, name + 1);
	case '>': return insert_part(s, name + 1);
	case '_': return insert_words(s, name + 1, true);
	case '=': return insert_words(s, name + 1, false);
	default: return insert(s, name);
	}
}

static enum err render(struct state *s)
{
	const char *open;
	while ((open = strstr(s->text, "{{")) != NULL) {
		char name[NAME_MAX_BYTES];
		if (s->hidden_from < 0)
			buf_add(s->out, s->text, (size_t)(open - s->text));
		s->text = read_name(open, name);
		enum err e = s->text ? tag(s, name) : ERR_INTERNAL;
		if (e)
			return e;
	}
	if (s->depth != 0)
		return ERR_INTERNAL;
	buf_text(s->out, s->text);
	return buf_check(s->out);
}

enum err template_render_words(const char *text, enum template_mode mode, const struct template_words *words,
			       const struct template_field *fields, struct buf *out)
{
	return render(&(struct state){.text = text, .fields = fields, .mode = mode, .words = words, .out = out, .hidden_from = -1});
}

enum err template_render(const char *text, enum template_mode mode, const struct template_field *fields,
			 struct buf *out)
{
	return template_render_words(text, mode, NULL, fields, out);
}

enum err template_render_data(const char *text, const struct template_data *data, const struct template_field *fields,
			      struct buf *out)
{
	return render(&(struct state){.text = text, .fields = fields, .data = data, .mode = TEMPLATE_HTML, .out = out,
				      .hidden_from = -1});
}
