#include "base/fold.h"

#include "base/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

enum { NUMBER_MIN_DIGITS = 4, COUNTRY_MAX_DIGITS = 3 };

/* Letters that no decomposition takes apart, as people type them who have not got them. */
static const struct {
	ucs4_t letter;
	const char *plain;
} letters[] = {
	{0xe6, "ae"}, {0xf8, "o"}, {0xf0, "d"}, {0xfe, "th"}, {0x111, "d"}, {0x131, "i"}, {0x142, "l"}, {0x153, "oe"},
};

static enum err add_word(json_t *words, struct buf *word)
{
	enum err e = ERR_OK;
	if (word->len)
		e = json_array_append_new(words, json_stringn((const char *)word->data, word->len)) == 0 ? ERR_OK : ERR_MEMORY;
	buf_clear(word);
	return e;
}

static void add_letter(struct buf *word, ucs4_t c)
{
	uint8_t bytes[6];
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == c) {
			buf_text(word, letters[i].plain);
			return;
		}
	int n = u8_uctomb(bytes, c, sizeof bytes);
	if (n > 0)
		buf_add(word, bytes, (size_t)n);
}

/* Marks are dropped: they were split from their letters. `whole`: of an address every sign belongs to the word. */
static enum err split(const uint8_t *text, size_t len, bool whole, json_t *words)
{
	struct buf word = BUF_INIT(FOLD_WORD_MAX + 8);
	enum err e = ERR_OK;
	for (size_t at = 0; !e && at < len;) {
		ucs4_t c;
		at += (size_t)u8_mbtouc(&c, text + at, len - at);
		if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M))
			continue;
		if (!whole && !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
			e = add_word(words, &word);
		else if (c != ' ' && word.len < FOLD_WORD_MAX)
			add_letter(&word, c);
		if (!e && buf_check(&word) != ERR_OK)
			e = ERR_MEMORY;
	}
	if (!e)
		e = add_word(words, &word);
	buf_free(&word);
	return e;
}

static enum err fold_text(const char *text, json_t *words)
{
	size_t len = 0;
	const uint8_t *bytes = (const uint8_t *)text;
	if (u8_check(bytes, strlen(text)))
		return ERR_MALFORMED;
	if (!*text)
		return ERR_OK;
	uint8_t *folded = u8_casefold(bytes, strlen(text), NULL, UNINORM_NFKD, NULL, &len);
	if (!folded)
		return errno == ENOMEM ? ERR_MEMORY : ERR_MALFORMED;
	enum err e = split(folded, len, strchr(text, '@') != NULL, words);
	free(folded);
	return e;
}

/* Its digits, when it is a number as people write them; else 0. */
static size_t digits_of(const char *text, char digits[32])
{
	size_t n = 0;
	text += strspn(text, " ");
	if (text[0] == '0' && text[1] == '0')
		text += 2;
	for (const char *p = text; *p; p++) {
		if (*p >= '0' && *p <= '9' && n < 31)
			digits[n++] = *p;
		else if (!strchr(" ()-./", *p) && !(*p == '+' && n == 0))
			return 0;
	}
	digits[n] = '\0';
	return n >= NUMBER_MIN_DIGITS ? n : 0;
}

enum err fold_words(const char *text, json_t *words)
{
	char digits[32];
	size_t n = text[0] == '+' ? digits_of(text, digits) : 0;
	enum err e = n ? ERR_OK : fold_text(text, words);
	for (size_t i = 0; !e && n && i <= COUNTRY_MAX_DIGITS && n - i >= NUMBER_MIN_DIGITS; i++)
		e = json_array_append_new(words, json_string(digits + i)) == 0 ? ERR_OK : ERR_MEMORY;
	return e;
}

enum err fold_query(const char *text, json_t *words)
{
	char digits[32];
	if (digits_of(text, digits))
		return json_array_append_new(words, json_string(digits)) == 0 ? ERR_OK : ERR_MEMORY;
	return fold_text(text, words);
}
