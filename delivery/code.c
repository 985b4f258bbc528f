#include "delivery/code.h"
#include "base/encode.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
_Static_assert(sizeof alphabet == 32 + 1, "5 bits a character");

enum { TYPED_MAX = 64, HMAC_INPUT_MAX = 256, TOKEN_LENGTH = TOKEN_TEXT_SIZE - 1 };

bool code_character(char c)
{
	return memchr(alphabet, c, sizeof alphabet - 1) != NULL;
}

/* Replace n bytes of the generator by n characters: 32 divides 256, so each is equally likely. */
static void to_alphabet(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)alphabet[bytes[i] & 31];
}

static enum err random_text(size_t len, struct secret **out)
{
	struct secret *s = secret_new(len);
	if (!s)
		return ERR_MEMORY;
	if (random_bytes(secret_bytes(s), len) != ERR_OK) {
		secret_free(s);
		return ERR_CRYPTO;
	}
	to_alphabet(secret_bytes(s), len);
	*out = s;
	return ERR_OK;
}

enum err code_new(struct secret **out)
{
	return random_text(CODE_LENGTH, out);
}

enum err password_new(struct secret **out)
{
	enum err rc = random_text(PASSWORD_LENGTH, out);
	for (size_t i = PASSWORD_GROUP; !rc && i < PASSWORD_LENGTH; i += PASSWORD_GROUP + 1)
		secret_bytes(*out)[i] = '-';
	return rc;
}

/* The canonical character, 0 for one to drop, -1 for one that no code has. */
static int canonical_character(char c)
{
	if (c == ' ' || c == '\t' || c == '-' || c == '#')
		return 0;
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return code_character(c) ? c : -1;
}

/* What telephones and word processors make of blanks and hyphens, in UTF-8: no-break space, and U+2000 to U+206F. Its
 * length, 0 when none begins here. */
static size_t typographic(const char *typed, size_t len)
{
	if (len >= 2 && memcmp(typed, "\xc2\xa0", 2) == 0)
		return 2;
	return len >= 3 && (memcmp(typed, "\xe2\x80", 2) == 0 || memcmp(typed, "\xe2\x81", 2) == 0) ? 3 : 0;
}

enum err code_canonical(const char *typed, size_t len, struct secret **out)
{
	struct secret *s = secret_new(CODE_LENGTH);
	size_t n = 0;
	enum err rc = len <= TYPED_MAX ? ERR_OK : ERR_WRONG_CODE;
	if (!s)
		return ERR_MEMORY;
	for (size_t i = 0, skip; !rc && i < len; i += skip ? skip : 1) {
		skip = typographic(typed + i, len - i);
		int c = skip ? 0 : canonical_character(typed[i]);
		if (c < 0 || (c > 0 && n == CODE_LENGTH))
			rc = ERR_WRONG_CODE;
		else if (c > 0)
			secret_bytes(s)[n++] = (uint8_t)c;
	}
	if (!rc && n < CODE_LENGTH)
		rc = ERR_WRONG_CODE;
	if (rc)
		secret_free(s);
	else
		*out = s;
	return rc;
}

enum err code_hmac(const struct secret *key, const char *order_id, const char *code_id, const struct secret *code,
		   uint8_t out[CODE_HMAC_BYTES])
{
	struct buf input = BUF_INIT(HMAC_INPUT_MAX);
	unsigned len = 0;
	buf_add(&input, order_id, strlen(order_id) + 1);
	buf_add(&input, code_id, strlen(code_id) + 1);
	buf_add(&input, secret_peek(code), secret_len(code));
	enum err rc = buf_check(&input);
	if (!rc && (!HMAC(EVP_sha256(), secret_peek(key), (int)secret_len(key), input.data, input.len, out, &len) ||
		    len != CODE_HMAC_BYTES))
		rc = ERR_CRYPTO;
	buf_free(&input);
	return rc;
}

enum err token_new(struct secret **out)
{
	uint8_t bytes[TOKEN_BYTES];
	struct buf text = BUF_INIT(TOKEN_TEXT_SIZE);
	enum err rc = random_bytes(bytes, sizeof bytes);
	if (rc)
		return rc;
	base64url_encode(bytes, sizeof bytes, &text);
	explicit_bzero(bytes, sizeof bytes);
	rc = buf_check(&text);
	if (!rc && !(*out = secret_copy(text.data, text.len)))
		rc = ERR_MEMORY;
	buf_free(&text);
	return rc;
}

enum err token_hash(const char *text, size_t len, uint8_t out[32])
{
	struct buf bytes = BUF_INIT(TOKEN_BYTES);
	unsigned hashed = 0;
	enum err rc = len == TOKEN_LENGTH ? base64url_decode(text, len, &bytes) : ERR_NOT_FOUND;
	buf_free(&bytes);
	if (rc)
		return rc == ERR_MEMORY ? rc : ERR_NOT_FOUND;
	return EVP_Digest(text, len, out, &hashed, EVP_sha256(), NULL) == 1 ? ERR_OK : ERR_CRYPTO;
}
