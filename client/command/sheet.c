#include "client/command/sheet.h"
#include "client/command/text.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 1 << 16, LEAST_WIDTH = 12, GAP = 2 };

/* The cells of a table as safe strings, row by row, titles first. */
struct grid {
	char **cells;
	size_t rows, columns;
	size_t width[COLUMNS_MAX];
};

static char *cell_of(const json_t *item, const struct column *column)
{
	struct buf text = BUF_INIT(CELL_MAX);
	sheet_value(json_object_get(item, column->member), sheet_is_time(column->member), &text);
	const char *string = buf_string(&text);
	char *cell = strdup(string ? string : "(too long)");
	buf_free(&text);
	return cell;
}

static void grid_free(struct grid *g)
{
	for (size_t i = 0; g->cells && i < g->rows * g->columns; i++)
		free(g->cells[i]);
	free(g->cells);
}

static bool grid_fill(struct grid *g, const json_t *items, const struct column *columns)
{
	while (columns[g->columns].title)
		g->columns++;
	g->rows = json_array_size(items) + 1;
	g->cells = calloc(g->rows * g->columns, sizeof *g->cells);
	if (!g->cells)
		return false;
	for (size_t i = 0; i < g->rows * g->columns; i++) {
		size_t row = i / g->columns, column = i % g->columns;
		g->cells[i] = row ? cell_of(json_array_get(items, row - 1), &columns[column]) : strdup(columns[column].title);
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

/* Take from the widest column until the table fits. False when it cannot. */
static bool shrink(struct grid *g, size_t room)
{
	while (room && total_width(g) > room) {
		size_t widest = 0;
		for (size_t c = 1; c < g->columns; c++)
			if (g->width[c] > g->width[widest])
				widest = c;
		if (g->width[widest] <= LEAST_WIDTH)
			return false;
		g->width[widest]--;
	}
	return true;
}

static void add_row(const struct grid *g, size_t row, struct buf *out)
{
	for (size_t c = 0; c < g->columns; c++) {
		const char *cell = g->cells[row * g->columns + c];
		size_t width = text_width(cell);
		size_t pad = GAP + (width < g->width[c] ? g->width[c] - width : 0);
		text_cut(out, cell, g->width[c]);
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
		buf_text(out, g->cells[row * g->columns + c]);
		buf_byte(out, '\n');
	}
}

void sheet_list(const json_t *items, const struct column *columns, const struct sheet_style *style, struct buf *out)
{
	struct grid g = {0};
	if (json_array_size(items) == 0 || !columns[0].title)
		return;
	if (!grid_fill(&g, items, columns)) {
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
