#include "base/encode.h"

#include <stdbool.h>
#include <string.h>

static const char alphabet_standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_encode(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum err hex_decode(const char *text, void *out, size_t out_len)
{
	uint8_t *p = out;
	if (strlen(text) != 2 * out_len)
		return ERR_MALFORMED;
	for (size_t i = 0; i < out_len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return ERR_MALFORMED;
		p[i] = (uint8_t)(high << 4 | low);
	}
	return ERR_OK;
}

static void encode64(const uint8_t *p, size_t len, const char *alphabet, int pad, struct buf *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
		for (size_t k = 0; k <= n; k++)
			buf_byte(out, (uint8_t)alphabet[v >> (18 - 6 * k) & 63]);
		for (size_t k = n; pad && k < 3; k++)
			buf_byte(out, '=');
	}
}

void base64_encode(const void *bytes, size_t len, struct buf *out)
{
	encode64(bytes, len, alphabet_standard, 1, out);
}

void base64url_encode(const void *bytes, size_t len, struct buf *out)
{
	encode64(bytes, len, alphabet_url, 0, out);
}

static int position(const char *alphabet, char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static enum err decode64(const char *text, size_t len, const char *alphabet, struct buf *out)
{
	uint32_t v = 0;
	unsigned bits = 0;
	if (len % 4 == 1)
		return ERR_MALFORMED;
	for (size_t i = 0; i < len; i++) {
		int digit = position(alphabet, text[i]);
		if (digit < 0)
			return ERR_MALFORMED;
		v = (v << 6 | (uint32_t)digit) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_byte(out, (uint8_t)(v >> bits));
		}
	}
	return (v & ((1u << bits) - 1)) ? ERR_MALFORMED : buf_check(out);
}

enum err base64_decode(const char *text, size_t len, struct buf *out)
{
	if (len % 4 != 0)
		return ERR_MALFORMED;
	for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++)
		len--;
	return decode64(text, len, alphabet_standard, out);
}

enum err base64url_decode(const char *text, size_t len, struct buf *out)
{
	return decode64(text, len, alphabet_url, out);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
}

void json_quote(const char *text, struct buf *out)
{
	buf_byte(out, '"');
	for (;;) {
		size_t plain = 0;
		while (is_plain((unsigned char)text[plain]))
			plain++;
		buf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			buf_format(out, "\\%c", *text++);
		else
			buf_format(out, "\\u%04x", (unsigned char)*text++);
	}
	buf_byte(out, '"');
}
