#include "base/frame.h"
#include "base/pack.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f;
	char text[16];
	size_t len = 0;
	if (size >= FRAME_HEADER_SIZE && frame_header_read(data, 1000, &f) == ERR_OK) {
		uint8_t again[FRAME_HEADER_SIZE];
		HOLDS(f.len <= 1000 && f.status < ERR_COUNT);
		frame_header_write(again, &f);
		HOLDS(memcmp(again, data, FRAME_HEADER_SIZE) == 0);
	}
	struct unpack u = unpack_begin(data, size);
	for (int n = 0; n < 8 && !u.bad; n++) {
		unpack_text(&u, text, sizeof text);
		HOLDS(strlen(text) < sizeof text);
		unpack_bytes(&u, &len);
		HOLDS(len <= size);
		(void)unpack_u64(&u);
	}
	HOLDS(!u.bad || unpack_end(&u) == ERR_MALFORMED);
	return 0;
}
