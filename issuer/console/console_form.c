/* A form as markup: its table of fields becomes the values of one template, so every form of the console looks and reads alike. */
#include "base/embed.h"
#include "base/encode.h"
#include "base/secret.h"
#include "issuer/console/console_own.h"

#include <stdio.h>
#include <string.h>

EMBED_TEXT(console_text_form, "issuer/console/pages/form.html");
EMBED_TEXT(console_text_summary, "issuer/console/pages/summary.html");

enum { KEY_BYTES = 16, LONGEST = 256, PATH_SIZE = 1024 };

struct writing {
	const struct console_making *m;
	const struct console_use *use;
	const struct console_posted *posted; /* of this form, or NULL */
};

/* How a kind looks. */
static const struct {
	const char *shape; /* of form.html */
	const char *type, *autocomplete, *inputmode;
} kinds[] = {
	[CONSOLE_TEXT] = {"input", "text", "off", ""},
	[CONSOLE_LONG] = {"long", "", "off", ""},
	[CONSOLE_EMAIL] = {"input", "email", "off", "email"},
	[CONSOLE_TEL] = {"input", "tel", "off", "tel"},
	[CONSOLE_DATE] = {"input", "date", "off", ""},
	[CONSOLE_NUMBER] = {"input", "text", "off", "numeric"},
	[CONSOLE_FLAG] = {"flag", "checkbox", "", ""},
	[CONSOLE_CHOICE] = {"choice", "", "off", ""},
	[CONSOLE_FIXED] = {"fixed", "hidden", "", ""},
	[CONSOLE_CONFIRM] = {"input", "text", "off", ""},
};

static bool is_flag_set(const char *text)
{
	return text[0] && strcmp(text, "no") != 0 && strcmp(text, "0") != 0;
}

/* What was typed, else what the values say. */
static const char *stored(const struct writing *w, const struct console_field *f, char digits[24])
{
	return console_text_of(w->use->values, f->value ? f->value : f->name, digits);
}

static const char *shown(const struct writing *w, const struct console_field *f, char digits[24])
{
	const json_t *typed = w->posted ? json_object_get(w->posted->values, f->name) : NULL;
	if (f->kind != CONSOLE_FIXED && typed)
		return json_string_value(typed);
	return f->kind == CONSOLE_CONFIRM || (w->posted && f->kind == CONSOLE_FLAG) ? "" : stored(w, f, digits);
}

/* Of somebody else's change: what it is now, when that is not what was typed. */
static const char *now_stored(const struct writing *w, const struct console_field *f, char digits[24])
{
	if (!w->posted || !w->posted->form->versioned || !w->use->values || f->kind == CONSOLE_FLAG || f->kind == CONSOLE_CONFIRM ||
	    json_integer_value(json_object_get(w->posted->problem, "status")) != 412)
		return "";
	const char *now = stored(w, f, digits);
	const char *typed = json_string_value(json_object_get(w->posted->values, f->name));
	return typed && strcmp(now, typed) != 0 ? now : "";
}

static const char *fault_of(const struct console_posted *posted, const char *name)
{
	size_t i;
	json_t *fault;
	json_array_foreach(posted ? json_object_get(posted->problem, "faults") : NULL, i, fault) {
		const char *field = json_string_value(json_object_get(fault, "field"));
		if (field && strcmp(field, name) == 0)
			return json_string_value(json_object_get(fault, "text"));
	}
	return NULL;
}

static int add_option(json_t *options, const char *value, const char *text, const char *chosen)
{
	return json_array_append_new(options, json_pack("{s:s, s:s, s:b}", "value", value, "text", text[0] ? text : value, "chosen",
							strcmp(value, chosen) == 0));
}

/* Of the field's own table, or of a list in the page's data. */
static json_t *options_of(const struct writing *w, const struct console_field *f, const char *chosen)
{
	json_t *options = json_array();
	struct template_data data = console_values(w->m->page->data, &w->m->dressing);
	struct template_value list = {.count = 0};
	int rc = options ? 0 : -1;
	for (const struct console_choice *c = f->choices; rc == 0 && c && c->value; c++)
		rc = add_option(options, c->value, c->text, chosen);
	if (rc == 0 && f->list && data.root && !data.find(data.root, f->list, &list))
		list.list = NULL;
	for (size_t i = 0; rc == 0 && list.list && i < list.count; i++) {
		const json_t *item = data.item(list.list, i);
		char value[24], text[24];
		rc = add_option(options, console_text_of(item, f->list_value, value), console_text_of(item, f->list_text, text), chosen);
	}
	if (rc == 0)
		return options;
	json_decref(options);
	return NULL;
}

/* One field as the template wants it; NULL when there is no memory. */
static json_t *field_values(const struct writing *w, const struct console_field *f)
{
	char digits[24], other[24];
	const char *value = shown(w, f, digits), *fault = fault_of(w->posted, f->name), *now = now_stored(w, f, other);
	const char *shape = kinds[f->kind].shape, *name = w->use->form->name;
	bool wanted = f->wanted || f->kind == CONSOLE_CONFIRM;
	json_t *v = json_pack("{s:s++, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:b, s:b, s:b, s:b, s:b, s:b, s:i}",
			      "id", name, "-", f->name, "name", f->name, "label", f->label ? f->label : "", "value", value, "type",
			      kinds[f->kind].type, "hint", f->hint, "fault", fault, "now", now[0] ? now : NULL, "wanted", wanted,
			      "checked", is_flag_set(value), "input", strcmp(shape, "input") == 0, "long", strcmp(shape, "long") == 0,
			      "flag", strcmp(shape, "flag") == 0, "choice", strcmp(shape, "choice") == 0, "longest",
			      f->longest ? f->longest : LONGEST);
	json_t *more = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o*}", "autocomplete", kinds[f->kind].autocomplete,
				 "inputmode", kinds[f->kind].inputmode, "pattern", f->pattern ? f->pattern : "", "pattern_text",
				 f->pattern_text ? f->pattern_text : "", "fixed", f->kind == CONSOLE_FIXED, "suggests",
				 f->list && f->kind != CONSOLE_CHOICE, "described", f->hint || fault || now[0], "options",
				 f->list || f->choices ? options_of(w, f, value) : NULL);
	if (!v || !more || json_object_update(v, more) != 0) {
		json_decref(v);
		v = NULL;
	}
	json_decref(more);
	return v;
}

/* What travels with it unseen. */
static enum err add_hidden(const struct writing *w, json_t *values)
{
	char token[CONSOLE_TOKEN_SIZE], digits[24], version[32] = "", key[2 * KEY_BYTES + 1] = "";
	uint8_t random[KEY_BYTES];
	const struct console_form *form = w->use->form;
	enum err e = console_token(w->m->front, w->m->q->identity, token);
	const char *number = console_text_of(w->use->values, "version", digits);
	if (form->versioned && number[0])
		snprintf(version, sizeof version, "\"%s\"", number);
	if (!e && form->creates && !(w->posted && w->posted->key[0]))
		e = random_bytes(random, sizeof random);
	if (!e && form->creates && !(w->posted && w->posted->key[0]))
		hex_encode(random, sizeof random, key);
	json_t *more = e ? NULL : json_pack("{s:s, s:s, s:s}", "token", token, "if_match", version, "key",
					    w->posted && w->posted->key[0] ? w->posted->key : key);
	if (!e && (!more || json_object_update(values, more) != 0))
		e = ERR_MEMORY;
	json_decref(more);
	return e;
}

static enum err form_values(const struct writing *w, json_t **out)
{
	char path[PATH_SIZE];
	const struct console_form *form = w->use->form;
	enum err e = console_path(form->path, w->m->q, path, sizeof path);
	json_t *fields = json_array();
	for (const struct console_field *f = form->fields; f && f->name && fields; f++)
		if (json_array_append_new(fields, field_values(w, f)) != 0) {
			json_decref(fields);
			fields = NULL;
		}
	*out = json_pack("{s:o, s:s, s:s, s:s, s:b}", "fields", fields, "form", form->name, "action", e ? "" : path, "submit", form->submit,
			 "dangerous", form->dangerous);
	if (!e && !*out)
		e = ERR_MEMORY;
	return e ? e : add_hidden(w, *out);
}

enum err console_form_write(const struct console_making *m, const struct console_use *use, struct buf *out)
{
	static const struct template_field none[] = {{0}};
	const struct writing w = {m, use, m->page->posted && m->page->posted->form == use->form ? m->page->posted : NULL};
	json_t *values = NULL;
	if (use->away || !console_may(m->q, use->form->api, NULL))
		return ERR_OK;
	enum err e = form_values(&w, &values);
	const struct template_data data = console_values(values, &m->dressing);
	if (!e)
		e = template_render_data(console_text_form, &data, none, out);
	json_decref(values);
	return e;
}

static const struct console_field *field_named(const struct console_form *form, const char *name)
{
	for (const struct console_field *f = form->fields; f && f->name; f++)
		if (name && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* Faults of fields that the form shows are links to them; others stand as they are. */
static json_t *summary_values(const struct console_posted *posted)
{
	size_t i;
	json_t *fault, *list = json_array();
	json_array_foreach(json_object_get(posted->problem, "faults"), i, fault) {
		const char *name = json_string_value(json_object_get(fault, "field")), *text = json_string_value(json_object_get(fault, "text"));
		const struct console_field *f = field_named(posted->form, name);
		json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:b}", "form", posted->form->name, "name", name ? name : "", "label",
					f && f->label ? f->label : name ? name : "", "text", text ? text : "", "shown",
					f && f->kind != CONSOLE_FIXED);
		if (!list || json_array_append_new(list, row) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	const char *detail = json_string_value(json_object_get(posted->problem, "detail"));
	return json_pack("{s:o, s:s, s:b, s:b}", "faults", list, "detail", detail ? detail : "", "any", json_array_size(list) > 0,
			 "stale", json_integer_value(json_object_get(posted->problem, "status")) == 412);
}

enum err console_summary_write(const struct console_making *m, struct buf *out)
{
	static const struct template_field none[] = {{0}};
	if (!m->page->posted)
		return ERR_OK;
	json_t *values = summary_values(m->page->posted);
	const struct template_data data = console_values(values, &m->dressing);
	enum err e = values ? template_render_data(console_text_summary, &data, none, out) : ERR_MEMORY;
	json_decref(values);
	return e;
}
