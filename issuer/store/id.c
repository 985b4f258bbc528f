#include "base/secret.h"
#include "issuer/store/store.h"

#include <string.h>

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* RFC 4648 base32 in lower case: ten bytes are sixteen characters without padding. */
enum err id_new(char out[ID_SIZE])
{
	uint8_t random[10];
	enum err e = random_bytes(random, sizeof random);
	if (e)
		return e;
	for (size_t i = 0; i < ID_SIZE - 1; i++) {
		unsigned bit = (unsigned)i * 5, pair = (unsigned)random[bit / 8] << 8;
		if (bit / 8 + 1 < sizeof random)
			pair |= random[bit / 8 + 1];
		out[i] = alphabet[pair >> (11 - bit % 8) & 31];
	}
	out[ID_SIZE - 1] = '\0';
	return ERR_OK;
}

bool id_shape(const char *text)
{
	return strlen(text) == ID_SIZE - 1 && strspn(text, alphabet) == ID_SIZE - 1;
}
