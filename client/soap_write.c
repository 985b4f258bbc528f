#include "client/soap_write.h"

#include <string.h>

static bool is_special(char c, const char *special)
{
	return c && strchr(special, c);
}

static void add_escaped(struct buf *out, const char *text, size_t len, const char *special)
{
	static const char *const escapes[256] = {['&'] = "&amp;", ['<'] = "&lt;",  ['>'] = "&gt;",  ['"'] = "&quot;",
						 ['\t'] = "&#9;", ['\n'] = "&#10;", ['\r'] = "&#13;"};
	while (len) {
		size_t plain = 0;
		while (plain < len && !is_special(text[plain], special))
			plain++;
		buf_add(out, text, plain);
		if (plain == len)
			return;
		buf_text(out, escapes[(unsigned char)text[plain]]);
		text += plain + 1;
		len -= plain + 1;
	}
}

static void add_name(struct buf *out, const struct xml_name *name)
{
	if (name->prefix) {
		buf_text(out, name->prefix);
		buf_byte(out, ':');
	}
	buf_text(out, name->local);
}

static bool same_prefix(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_hidden(const struct xml_scope *scope, size_t n)
{
	for (size_t i = n + 1; i < scope->count; i++)
		if (same_prefix(scope->bound[i].prefix, scope->bound[n].prefix))
			return true;
	return false;
}

static void add_binding(struct buf *out, const char *prefix, const char *uri)
{
	buf_text(out, prefix ? " xmlns:" : " xmlns");
	buf_text(out, prefix ? prefix : "");
	buf_text(out, "=\"");
	add_escaped(out, uri, strlen(uri), "<\"\t\n\r"); /* its ampersands are escaped, as those of values are */
	buf_byte(out, '"');
}

void soap_write_start(struct buf *out, const struct xml_element *element, bool inherits)
{
	const struct xml_scope *scope = element->scope;
	size_t own = scope->count - element->declared;
	buf_byte(out, '<');
	add_name(out, &element->name);
	for (size_t i = inherits ? 0 : own; i < scope->count; i++)
		if (i >= own || (scope->bound[i].uri[0] && !is_hidden(scope, i)))
			add_binding(out, scope->bound[i].prefix, scope->bound[i].uri);
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *a = &element->attributes[i];
		buf_byte(out, ' ');
		add_name(out, &a->name);
		buf_text(out, "=\"");
		add_escaped(out, a->value, a->len, "<\"\t\n\r"); /* its ampersands are escaped */
		buf_byte(out, '"');
	}
	buf_byte(out, '>');
}

void soap_write_end(struct buf *out, const struct xml_name *name)
{
	buf_text(out, "</");
	add_name(out, name);
	buf_byte(out, '>');
}

void soap_write_text(struct buf *out, const char *text, size_t len)
{
	add_escaped(out, text, len, "&<>\r");
}
