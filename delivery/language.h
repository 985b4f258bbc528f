/* language: the words of messages and pages. A language is one file: keys and texts in sections (docs/languages.md).
 *
 * English and Norwegian are compiled in. An installation's files add languages, which must be complete, or override keys
 * of those that are there. Every text must hold the same places ("{{client}}") as the English one and nothing else of a
 * template; a text for SMS must fit one segment with all that may stand in it at its longest. So what was taken can be
 * rendered. Texts are plain: markup in them is shown, never obeyed.
 *
 * A set is made once and then only read: threads may share it. Pointers from it live as long as it does. */
#ifndef DELIVERY_LANGUAGE_H
#define DELIVERY_LANGUAGE_H

#include "base/buf.h"
#include "base/template.h"

#include <stdbool.h>

enum { LANGUAGE_TAG_SIZE = 16, LANGUAGES_MOST = 32, LANGUAGE_FILE_MOST = 65536, LANGUAGES_BUNDLE_MOST = 1 << 20 };

struct language;
struct languages;

/* Those that are compiled in. ERR_MEMORY; ERR_INTERNAL when they break their own rules, which no build does. */
enum err languages_new(struct languages **out, struct errbuf *why) MUST_CHECK;
void languages_free(struct languages *all);

/* One file more. Its name, without a folder, is "TAG.txt". ERR_USAGE: "FILE:LINE: ..." tells the first fault, and the set is
 * as it was before. */
enum err languages_add(struct languages *all, const char *file, const void *text, size_t len, struct errbuf *why) MUST_CHECK;

/* A folder's files as one text, for processes that may open none: each "*.txt", behind a form feed and a line with its
 * name. Regular files, at most LANGUAGES_MOST; neither them nor the folder may group or others write: else ERR_REFUSED,
 * ERR_USAGE, ERR_IO. */
enum err languages_bundle(const char *folder, struct buf *out, struct errbuf *why) MUST_CHECK;
enum err languages_unbundle(struct languages *all, const struct buf *bundle, struct errbuf *why) MUST_CHECK;

/* By its own tag or one that it serves too ("no"), whatever the case; then by the first part alone ("nb-NO"). NULL. */
const struct language *languages_find(const struct languages *all, const char *tag);
/* The language of a person: the tag's, else the other tag's, else English. Both may be NULL or "". */
const struct language *languages_for(const struct languages *all, const char *tag, const char *otherwise);
/* The one that an Accept-Language header (RFC 9110, 12.5.4) wants most of those that there are; NULL when it wants none. */
const struct language *languages_accepted(const struct languages *all, const char *header);
/* By number, in the order of their coming, English first; NULL behind the last. */
const struct language *languages_at(const struct languages *all, size_t index);

const char *language_tag(const struct language *l);
/* The text of "section.key", NULL when there is none. */
const char *language_text(const struct language *l, const char *key);
struct template_words language_words(const struct language *l);

enum { LANGUAGE_TIME_SIZE = 128 };
/* "29 November 2026, 14:05 UTC" as the language writes it. */
void language_time(const struct language *l, int64_t at, char out[LANGUAGE_TIME_SIZE]);

/* A language's tag: "nb", "en-GB"; letters, digits and hyphens, at most 15 (RFC 5646, 2.1). */
bool language_tag_ok(const char *tag);

#endif
