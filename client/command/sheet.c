#include "client/command/sheet.h"
#include "client/command/text.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 1 << 16, LEAST_WIDTH = 6, DATE_WIDTH = 11, GAP = 2 };

/* The cells of a table as safe strings, row by row, titles first. */
struct grid {
	char **cells;
	size_t rows, columns;
	size_t width[COLUMNS_MAX];
	const json_t *items;
	const struct column *of;
	const struct sheet_style *style;
};

static char *cell_of(const struct grid *g, size_t row, const struct column *column)
{
	struct buf text = BUF_INIT(CELL_MAX);
	sheet_member(column->member, json_object_get(json_array_get(g->items, row - 1), column->member), g->style, &text);
	const char *string = buf_string(&text);
	char *cell = text.err == ERR_MEMORY ? NULL : strdup(string ? string : "(too long)");
	buf_free(&text);
	return cell;
}

static void grid_free(struct grid *g)
{
	for (size_t i = 0; g->cells && i < g->rows * g->columns; i++)
		free(g->cells[i]);
	free(g->cells);
}

static const char *colour_of(const struct grid *g, size_t row, size_t c)
{
	const char *member = g->of[c].member;
	return sheet_colour(member, json_object_get(json_array_get(g->items, row - 1), member), g->style);
}

static bool grid_fill(struct grid *g)
{
	while (g->of[g->columns].title)
		g->columns++;
	g->rows = json_array_size(g->items) + 1;
	g->cells = calloc(g->rows * g->columns, sizeof *g->cells);
	if (!g->cells)
		return false;
	for (size_t i = 0; i < g->rows * g->columns; i++) {
		size_t row = i / g->columns, column = i % g->columns;
		g->cells[i] = row ? cell_of(g, row, &g->of[column]) : strdup(g->of[column].title);
		if (!g->cells[i])
			return false;
		size_t width = text_width(g->cells[i]);
		g->width[column] = width > g->width[column] ? width : g->width[column];
	}
	return true;
}

static size_t total_width(const struct grid *g)
{
	size_t total = (g->columns - 1) * GAP;
	for (size_t c = 0; c < g->columns; c++)
		total += g->width[c];
	return total;
}

/* What is typed again, or what everything else hangs on, is never cut. */
static bool is_whole(const char *member)
{
	static const char *const whole[] = {"id", "serial", "slug", "sequence", "order", "object", "state", "status"};
	const size_t len = strlen(member);
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (strcmp(member, whole[i]) == 0)
			return true;
	return len > 3 && strcmp(member + len - 3, "_id") == 0;
}

/* How narrow a column may be: a time is cut to its date, and to nothing between. */
static size_t least_width(const struct grid *g, size_t c)
{
	if (is_whole(g->of[c].member))
		return g->width[c];
	if (sheet_is_time(g->of[c].member))
		return g->width[c] < DATE_WIDTH ? g->width[c] : DATE_WIDTH;
	return g->width[c] < LEAST_WIDTH ? g->width[c] : LEAST_WIDTH;
}

/* Take from the widest column that may be cut, the last of several, until the table fits. False when it cannot. */
static bool shrink(struct grid *g, size_t room)
{
	while (room && total_width(g) > room) {
		size_t widest = g->columns;
		for (size_t c = 0; c < g->columns; c++)
			if (g->width[c] > least_width(g, c) && (widest == g->columns || g->width[c] >= g->width[widest]))
				widest = c;
		if (widest == g->columns)
			return false;
		g->width[widest] = sheet_is_time(g->of[widest].member) ? DATE_WIDTH : g->width[widest] - 1;
	}
	return true;
}

static void add_row(const struct grid *g, size_t row, struct buf *out)
{
	for (size_t c = 0; c < g->columns; c++) {
		const char *cell = g->cells[row * g->columns + c];
		const char *colour = row ? colour_of(g, row, c) : "";
		size_t width = text_width(cell);
		size_t pad = GAP + (width < g->width[c] ? g->width[c] - width : 0);
		buf_text(out, colour);
		text_cut(out, cell, g->width[c]);
		buf_text(out, sheet_colour_end(colour));
		if (c + 1 < g->columns)
			buf_format(out, "%*s", (int)pad, "");
	}
	buf_byte(out, '\n');
}

static void add_block(const struct grid *g, size_t row, struct buf *out)
{
	size_t widest = 0;
	for (size_t c = 0; c < g->columns; c++) {
		size_t width = text_width(g->cells[c]);
		widest = width > widest ? width : widest;
	}
	if (row > 1)
		buf_byte(out, '\n');
	for (size_t c = 0; c < g->columns; c++) {
		buf_text(out, g->cells[c]);
		buf_format(out, "%*s", (int)(widest - text_width(g->cells[c]) + GAP), "");
		const char *colour = colour_of(g, row, c);
		buf_format(out, "%s%s%s\n", colour, g->cells[row * g->columns + c], sheet_colour_end(colour));
	}
}

void sheet_list(const json_t *items, const struct column *columns, const struct sheet_style *style, struct buf *out)
{
	struct grid g = {.items = items, .of = columns, .style = style};
	if (json_array_size(items) == 0 || !columns[0].title)
		return;
	if (!grid_fill(&g)) {
		out->err = ERR_MEMORY;
	} else if (shrink(&g, style->columns)) {
		buf_text(out, style->bold ? "\033[1m" : "");
		add_row(&g, 0, out);
		buf_text(out, style->bold ? "\033[0m" : "");
		for (size_t row = 1; row < g.rows; row++)
			add_row(&g, row, out);
	} else {
		for (size_t row = 1; row < g.rows; row++)
			add_block(&g, row, out);
	}
	grid_free(&g);
}
