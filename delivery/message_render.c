#include "base/clock.h"
#include "base/template.h"
#include "delivery/address.h"
#include "delivery/gsm.h"
#include "delivery/message_table.h"

#include <stdio.h>
#include <string.h>

enum {
	CLIENT_LEAST = 16, /* septets that a client's name keeps, at the cost of the line for the telephone */
	COLUMNS = 72,
	KEY_SIZE = 64, /* of a section and a key in it */
};

struct places {
	const struct language *language;
	const char *section; /* of the kind's own words */
	struct template_words words;
	char until[LANGUAGE_TIME_SIZE], sent[LANGUAGE_TIME_SIZE];
	struct template_field of[MESSAGE_FIELDS_MAX + 2]; /* and the body of a mail, and the end */
};

static void place_all(struct places *p, const struct message_row *row, const struct message_values *v)
{
	for (size_t i = 0; row->fields[i].name; i++)
		p->of[i] = (struct template_field){
			.name = row->fields[i].name, .value = v->of[i], .kind = TEMPLATE_STRONG};
}

static struct template_field *place(struct places *p, const char *name)
{
	for (size_t i = 0; name && p->of[i].name; i++)
		if (strcmp(p->of[i].name, name) == 0)
			return &p->of[i];
	return NULL;
}

void message_time(int64_t at, char out[MESSAGE_TIME_SIZE])
{
	char text[CLOCK_TEXT_SIZE];
	clock_text(at, text);
	snprintf(out, MESSAGE_TIME_SIZE, "%.10s %.5s UTC", text, text + 11);
}

/* What message_time wrote as the language writes it; anything else stays as it is. */
static void place_time(struct places *p, const char *name, char written[LANGUAGE_TIME_SIZE])
{
	struct template_field *time = place(p, name);
	char text[CLOCK_TEXT_SIZE];
	int64_t at = 0;
	if (!time || strlen(time->value) != strlen("2026-11-29 14:05 UTC") || strcmp(time->value + 16, " UTC") != 0)
		return;
	snprintf(text, sizeof text, "%.10sT%.5s:00Z", time->value, time->value + 11);
	if (clock_from_text(text, &at) != ERR_OK)
		return;
	language_time(p->language, at, written);
	time->value = written;
}

/* "this.subject" is that of the kind: several kinds have one template. */
static const char *find_words(const void *ctx, const char *key)
{
	const struct places *p = ctx;
	char own[KEY_SIZE];
	if (strncmp(key, "this.", 5) != 0)
		return language_text(p->language, key);
	snprintf(own, sizeof own, "%s.%s", p->section, key + 5);
	return language_text(p->language, own);
}

static void begin(struct places *p, const struct message_row *row, const struct message_values *v,
		  const struct languages *languages)
{
	*p = (struct places){0};
	place_all(p, row, v);
	struct template_field *tag = place(p, "language");
	p->language = languages_for(languages, tag ? tag->value : NULL, NULL);
	p->section = row->name;
	p->words = (struct template_words){find_words, p};
	if (tag)
		tag->value = language_tag(p->language);
	place_time(p, "until", p->until);
	place_time(p, "sent", p->sent);
}

/* A text file ends in a line feed; an SMS and a subject do not. */
static void drop_last_line_feed(struct buf *text)
{
	if (text->len > 0 && text->data[text->len - 1] == '\n')
		text->len--;
}

/* Render afresh; *septets is what it takes. */
static enum err render_sms(const struct message_row *row, const struct places *p, struct buf *text, int *septets)
{
	buf_clear(text);
	enum err rc = template_render_words(row->text, TEMPLATE_TEXT, &p->words, p->of, text);
	if (rc)
		return rc;
	drop_last_line_feed(text);
	const char *string = buf_string(text);
	*septets = string ? gsm_septets(string) : -1;
	return *septets < 0 ? ERR_INTERNAL : ERR_OK;
}

/* First with the long field empty, to see how much room is left for it; the line that can be dropped goes before it. */
static enum err fit_sms(const struct message_row *row, struct places *p, struct buf *text)
{
	struct template_field *longest = place(p, row->shorten), *spare = place(p, row->drop);
	struct buf fitted = BUF_INIT(2 * GSM_SEGMENT + 1);
	int septets = 0;
	if (!longest)
		return ERR_INTERNAL;
	const char *whole = longest->value;
	longest->value = "";
	if (spare && !domain_ok(spare->value, strlen(spare->value)))
		spare->value = "";
	enum err rc = render_sms(row, p, text, &septets);
	if (!rc && spare && septets + CLIENT_LEAST > GSM_SEGMENT) {
		spare->value = "";
		rc = render_sms(row, p, text, &septets);
	}
	if (rc || septets > GSM_SEGMENT)
		return rc ? rc : ERR_INTERNAL;
	gsm_fit(whole, (size_t)(GSM_SEGMENT - septets), &fitted);
	longest->value = buf_string(&fitted);
	rc = longest->value ? render_sms(row, p, text, &septets) : ERR_MEMORY;
	buf_free(&fitted);
	return rc ? rc : septets > GSM_SEGMENT ? ERR_INTERNAL : ERR_OK;
}

/* How many bytes of the line fit: up to the last blank within the columns, or the first word whole. */
static size_t fitting(const char *line, size_t len)
{
	size_t fit = 0, column = 0;
	for (size_t at = 0; at < len; at++) {
		if (line[at] == ' ')
			fit = at;
		column += (line[at] & 0xc0) != 0x80; /* a letter of UTF-8 is one column */
		if (column > COLUMNS && fit > 0)
			return fit;
	}
	return len;
}

static void wrap_line(const char *line, size_t len, struct buf *out)
{
	for (size_t n; (n = fitting(line, len)) < len; line += n + 1, len -= n + 1) {
		buf_add(out, line, n);
		buf_byte(out, '\n');
	}
	buf_add(out, line, len);
	buf_byte(out, '\n');
}

/* Words are one line a text; people read lines. A step of a list stays one: a mail that flows breaks it as it should be. */
static enum err wrap(struct buf *from, struct buf *out)
{
	const char *line = buf_string(from);
	for (const char *feed; line && (feed = strchr(line, '\n')); line = feed + 1) {
		size_t len = (size_t)(feed - line);
		if (line[0] != ' ') {
			wrap_line(line, len, out);
			continue;
		}
		buf_add(out, line, len);
		buf_byte(out, '\n');
	}
	return line ? buf_check(out) : ERR_MEMORY;
}

static enum err render_html(const struct message_row *row, const struct places *p, struct buf *out)
{
	struct places around = *p;
	struct buf body = BUF_INIT(out->cap);
	size_t n = 0;
	enum err rc = template_render_words(row->html, TEMPLATE_HTML, &p->words, p->of, &body);
	const char *text = rc ? NULL : buf_string(&body);
	while (around.of[n].name)
		n++;
	around.of[n] = (struct template_field){"body", text, TEMPLATE_PART};
	if (!rc)
		rc = text ? template_render_words(message_mail_html, TEMPLATE_HTML, &p->words, around.of, out)
			  : ERR_MEMORY;
	buf_free(&body);
	return rc;
}

static enum err render_mail(const struct message_row *row, const struct places *p, struct message *out)
{
	struct buf text = BUF_INIT(out->text.cap);
	enum err rc = template_render_words("{{=this.subject}}", TEMPLATE_TEXT, &p->words, p->of, &out->subject);
	if (!rc)
		rc = template_render_words(row->text, TEMPLATE_TEXT, &p->words, p->of, &text);
	if (!rc)
		rc = wrap(&text, &out->text);
	if (!rc && row->html)
		rc = render_html(row, p, &out->html);
	buf_free(&text);
	return rc;
}

enum err message_render(const struct message_row *row, const struct message_values *v, const struct languages *languages,
			struct message *out)
{
	struct places p;
	begin(&p, row, v, languages);
	snprintf(out->language, sizeof out->language, "%s", language_tag(p.language));
	return row->channel == CHANNEL_SMS ? fit_sms(row, &p, &out->text) : render_mail(row, &p, out);
}
