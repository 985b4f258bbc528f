#include "client/command/help.h"
#include "client/command/completion.h"
#include "client/command/lookup.h"
#include "client/command/text.h"

#include <string.h>

/* Text stands behind the longest label; one that is longer than LABEL_MOST has a line of its own. */
enum { WIDTH_MOST = 80, WIDTH_LEAST = 40, LABEL_MOST = 28, USAGE_INDENT = 8, EXAMPLE_INDENT = 6, GAP = 2, PIECE_MAX = 128 };

struct page {
	struct buf *out;
	size_t width, column; /* of the page; where texts begin behind their labels */
	bool bold;
};

struct line {
	const struct page *page;
	size_t begin, indent; /* where in out the line begins; blanks before each further one */
	const char *end;      /* what a line that goes on ends with */
};

static void add_blanks(struct buf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_byte(out, ' ');
}

/* What is not broken: on the line while there is room, behind a blank, else on the next. */
static void add_piece(struct line *line, const char *piece, size_t len)
{
	struct buf *out = line->page->out;
	size_t column = out->len - line->begin;
	if (column > line->indent && column + 1 + len + strlen(line->end) > line->page->width) {
		buf_text(out, line->end);
		buf_byte(out, '\n');
		line->begin = out->len;
		add_blanks(out, line->indent);
	} else if (column > line->indent) {
		buf_byte(out, ' ');
	}
	buf_add(out, piece, len);
}

static void add_words(struct line *line, const char *text)
{
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		add_piece(line, text, len);
		text += len;
	}
}

static void add_paragraph(const struct page *page, const char *text)
{
	struct line line = {page, page->out->len, 0, ""};
	add_words(&line, text);
	buf_byte(page->out, '\n');
}

static void add_heading(const struct page *page, const char *text)
{
	buf_format(page->out, page->bold ? "\033[1m%s:\033[0m\n" : "%s:\n", text);
}

static void add_command(const struct verb *v, struct buf *out)
{
	buf_text(out, v->noun);
	if (v->verb)
		buf_format(out, " %s", v->verb);
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
static size_t column_of(const struct page *page, const struct field *fields, size_t least)
{
	for (; fields->name; fields++) {
		struct buf label = BUF_INIT(PIECE_MAX);
		add_field_label(fields, &label);
		if (label.len <= LABEL_MOST && label.len + GAP > least)
			least = label.len + GAP;
		text_part_end(&label, page->out);
	}
	return least;
}

/* Behind a label that began at `from`: the text in its column. */
static void add_text(const struct page *page, size_t from, const char *text)
{
	struct buf *out = page->out;
	struct line line = {page, from, page->column, ""};
	if (out->len - from + GAP > page->column) {
		buf_byte(out, '\n');
		line.begin = out->len;
	}
	add_blanks(out, page->column - (out->len - line.begin));
	add_words(&line, text);
	buf_byte(out, '\n');
}

/* Those that are required, or those that are not, under their heading if there is any. */
static void add_fields(const struct page *page, const struct field *fields, bool required, const char *heading)
{
	bool any = false;
	for (const struct field *f = fields; f->name; f++) {
		if (f->required != required)
			continue;
		if (!any) {
			buf_byte(page->out, '\n');
			add_heading(page, heading);
		}
		any = true;
		size_t from = page->out->len;
		add_field_label(f, page->out);
		add_text(page, from, f->help);
	}
}

/* An example, to be copied: a long one goes on before a flag, behind a backslash. */
static void add_example(const struct page *page, const char *example)
{
	struct line line = {page, page->out->len, EXAMPLE_INDENT, " \\"};
	buf_text(page->out, "  counterfoil ");
	for (bool first = true; *example; first = false) {
		const char *flag = strstr(example, " -");
		size_t len = flag ? (size_t)(flag - example) : strlen(example);
		if (first)
			buf_add(page->out, example, len);
		else
			add_piece(&line, example, len);
		example += len + (flag != NULL);
	}
	buf_byte(page->out, '\n');
}

static void add_usage_piece(struct line *line, const struct field *f)
{
	struct buf piece = BUF_INIT(PIECE_MAX);
	const char *wants = f->wants ? f->wants : "";
	if (f->positional)
		buf_format(&piece, f->required ? "%s" : "[%s]", wants);
	else
		buf_format(&piece, "--%s %s", f->name, wants);
	add_piece(line, (const char *)piece.data, piece.len);
	text_part_end(&piece, line->page->out);
}

/* Arguments without flags first, then required flags; the rest is [--flag ...]. */
static void add_usage(const struct page *page, const struct verb *v)
{
	struct line line = {page, page->out->len, USAGE_INDENT, ""};
	buf_text(page->out, "Usage: counterfoil ");
	add_command(v, page->out);
	for (const struct field *f = v->fields; f->name; f++)
		if (f->positional)
			add_usage_piece(&line, f);
	for (const struct field *f = v->fields; f->name; f++)
		if (f->required && !f->positional)
			add_usage_piece(&line, f);
	add_piece(&line, "[--flag ...]", strlen("[--flag ...]"));
	buf_byte(page->out, '\n');
}

/* Those of everywhere in brief, and where they are told at length. */
static void add_everywhere(const struct page *page)
{
	struct line line = {page, page->out->len + 1, GAP, ""};
	buf_byte(page->out, '\n');
	add_words(&line, "Everywhere:");
	for (const struct field *f = global_fields; f->name; f++) {
		struct buf label = BUF_INIT(PIECE_MAX);
		buf_format(&label, "--%s%s%s", f->name, f->wants ? " " : "", f->wants ? f->wants : "");
		add_piece(&line, (const char *)label.data, label.len);
		text_part_end(&label, page->out);
	}
	buf_text(page->out, "\n\nMore: counterfoil help; man counterfoil\n");
}

static void write_verb(struct page *page, const struct verb *v)
{
	struct buf what = BUF_INIT(512);
	page->column = column_of(page, v->fields, 0);
	add_heading(page, "Examples");
	for (size_t i = 0; v->examples[i]; i++)
		add_example(page, v->examples[i]);
	buf_byte(page->out, '\n');
	buf_format(&what, "%s.", v->what);
	const char *text = buf_string(&what);
	add_paragraph(page, text ? text : v->what);
	buf_byte(page->out, '\n');
	text_part_end(&what, page->out);
	add_usage(page, v);
	add_fields(page, v->fields, true, "Required");
	add_fields(page, v->fields, false, "Optional");
	add_everywhere(page);
}

static void write_noun(struct page *page, const char *noun)
{
	size_t examples = 0;
	struct buf usage = BUF_INIT(PIECE_MAX);
	add_heading(page, "Examples");
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (strcmp(v->noun, noun) == 0 && examples++ < EXAMPLES_MAX)
			add_example(page, v->examples[0]);
	buf_format(&usage, "Usage: counterfoil %s VERB [--flag ...]", noun);
	buf_byte(page->out, '\n');
	const char *text = buf_string(&usage);
	add_paragraph(page, text ? text : noun);
	text_part_end(&usage, page->out);
	buf_byte(page->out, '\n');
	add_heading(page, "Verbs");
	page->column = 0;
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (strcmp(v->noun, noun) == 0 && strlen(v->verb) + (size_t)2 * GAP > page->column)
			page->column = strlen(v->verb) + (size_t)2 * GAP;
	for (const struct verb *v = table_next(NULL); v; v = table_next(v)) {
		size_t from = page->out->len;
		if (strcmp(v->noun, noun) != 0)
			continue;
		buf_format(page->out, "  %s", v->verb);
		add_text(page, from, v->what);
	}
	add_everywhere(page);
}

/* A line a noun: its verbs, or what it does when it stands alone. */
static void add_area(const struct page *page, const struct area *area)
{
	buf_byte(page->out, '\n');
	add_heading(page, area->title);
	for (const struct verb *v = area->verbs; v->noun; v++) {
		struct buf text = BUF_INIT(512);
		size_t from = page->out->len;
		if (v > area->verbs && strcmp(v[-1].noun, v->noun) == 0)
			continue;
		completion_noun_text(v, false, &text);
		buf_format(page->out, "  %s", v->noun);
		const char *says = buf_string(&text);
		add_text(page, from, says ? says : v->what);
		text_part_end(&text, page->out);
	}
}

static void write_all(struct page *page)
{
	add_paragraph(page, "counterfoil: order, collect, use and revoke client certificates.");
	buf_byte(page->out, '\n');
	add_heading(page, "Examples");
	add_example(page, "order new --organisation nordbank --service document-archive --client e-banking "
			  "--contact kari@nordbank.example");
	add_example(page, "collect https://localhost:8443/d/Zm9vYmFyYmF6cXV4cXV1eA");
	buf_byte(page->out, '\n');
	add_paragraph(page, "Usage: counterfoil NOUN [VERB] [ARGUMENT ...] [--flag ...]");
	page->column = 0;
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (strlen(v->noun) + (size_t)2 * GAP > page->column)
			page->column = strlen(v->noun) + (size_t)2 * GAP;
	for (const struct area *area = areas; area->title; area++)
		add_area(page, area);
	page->column = column_of(page, global_fields, 0);
	add_fields(page, global_fields, false, "Everywhere");
	buf_byte(page->out, '\n');
	add_paragraph(page, "More: counterfoil NOUN --help; counterfoil NOUN VERB --help; man counterfoil");
}

void help_write(const struct arguments *given, const struct sheet_style *style, struct buf *out)
{
	struct page page = {.out = out, .width = WIDTH_MOST, .bold = style->bold};
	if (style->columns && style->columns < WIDTH_MOST)
		page.width = style->columns > WIDTH_LEAST ? style->columns : WIDTH_LEAST;
	const struct verb *alone = given->help_noun ? lookup_verb(given->help_noun, NULL) : NULL;
	if (given->verb || alone)
		write_verb(&page, given->verb ? given->verb : alone);
	else if (given->help_noun)
		write_noun(&page, given->help_noun);
	else
		write_all(&page);
}
