#include "base/wipe.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void wiping_free(void *block)
{
	if (!block)
		return;
	explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

static void *openssl_malloc(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return len ? malloc(len) : NULL;
}

static void openssl_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	wiping_free(block);
}

/* realloc would leave the old bytes behind. */
void *wiping_realloc(void *block, size_t len)
{
	if (len == 0) {
		wiping_free(block);
		return NULL;
	}
	void *fresh = malloc(len);
	if (!fresh || !block)
		return fresh;
	size_t had = malloc_usable_size(block);
	memcpy(fresh, block, had < len ? had : len);
	wiping_free(block);
	return fresh;
}

static void *openssl_realloc(void *block, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return wiping_realloc(block, len);
}

enum err wipe_openssl_memory(void)
{
	return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1 ? ERR_OK : ERR_CRYPTO;
}
