/* language_set: what a set of languages holds. Only for language*.c. */
#ifndef DELIVERY_LANGUAGE_SET_H
#define DELIVERY_LANGUAGE_SET_H

#include "delivery/language.h"

enum { LANGUAGE_KEYS_MOST = 512, LANGUAGE_KEY_SIZE = 40, LANGUAGE_TEXT_MOST = 2000 };

struct language_entry {
	char key[LANGUAGE_KEY_SIZE]; /* "link.subject" */
	char *text;
	int line; /* where it stood; 0 once it was checked */
};

struct language {
	char tag[LANGUAGE_TAG_SIZE];
	size_t count;
	struct language_entry entries[LANGUAGE_KEYS_MOST]; /* sorted by key */
};

struct languages {
	size_t count;
	struct language *of[LANGUAGES_MOST]; /* the first is English */
};

/* language_read.c: a file's keys and texts, sorted; none twice. */
enum err language_read(const char *file, const char *text, size_t len, struct language *out, struct errbuf *why) MUST_CHECK;
void language_clear(struct language *l);
struct language_entry *language_entry(const struct language *l, const char *key);

/* language_check.c: every entry against the English text of the same key. */
enum err language_check(const char *file, const struct language *l, const struct language *english,
			struct errbuf *why) MUST_CHECK;

#endif
