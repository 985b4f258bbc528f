#include "issuer/order/input.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

enum { FIELD_NAME_MOST = 64 };

void faults_add(struct faults *f, const char *field, const struct errbuf *why)
{
	if (!f)
		return;
	if (!f->list)
		f->list = json_array();
	/* Without memory the list is shorter: the call fails all the same, with its own error. */
	json_array_append_new(f->list, json_pack("{s:s, s:s}", "field", field, "text", err_why(ERR_INVALID, why)));
}

void faults_clear(struct faults *f)
{
	json_decref(f->list);
	f->list = NULL;
}

void input_fault(struct input *in, const char *member, const char *text)
{
	struct errbuf why = {{0}};
	(void)fail(&why, ERR_INVALID, "%s", text);
	faults_add(in->faults, member, &why);
	in->count++;
}

static bool is_known(const char *name, const char *const *members)
{
	while (*members && strcmp(*members, name) != 0)
		members++;
	return *members;
}

enum err input_begin(struct input *in, const char *const *members, struct errbuf *why)
{
	const char *name;
	json_t *value;
	if (!json_is_object(in->body))
		return fail(why, ERR_MALFORMED, "a JSON object is wanted");
	json_object_foreach(in->body, name, value)
	{
		struct errbuf field = {{0}};
		if (is_known(name, members))
			continue;
		(void)fail(&field, ERR_INVALID, "%s", strlen(name) <= FIELD_NAME_MOST ? name : "(a long name)");
		input_fault(in, field.text, "there is no such field");
	}
	return ERR_OK;
}

static const char *read_text(struct input *in, const char *member, text_check *check, bool required)
{
	const json_t *value = json_object_get(in->body, member);
	struct errbuf why = {{0}};
	if (!value || (json_is_null(value) && !required)) {
		if (required)
			input_fault(in, member, "it is missing");
		return NULL;
	}
	if (!json_is_string(value)) {
		input_fault(in, member, "a text is wanted");
		return NULL;
	}
	const char *text = json_string_value(value);
	enum err e = check(text, json_string_length(value), &why);
	if (e == ERR_OK)
		return text;
	input_fault(in, member, err_why(e, &why));
	return NULL;
}

const char *input_required(struct input *in, const char *member, text_check *check)
{
	return read_text(in, member, check, true);
}

const char *input_optional(struct input *in, const char *member, text_check *check)
{
	return read_text(in, member, check, false);
}

bool input_flag(struct input *in, const char *member, bool standard)
{
	const json_t *value = json_object_get(in->body, member);
	if (!value)
		return standard;
	if (!json_is_boolean(value))
		input_fault(in, member, "true or false is wanted");
	return json_is_true(value);
}

enum err input_verdict(const struct input *in, struct errbuf *why)
{
	if (in->count == 0)
		return ERR_OK;
	return fail(why, ERR_INVALID, "%u %s not acceptable", in->count, in->count == 1 ? "field is" : "fields are");
}

/* Control characters, line and paragraph separators, and what turns the reading direction: a remark is shown in one line. */
static bool harmless(ucs4_t c)
{
	return !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp) &&
	       !uc_is_property(c, UC_PROPERTY_BIDI_CONTROL);
}

enum err remark_check(const char *text, size_t len, struct errbuf *why)
{
	size_t characters = 0;
	for (size_t at = 0; at < len; characters++) {
		ucs4_t c = 0;
		int n = u8_mbtoucr(&c, (const uint8_t *)text + at, len - at);
		if (n <= 0 || !harmless(c))
			return fail(why, ERR_INVALID, "a character that cannot stand in one line, at byte %zu", at + 1);
		at += (size_t)n;
	}
	if (characters > REMARK_CHARACTERS)
		return fail(why, ERR_INVALID, "%zu characters, at most %d", characters, REMARK_CHARACTERS);
	return ERR_OK;
}

enum err remark_check_any(const char *name, const char *text, struct errbuf *why)
{
	struct errbuf wrong = {{0}};
	enum err e = text ? remark_check(text, strlen(text), &wrong) : ERR_OK;
	return e == ERR_OK ? ERR_OK : fail(why, e, "%s: %s", name, wrong.text);
}

static enum err tag_check(const char *text, size_t len, struct errbuf *why)
{
	if (strlen(text) == len && (len == 0 || language_tag_ok(text)))
		return ERR_OK;
	return fail(why, ERR_INVALID, "a language's tag is wanted, as en or nb");
}

const char *input_language(struct input *in, const struct languages *languages)
{
	const char *tag = input_optional(in, "language", tag_check);
	const struct language *l = tag && tag[0] ? languages_find(languages, tag) : NULL;
	if (tag && tag[0] && !l)
		input_fault(in, "language", "there is no such language here");
	return l ? language_tag(l) : "";
}
