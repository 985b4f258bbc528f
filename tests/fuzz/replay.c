/* replay [--as-they-are] FILE...: run the target on each input, on each of its cuts, and with each of its bits flipped; or on
 * each as it is. */
#include "base/buf.h"
#include "base/file.h"
#include "tests/fuzz/target.h"

#include <stdbool.h>
#include <string.h>

enum { INPUT_MAX = 65536, MUTATE_MAX = 4096 };

/* A copy of exactly its size, so that a sanitizer sees a read behind the end. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	HOLDS(copy);
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_all(struct buf *input)
{
	size_t most = input->len < MUTATE_MAX ? input->len : MUTATE_MAX;
	run(input->data, input->len);
	for (size_t cut = 0; cut < most; cut++)
		run(input->data, cut);
	for (size_t bit = 0; bit < 8 * most; bit++) {
		input->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		run(input->data, input->len);
		input->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

int main(int argc, char **argv)
{
	bool as_they_are = argc > 1 && strcmp(argv[1], "--as-they-are") == 0;
	int first = as_they_are ? 2 : 1;
	for (int i = first; i < argc; i++) {
		struct buf input = BUF_INIT(INPUT_MAX);
		struct errbuf why = {0};
		if (file_read(argv[i], &input, &why) != ERR_OK) {
			fprintf(stderr, "%s\n", why.text);
			return 1;
		}
		if (as_they_are)
			run(input.data, input.len);
		else
			run_all(&input);
		buf_free(&input);
	}
	return argc > first ? 0 : 2;
}
