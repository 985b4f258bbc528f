#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	int http;
	int exit_code;
	const char *text;
} table[ERR_COUNT] = {
#define X(name, w, h, x, t) [ERR_##name] = {.word = (w), .http = (h), .exit_code = (x), .text = (t)},
	ERR_LIST(X)
#undef X
};

static enum err known(enum err e)
{
	return (unsigned)e < ERR_COUNT ? e : ERR_INTERNAL;
}

const char *err_word(enum err e)
{
	return table[known(e)].word;
}

const char *err_text(enum err e)
{
	return table[known(e)].text;
}

int err_http_status(enum err e)
{
	return table[known(e)].http;
}

int err_exit_code(enum err e)
{
	return table[known(e)].exit_code;
}

enum err err_from_word(const char *word)
{
	for (unsigned e = 0; e < ERR_COUNT; e++)
		if (strcmp(table[e].word, word) == 0)
			return (enum err)e;
	return ERR_INTERNAL;
}

enum err fail(struct errbuf *why, enum err e, const char *format, ...)
{
	if (!why)
		return e;
	va_list args;
	va_start(args, format);
	vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	for (char *p = why->text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return e;
}

const char *err_why(enum err e, const struct errbuf *why)
{
	return why && why->text[0] ? why->text : err_text(e);
}
