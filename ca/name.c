#include "ca/name.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* Characters that nobody sees, or that mean something else to everyone. */
static const struct {
	uint32_t categories;
	const char *what;
} refused[] = {
	{UC_CATEGORY_MASK_Cc, "a control character"},
	{UC_CATEGORY_MASK_Cf, "an invisible format character"},
	{UC_CATEGORY_MASK_Cs, "a surrogate"},
	{UC_CATEGORY_MASK_Co, "a private-use character"},
	{UC_CATEGORY_MASK_Cn, "an unassigned character"},
	{UC_CATEGORY_MASK_Zl, "a line separator"},
	{UC_CATEGORY_MASK_Zp, "a paragraph separator"},
};

static const char *character_refused(ucs4_t c)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (uc_is_general_category_withtable(c, refused[i].categories))
			return refused[i].what;
	if (uc_is_property(c, UC_PROPERTY_DEFAULT_IGNORABLE_CODE_POINT))
		return "an invisible character";
	if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Zs) && c != ' ')
		return "a white space other than U+0020";
	return NULL;
}

/* The script as the mixing rule sees it: NULL for those that go with all, one name for those of Japan, China, Korea. */
static const char *script_group(ucs4_t c)
{
	static const char *const east_asian[] = {"Han", "Hiragana", "Katakana", "Hangul"};
	const uc_script_t *script = uc_script(c);
	if (!script || strcmp(script->name, "Common") == 0 || strcmp(script->name, "Inherited") == 0)
		return NULL;
	for (size_t i = 0; i < sizeof east_asian / sizeof east_asian[0]; i++)
		if (strcmp(script->name, east_asian[i]) == 0)
			return "Han, Kana or Hangul";
	return script->name;
}

static enum err characters_check(const uint8_t *text, size_t len, struct errbuf *why)
{
	const char *group = NULL;
	size_t position = 0;
	for (size_t at = 0; at < len;) {
		ucs4_t c;
		int used = u8_mbtouc(&c, text + at, len - at);
		position++;
		at += (size_t)used;
		const char *what = character_refused(c);
		if (what)
			return fail(why, ERR_INVALID, "character %zu (U+%04X) is %s", position, (unsigned)c, what);
		const char *its = script_group(c);
		if (its && group && strcmp(its, group) != 0)
			return fail(why, ERR_INVALID, "character %zu (U+%04X) is %s in a name of %s: look-alikes are refused",
				    position, (unsigned)c, its, group);
		group = its ? its : group;
	}
	if (position > NAME_MAX_CHARACTERS)
		return fail(why, ERR_INVALID, "a name has 1 to %d characters, this one %zu", NAME_MAX_CHARACTERS, position);
	return ERR_OK;
}

static enum err nfc_check(const uint8_t *text, size_t len, struct errbuf *why)
{
	size_t normal_len = 0;
	uint8_t *normal = u8_normalize(UNINORM_NFC, text, len, NULL, &normal_len);
	if (!normal)
		return fail(why, ERR_MEMORY, "out of memory while normalising a name");
	size_t same = 0;
	while (same < len && same < normal_len && text[same] == normal[same])
		same++;
	bool equal = same == len && same == normal_len;
	free(normal);
	while (same > 0 && same < len && (text[same] & 0xc0) == 0x80)
		same--;
	if (equal)
		return ERR_OK;
	return fail(why, ERR_INVALID, "the name is not in Unicode's composed form (NFC), from character %zu on",
		    u8_mbsnlen(text, same) + 1);
}

enum err name_check(const char *text, size_t len, struct errbuf *why)
{
	const uint8_t *bytes = (const uint8_t *)text;
	if (len == 0)
		return fail(why, ERR_INVALID, "a name has 1 to %d characters, this one none", NAME_MAX_CHARACTERS);
	if (len >= NAME_SIZE)
		return fail(why, ERR_INVALID, "a name has 1 to %d characters, this one %zu bytes", NAME_MAX_CHARACTERS, len);
	const uint8_t *bad = u8_check(bytes, len);
	if (bad)
		return fail(why, ERR_INVALID, "character %zu is not UTF-8", u8_mbsnlen(bytes, (size_t)(bad - bytes)) + 1);
	enum err rc = characters_check(bytes, len, why);
	if (rc)
		return rc;
	if (text[0] == ' ')
		return fail(why, ERR_INVALID, "character 1 is white space: a name does not begin with it");
	if (text[len - 1] == ' ')
		return fail(why, ERR_INVALID, "character %zu is white space: a name does not end in it", u8_mbsnlen(bytes, len));
	return nfc_check(bytes, len, why);
}

enum err slug_check(const char *text, size_t len, struct errbuf *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	if (len == 0 || len >= SLUG_SIZE)
		return fail(why, ERR_INVALID, "a short name has 1 to %d characters, this one %zu", SLUG_SIZE - 1, len);
	for (size_t i = 0; i < len; i++)
		if (!memchr(allowed, text[i], sizeof allowed - 1))
			return fail(why, ERR_INVALID, "character %zu is not one of a-z, 0-9, '-'", i + 1);
	if (text[0] == '-' || text[len - 1] == '-')
		return fail(why, ERR_INVALID, "a short name neither begins nor ends with '-'");
	return ERR_OK;
}
