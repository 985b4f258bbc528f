/* completion for zsh: the specifications of _arguments for each command. */
#include "base/embed.h"
#include "client/command/completion.h"
#include "client/command/text.h"

#include <string.h>

EMBED_TEXT(completion_template_zsh, "client/command/completion/counterfoil.zsh");

static void add_quoted(const char *text, struct buf *out)
{
	completion_quoted(text, "\\[]:", "'\\''", out);
}

static void add_action(const struct field *f, struct buf *out)
{
	switch (completion_offer(f)) {
	case OFFER_SWITCH:
	case OFFER_TEXT:
		break;
	case OFFER_FILE:
		buf_text(out, "_files");
		break;
	case OFFER_FOLDER:
		buf_text(out, "_files -/");
		break;
	case OFFER_VALUES:
		buf_byte(out, '(');
		completion_spaced(completion_values(f), out);
		buf_byte(out, ')');
		break;
	}
}

/* behind is what stands between flag and value: '=' or '+'. */
static void add_value(const struct field *f, const char *behind, struct buf *out)
{
	if (f->kind != KIND_SWITCH)
		buf_text(out, behind);
	buf_byte(out, '[');
	add_quoted(f->help, out);
	buf_byte(out, ']');
	if (f->kind != KIND_SWITCH) {
		buf_text(out, f->kind == KIND_OPTIONAL ? "::" : ":");
		add_quoted(f->wants, out);
		buf_byte(out, ':');
		add_action(f, out);
	}
	buf_text(out, "'");
}

static void add_flags(const struct field *fields, struct buf *out)
{
	for (const struct field *f = fields; f->name; f++) {
		const char *again = f->kind == KIND_MANY ? "*" : "";
		if (f->positional)
			continue;
		if (f->letter) {
			buf_format(out, "\n\t\t'%s-%c", again, f->letter);
			add_value(f, "+", out);
		}
		buf_format(out, "\n\t\t'%s--%s", again, f->name);
		add_value(f, f->kind == KIND_OPTIONAL ? "=-" : "=", out);
	}
}

static void add_arguments(const struct field *fields, struct buf *out)
{
	int place = 0;
	for (const struct field *f = fields; f->name; f++) {
		if (!f->positional)
			continue;
		buf_format(out, "\n\t\t'%d:%s", ++place, f->required ? "" : ":");
		add_quoted(f->wants, out);
		buf_byte(out, ':');
		add_action(f, out);
		buf_byte(out, '\'');
	}
}

static void add_globals(struct buf *out)
{
	add_flags(global_fields, out);
}

static void add_nouns(struct buf *out)
{
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v)) {
		struct buf text = BUF_INIT(512);
		completion_noun_text(v, false, &text);
		const char *says = buf_string(&text);
		buf_format(out, "\n\t\t'%s:", v->noun);
		completion_quoted(says ? says : "", "\\:", "'\\''", out);
		buf_byte(out, '\'');
		text_part_end(&text, out);
	}
}

static void add_verbs(struct buf *out)
{
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v)) {
		if (!v->verb)
			continue;
		buf_format(out, "\n\t%s) verbs=(", v->noun);
		for (const struct verb *w = v; w && strcmp(w->noun, v->noun) == 0; w = table_next(w)) {
			buf_format(out, "\n\t\t'%s:", w->verb);
			completion_quoted(w->what, "\\:", "'\\''", out);
			buf_byte(out, '\'');
		}
		buf_text(out, ") ;;");
	}
}

static void add_commands(struct buf *out)
{
	for (const struct verb *v = table_next(NULL); v; v = table_next(v)) {
		buf_format(out, "\n\t'%s %s') specs+=(", v->noun, v->verb ? v->verb : "");
		add_flags(v->fields, out);
		add_arguments(v->fields, out);
		buf_text(out, ") ;;");
	}
}

void completion_zsh(struct buf *out)
{
	static const struct completion_place places[] = {{"GLOBALS", add_globals}, {"NOUNS", add_nouns}, {"VERBS", add_verbs},
							 {"COMMANDS", add_commands}, {"VALUED", completion_valued}, {0}};
	completion_fill(completion_template_zsh, places, out);
}
