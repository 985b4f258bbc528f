#include "delivery/mail_body.h"

#include <stdbool.h>
#include <string.h>

enum { FLOW_WIDTH = 74, ENCODED_WIDTH = 75, LINE_MOST = 998 };

struct line {
	const char *text; /* without its end, or spaces before that: they would make it flow */
	size_t len;
};

static struct line next_line(const char **at, const char *end)
{
	const char *feed = memchr(*at, '\n', (size_t)(end - *at));
	struct line l = {.text = *at, .len = (size_t)((feed ? feed : end) - *at)};
	*at = feed ? feed + 1 : end;
	while (l.len > 0 && l.text[l.len - 1] == ' ')
		l.len--;
	return l;
}

static bool has_link(const struct line *l)
{
	return memmem(l->text, l->len, "://", 3) != NULL;
}

/* It is no part of a paragraph. */
static bool stands(const struct line *l)
{
	return l->len == 0 || l->text[0] == ' ' || has_link(l);
}

/* Space-stuffed where it would otherwise be read as a quotation, or altered on its way. */
static void put(const struct line *l, struct buf *out)
{
	if (l->len > 0 && (l->text[0] == ' ' || l->text[0] == '>' || (l->len >= 5 && memcmp(l->text, "From ", 5) == 0)))
		buf_byte(out, ' ');
	buf_add(out, l->text, l->len);
}

/* Where to cut a line: behind the last space that leaves no more than the width, or behind the first one at all; not in
 * the spaces that it begins with. */
static size_t cut(const struct line *l)
{
	size_t best = 0, begin = 0;
	while (begin < l->len && l->text[begin] == ' ')
		begin++;
	for (size_t i = begin; i < l->len && (i < FLOW_WIDTH || best == 0); i++)
		if (l->text[i] == ' ' && l->text[i + 1] != ' ')
			best = i + 1;
	return best ? best : l->len;
}

static void put_flowing(struct line l, struct buf *out)
{
	while (l.len > FLOW_WIDTH) {
		struct line head = {.text = l.text, .len = cut(&l)};
		if (head.len == l.len)
			break;
		put(&head, out);
		buf_byte(out, '\n');
		l.text += head.len;
		l.len -= head.len;
	}
	put(&l, out);
}

void mail_flow(const char *text, size_t len, struct buf *out)
{
	const char *at = text, *end = text + len;
	while (at < end) {
		struct line l = next_line(&at, end);
		const char *ahead = at;
		struct line following = at < end ? next_line(&ahead, end) : (struct line){.text = end};
		if (has_link(&l))
			put(&l, out);
		else
			put_flowing(l, out);
		buf_text(out, !stands(&l) && !stands(&following) ? " \n" : "\n");
	}
}

static uint8_t harmless(uint8_t c)
{
	return c < ' ' || c == 0x7f ? ' ' : c;
}

static bool seven_bit(const struct buf *body)
{
	size_t line = 0;
	for (size_t i = 0; i < body->len; i++) {
		line = body->data[i] == '\n' ? 0 : line + 1;
		if (body->data[i] >= 0x80 || line > LINE_MOST ||
		    (body->data[i] == '=' && i + 1 < body->len && body->data[i + 1] == '_'))
			return false;
	}
	return true;
}

static void put_plain(const struct buf *body, struct buf *out)
{
	for (size_t i = 0; i < body->len; i++)
		if (body->data[i] == '\n')
			buf_text(out, "\r\n");
		else
			buf_byte(out, harmless(body->data[i]));
}

static bool ends_line(const struct buf *body, size_t i)
{
	return i + 1 == body->len || body->data[i + 1] == '\n';
}

static void put_encoded(const struct buf *body, struct buf *out)
{
	size_t column = 0;
	for (size_t i = 0; i < body->len; i++) {
		uint8_t c = harmless(body->data[i]);
		bool encode = c >= 0x80 || c == '=' || (c == ' ' && ends_line(body, i));
		if (body->data[i] == '\n') {
			buf_text(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (encode ? 3 : 1) > ENCODED_WIDTH) {
			buf_text(out, "=\r\n");
			column = 0;
		}
		if (encode)
			buf_format(out, "=%02X", (unsigned)c);
		else
			buf_byte(out, c);
		column += encode ? 3 : 1;
	}
}

void mail_part(const char *type, const struct buf *body, struct buf *out)
{
	bool plain = seven_bit(body);
	buf_format(out, "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n", type, plain ? "7bit" : "quoted-printable");
	if (plain)
		put_plain(body, out);
	else
		put_encoded(body, out);
	if (body->len == 0 || body->data[body->len - 1] != '\n')
		buf_text(out, "\r\n");
}
