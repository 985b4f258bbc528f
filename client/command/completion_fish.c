/* completion for fish: a line an offer, each under the command that it belongs to. */
#include "base/embed.h"
#include "client/command/completion.h"
#include "client/command/text.h"

EMBED_TEXT(completion_template_fish, "client/command/completion/counterfoil.fish");

static void add_text(const char *text, struct buf *out)
{
	buf_text(out, " -d '");
	completion_quoted(text, "\\", "\\'", out);
	buf_byte(out, '\'');
}

/* -x: a value, and no file; -r -F: a value, files are offered. */
static void add_kind(const struct field *f, struct buf *out)
{
	switch (completion_offer(f)) {
	case OFFER_SWITCH:
		break;
	case OFFER_TEXT:
		buf_text(out, " -x");
		break;
	case OFFER_FILE:
		buf_text(out, " -r -F");
		break;
	case OFFER_FOLDER:
		buf_text(out, " -x -a '(__fish_complete_directories)'");
		break;
	case OFFER_VALUES:
		buf_text(out, f->kind == KIND_OPTIONAL ? " -a '" : " -x -a '");
		completion_spaced(completion_values(f), out);
		buf_byte(out, '\'');
		break;
	}
}

/* given NULL: under every command. */
static void add_flags(const struct verb *given, const struct field *fields, struct buf *out)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->positional)
			continue;
		buf_text(out, "complete -c counterfoil");
		if (given)
			buf_format(out, " -n '__counterfoil_at %s %s'", given->noun, given->verb ? given->verb : "\"\"");
		if (f->letter)
			buf_format(out, " -s %c", f->letter);
		buf_format(out, " -l %s", f->name);
		add_kind(f, out);
		add_text(f->help, out);
		buf_byte(out, '\n');
	}
}

static void add_arguments(const struct verb *v, struct buf *out)
{
	int place = 0;
	for (const struct field *f = v->fields; f->name; f++) {
		enum offer offer = completion_offer(f);
		if (!f->positional)
			continue;
		place++;
		if (offer == OFFER_TEXT)
			continue;
		buf_format(out, "complete -c counterfoil -n '__counterfoil_at %s %s; and __counterfoil_has %d' ", v->noun,
			   v->verb ? v->verb : "\"\"", place - 1);
		if (offer == OFFER_FILE) {
			buf_text(out, "-F\n");
			continue;
		}
		buf_text(out, "-a '");
		completion_spaced(completion_values(f), out);
		buf_text(out, "'\n");
	}
}

static void add_nouns(struct buf *out)
{
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v)) {
		struct buf text = BUF_INIT(512);
		completion_noun_text(v, false, &text);
		buf_format(out, "complete -c counterfoil -n '__counterfoil_at \"\" \"\"' -a %s", v->noun);
		const char *says = buf_string(&text);
		add_text(says ? says : v->noun, out);
		buf_byte(out, '\n');
		text_part_end(&text, out);
	}
}

static void add_commands(struct buf *out)
{
	add_nouns(out);
	add_flags(NULL, global_fields, out);
	for (const struct verb *v = table_next(NULL); v; v = table_next(v)) {
		if (v->verb) {
			buf_format(out, "complete -c counterfoil -n '__counterfoil_at %s \"\"' -a %s", v->noun, v->verb);
			add_text(v->what, out);
			buf_byte(out, '\n');
		}
		add_flags(v, v->fields, out);
		add_arguments(v, out);
	}
}

static void add_alone(struct buf *out)
{
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v))
		if (!v->verb)
			buf_format(out, " %s", v->noun);
}

void completion_fish(struct buf *out)
{
	static const struct completion_place places[] = {
		{"ALONE", add_alone}, {"VALUED", completion_valued}, {"COMMANDS", add_commands}, {0}};
	completion_fill(completion_template_fish, places, out);
}
