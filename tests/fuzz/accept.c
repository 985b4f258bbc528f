/* What a browser says of languages: whatever it is, a language that there is, or none. */
#include "delivery/language.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct languages *all;
	char text[1025];
	if (!all)
		HOLDS(languages_new(&all, NULL) == ERR_OK);
	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	const struct language *l = languages_accepted(all, text), *tagged = languages_find(all, text);
	HOLDS(!l || l == languages_at(all, 0) || l == languages_at(all, 1));
	HOLDS(!tagged || language_tag_ok(language_tag(tagged)));
	HOLDS(languages_for(all, text, text));
	return 0;
}
