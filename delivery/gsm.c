#include "delivery/gsm.h"

#include <stdbool.h>
#include <uchar.h>
#include <uninorm.h>
#include <unistr.h>

/* ESC is no character: it only leads to the extension table. */
static const char32_t basic[] = U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
				U"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
static const char32_t extension[] = U"\f^{}\\[~]|€";
_Static_assert(sizeof basic / sizeof basic[0] == 127 + 1, "128 places, less ESC");

/* What people paste from word processors and what has no decomposition. */
static const struct {
	char32_t from, to;
} look_alikes[] = {
	{U'‘', U'\''}, {U'’', U'\''}, {U'“', U'"'}, {U'”', U'"'}, {U'‐', U'-'}, {U'‑', U'-'}, {U'–', U'-'},
	{U'—', U'-'},  {U'ð', U'd'},  {U'Ð', U'D'}, {U'đ', U'd'}, {U'Đ', U'D'}, {U'ł', U'l'}, {U'Ł', U'L'},
	{U'ı', U'i'},  {U'œ', U'o'},  {U'Œ', U'O'}, {U'`', U'\''},
};

static bool contains(const char32_t *table, ucs4_t c)
{
	for (; *table; table++)
		if (*table == c)
			return true;
	return false;
}

/* 1 or 2, or 0 for what GSM has not. */
static int septets_of(ucs4_t c)
{
	return contains(basic, c) ? 1 : contains(extension, c) ? 2 : 0;
}

/* The next character and its length in bytes; U+FFFD for one byte of what is not UTF-8. */
static int next(const char *text, ucs4_t *c)
{
	int n = u8_strmbtouc(c, (const uint8_t *)text);
	if (n >= 0)
		return n;
	*c = 0xfffd;
	return 1;
}

int gsm_septets(const char *text)
{
	int total = 0;
	ucs4_t c = 0;
	for (int n; (n = next(text, &c)) > 0; text += n) {
		int here = septets_of(c);
		if (here == 0)
			return -1;
		total += here;
	}
	return total;
}

static ucs4_t base_letter(ucs4_t c)
{
	for (size_t i = 0; i < sizeof look_alikes / sizeof look_alikes[0]; i++)
		if (look_alikes[i].from == c)
			return look_alikes[i].to;
	int tag = 0;
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
	return uc_decomposition(c, &tag, parts) > 0 ? parts[0] : 0;
}

static ucs4_t safe(ucs4_t c)
{
	enum { STEPS_MAX = 4 };
	if (c < 0x20)
		return '?';
	for (int step = 0; step < STEPS_MAX && c; step++) {
		if (septets_of(c))
			return c;
		c = base_letter(c);
	}
	return '?';
}

static void put(struct buf *out, ucs4_t c)
{
	uint8_t bytes[6];
	int n = u8_uctomb(bytes, c, sizeof bytes);
	buf_add(out, bytes, n > 0 ? (size_t)n : 0);
}

/* How many septets the safe form of the text takes. */
static size_t safe_length(const char *text)
{
	size_t total = 0;
	ucs4_t c = 0;
	for (int n; (n = next(text, &c)) > 0; text += n)
		total += (size_t)septets_of(safe(c));
	return total;
}

void gsm_fit(const char *text, size_t most, struct buf *out)
{
	static const char cut[] = "..";
	bool whole = safe_length(text) <= most;
	bool marked = !whole && most >= sizeof cut;
	size_t room = marked ? most - (sizeof cut - 1) : most;
	ucs4_t c = 0;
	for (int n; (n = next(text, &c)) > 0; text += n) {
		size_t here = (size_t)septets_of(safe(c));
		if (here > room)
			break;
		put(out, safe(c));
		room -= here;
	}
	if (marked)
		buf_text(out, cut);
}
