#include "client/command/completion.h"
#include "client/command/arguments.h"
#include "client/command/output.h"

#include <string.h>

enum { SCRIPT_MAX = 1 << 20 };

static const struct {
	const char *shell;
	void (*write)(struct buf *out);
} scripts[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

const char *completion_values(const struct field *f)
{
	return f->kind == KIND_YES_NO ? "yes|no" : f->values;
}

enum offer completion_offer(const struct field *f)
{
	static const struct {
		const char *wants;
		enum offer offer;
	} named[] = {{"FILE", OFFER_FILE}, {"PEM", OFFER_FILE}, {"FILE|URL", OFFER_FILE}, {"DIR", OFFER_FOLDER}};
	if (f->kind == KIND_SWITCH)
		return OFFER_SWITCH;
	if (completion_values(f))
		return OFFER_VALUES;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (strcmp(f->wants, named[i].wants) == 0)
			return named[i].offer;
	return OFFER_TEXT;
}

static const struct completion_place *place_at(const char *name, size_t len, const struct completion_place *places)
{
	for (; places->name; places++)
		if (strlen(places->name) == len && strncmp(places->name, name, len) == 0)
			return places;
	return NULL;
}

void completion_fill(const char *template, const struct completion_place *places, struct buf *out)
{
	while (*template) {
		const char *name = template + 1;
		size_t len = strcspn(name, "@\n");
		const struct completion_place *place =
			*template == '@' && name[len] == '@' ? place_at(name, len, places) : NULL;
		if (place)
			place->write(out);
		else
			buf_byte(out, (uint8_t)*template);
		template += place ? len + 2 : 1;
	}
}

const struct verb *completion_next_noun(const struct verb *v)
{
	const char *noun = v ? v->noun : "";
	do
		v = table_next(v);
	while (v && strcmp(v->noun, noun) == 0);
	return v;
}

void completion_noun_text(const struct verb *noun, bool plain, struct buf *out)
{
	if (!noun->verb && !plain)
		buf_text(out, noun->what);
	for (const struct verb *v = noun; v && v->verb && strcmp(v->noun, noun->noun) == 0; v = table_next(v))
		buf_format(out, "%s%s", v == noun ? "" : plain ? " " : ", ", v->verb);
}

void completion_spaced(const char *values, struct buf *out)
{
	for (; *values; values++)
		buf_byte(out, *values == '|' ? ' ' : (uint8_t)*values);
}

void completion_quoted(const char *text, const char *escaped, const char *in_quote, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '\'') {
			buf_text(out, in_quote);
			continue;
		}
		if (strchr(escaped, *text))
			buf_byte(out, '\\');
		buf_byte(out, (uint8_t)*text);
	}
}

static void add_valued_of(const struct field *fields, struct buf *out)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->positional || f->kind == KIND_SWITCH || f->kind == KIND_OPTIONAL)
			continue;
		if (f->letter)
			buf_format(out, " -%c", f->letter);
		buf_format(out, " --%s", f->name);
	}
}

void completion_valued(struct buf *out)
{
	add_valued_of(global_fields, out);
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		add_valued_of(v->fields, out);
}

enum err run_completion(const struct arguments *given, struct errbuf *why)
{
	const char *shell = arguments_value(given, "shell");
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		if (strcmp(scripts[i].shell, shell) != 0)
			continue;
		struct buf script = BUF_INIT(SCRIPT_MAX);
		scripts[i].write(&script);
		enum err e = output_buf(&script, why);
		buf_free(&script);
		return e;
	}
	return fail(why, ERR_USAGE, "no completion for \"%.40s\": want bash, zsh or fish", shell);
}
