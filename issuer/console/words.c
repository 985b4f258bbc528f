#include "issuer/console/words.h"

#include <stddef.h>
#include <string.h>

static const struct {
	enum words kind;
	const char *code, *text;
} table[] = {
#define WORDS(which, name, said) {.kind = WORDS_##which, .code = (name), .text = (said)},
#include "issuer/console/words.def"
#undef WORDS
};

const char *words_find(enum words kind, const char *code)
{
	for (size_t i = 0; code && i < sizeof table / sizeof table[0]; i++)
		if (table[i].kind == kind && strcmp(table[i].code, code) == 0)
			return table[i].text;
	return NULL;
}
