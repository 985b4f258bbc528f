#include "base/clock.h"
#include "issuer/console/console_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BUSY, TONE_WAIT, TONE_BAD, TONE_OVER };
static const char *const tone_names[] = {
	[TONE_PLAIN] = "plain", [TONE_GOOD] = "good", [TONE_BUSY] = "busy", [TONE_WAIT] = "wait", [TONE_BAD] = "bad", [TONE_OVER] = "over",
};

static const struct {
	const char *word;
	enum tone tone;
	const char *text;
} words[] = {
#define CONSOLE_WORD(word, tone, text) {word, TONE_##tone, text},
#include "issuer/console/words.def"
#undef CONSOLE_WORD
};

/* "password_sent" as people write it: the table's words, or its own with a capital. */
static enum tone say(const char *word, char out[64])
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0) {
			snprintf(out, 64, "%s", words[i].text);
			return words[i].tone;
		}
	snprintf(out, 64, "%s", word);
	for (char *c = strchr(out, '_'); c; c = strchr(c, '_'))
		*c = ' ';
	if (out[0] >= 'a' && out[0] <= 'z')
		out[0] = (char)(out[0] - 'a' + 'A');
	return TONE_PLAIN;
}

static void write_state(const struct console_dressing *d, const char *text, struct buf *out)
{
	char said[64];
	enum tone tone = say(text, said);
	(void)d;
	buf_format(out, "<span class=\"state %s\">", tone_names[tone]);
	template_escape_html(out, said);
	buf_text(out, "</span>");
}

static void write_words(const struct console_dressing *d, const char *text, struct buf *out)
{
	char said[64];
	(void)d;
	say(text, said);
	template_escape_html(out, said);
}

static void write_code(const struct console_dressing *d, const char *text, struct buf *out)
{
	(void)d;
	buf_text(out, "<code class=\"wrap\">");
	template_escape_html(out, text);
	buf_text(out, "</code>");
}

void console_ago(int64_t at, int64_t now, char out[CONSOLE_AGO_SIZE])
{
	static const struct {
		int64_t from, seconds;
		const char *name;
	} units[] = {{700 * 86400LL, 31557600, "year"}, {60 * 86400LL, 2629800, "month"}, {2 * 86400LL, 86400, "day"},
		     {7200, 3600, "hour"}, {45, 60, "minute"}};
	int64_t apart = at > now ? at - now : now - at;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (apart >= units[i].from) {
			int64_t n = (apart + units[i].seconds / 2) / units[i].seconds;
			snprintf(out, CONSOLE_AGO_SIZE, "%s%" PRId64 " %s%s%s", at > now ? "in " : "", n, units[i].name,
				 n == 1 ? "" : "s", at > now ? "" : " ago");
			return;
		}
	snprintf(out, CONSOLE_AGO_SIZE, at > now ? "in a moment" : "just now");
}

static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* "2026-11-22T02:13:38Z" as "22 Nov 2026, 02:13 UTC", or without the time of the day. */
static void write_moment(const char *text, bool day_alone, struct buf *out)
{
	unsigned month = (unsigned)((text[5] - '0') * 10 + text[6] - '0');
	bool day = day_alone || strlen(text) == 10;
	buf_text(out, "<time datetime=\"");
	template_escape_html(out, text);
	buf_format(out, "\">%.*s&nbsp;%s&nbsp;%.4s", text[8] == '0' ? 1 : 2, text[8] == '0' ? text + 9 : text + 8,
		   months[(month - 1) % 12], text);
	if (!day)
		buf_format(out, ", %.5s&nbsp;UTC", text + 11);
	buf_text(out, "</time>");
}

static void write_time(const struct console_dressing *d, const char *text, struct buf *out)
{
	(void)d;
	write_moment(text, false, out);
}

static void write_date(const struct console_dressing *d, const char *text, struct buf *out)
{
	(void)d;
	write_moment(text, true, out);
}

static void write_ago(const struct console_dressing *d, const char *text, struct buf *out)
{
	char ago[CONSOLE_AGO_SIZE];
	int64_t at = 0;
	if (clock_from_text(text, &at) != ERR_OK)
		return;
	console_ago(at, d->now, ago);
	buf_format(out, "<time datetime=\"%s\">%s</time>", text, ago);
}

static void write_when(const struct console_dressing *d, const char *text, struct buf *out)
{
	char ago[CONSOLE_AGO_SIZE];
	int64_t at = 0;
	if (clock_from_text(text, &at) != ERR_OK)
		return;
	console_ago(at, d->now, ago);
	write_moment(text, false, out);
	buf_format(out, " <span class=\"ago\">%s</span>", ago);
}

static const struct {
	const char *name;
	bool time; /* of a time, which is written as it stands when it is none */
	void (*write)(const struct console_dressing *d, const char *text, struct buf *out);
} dresses[] = {
	{"when", true, write_when}, {"time", true, write_time}, {"date", true, write_date}, {"ago", true, write_ago},
	{"state", false, write_state}, {"words", false, write_words}, {"code", false, write_code},
};

enum err console_dress(const struct console_dressing *dressing, const char *name, const char *text, struct buf *out)
{
	int64_t at;
	for (size_t i = 0; i < sizeof dresses / sizeof *dresses; i++) {
		if (strcmp(dresses[i].name, name) != 0)
			continue;
		if (dresses[i].time && clock_from_text(text, &at) != ERR_OK)
			template_escape_html(out, text);
		else
			dresses[i].write(dressing, text, out);
		return ERR_OK;
	}
	return ERR_INTERNAL;
}
