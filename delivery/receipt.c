#include "delivery/receipt.h"
#include "base/encode.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

enum { MAC_BYTES = 16, PLAIN_MOST = 128 };

/* An editor's line feed is no part of the key. */
static size_t key_length(const struct secret *key)
{
	size_t len = secret_len(key);
	while (len > 0 && strchr("\r\n", secret_peek(key)[len - 1]))
		len--;
	return len;
}

enum err receipt_mac(const struct secret *key, const char *id, char out[RECEIPT_MAC_SIZE])
{
	static const char purpose[] = "receipt of "; /* should the key ever get another one, this keeps them apart */
	uint8_t mac[EVP_MAX_MD_SIZE];
	char plain[PLAIN_MOST];
	struct buf text = BUF_INIT(RECEIPT_MAC_SIZE);
	int len = snprintf(plain, sizeof plain, "%s%s", purpose, id);
	out[0] = '\0';
	if (len < 0 || len >= PLAIN_MOST)
		return ERR_TOO_LARGE;
	if (key_length(key) < RECEIPT_KEY_LEAST)
		return ERR_USAGE;
	if (!HMAC(EVP_sha256(), secret_peek(key), (int)key_length(key), (const uint8_t *)plain, (size_t)len, mac, NULL))
		return ERR_CRYPTO;
	base64url_encode(mac, MAC_BYTES, &text);
	enum err rc = buf_check(&text);
	if (!rc)
		snprintf(out, RECEIPT_MAC_SIZE, "%.*s", (int)text.len, (const char *)text.data);
	buf_free(&text);
	return rc;
}

bool receipt_mac_ok(const struct secret *key, const char *id, const char *mac)
{
	char wanted[RECEIPT_MAC_SIZE];
	return receipt_mac(key, id, wanted) == ERR_OK && strlen(mac) == RECEIPT_MAC_SIZE - 1 &&
	       secret_equal_bytes(wanted, mac, RECEIPT_MAC_SIZE - 1);
}

enum err receipt_url(const char *base, const struct secret *key, const char *id, char *out, size_t size)
{
	char mac[RECEIPT_MAC_SIZE];
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	enum err rc = receipt_mac(key, id, mac);
	int n = rc ? 0 : snprintf(out, size, "%.*s/r/%s/%s", (int)len, base, id, mac);
	return rc ? rc : n > 0 && (size_t)n < size ? ERR_OK : ERR_TOO_LARGE;
}
