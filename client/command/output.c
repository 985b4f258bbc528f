#include "client/command/output.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json_text.h"
#include "client/command/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NOTE_MAX = 2048, BODY_MAX = 64 << 20, WIDTH_OTHERWISE = 80 };

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && value[0];
}

/* Of the environment, for who wants another width than the terminal's; 0 when it is none. */
static size_t columns_wanted(void)
{
	const char *text = getenv("COLUMNS");
	size_t len = text ? strspn(text, "0123456789") : 0;
	return len && len <= 4 && !text[len] ? (size_t)strtoul(text, NULL, 10) : 0;
}

struct sheet_style output_style(void)
{
	struct sheet_style style = {.now = clock_now()};
	if (!isatty(STDOUT_FILENO))
		return style;
	struct winsize size = {0};
	style.columns = columns_wanted();
	if (!style.columns && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		style.columns = size.ws_col;
	if (!style.columns)
		style.columns = WIDTH_OTHERWISE;
	const char *terminal = getenv("TERM");
	style.bold = !is_set("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
	return style;
}

enum err output_bytes(const void *bytes, size_t len, struct errbuf *why)
{
	return len && file_write_all(STDOUT_FILENO, bytes, len) != ERR_OK
		       ? fail(why, ERR_IO, "standard output cannot be written")
		       : ERR_OK;
}

enum err output_buf(struct buf *b, struct errbuf *why)
{
	enum err e = buf_check(b);
	return e ? fail(why, e, "the answer is too large to print") : output_bytes(b->data, b->len, why);
}

enum err output_json(const json_t *json, struct errbuf *why)
{
	size_t flags = JSON_INDENT(2) | (isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0);
	char *text = json_text(json, flags);
	if (!text)
		return fail(why, ERR_MEMORY, "out of memory");
	enum err e = output_bytes(text, strlen(text), why);
	free(text);
	return e ? e : output_bytes("\n", 1, why);
}

static void add_safe_line(struct buf *out, const char *at, size_t len)
{
	while (len) {
		const char *tab = memchr(at, '\t', len);
		size_t part = tab ? (size_t)(tab - at) : len;
		text_safe(out, at, part);
		if (!tab)
			return;
		buf_byte(out, '\t');
		at += part + 1;
		len -= part + 1;
	}
}

enum err output_body(const void *bytes, size_t len, struct errbuf *why)
{
	if (!isatty(STDOUT_FILENO))
		return output_bytes(bytes, len, why);
	struct buf safe = BUF_INIT(BODY_MAX);
	const char *at = bytes, *end = at + len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);
		size_t shown = line && at[line - 1] == '\r' ? line - 1 : line;
		add_safe_line(&safe, at, shown);
		buf_byte(&safe, '\n');
		at += line + (newline != NULL);
	}
	enum err e = output_buf(&safe, why);
	buf_free(&safe);
	return e;
}

void output_note(const char *format, ...)
{
	char text[NOTE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	struct buf safe = BUF_INIT((size_t)3 * NOTE_MAX);
	text_safe(&safe, text, strlen(text));
	buf_byte(&safe, '\n');
	if (!safe.err)
		(void)!file_write_all(STDERR_FILENO, safe.data, safe.len);
	buf_free(&safe);
}
