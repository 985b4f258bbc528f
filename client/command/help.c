#include "client/command/help.h"

#include <string.h>

enum { HELP_COLUMN = 26 };

static void add_command(const struct verb *v, struct buf *out)
{
	buf_text(out, v->noun);
	if (v->verb)
		buf_format(out, " %s", v->verb);
}

static void add_padded(struct buf *out, size_t from)
{
	size_t width = out->len - from;
	buf_format(out, "%*s", width < HELP_COLUMN - 1 ? (int)(HELP_COLUMN - width) : 2, "");
}

static void add_row(const struct verb *v, struct buf *out)
{
	size_t from = out->len;
	buf_text(out, "  ");
	add_command(v, out);
	add_padded(out, from);
	buf_format(out, "%s\n", v->what);
}

static void add_field(const struct field *f, struct buf *out)
{
	size_t from = out->len;
	if (f->positional)
		buf_format(out, "  %s", f->wants);
	else if (f->letter)
		buf_format(out, "  -%c, --%s%s%s", f->letter, f->name, f->wants ? " " : "", f->wants ? f->wants : "");
	else
		buf_format(out, f->kind == KIND_OPTIONAL ? "  --%s%s[=%s]" : "  --%s%s%s", f->name,
			   f->wants && f->kind != KIND_OPTIONAL ? " " : "", f->wants ? f->wants : "");
	add_padded(out, from);
	buf_format(out, "%s%s\n", f->help, f->required && !f->positional ? " (required)" : "");
}

/* Arguments without flags first, then required flags; the rest is [--flag ...]. */
static void add_usage(const struct verb *v, struct buf *out)
{
	bool optional = false;
	buf_text(out, "Usage: counterfoil ");
	add_command(v, out);
	for (const struct field *f = v->fields; f->name; f++)
		if (f->positional)
			buf_format(out, " %s", f->wants);
	for (const struct field *f = v->fields; f->name; f++) {
		if (f->required && !f->positional)
			buf_format(out, " --%s %s", f->name, f->wants);
		optional = optional || !f->required;
	}
	buf_format(out, "%s\n", optional ? " [--flag ...]" : "");
}

static void write_verb(const struct verb *v, struct buf *out)
{
	buf_format(out, "%s.\n\nExamples:\n", v->what);
	for (size_t i = 0; v->examples[i]; i++)
		buf_format(out, "  counterfoil %s\n", v->examples[i]);
	buf_byte(out, '\n');
	add_usage(v, out);
	for (const struct field *f = v->fields; f->name; f++)
		add_field(f, out);
	buf_text(out, "\nEverywhere:\n");
	for (const struct field *f = global_fields; f->name; f++)
		add_field(f, out);
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
	for (const struct verb *v = verbs; v->noun; v++)
		if (!noun || strcmp(v->noun, noun) == 0)
			add_row(v, out);
	if (noun)
		return;
	buf_text(out, "\nEverywhere:\n");
	for (const struct field *f = global_fields; f->name; f++)
		add_field(f, out);
	buf_text(out, "\nMore: counterfoil COMMAND --help; man counterfoil\n");
}

void help_write(const struct arguments *given, struct buf *out)
{
	if (given->verb)
		write_verb(given->verb, out);
	else
		write_all(given->help_noun, out);
}
