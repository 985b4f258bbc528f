#include "client/command/arguments.h"

#include <string.h>

enum { WORD_MAX = 24 };

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Damerau's distance for short words: insertions, deletions, substitutions, swaps of neighbours. */
static int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int d[WORD_MAX + 1][WORD_MAX + 1];
	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = (int)i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = (int)j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			int same = a[i - 1] == b[j - 1] ? 0 : 1;
			d[i][j] = least(least(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

const char *suggest(const char *typed, const char *const *words, size_t count)
{
	size_t len = strnlen(typed, WORD_MAX + 1);
	const char *found = NULL;
	int best = len <= 3 ? 2 : (int)len / 3 + 1; /* one less is close enough */
	for (size_t i = 0; len <= WORD_MAX && i < count; i++) {
		size_t word_len = strlen(words[i]);
		if (word_len > WORD_MAX)
			continue;
		int near = distance(typed, len, words[i], word_len);
		if (near < best) {
			best = near;
			found = words[i];
		}
	}
	return found;
}
