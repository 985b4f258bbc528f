#include "delivery/remark.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A link's token has 22 characters, a password 29, a code 8 of capitals and digits. */
enum { WORD_MOST = 20, CODE_LEAST = 6 };

static bool is_mark(char c)
{
	return c > ' ' && c <= '~';
}

/* Digits and capitals make codes, numbers and tokens; what the protocols have of them ("5.7.1", "550") is short. */
static bool looks_secret(const char *word, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += (word[i] >= '0' && word[i] <= '9') || (word[i] >= 'A' && word[i] <= 'Z');
	return n >= CODE_LEAST;
}

/* The local part of an address, or the address itself. */
static bool names_recipient(const char *word, size_t len, const char *to)
{
	size_t local = strcspn(to, "@");
	for (size_t i = 0; local > 0 && i + local <= len; i++)
		if (strncasecmp(word + i, to, local) == 0)
			return true;
	return false;
}

static bool fit_to_show(const char *word, size_t len, const char *to)
{
	if (len > WORD_MOST || looks_secret(word, len) || names_recipient(word, len, to))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;'()-", word[i]))
			return false;
	return true;
}

void remark(const char *text, size_t len, const char *to, char out[REMARK_SIZE])
{
	size_t used = 0;
	for (size_t at = 0; at < len;) {
		size_t word = 0;
		while (at + word < len && is_mark(text[at + word]))
			word++;
		bool show = word > 0 && fit_to_show(text + at, word, to);
		size_t room = show ? word : 1;
		if (word > 0 && used + room + 2 > REMARK_SIZE)
			break;
		if (word > 0 && used > 0)
			out[used++] = ' ';
		if (word > 0)
			memcpy(out + used, show ? text + at : "*", room);
		used += word > 0 ? room : 0;
		at += word > 0 ? word : 1;
	}
	out[used] = '\0';
}
