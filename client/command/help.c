#include "client/command/help.h"

#include <string.h>

/* Text stands behind the longest label; one that is longer than LABEL_MOST has a line of its own. */
enum { WIDTH = 100, LABEL_MOST = 32, USAGE_INDENT = 8, GAP = 2 };

struct line {
	struct buf *out;
	size_t begin, indent; /* where in out the line begins; blanks before each further one */
};

static void add_blanks(struct buf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_byte(out, ' ');
}

/* What is not broken: on the line while there is room, behind a blank, else on the next. */
static void add_piece(struct line *line, const char *piece, size_t len)
{
	size_t column = line->out->len - line->begin;
	if (column > line->indent && column + 1 + len > WIDTH) {
		buf_byte(line->out, '\n');
		line->begin = line->out->len;
		add_blanks(line->out, line->indent);
	} else if (column > line->indent) {
		buf_byte(line->out, ' ');
	}
	buf_add(line->out, piece, len);
}

static void add_words(struct line *line, const char *text)
{
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		add_piece(line, text, len);
		text += len;
	}
}

static void add_command(const struct verb *v, struct buf *out)
{
	buf_text(out, v->noun);
	if (v->verb)
		buf_format(out, " %s", v->verb);
}

static void add_row_label(const struct verb *v, struct buf *out)
{
	buf_text(out, "  ");
	add_command(v, out);
}

static void add_field_label(const struct field *f, struct buf *out)
{
	if (f->positional)
		buf_format(out, "  %s", f->wants);
	else if (f->letter)
		buf_format(out, "  -%c, --%s%s%s", f->letter, f->name, f->wants ? " " : "", f->wants ? f->wants : "");
	else
		buf_format(out, f->kind == KIND_OPTIONAL ? "  --%s%s[=%s]" : "  --%s%s%s", f->name,
			   f->wants && f->kind != KIND_OPTIONAL ? " " : "", f->wants ? f->wants : "");
}

/* Behind the longest of the labels that are not too long. */
static size_t column_of(const struct field *fields, size_t least)
{
	for (; fields->name; fields++) {
		struct buf label = BUF_INIT(WIDTH);
		add_field_label(fields, &label);
		if (label.len <= LABEL_MOST && label.len + GAP > least)
			least = label.len + GAP;
		buf_free(&label);
	}
	return least;
}

/* Behind a label that began at `from`: the text in its column. */
static void add_text(struct buf *out, size_t from, size_t column, const char *const texts[2])
{
	struct line line = {out, from, column};
	if (out->len - from + GAP > column) {
		buf_byte(out, '\n');
		line.begin = out->len;
	}
	add_blanks(out, column - (out->len - line.begin));
	add_words(&line, texts[0]);
	add_words(&line, texts[1]);
	buf_byte(out, '\n');
}

static void add_row(const struct verb *v, size_t column, struct buf *out)
{
	size_t from = out->len;
	add_row_label(v, out);
	add_text(out, from, column, (const char *const[2]){v->what, ""});
}

static void add_fields(const struct field *fields, size_t column, struct buf *out)
{
	for (const struct field *f = fields; f->name; f++) {
		size_t from = out->len;
		add_field_label(f, out);
		add_text(out, from, column, (const char *const[2]){f->help, f->required && !f->positional ? "(required)" : ""});
	}
}

/* Arguments without flags first, then required flags; the rest is [--flag ...]. */
static void add_usage(const struct verb *v, struct buf *out)
{
	struct line line = {out, out->len, USAGE_INDENT};
	buf_text(out, "Usage: counterfoil ");
	add_command(v, out);
	for (const struct field *f = v->fields; f->name; f++) {
		struct buf piece = BUF_INIT(WIDTH);
		buf_format(&piece, f->required ? "%s" : "[%s]", f->wants ? f->wants : "");
		if (f->positional)
			add_piece(&line, (const char *)piece.data, piece.len);
		buf_free(&piece);
	}
	for (const struct field *f = v->fields; f->name; f++) {
		struct buf piece = BUF_INIT(WIDTH);
		buf_format(&piece, "--%s %s", f->name, f->wants ? f->wants : "");
		if (f->required && !f->positional)
			add_piece(&line, (const char *)piece.data, piece.len);
		buf_free(&piece);
	}
	add_piece(&line, "[--flag ...]", strlen("[--flag ...]"));
	buf_byte(out, '\n');
}

static void write_verb(const struct verb *v, struct buf *out)
{
	buf_format(out, "%s.\n\nExamples:\n", v->what);
	for (size_t i = 0; v->examples[i]; i++)
		buf_format(out, "  counterfoil %s\n", v->examples[i]);
	buf_byte(out, '\n');
	add_usage(v, out);
	const size_t column = column_of(v->fields, column_of(global_fields, 0));
	add_fields(v->fields, column, out);
	buf_text(out, "\nEverywhere:\n");
	add_fields(global_fields, column, out);
}

static void write_all(const char *noun, struct buf *out)
{
	if (!noun)
		buf_text(out, "counterfoil: order, collect, use and revoke client certificates.\n\n"
			      "Examples:\n"
			      "  counterfoil order new --organisation nordbank --service document-archive --client e-banking "
			      "--contact kari@nordbank.example\n"
			      "  counterfoil collect https://localhost:8443/d/Zm9vYmFyYmF6cXV4cXV1eA\n\n");
	buf_text(out, "Usage: counterfoil COMMAND [--flag ...]\n");
	const size_t column = column_of(global_fields, 0);
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (!noun || strcmp(v->noun, noun) == 0)
			add_row(v, column, out);
	if (noun)
		return;
	buf_text(out, "\nEverywhere:\n");
	add_fields(global_fields, column, out);
	buf_text(out, "\nMore: counterfoil COMMAND --help; man counterfoil\n");
}

void help_write(const struct arguments *given, struct buf *out)
{
	if (given->verb)
		write_verb(given->verb, out);
	else
		write_all(given->help_noun, out);
}
