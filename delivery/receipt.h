/* receipt: the addresses to which gateways report what became of a message.
 *
 * Each message has its own, with a keyed MAC over its id: who does not know it cannot report, and who knows one
 * cannot report on another. The key is ours and opens nothing else. What gateways sign with (Twilio's auth token,
 * Vonage's signature secret) could also send messages, so the process that the outside can reach must not have it. */
#ifndef DELIVERY_RECEIPT_H
#define DELIVERY_RECEIPT_H

#include "base/secret.h"

#include <stdbool.h>

enum { RECEIPT_MAC_SIZE = 23, RECEIPT_KEY_LEAST = 16 };

/* 22 characters of base64url: the first 16 bytes of HMAC-SHA-256. ERR_CRYPTO, ERR_MEMORY; ERR_USAGE when the key is
 * shorter than 16 bytes. */
enum err receipt_mac(const struct secret *key, const char *id, char out[RECEIPT_MAC_SIZE]) MUST_CHECK;
/* In constant time. False also when it cannot be computed. */
bool receipt_mac_ok(const struct secret *key, const char *id, const char *mac);

/* "BASE/r/ID/MAC". ERR_TOO_LARGE. */
enum err receipt_url(const char *base, const struct secret *key, const char *id, char *out, size_t size) MUST_CHECK;

#endif
