#include "issuer/settings.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *s = NULL;
	struct errbuf why = {0};
	if (settings_parse((const char *)data, size, "fuzz.conf", "/tmp", &s, &why) != ERR_OK) {
		HOLDS(!s && why.text[0]);
		return 0;
	}
	HOLDS(s && s->code_tries >= 1 && s->code_tries <= 10 && s->request_bytes <= 1048576);
	settings_free(s);
	return 0;
}
