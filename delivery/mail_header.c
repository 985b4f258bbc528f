#include "delivery/mail_header.h"
#include "base/encode.h"
#include "delivery/address.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Bytes of text in an encoded word: 52 characters in base64, 64 with what is around them, and a header's name before. */
enum { WORD_BYTES = 39, PLAIN_MOST = 60 };

static bool is_plain(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] > '~' || (value[i] == '=' && i + 1 < len && value[i + 1] == '?'))
			return false;
	return len > 0 && len <= PLAIN_MOST && value[0] != ' ' && value[len - 1] != ' ';
}

/* As much as fits, and no character in two. */
static size_t word_length(const char *text, size_t len)
{
	size_t n = len < WORD_BYTES ? len : WORD_BYTES;
	while (n < len && n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void add_word(struct buf *out, const char *text, size_t len)
{
	uint8_t clean[WORD_BYTES];
	for (size_t i = 0; i < len; i++)
		clean[i] = (uint8_t)text[i] < ' ' || text[i] == 0x7f ? ' ' : (uint8_t)text[i];
	buf_text(out, "=?UTF-8?B?");
	base64_encode(clean, len, out);
	buf_text(out, "?=");
}

/* The white space between two encoded words is not part of the text. */
static void add_words(struct buf *out, const char *text, size_t len)
{
	for (size_t at = 0, n; at < len; at += n) {
		n = word_length(text + at, len - at);
		if (at > 0)
			buf_text(out, "\r\n ");
		add_word(out, text + at, n);
	}
}

void mail_header_text(struct buf *out, const char *name, const char *value, size_t len)
{
	buf_format(out, "%s: ", name);
	if (is_plain(value, len))
		buf_add(out, value, len);
	else
		add_words(out, value, len);
	buf_text(out, "\r\n");
}

static void add_quoted(struct buf *out, const char *text)
{
	buf_byte(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_byte(out, '\\');
		buf_byte(out, (uint8_t)*text);
	}
	buf_byte(out, '"');
}

enum err mail_header_mailbox(struct buf *out, const char *name, const char *display, const char *mailbox)
{
	size_t len = strlen(display);
	if (mailbox_check(mailbox, strlen(mailbox), NULL) != ERR_OK)
		return ERR_REFUSED;
	buf_format(out, "%s: ", name);
	if (is_plain(display, len))
		add_quoted(out, display);
	else
		add_words(out, display, len);
	buf_format(out, "%s<%s>\r\n", len > 0 ? "\r\n " : "", mailbox);
	return ERR_OK;
}

/* RFC 5322, 3.3; strftime's names would be those of the locale. */
void mail_header_date(struct buf *out, int64_t now)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t seconds = (time_t)now;
	struct tm t = {0};
	gmtime_r(&seconds, &t);
	buf_format(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday, months[t.tm_mon],
		   t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}
