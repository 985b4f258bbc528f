#include "issuer/order/words.h"

#include "base/fold.h"
#include "base/json_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXTS = 3 };

static const struct {
	const char *word;
	enum statement texts;
} kinds[] = {
	[DIRECTORY_ORGANISATION] = {"organisation", STATEMENT_WORDS_OF_ORGANISATION},
	[DIRECTORY_SERVICE] = {"service", STATEMENT_WORDS_OF_SERVICE},
	[DIRECTORY_CLIENT] = {"client", STATEMENT_WORDS_OF_CLIENT},
	[DIRECTORY_CONTACT] = {"contact", STATEMENT_WORDS_OF_CONTACT},
};

struct found {
	char organisation[ID_SIZE];
	json_t *words;
};

static enum err take_texts(void *ctx, const struct row *r)
{
	struct found *f = ctx;
	enum err e = ERR_OK;
	snprintf(f->organisation, sizeof f->organisation, "%s", row_text(r, 0));
	for (int i = 1; !e && i <= TEXTS; i++)
		e = row_is_null(r, i) ? ERR_OK : fold_words(row_text(r, i), f->words);
	return e;
}

enum err words_renew(struct store *s, enum directory_kind kind, const char *id)
{
	struct found f = {.words = json_array()};
	char *text = NULL;
	enum err e = f.words ? store_one(s, kinds[kind].texts, STORE_VALUES(value_text(id)), take_texts, &f) : ERR_MEMORY;
	if (!e && !(text = json_text(f.words, JSON_COMPACT)))
		e = ERR_MEMORY;
	if (!e)
		e = store_exec(s, STATEMENT_WORDS_FORGET, STORE_VALUES(value_text(id)), NULL);
	if (!e)
		e = store_exec(s, STATEMENT_WORDS_ADD,
			       STORE_VALUES(value_text(kinds[kind].word), value_text(id), value_text(f.organisation), value_text(text)),
			       NULL);
	free(text);
	json_decref(f.words);
	return e;
}
