/* A profile file, for each kind of certificate. */
#include "ca/profile.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int id = 0; id < PROFILE_COUNT; id++) {
		struct profile p = {.name = NULL};
		struct errbuf why = {0};
		struct buf text = BUF_INIT(65536);
		if (profile_read((enum profile_id)id, (const char *)data, size, "fuzz.profile", &p, &why) != ERR_OK) {
			HOLDS(!p.name && strstr(why.text, "fuzz.profile"));
			continue;
		}
		HOLDS(p.id == (enum profile_id)id && p.subject_count >= 1 && p.key_types && p.life >= 3600 && p.key_usage);
		HOLDS(profile_explain(&p, &text) == ERR_OK && text.len > 0);
		buf_free(&text);
	}
	return 0;
}
