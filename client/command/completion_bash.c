/* completion for bash: a line a command, which the walker in completion/counterfoil.bash reads. */
#include "base/embed.h"
#include "client/command/completion.h"

EMBED_TEXT(completion_template_bash, "client/command/completion/counterfoil.bash");

static void add_kind(const struct field *f, struct buf *out)
{
	static const char *const words[] = {
		[OFFER_SWITCH] = "no", [OFFER_TEXT] = "text", [OFFER_FILE] = "file", [OFFER_FOLDER] = "folder"};
	enum offer offer = completion_offer(f);
	if (f->kind == KIND_OPTIONAL)
		buf_byte(out, '=');
	buf_text(out, offer == OFFER_VALUES ? completion_values(f) : words[offer]);
}

static void add_flags(const struct field *fields, struct buf *out)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->positional)
			continue;
		if (f->letter) {
			buf_format(out, " -%c:", f->letter);
			add_kind(f, out);
		}
		buf_format(out, " --%s:", f->name);
		add_kind(f, out);
	}
}

static void add_globals(struct buf *out)
{
	add_flags(global_fields, out);
}

static void add_nouns(struct buf *out)
{
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v))
		buf_format(out, "%s ", v->noun);
}

static void add_verbs(struct buf *out)
{
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v)) {
		if (!v->verb)
			continue;
		buf_format(out, "\n\t%s) verbs='", v->noun);
		completion_noun_text(v, true, out);
		buf_text(out, "' ;;");
	}
}

static void add_commands(struct buf *out)
{
	for (const struct verb *v = table_next(NULL); v; v = table_next(v)) {
		buf_format(out, "\n\t'%s%s%s') flags+='", v->noun, v->verb ? " " : "", v->verb ? v->verb : "");
		add_flags(v->fields, out);
		buf_text(out, "' arguments='");
		for (const struct field *f = v->fields; f->name; f++) {
			if (!f->positional)
				continue;
			add_kind(f, out);
			buf_byte(out, ' ');
		}
		buf_text(out, "' ;;");
	}
}

void completion_bash(struct buf *out)
{
	static const struct completion_place places[] = {
		{"GLOBALS", add_globals}, {"NOUNS", add_nouns}, {"VERBS", add_verbs}, {"COMMANDS", add_commands}, {0}};
	completion_fill(completion_template_bash, places, out);
}
