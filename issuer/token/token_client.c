/* The calling side of token.h. */
#include "issuer/token/token.h"

#include "base/pack.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

static enum err take_signature(const struct buf *answer, struct key_signature *out)
{
	size_t len = 0;
	struct unpack u = unpack_begin(answer->data, answer->len);
	const uint8_t *bytes = unpack_bytes(&u, &len);
	if (unpack_end(&u) || len == 0 || len > sizeof out->bytes)
		return ERR_MALFORMED;
	memcpy(out->bytes, bytes, len);
	out->len = len;
	return ERR_OK;
}

enum err token_sign(struct line *l, const char *uri, const struct key_digest *digest, struct key_signature *out,
		    int milliseconds, struct errbuf *why)
{
	struct buf body = BUF_INIT(TOKEN_REQUEST_CAP), answer = BUF_INIT(TOKEN_ANSWER_CAP);
	pack_text(&body, uri);
	pack_u32(&body, (uint32_t)digest->algorithm);
	pack_bytes(&body, digest->bytes, digest->len);
	enum err rc = buf_check(&body);
	if (!rc)
		rc = line_call(l, TOKEN_SIGN, &body, &answer, milliseconds, why);
	if (!rc)
		rc = take_signature(&answer, out);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

static enum err take_public(const struct buf *answer, EVP_PKEY **out)
{
	size_t len = 0;
	struct unpack u = unpack_begin(answer->data, answer->len);
	const uint8_t *bytes = unpack_bytes(&u, &len), *at = bytes;
	EVP_PKEY *key = unpack_end(&u) || len == 0 ? NULL : d2i_PUBKEY(NULL, &at, (long)len);
	if (key && at == bytes + len) {
		*out = key;
		return ERR_OK;
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ERR_MALFORMED;
}

enum err token_public(struct line *l, const char *uri, EVP_PKEY **out, int milliseconds, struct errbuf *why)
{
	struct buf body = BUF_INIT(TOKEN_REQUEST_CAP), answer = BUF_INIT(TOKEN_ANSWER_CAP);
	pack_text(&body, uri);
	enum err rc = buf_check(&body);
	if (!rc)
		rc = line_call(l, TOKEN_PUBLIC, &body, &answer, milliseconds, why);
	if (!rc)
		rc = take_public(&answer, out);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}
