#include "client/command/arguments.h"
#include "client/command/foreign.h"
#include "client/command/lookup.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 96, TYPED_SIZE = 64 };

struct parse {
	const char *const *words;
	int left;
	struct arguments *out;
	struct errbuf *why;
	bool only_values; /* behind "--" */
};

static const char *next_word(struct parse *p)
{
	if (p->left == 0)
		return NULL;
	p->left--;
	return *p->words++;
}

static const struct field *find_in(const struct field *fields, const char *name, size_t len, char letter)
{
	for (; fields->name; fields++)
		if (letter ? fields->letter == letter : strlen(fields->name) == len && strncmp(fields->name, name, len) == 0)
			return fields;
	return NULL;
}

static const struct field *find_field(const struct parse *p, const char *name, size_t len, char letter)
{
	const struct field *f = p->out->verb ? find_in(p->out->verb->fields, name, len, letter) : NULL;
	return f ? f : find_in(global_fields, name, len, letter);
}

static const char *nearest_flag(const struct verb *v, const char *typed)
{
	const char *words[WORDS_MAX];
	size_t count = 0;
	for (const struct field *f = v ? v->fields : global_fields; f->name; f++)
		words[count++] = f->name;
	for (const struct field *f = global_fields; v && f->name; f++)
		words[count++] = f->name;
	return suggest(typed, words, count);
}

static enum err see_help(const struct verb *v, const char *typed, struct errbuf *why)
{
	if (!v)
		return fail(why, ERR_USAGE, "unknown flag %s: see counterfoil help", typed);
	return fail(why, ERR_USAGE, "unknown flag %s: see counterfoil %s%s%s --help", typed, v->noun, v->verb ? " " : "",
		    v->verb ? v->verb : "");
}

/* By its name, len bytes, or by its letter where that is not 0. */
static enum err unknown_flag(const struct parse *p, const char *name, size_t len, char letter)
{
	char typed[TYPED_SIZE];
	if (letter)
		snprintf(typed, sizeof typed, "-%c", letter);
	else
		snprintf(typed, sizeof typed, "--%.*s", (int)(len < TYPED_SIZE ? len : TYPED_SIZE), name);
	const struct foreign *foreign = foreign_find(name, len, letter);
	const struct field *same = foreign && foreign->meant ? find_field(p, foreign->meant, strlen(foreign->meant), 0) : NULL;
	if (same)
		return fail(p->why, ERR_USAGE, "unknown flag %s: here it is --%s %s", typed, same->name, same->wants);
	if (foreign && foreign->says)
		return fail(p->why, ERR_USAGE, "unknown flag %s: %s", typed, foreign->says);
	const char *meant = letter ? NULL : nearest_flag(p->out->verb, typed + 2);
	return meant ? fail(p->why, ERR_USAGE, "unknown flag %s: did you mean --%s?", typed, meant)
		     : see_help(p->out->verb, typed, p->why);
}

static bool is_yes_no(const char *value)
{
	return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
}

static bool is_number(const char *value)
{
	size_t len = strspn(value, "0123456789");
	return len > 0 && len <= 10 && !value[len] && strtol(value, NULL, 10) <= INT32_MAX;
}

static bool is_serial(const char *value)
{
	return value[0] && value[strspn(value, "0123456789abcdefABCDEF: ")] == '\0' && strlen(value) < 128;
}

static enum err check_value(const struct field *f, const char *value, struct errbuf *why)
{
	if (f->kind == KIND_YES_NO && !is_yes_no(value))
		return fail(why, ERR_USAGE, "--%s: want yes or no, had \"%.60s\"", f->name, value);
	if (f->kind == KIND_NUMBER && !is_number(value))
		return fail(why, ERR_USAGE, "--%s: want a whole number, had \"%.60s\"", f->name, value);
	if (f->kind == KIND_NUMBER_OR_NONE && !is_number(value) && strcmp(value, "none") != 0)
		return fail(why, ERR_USAGE, "--%s: want a whole number, or none, had \"%.60s\"", f->name, value);
	if (f->kind == KIND_SECONDS && (!is_number(value) || strtol(value, NULL, 10) == 0))
		return fail(why, ERR_USAGE, "--%s: want a whole number of seconds, 1 or more, had \"%.60s\"", f->name, value);
	if (f->kind == KIND_SERIAL && !is_serial(value))
		return fail(why, ERR_USAGE, "\"%.60s\" is not a serial number in hexadecimal", value);
	if (f->required && !value[0])
		return fail(why, ERR_USAGE, "%s is empty", f->name);
	return ERR_OK;
}

static enum err give(struct parse *p, const struct field *f, const char *value)
{
	struct arguments *a = p->out;
	if (f->kind != KIND_MANY && arguments_value(a, f->name))
		return fail(p->why, ERR_USAGE, "%s is given twice", f->name);
	if (a->count == GIVEN_MAX)
		return fail(p->why, ERR_USAGE, "more than %d arguments", GIVEN_MAX);
	enum err e = check_value(f, value, p->why);
	if (!e)
		a->given[a->count++] = (struct given){f, value};
	return e;
}

/* "1.1|1.2" has "1.2". */
static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
		if (len == strcspn(at, "|") && strncmp(at, word, len) == 0)
			return true;
	return false;
}

/* A value that stands apart would be taken for an argument of its own. */
static enum err take_optional(struct parse *p, const struct field *f, const char *attached)
{
	if (!attached && p->left && is_choice(f->wants, p->words[0]))
		return fail(p->why, ERR_USAGE, "--%s %s: write --%s=%s", f->name, p->words[0], f->name, p->words[0]);
	return give(p, f, attached ? attached : "");
}

static enum err take_flag(struct parse *p, const struct field *f, const char *attached)
{
	if (f->kind == KIND_SWITCH)
		return attached ? fail(p->why, ERR_USAGE, "--%s takes no value", f->name) : give(p, f, "");
	if (f->kind == KIND_OPTIONAL)
		return take_optional(p, f, attached);
	const char *value = attached ? attached : next_word(p);
	if (!value || (!attached && strncmp(value, "--", 2) == 0))
		return fail(p->why, ERR_USAGE, "--%s wants a value: %s", f->name, f->wants);
	return give(p, f, value);
}

static enum err take_long(struct parse *p, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct field *f = find_field(p, word, len, 0);
	return f ? take_flag(p, f, equals ? equals + 1 : NULL) : unknown_flag(p, word, len, 0);
}

static enum err take_short(struct parse *p, const char *word)
{
	const struct field *f = find_field(p, "", 0, word[1]);
	return f ? take_flag(p, f, word[2] ? word + 2 : NULL) : unknown_flag(p, "", 0, word[1]);
}

static enum err take_positional(struct parse *p, const char *word)
{
	for (const struct field *f = p->out->verb->fields; f->name; f++)
		if (f->positional && !arguments_value(p->out, f->name))
			return give(p, f, word);
	return fail(p->why, ERR_USAGE, "one argument too many: \"%.60s\"", word);
}

static enum err take_help(struct parse *p, const char *noun)
{
	p->out->help = true;
	if (!noun)
		return ERR_OK;
	if (!lookup_noun_exists(noun))
		return lookup_unknown_noun(noun, p->why);
	p->out->help_noun = noun;
	const char *verb = next_word(p);
	p->out->verb = verb ? lookup_verb(noun, verb) : NULL;
	return verb && !p->out->verb ? lookup_unknown_verb(noun, verb, p->why) : ERR_OK;
}

/* The first word that is no flag, and for most nouns the next one. */
static enum err take_command(struct parse *p, const char *noun)
{
	if (strcmp(noun, "help") == 0)
		return take_help(p, next_word(p));
	if (!lookup_noun_exists(noun))
		return lookup_unknown_noun(noun, p->why);
	p->out->help_noun = noun;
	p->out->verb = lookup_verb(noun, NULL);
	if (p->out->verb)
		return ERR_OK;
	const char *verb = next_word(p);
	if (verb && (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)) {
		p->out->help = true;
		return ERR_OK;
	}
	p->out->verb = verb ? lookup_verb(noun, verb) : NULL;
	return p->out->verb ? ERR_OK : lookup_unknown_verb(noun, verb, p->why);
}

static enum err take_word(struct parse *p, const char *word)
{
	if (!p->only_values && strcmp(word, "--") == 0) {
		p->only_values = true;
		return ERR_OK;
	}
	if (!p->only_values && strncmp(word, "--", 2) == 0)
		return take_long(p, word + 2);
	if (!p->only_values && word[0] == '-' && word[1])
		return take_short(p, word);
	return p->out->verb ? take_positional(p, word) : take_command(p, word);
}

static enum err check_required(const struct arguments *a, struct errbuf *why)
{
	if (!a->verb)
		return fail(why, ERR_USAGE, "no command: see counterfoil help");
	const bool dry = arguments_switch(a, "dry-run"); /* that wants no more than what names the object */
	for (const struct field *f = a->verb->fields; f->name; f++)
		if (f->required && (!dry || f->positional) && !arguments_value(a, f->name))
			return f->positional ? fail(why, ERR_USAGE, "%s is missing: %s", f->wants, f->help)
					     : fail(why, ERR_USAGE, "--%s %s is missing: %s", f->name, f->wants, f->help);
	return ERR_OK;
}

/* What would be left unheeded is refused: whoever typed it thinks that it counts. */
static enum err check_company(const struct arguments *a, struct errbuf *why)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct field *f = a->given[i].field;
		if (f->with && !arguments_value(a, f->with))
			return fail(why, ERR_USAGE, "--%s goes with --%s only", f->name, f->with);
		if (f->not_with && arguments_value(a, f->not_with))
			return fail(why, ERR_USAGE, "--%s does not go with --%s: give one of them", f->name, f->not_with);
	}
	return ERR_OK;
}

enum err arguments_parse(int count, const char *const *words, struct arguments *out, struct errbuf *why)
{
	*out = (struct arguments){0};
	struct parse p = {.words = words, .left = count, .out = out, .why = why};
	const char *word;
	while (!out->help && (word = next_word(&p))) {
		enum err e = take_word(&p, word);
		if (e)
			return e;
		out->help = out->help || arguments_switch(out, "help");
		out->version = out->version || arguments_switch(out, "version");
	}
	if (out->help || out->version)
		return ERR_OK;
	enum err e = check_required(out, why);
	return e ? e : check_company(out, why);
}

const char *arguments_value(const struct arguments *a, const char *name)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->given[i].field->name, name) == 0)
			return a->given[i].value;
	return NULL;
}

bool arguments_switch(const struct arguments *a, const char *name)
{
	return arguments_value(a, name) != NULL;
}

long arguments_number(const struct arguments *a, const char *name, long otherwise)
{
	const char *value = arguments_value(a, name);
	return value ? strtol(value, NULL, 10) : otherwise;
}

uint32_t arguments_milliseconds(const struct arguments *a, const char *name)
{
	int64_t seconds = arguments_number(a, name, 0);
	return seconds > UINT32_MAX / 1000 ? UINT32_MAX : (uint32_t)(seconds * 1000);
}
