/* settings: the configuration file, read once by the supervisor and handed to each child as text.
 *
 * One INI file, one table (settings.def). Unknown, duplicate or out-of-bounds keys are errors that name the line, the key
 * and the nearest known key; nothing is half-applied. */
#ifndef ISSUER_SETTINGS_H
#define ISSUER_SETTINGS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTING_MEMBER_TEXT const char *
#define SETTING_MEMBER_PATH const char *
#define SETTING_MEMBER_KEY const char *
#define SETTING_MEMBER_URL const char *
#define SETTING_MEMBER_LISTEN const char *
#define SETTING_MEMBER_WORD const char *
#define SETTING_MEMBER_USER const char *
#define SETTING_MEMBER_NUMBER int64_t
#define SETTING_MEMBER_DURATION int64_t

struct settings {
#define SETTING(section, key, member, type, least, most, standard, unit, meaning) SETTING_MEMBER_##type member;
#include "issuer/settings.def"
#undef SETTING
};

/* Has a key its home in a token, so that the token process is wanted? */
bool settings_token_wanted(const struct settings *s);

/* Parse `text` (the file's bytes); relative paths are joined to `folder`. Every string belongs to *out until
 * settings_free. ERR_USAGE with "FILE:LINE: ..." naming the first fault. */
enum err settings_parse(const char *text, size_t len, const char *name, const char *folder, struct settings **out,
			struct errbuf *why) MUST_CHECK;
enum err settings_load(const char *path, struct settings **out, struct errbuf *why) MUST_CHECK;
void settings_free(struct settings *s);

/* The file as it is, for those who hand it on: its bytes, its absolute name and folder. Clear it in every case. */
struct settings_source {
	struct buf text;
	char name[4096], folder[4096];
};
enum err settings_read(const char *path, struct settings_source *out, struct errbuf *why) MUST_CHECK;
void settings_source_clear(struct settings_source *s);

/* A commented configuration file with every key. `values`: "section.key" and value pairs that replace defaults,
 * NULL-terminated; may be NULL. */
enum err settings_write(const char *const *values, struct buf *out) MUST_CHECK;

/* All keys in effect as "section.key = value" lines with their meaning, for `check` and the man page. */
enum err settings_explain(const struct settings *s, struct buf *out) MUST_CHECK;
/* "section.key<TAB>default" a line: what the manual is held against. */
void settings_keys(struct buf *out);

#endif
