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

#include <stdbool.h>

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

/* Values of a tree, such as a JSON document, that the template knows nothing of but what `find` and `item` say.
 *
 * A name is looked for in the item at hand, then in the ones around it, then in the root, then among the fields.
 * "{{#name}}...{{/name}}" over a list is repeated for every item, whose members are then at hand ("{{.}}": the item itself),
 * and left out when there is none; over an object its members are at hand. false, 0, "" and null are not given. In what is
 * left out no name is looked at, and a section of a name that nobody knows is left out: members may be missing. A place
 * that is written and unknown is ERR_INTERNAL, as ever. Parts are fields alone: what the tree holds is always escaped.
 *
 * "{{dress name}}" has the value written by `dress`, which escapes it: a time, a mark for a state. Nothing is written of a
 * value that is not given. */
struct template_value {
	const char *text;  /* "" for lists and objects; may point to `digits` */
	bool given;
	const void *list;  /* NULL: not one; else count items */
	size_t count;
	const void *node;  /* an object: its members can be found; NULL: not one */
	char digits[24];
};
struct template_data {
	const void *root;  /* NULL: nothing but fields */
	/* The value of a name in a node; "." is the node itself. False when it has none. */
	bool (*find)(const void *node, const char *name, struct template_value *out);
	const void *(*item)(const void *list, size_t i); /* below count; never NULL */
	/* ERR_INTERNAL for a dress that there is not. */
	enum err (*dress)(const void *ctx, const char *dress, const char *text, struct buf *out);
	const void *ctx;   /* of dress */
};
/* HTML from values and fields. */
enum err template_render_data(const char *text, const struct template_data *data, const struct template_field *fields,
			      struct buf *out) MUST_CHECK;

/* Append value with & < > " ' escaped. */
void template_escape_html(struct buf *out, const char *value);

#endif
