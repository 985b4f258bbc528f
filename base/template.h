/* template: text with places. "{{name}}" is replaced by the field's value, escaped by the mode; "{{#name}}...{{/name}}"
 * is kept when the field is given and not "", "{{^name}}...{{/name}}" when it is not. Sections nest to a depth of 8.
 * "{{>name}}" inserts a field already rendered (a part), unescaped; only TEMPLATE_PART fields may stand there, and they
 * may stand nowhere else, so nothing enters raw by mistake. An unknown name or an unclosed section is ERR_INTERNAL.
 *
 * "{{_key}}" inserts words of a language: plain text, escaped by the mode, in which "{{name}}" alone is a place. In HTML
 * the values in it are dressed as their fields say: what is emphasised is the page's business, not the translator's.
 * "{{=key}}" inserts the same undressed, for attributes and titles. Words hold no sections, parts or other words. */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/buf.h"

enum template_mode { TEMPLATE_TEXT, TEMPLATE_HTML };
/* How a value is dressed within words in HTML: not at all, <strong>, <code>, <bdi class="keep"> (kept on one line). */
enum template_kind { TEMPLATE_VALUE, TEMPLATE_PART, TEMPLATE_STRONG, TEMPLATE_CODE, TEMPLATE_KEEP };

struct template_field {
	const char *name;  /* NULL ends the list */
	const char *value; /* NULL counts as "" */
	enum template_kind kind;
};

/* Append the rendered text to out, whose cap bounds it. */
enum err template_render(const char *text, enum template_mode mode, const struct template_field *fields,
			 struct buf *out) MUST_CHECK;

/* Where words come from; find returns NULL for a key that it has not, which is ERR_INTERNAL. */
struct template_words {
	const char *(*find)(const void *ctx, const char *key);
	const void *ctx;
};
/* The same with words. */
enum err template_render_words(const char *text, enum template_mode mode, const struct template_words *words,
			       const struct template_field *fields, struct buf *out) MUST_CHECK;

/* Append value with & < > " ' escaped. */
void template_escape_html(struct buf *out, const char *value);

#endif
