#include "issuer/http/form.h"

#include <stdint.h>
#include <string.h>

/* First byte, what remains to be read, and the bounds of the second byte (RFC 3629 section 4). */
static const struct {
	uint8_t first, last, more, second_least, second_most;
} leads[] = {
	{0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
	{0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* Bytes of the character at p, 0 when it is not one. */
static size_t utf8_step(const uint8_t *p, size_t left)
{
	for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
		if (p[0] < leads[i].first || p[0] > leads[i].last)
			continue;
		if (leads[i].more >= left)
			return 0;
		if (leads[i].more && (p[1] < leads[i].second_least || p[1] > leads[i].second_most))
			return 0;
		for (size_t k = 2; k <= leads[i].more; k++)
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		return 1 + (size_t)leads[i].more;
	}
	return 0;
}

bool utf8_valid(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;
	while (len) {
		size_t step = utf8_step(p, len);
		if (!step)
			return false;
		p += step;
		len -= step;
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte from *text; -1 when what stands there is not an encoded byte. */
static int decode_byte(const char **text, size_t *left)
{
	char c = **text;
	size_t taken = 1;
	int byte = (unsigned char)c;
	if (c == '%') {
		int high = *left > 2 ? digit((*text)[1]) : -1;
		int low = *left > 2 ? digit((*text)[2]) : -1;
		byte = high < 0 || low < 0 ? -1 : high * 16 + low;
		taken = 3;
	} else if (c == '+') {
		byte = ' ';
	} else if (c <= ' ' || c > '~' || c == '#') {
		byte = -1;
	}
	if (byte <= 0)
		return -1;
	*text += taken;
	*left -= taken;
	return byte;
}

enum err form_decode(const char *text, size_t len, char *out, size_t size)
{
	size_t n = 0;
	out[0] = '\0';
	while (len) {
		int byte = decode_byte(&text, &len);
		if (byte < 0)
			goto malformed;
		if (n + 1 >= size) {
			explicit_bzero(out, size);
			return ERR_TOO_LARGE;
		}
		out[n++] = (char)byte;
	}
	if (!utf8_valid(out, n))
		goto malformed;
	out[n] = '\0';
	return ERR_OK;
malformed:
	explicit_bzero(out, size);
	return ERR_MALFORMED;
}

bool form_next(const char **at, size_t *left, struct form_pair *out)
{
	if (!*left)
		return false;
	const char *end = memchr(*at, '&', *left);
	size_t len = end ? (size_t)(end - *at) : *left;
	const char *equals = memchr(*at, '=', len);
	out->name = *at;
	out->name_len = equals ? (size_t)(equals - *at) : len;
	out->value = equals ? equals + 1 : *at + len;
	out->value_len = equals ? len - out->name_len - 1 : 0;
	*at += end ? len + 1 : len;
	*left -= end ? len + 1 : len;
	return true;
}

enum err form_find(const char *text, size_t len, const char *name, char *out, size_t size)
{
	enum err rc = ERR_NOT_FOUND;
	struct form_pair pair;
	char decoded[64];
	out[0] = '\0';
	while (form_next(&text, &len, &pair)) {
		enum err named = form_decode(pair.name, pair.name_len, decoded, sizeof decoded);
		if (named == ERR_MALFORMED)
			goto malformed;
		if (named != ERR_OK || strcmp(decoded, name) != 0) /* a name too long is not the one wanted */
			continue;
		if (rc != ERR_NOT_FOUND || memchr(pair.value, '=', pair.value_len))
			goto malformed;
		rc = form_decode(pair.value, pair.value_len, out, size);
		if (rc == ERR_MALFORMED)
			return rc;
	}
	return rc;
malformed:
	explicit_bzero(out, size);
	return ERR_MALFORMED;
}
