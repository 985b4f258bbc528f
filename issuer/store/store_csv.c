#include "issuer/store/store_internal.h"

#include "base/clock.h"
#include "base/encode.h"

#include <inttypes.h>
#include <string.h>

struct sheet {
	struct buf *out;
	size_t most, rows;
};

/* Some spreadsheets read the wide forms of these signs as the signs. */
static bool is_formula(const char *text)
{
	static const char *const begin[] = {"=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (strncmp(text, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

/* RFC 4180; what a spreadsheet would take for a formula is text by the apostrophe before it. */
static void add_text(struct buf *out, const char *text)
{
	bool runs = is_formula(text);
	if (!runs && !strpbrk(text, "\",\r\n")) {
		buf_text(out, text);
		return;
	}
	buf_text(out, runs ? "\"'" : "\"");
	for (; *text; text++) {
		if (*text == '"')
			buf_byte(out, '"');
		buf_byte(out, (uint8_t)*text);
	}
	buf_byte(out, '"');
}

static void add_integer(struct buf *out, const char *name, int64_t value)
{
	char text[CLOCK_TEXT_SIZE];
	if (strncmp(name, "may_", 4) == 0 || strcmp(name, "several") == 0) {
		buf_text(out, value ? "yes" : "no");
	} else if (column_is_time(name)) {
		clock_text(value, text);
		buf_text(out, text);
	} else {
		buf_format(out, "%" PRId64, value);
	}
}

static void add_blob(struct buf *out, const struct row *r, int column)
{
	char two[3];
	size_t len = 0;
	const uint8_t *bytes = row_blob(r, column, &len);
	for (size_t i = 0; i < len; i++) {
		hex_encode(bytes + i, 1, two);
		buf_text(out, two);
	}
}

static void add_cell(struct buf *out, const struct row *r, int column)
{
	switch (sqlite3_column_type(r->statement, column)) {
	case SQLITE_INTEGER:
		add_integer(out, sqlite3_column_name(r->statement, column), row_integer(r, column));
		break;
	case SQLITE_TEXT:
		add_text(out, row_text(r, column));
		break;
	case SQLITE_BLOB:
		add_blob(out, r, column);
		break;
	default:
		break;
	}
}

static enum err add_row(void *ctx, const struct row *r)
{
	struct sheet *s = ctx;
	int columns = sqlite3_column_count(r->statement);
	if (s->rows++ >= s->most)
		return ERR_OK;
	for (int i = 0; i < columns; i++) {
		if (i)
			buf_byte(s->out, ',');
		add_cell(s->out, r, i);
	}
	buf_text(s->out, "\r\n");
	return buf_check(s->out);
}

enum err store_csv(struct store *s, enum statement id, const struct value *values, size_t n, struct buf *out, size_t most,
		   size_t *rows)
{
	struct sheet sheet = {.out = out, .most = most};
	sqlite3_stmt *statement = NULL;
	enum err e = store_statement(s, id, &statement);
	for (int i = 0; !e && i < sqlite3_column_count(statement); i++) {
		const char *name = sqlite3_column_name(statement, i);
		if (!name)
			return ERR_MEMORY;
		if (i)
			buf_byte(out, ',');
		buf_text(out, name);
	}
	buf_text(out, "\r\n");
	if (!e)
		e = store_each(s, id, values, n, add_row, &sheet);
	*rows = sheet.rows;
	return e ? e : buf_check(out);
}
