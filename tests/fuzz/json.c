/* An answer in JSON from anywhere: bounded, and never a value of what is none. */
#include "client/json_read.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *value = NULL;
	int line = 0;
	counterfoil_code code = json_read((counterfoil_bytes){data, size}, &value, &line);
	HOLDS((code == COUNTERFOIL_OK) == (value != NULL));
	HOLDS(code == COUNTERFOIL_OK || code == COUNTERFOIL_BAD_INPUT || code == COUNTERFOIL_TOO_LARGE);
	if (value) {
		char *again = json_dumps(value, JSON_ENCODE_ANY);
		HOLDS(again);
		free(again);
	}
	json_decref(value);
	return 0;
}
