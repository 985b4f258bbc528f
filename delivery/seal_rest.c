#include "delivery/seal.h"

#include <openssl/evp.h>
#include <string.h>

enum { VERSION = 1, KEY_ID_BYTES = 8, NONCE_BYTES = 12, TAG_BYTES = 16, HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES };
_Static_assert(HEAD_BYTES + TAG_BYTES == SEAL_OVERHEAD, "the header says so");

static enum err key_id(const struct secret *key, uint8_t out[KEY_ID_BYTES])
{
	static const char label[] = "counterfoil key id";
	uint8_t digest[32];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	enum err rc = ERR_CRYPTO;
	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, label, sizeof label - 1) == 1 &&
	    EVP_DigestUpdate(md, secret_peek(key), secret_len(key)) == 1 && EVP_DigestFinal_ex(md, digest, NULL) == 1) {
		memcpy(out, digest, KEY_ID_BYTES);
		rc = ERR_OK;
	}
	EVP_MD_CTX_free(md);
	return rc;
}

/* A context keyed, with the nonce and the associated data taken in; NULL when OpenSSL fails. */
static EVP_CIPHER_CTX *begin(const struct secret *key, const uint8_t *nonce, const void *label, size_t label_len,
			     int encrypt)
{
	int n = 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), secret_peek(key), nonce, encrypt, NULL) == 1 &&
	    (label_len == 0 || EVP_CipherUpdate(ctx, NULL, &n, label, (int)label_len) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static bool usable(const struct secret *key, size_t label_len)
{
	return secret_len(key) == SEAL_KEY_BYTES && label_len <= SEAL_MAX_BYTES;
}

static enum err encrypt_into(EVP_CIPHER_CTX *ctx, const void *plain, size_t len, uint8_t *out)
{
	int n = 0, last = 0;
	if (EVP_EncryptUpdate(ctx, out, &n, plain, (int)len) != 1 || EVP_EncryptFinal_ex(ctx, out + n, &last) != 1 ||
	    (size_t)n + (size_t)last != len)
		return ERR_CRYPTO;
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out + len) == 1 ? ERR_OK : ERR_CRYPTO;
}

enum err seal_rest(const struct secret *key, const void *label, size_t label_len, const void *plain, size_t len,
		   struct buf *out)
{
	uint8_t head[HEAD_BYTES] = {VERSION};
	size_t before = out->len;
	enum err rc = ERR_INVALID;
	if (!usable(key, label_len) || len == 0)
		return rc;
	if (len > SEAL_MAX_BYTES)
		return ERR_TOO_LARGE;
	if ((rc = key_id(key, head + 1)) || (rc = random_bytes(head + 1 + KEY_ID_BYTES, NONCE_BYTES)))
		return rc;
	uint8_t *room = buf_room(out, SEAL_OVERHEAD + len);
	if (!room)
		return buf_check(out);
	memcpy(room, head, sizeof head);
	EVP_CIPHER_CTX *ctx = begin(key, head + 1 + KEY_ID_BYTES, label, label_len, 1);
	rc = ctx ? encrypt_into(ctx, plain, len, room + sizeof head) : ERR_CRYPTO;
	EVP_CIPHER_CTX_free(ctx);
	if (rc)
		out->len = before;
	return rc;
}

static enum err decrypt_into(EVP_CIPHER_CTX *ctx, const uint8_t *text, size_t len, struct secret *out)
{
	uint8_t tag[TAG_BYTES];
	int n = 0, last = 0;
	memcpy(tag, text + len, sizeof tag);
	bool good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1 &&
		    EVP_DecryptUpdate(ctx, secret_bytes(out), &n, text, (int)len) == 1 &&
		    EVP_DecryptFinal_ex(ctx, secret_bytes(out) + n, &last) == 1;
	return good && (size_t)n + (size_t)last == len ? ERR_OK : ERR_REFUSED;
}

enum err seal_open_rest(const struct secret *key, const void *label, size_t label_len, const void *sealed, size_t len,
			struct secret **out)
{
	const uint8_t *p = sealed;
	uint8_t head[1 + KEY_ID_BYTES] = {VERSION};
	if (!usable(key, label_len) || len <= SEAL_OVERHEAD || len > SEAL_MAX_BYTES + SEAL_OVERHEAD)
		return ERR_REFUSED;
	if (key_id(key, head + 1) != ERR_OK)
		return ERR_CRYPTO;
	if (memcmp(head, p, sizeof head) != 0)
		return ERR_REFUSED;
	struct secret *plain = secret_new(len - SEAL_OVERHEAD);
	EVP_CIPHER_CTX *ctx = begin(key, p + sizeof head, label, label_len, 0);
	enum err rc = !plain ? ERR_MEMORY : !ctx ? ERR_CRYPTO : ERR_OK;
	if (!rc)
		rc = decrypt_into(ctx, p + HEAD_BYTES, len - SEAL_OVERHEAD, plain);
	EVP_CIPHER_CTX_free(ctx);
	if (rc)
		secret_free(plain);
	else
		*out = plain;
	return rc;
}
