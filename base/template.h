/* template: text with places. "{{name}}" is replaced by the field's value, escaped by the mode; "{{#name}}...{{/name}}"
 * is kept when the field is given and not "", "{{^name}}...{{/name}}" when it is not. Sections nest to a depth of 8.
 * "{{>name}}" inserts a field already rendered (a part), unescaped; only TEMPLATE_PART fields may stand there, and they
 * may stand nowhere else, so nothing enters raw by mistake. An unknown name or an unclosed section is ERR_INTERNAL. */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/buf.h"

enum template_mode { TEMPLATE_TEXT, TEMPLATE_HTML };
enum template_kind { TEMPLATE_VALUE, TEMPLATE_PART };

struct template_field {
	const char *name;  /* NULL ends the list */
	const char *value; /* NULL counts as "" */
	enum template_kind kind;
};

/* Append the rendered text to out, whose cap bounds it. */
enum err template_render(const char *text, enum template_mode mode, const struct template_field *fields,
			 struct buf *out) MUST_CHECK;

/* Append value with & < > " ' escaped. */
void template_escape_html(struct buf *out, const char *value);

#endif
