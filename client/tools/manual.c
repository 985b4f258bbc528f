#include "client/tools/manual.h"
#include "client/command/lookup.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { VERBS_MAX = 200, AREAS_MAX = 16, NAME_SIZE = 64 };

struct work {
	struct buf *out;
	bool written[VERBS_MAX], areas[AREAS_MAX]; /* by place in the table; areas that the list has entries of */
	unsigned depth; /* of lists */
};

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static size_t place_of(const struct verb *v)
{
	size_t place = 0;
	for (const struct verb *w = table_next(NULL); w && w != v; w = table_next(w))
		place++;
	return place < VERBS_MAX ? place : VERBS_MAX - 1;
}

static size_t area_of(const struct verb *v)
{
	for (size_t i = 0; i < AREAS_MAX && areas[i].title; i++)
		for (const struct verb *w = areas[i].verbs; w->noun; w++)
			if (w == v)
				return i;
	return AREAS_MAX - 1;
}

/* A macro's name, which ends what it is called: "Ar", "Op". */
static bool is_macro(const char *word, size_t len)
{
	return len == 2 && isupper((unsigned char)word[0]) && islower((unsigned char)word[1]);
}

/* Noun and verb behind Cm, as one string. */
static void take_name(const char *at, char name[NAME_SIZE])
{
	size_t used = 0;
	for (at += strspn(at, " "); *at && *at != '\n'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " \n");
		if (is_macro(at, len) || used + len + 2 > NAME_SIZE)
			break;
		if (used)
			name[used++] = ' ';
		memcpy(name + used, at, len);
		used += len;
		at += len;
	}
	name[used] = '\0';
}

/* The line behind an entry's heading, whose command comes out in name; NULL when none begins here. */
static const char *entry_at(const char *line, char name[NAME_SIZE])
{
	if (begins(line, ".It Cm ")) {
		take_name(line + 7, name);
		return next_line(line);
	}
	if (!begins(line, ".It Xo\n.Cm "))
		return NULL;
	take_name(line + 11, name);
	while (*line && !begins(line, ".Xc"))
		line = next_line(line);
	return next_line(line);
}

static const struct verb *command_of(const char *name)
{
	char noun[NAME_SIZE];
	size_t len = strcspn(name, " ");
	snprintf(noun, sizeof noun, "%.*s", (int)len, name);
	return lookup_verb(noun, name[len] ? name + len + 1 : NULL);
}

/* A word of a macro's line, in quotes where it has blanks. */
static void add_word(const char *word, struct buf *out)
{
	buf_format(out, strchr(word, ' ') ? "\"%s\"" : "%s", word);
}

/* A line of text: never taken for a macro, and backslashes stay what they are. */
static void add_text(const char *text, const char *end, struct buf *out)
{
	if (*text == '.' || *text == '\'')
		buf_text(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			buf_text(out, "\\e");
		else
			buf_byte(out, (uint8_t)*text);
	}
	buf_text(out, end);
}

/* "Fl o , Fl Fl out Ar FILE". */
static void add_field(const struct field *f, struct buf *out)
{
	if (f->positional) {
		buf_text(out, "Ar ");
	} else {
		if (f->letter)
			buf_format(out, "Fl %c , ", f->letter);
		buf_format(out, "Fl Fl %s", f->name);
		if (f->wants)
			buf_text(out, f->kind == KIND_OPTIONAL ? " Ns Op = Ns Ar " : " Ar ");
	}
	if (f->wants)
		add_word(f->wants, out);
	if (f->kind == KIND_MANY)
		buf_text(out, " ...");
}

static void add_synopsis(const struct verb *v, struct buf *out)
{
	buf_format(out, ".It Xo\n.Cm %s%s%s\n", v->noun, v->verb ? " " : "", v->verb ? v->verb : "");
	for (int pass = 0; pass < 3; pass++) /* arguments, required flags, others */
		for (const struct field *f = v->fields; f->name; f++) {
			if ((f->positional ? 0 : f->required ? 1 : 2) != pass)
				continue;
			buf_text(out, f->required ? "." : ".Op ");
			add_field(f, out);
			buf_byte(out, '\n');
		}
	buf_text(out, ".Xc\n");
}

static void add_flags(const struct verb *v, struct buf *out)
{
	if (!v->fields[0].name)
		return;
	buf_text(out, ".Bl -tag -width Ds -compact\n");
	for (const struct field *f = v->fields; f->name; f++) {
		buf_text(out, ".It ");
		add_field(f, out);
		buf_byte(out, '\n');
		add_text(f->help, "\n", out);
	}
	buf_text(out, ".El\n");
}

static void add_entry(struct work *w, const struct verb *v)
{
	w->written[place_of(v)] = true;
	w->areas[area_of(v)] = true;
	add_synopsis(v, w->out);
	add_text(v->what, ".\n", w->out);
	add_flags(v, w->out);
}

/* Those before v in the table that the source says nothing of. */
static void add_before(struct work *w, const struct verb *v)
{
	for (const struct verb *u = table_next(NULL); u != v; u = table_next(u))
		if (!w->written[place_of(u)])
			add_entry(w, u);
}

/* At a list's end: what is left of the areas that it has. */
static void end_list(struct work *w)
{
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (w->areas[area_of(v)] && !w->written[place_of(v)])
			add_entry(w, v);
	memset(w->areas, 0, sizeof w->areas);
}

/* What the source has an entry of is written there, and nowhere before. */
static enum err find_entries(const char *source, struct work *w, struct errbuf *why)
{
	char name[NAME_SIZE];
	for (const char *line = source; *line; line = next_line(line)) {
		const struct verb *v;
		if (!entry_at(line, name))
			continue;
		v = command_of(name);
		if (!v)
			return fail(why, ERR_MALFORMED, "the manual has an entry of \"%s\", the table has no such command", name);
		w->written[place_of(v)] = true;
	}
	return ERR_OK;
}

static const char *copy_line(struct work *w, const char *line)
{
	const char *next = next_line(line);
	buf_add(w->out, line, (size_t)(next - line));
	return next;
}

static const char *take_entry(struct work *w, const char *behind, const char *name)
{
	const struct verb *v = command_of(name);
	add_before(w, v);
	add_entry(w, v);
	if (!begins(behind, ".It ") && !begins(behind, ".El"))
		buf_text(w->out, ".Pp\n");
	return behind;
}

enum err manual_write(const char *source, struct buf *out, struct errbuf *why)
{
	struct work w = {.out = out};
	char name[NAME_SIZE];
	enum err e = find_entries(source, &w, why);
	for (const char *line = source; !e && *line;) {
		const char *behind = w.depth == 1 ? entry_at(line, name) : NULL;
		if (behind) {
			line = take_entry(&w, behind, name);
			continue;
		}
		if (w.depth == 1 && begins(line, ".El"))
			end_list(&w);
		w.depth += begins(line, ".Bl") ? 1 : 0;
		w.depth -= begins(line, ".El") && w.depth ? 1 : 0;
		line = copy_line(&w, line);
	}
	for (const struct verb *v = table_next(NULL); !e && v; v = table_next(v))
		if (!w.written[place_of(v)])
			e = fail(why, ERR_MALFORMED, "the manual has no list for \"%s\"", v->noun);
	return e ? e : buf_check(out);
}
