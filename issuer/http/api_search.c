/* One search for everything: by what it is looked up as it was typed first, then by the words of names. */
#include "issuer/http/list.h"

#include "base/encode.h"
#include "base/fold.h"
#include "base/json_text.h"
#include "ca/certificate.h"

#include <ctype.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCH_LIMIT = 20, SERIAL_PREFIX_MIN = 6, SERIAL_DIGITS = 40, FINGERPRINT_DIGITS = 64, DECIMAL_MIN = 20, DECIMAL_MAX = 49, LEADING_MOST = 4 };

struct search {
	struct list list;
	const char *text;
	json_t *items;
};

static bool full(const struct search *s)
{
	return s->list.err || (int64_t)json_array_size(s->items) >= s->list.limit;
}

static bool had(const struct search *s, const char *id)
{
	size_t i;
	json_t *item;
	json_array_foreach(s->items, i, item)
		if (strcmp(json_string_value(json_object_get(item, "id")), id) == 0)
			return true;
	return false;
}

/* Rows of a statement, of which none is there twice. */
static void add(struct search *s, enum statement id, const struct value *values, size_t n)
{
	json_t *rows = NULL, *row;
	size_t i;
	enum err e = full(s) ? ERR_OK : store_json(s->list.store, id, values, n, &rows);
	json_array_foreach(rows, i, row)
		if (!full(s) && !had(s, json_string_value(json_object_get(row, "id"))) && json_array_append(s->items, row) != 0)
			e = ERR_MEMORY;
	json_decref(rows);
	if (e)
		s->list.err = e;
}

/* Hexadecimal digits in whatever notation; 0: it is something else, or more than so many. */
static size_t hex_of(const char *text, char out[FINGERPRINT_DIGITS + 1])
{
	const char *label = strrchr(text, '=');
	size_t n = 0;
	text = label ? label + 1 : text;
	text += strspn(text, " ");
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	for (; *text; text++) {
		if (strchr(": -", *text))
			continue;
		if (!isxdigit((unsigned char)*text) || n == FINGERPRINT_DIGITS)
			return 0;
		out[n++] = (char)tolower((unsigned char)*text);
	}
	out[n] = '\0';
	return n;
}

static void add_serials(struct search *s, const char *digits)
{
	char end[SERIAL_DIGITS + 2];
	snprintf(end, sizeof end, "%.40sg", digits); /* behind every digit */
	add(s, STATEMENT_FOUND_SERIAL,
	    STORE_VALUES(value_text(digits), value_text(end), value_text(s->list.scope), value_integer(s->list.limit)));
}

/* Programs leave out zeros at the front, one digit or two. */
static void by_serial(struct search *s)
{
	static const char *const zeros[] = {"", "0", "00"};
	char digits[FINGERPRINT_DIGITS + 1], serial[SERIAL_TEXT_SIZE + 2];
	size_t n = hex_of(s->text, digits);
	for (size_t i = 0; i < 3 && n >= SERIAL_PREFIX_MIN && n + i <= SERIAL_DIGITS; i++) {
		snprintf(serial, sizeof serial, "%s%.40s", zeros[i], digits);
		add_serials(s, serial);
	}
}

static void by_decimal(struct search *s)
{
	uint8_t bytes[SERIAL_BYTES];
	char serial[SERIAL_TEXT_SIZE];
	BIGNUM *number = NULL;
	size_t len = strspn(s->text, "0123456789");
	if (s->text[len] || len < DECIMAL_MIN || len > DECIMAL_MAX)
		return;
	if (!BN_dec2bn(&number, s->text))
		s->list.err = ERR_MEMORY;
	else if (BN_bn2binpad(number, bytes, sizeof bytes) > 0) {
		serial_text(bytes, serial);
		add_serials(s, serial);
	}
	BN_free(number);
}

static void by_fingerprint(struct search *s)
{
	char digits[FINGERPRINT_DIGITS + 1];
	uint8_t bytes[FINGERPRINT_DIGITS / 2];
	if (hex_of(s->text, digits) == FINGERPRINT_DIGITS && hex_decode(digits, bytes, sizeof bytes) == ERR_OK)
		add(s, STATEMENT_FOUND_FINGERPRINT, STORE_VALUES(value_blob(bytes, sizeof bytes), value_text(s->list.scope)));
}

static void by_order(struct search *s)
{
	if (id_shape(s->text))
		add(s, STATEMENT_FOUND_ORDER, STORE_VALUES(value_text(s->text), value_text(s->list.scope)));
}

static enum err take_found(void *ctx, const struct row *r)
{
	json_t *found = json_pack("[s, s]", row_text(r, 0), row_text(r, 1));
	return json_array_append_new(ctx, found) == 0 ? ERR_OK : ERR_MEMORY;
}

static void add_object(struct search *s, const char *kind, const char *id)
{
	static const struct {
		const char *kind;
		enum statement statement;
	} kinds[] = {
		{"organisation", STATEMENT_FOUND_ORGANISATION}, {"service", STATEMENT_FOUND_SERVICE},
		{"client", STATEMENT_FOUND_CLIENT},             {"contact", STATEMENT_FOUND_CONTACT},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].kind, kind) == 0 && !had(s, id))
			add(s, kinds[i].statement, STORE_VALUES(value_text(id)));
}

static enum err find_words(struct search *s, const char *word, const char *all, json_t *found)
{
	char end[FOLD_WORD_MAX + 16];
	struct value most = value_integer(4 * s->list.limit); /* a thing may be found by several of its words */
	snprintf(end, sizeof end, "%s\xf4\x8f\xbf\xbf", word); /* the last character that there is */
	if (s->list.scope)
		return store_each(s->list.store, STATEMENT_SEARCH_WORDS_OF,
				  STORE_VALUES(value_text(s->list.scope), value_text(word), value_text(end), value_text(all), most),
				  take_found, found);
	return store_each(s->list.store, STATEMENT_SEARCH_WORDS, STORE_VALUES(value_text(word), value_text(end), value_text(all), most),
			  take_found, found);
}

static void by_words(struct search *s)
{
	json_t *words = json_array(), *found = json_array(), *row;
	enum err e = words && found ? fold_query(s->text, words) : ERR_MEMORY;
	size_t i;
	char *all = e ? NULL : json_text(words, JSON_COMPACT);
	if (!e && !all)
		e = ERR_MEMORY;
	/* whichever of them is the thing's own: the others may be its organisation's */
	for (i = 0; !e && i < json_array_size(words) && i < LEADING_MOST; i++)
		e = find_words(s, json_string_value(json_array_get(words, i)), all, found);
	free(all);
	json_array_foreach(found, i, row)
		add_object(s, json_string_value(json_array_get(row, 0)), json_string_value(json_array_get(row, 1)));
	json_decref(words);
	json_decref(found);
	if (e == ERR_MALFORMED)
		list_fault(&s->list, "q", "text in UTF-8");
	else if (e)
		s->list.err = e;
}

void api_search(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const names[] = {"q", NULL};
	typedef void look(struct search *s);
	static look *const looks[] = {by_order, by_fingerprint, by_decimal, by_serial, by_words};
	struct search s = {.items = json_array()};
	list_begin(&s.list, front, q, r, names);
	s.text = list_text(&s.list, "q");
	if (s.text)
		s.text += strspn(s.text, " ");
	if (!s.list.paged)
		s.list.limit = SEARCH_LIMIT;
	if (!s.text || !s.text[0])
		list_fault(&s.list, "q", "what is sought: a name, an address, a number, an order's id, a serial or a fingerprint");
	if (s.list.csv)
		list_fault(&s.list, "format", "json: a search is no list");
	for (size_t i = 0; i < sizeof looks / sizeof *looks && !full(&s); i++)
		looks[i](&s);
	list_answer(&s.list, s.items);
}
