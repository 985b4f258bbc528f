#include "client/command/text.h"

#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

void text_begin(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
}

/* One character of UTF-8, strictly (no overlong form, no surrogate): its length, or 0. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *out)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t first;
	} forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	for (size_t len = 1; len <= 4 && len <= left; len++) {
		if ((at[0] & forms[len - 1].mask) != forms[len - 1].lead)
			continue;
		uint32_t c = at[0] & (unsigned char)~forms[len - 1].mask;
		for (size_t i = 1; i < len; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (at[i] & 0x3f);
		}
		if (c < forms[len - 1].first || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*out = c;
		return len;
	}
	return 0;
}

static bool is_harmless(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} harmful[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0xad, 0xad},     {0x61c, 0x61c},	{0x200b, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
	};
	for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
		if (c >= harmful[i].from && c <= harmful[i].to)
			return false;
	return true;
}

void text_safe(struct buf *out, const char *bytes, size_t len)
{
	const unsigned char *at = (const unsigned char *)bytes;
	while (len > 0) {
		uint32_t c;
		size_t took = decode(at, len, &c);
		if (took && is_harmless(c))
			buf_add(out, at, took);
		else
			buf_text(out, "\xef\xbf\xbd");
		took = took ? took : 1;
		at += took;
		len -= took;
	}
}

static size_t columns_of(uint32_t c)
{
	int width = wcwidth((wchar_t)c);
	return width < 0 ? 1 : (size_t)width;
}

size_t text_width(const char *text)
{
	size_t width = 0, left = strlen(text);
	while (left > 0) {
		uint32_t c = '?';
		size_t took = decode((const unsigned char *)text, left, &c);
		took = took ? took : 1;
		width += columns_of(c);
		text += took;
		left -= took;
	}
	return width;
}

void text_cut(struct buf *out, const char *text, size_t columns)
{
	if (text_width(text) <= columns) {
		buf_text(out, text);
		return;
	}
	size_t left = strlen(text);
	size_t room = columns ? columns - 1 : 0;
	while (left > 0) {
		uint32_t c = '?';
		size_t took = decode((const unsigned char *)text, left, &c);
		took = took ? took : 1;
		if (columns_of(c) > room)
			break;
		room -= columns_of(c);
		buf_add(out, text, took);
		text += took;
		left -= took;
	}
	if (columns)
		buf_text(out, "\xe2\x80\xa6");
}

void text_part_end(struct buf *part, struct buf *out)
{
	if (part->err && !out->err)
		out->err = part->err;
	buf_free(part);
}
