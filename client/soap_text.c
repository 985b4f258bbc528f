#include "client/soap_text.h"

#include <string.h>
#include <strings.h>

enum { DECLARATION_MAX = 256, NAME_SIZE = 24 };

typedef bool decoder(const uint8_t *bytes, size_t len, struct buf *out);

static void add_character(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_byte(out, (uint8_t)c);
		return;
	}
	int rest = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
	buf_byte(out, (uint8_t)(lead[rest] | c >> 6 * rest));
	while (rest-- > 0)
		buf_byte(out, (uint8_t)(0x80 | (c >> 6 * rest & 0x3f)));
}

/* Bytes of the character at p, 0 when there is none: RFC 3629, without overlong forms and surrogates. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (n < 2 || n > left)
		return n == 1 && p[0] ? 1 : 0;
	uint32_t c = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n : 0;
}

static bool from_utf8(const uint8_t *bytes, size_t len, struct buf *out)
{
	for (size_t at = 0, n; at < len; at += n)
		if ((n = utf8_length(bytes + at, len - at)) == 0)
			return false;
	buf_add(out, bytes, len);
	return true;
}

static bool from_ascii(const uint8_t *bytes, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == 0 || bytes[i] > 0x7f)
			return false;
	buf_add(out, bytes, len);
	return true;
}

static bool from_latin1(const uint8_t *bytes, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == 0)
			return false;
		add_character(out, bytes[i]);
	}
	return true;
}

static bool from_utf16(const uint8_t *bytes, size_t len, size_t high, struct buf *out)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t c = (uint32_t)bytes[i + high] << 8 | bytes[i + 1 - high];
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			uint32_t low = (uint32_t)bytes[i + 2 + high] << 8 | bytes[i + 3 - high];
			c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0;
			i += 2;
		}
		if (c == 0 || (c >= 0xd800 && c < 0xe000))
			return false;
		add_character(out, c);
	}
	return len % 2 == 0;
}

static bool from_utf16le(const uint8_t *bytes, size_t len, struct buf *out)
{
	return from_utf16(bytes, len, 1, out);
}

static bool from_utf16be(const uint8_t *bytes, size_t len, struct buf *out)
{
	return from_utf16(bytes, len, 0, out);
}

static const struct {
	const char *name;
	decoder *decode;
} encodings[] = {
	{"utf-8", from_utf8},	      {"utf8", from_utf8},	   {"us-ascii", from_ascii},   {"ascii", from_ascii},
	{"iso-8859-1", from_latin1}, {"utf-16le", from_utf16le}, {"utf-16be", from_utf16be},
};

/* By a byte order mark, or by "<" in UTF-16 where the mark was left out. */
static decoder *by_first_bytes(const uint8_t *bytes, size_t len, size_t *skip)
{
	static const struct {
		uint8_t first[3];
		size_t len, skip;
		decoder *decode;
	} marks[] = {
		{{0xef, 0xbb, 0xbf}, 3, 3, from_utf8}, {{0xff, 0xfe}, 2, 2, from_utf16le}, {{0xfe, 0xff}, 2, 2, from_utf16be},
		{{'<', 0}, 2, 0, from_utf16le},	       {{0, '<'}, 2, 0, from_utf16be},
	};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (len >= marks[i].len && memcmp(bytes, marks[i].first, marks[i].len) == 0) {
			*skip = marks[i].skip;
			return marks[i].decode;
		}
	return NULL;
}

static decoder *by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		if (strlen(encodings[i].name) == len && strncasecmp(name, encodings[i].name, len) == 0)
			return encodings[i].decode;
	return NULL;
}

bool xml_is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
			return false;
	return true;
}

size_t soap_declaration(const char *text, size_t len)
{
	if (len < 6 || memcmp(text, "<?xml", 5) != 0 || !xml_is_blank(text + 5, 1))
		return 0;
	const char *end = memmem(text, len < DECLARATION_MAX ? len : DECLARATION_MAX, "?>", 2);
	return end ? (size_t)(end - text) + 2 : 0;
}

/* <?xml version="1.0" encoding="NAME"?> */
static decoder *by_declaration(const char *text, size_t len)
{
	static const char word[] = "encoding";
	size_t declared = soap_declaration(text, len);
	const char *end = text + declared;
	const char *at = declared ? memmem(text, declared, word, sizeof word - 1) : NULL;
	if (!at)
		return from_utf8;
	at += sizeof word - 1;
	while (at < end && (xml_is_blank(at, 1) || *at == '='))
		at++;
	char quote = *at++; /* at least the "?>" of the declaration stands behind the word */
	const char *close = at < end ? memchr(at, quote, (size_t)(end - at)) : NULL;
	return close ? by_name(at, (size_t)(close - at)) : from_utf8;
}

enum soap_flaw soap_text(counterfoil_bytes bytes, const char *charset, struct buf *out)
{
	size_t skip = 0;
	decoder *decode = by_first_bytes(bytes.data, bytes.len, &skip);
	if (!decode)
		decode = charset ? by_name(charset, strlen(charset)) : by_declaration(bytes.data, bytes.len);
	if (!decode || !decode((const uint8_t *)bytes.data + skip, bytes.len - skip, out))
		return SOAP_ENCODING;
	return soap_flaw_of(buf_check(out));
}

/* Just behind the tag that begins at p, or NULL when there are too many "=" in it. */
static const char *pass_tag(const char *p, const char *end)
{
	int attributes = 0;
	for (; p < end && *p != '>'; p++) {
		if (*p == '=' && ++attributes > SOAP_ATTRIBUTES_MAX)
			return NULL;
		if (*p != '"' && *p != '\'')
			continue;
		const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
		p = close ? close : end - 1;
	}
	return p;
}

static const char *pass(const char *p, const char *end, const char *closing)
{
	const char *found = memmem(p, (size_t)(end - p), closing, strlen(closing));
	return found ? found + strlen(closing) : end;
}

static bool begins(const char *p, const char *end, const char *with)
{
	return (size_t)(end - p) >= strlen(with) && memcmp(p, with, strlen(with)) == 0;
}

enum soap_flaw soap_scan(const char *text, size_t len)
{
	const char *end = text + len;
	const char *p = text + soap_declaration(text, len);
	while (p && p < end && (p = memchr(p, '<', (size_t)(end - p)))) {
		if (begins(p, end, "<!DOCTYPE"))
			return SOAP_DTD;
		if (begins(p, end, "<?"))
			return SOAP_INSTRUCTION;
		if (begins(p, end, "<!--"))
			p = pass(p + 4, end, "-->");
		else if (begins(p, end, "<![CDATA["))
			p = pass(p + 9, end, "]]>");
		else if (!(p = pass_tag(p, end)))
			return SOAP_TOO_MANY;
	}
	return SOAP_SOUND;
}
