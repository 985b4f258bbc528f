/* code: what people read from a telephone: one-time codes and permanent passwords, of one alphabet without look-alikes.
 *
 * Alphabet: 32 characters "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" without I and O, 0 and 1: 5 bits each. A code is 8
 * characters (40 bits); a password 24 in groups of 4 joined by '-', 29 ASCII bytes, 120 bits, hyphens included. */
#ifndef DELIVERY_CODE_H
#define DELIVERY_CODE_H

#include "base/secret.h"

enum { CODE_LENGTH = 8, PASSWORD_LENGTH = 29, PASSWORD_GROUP = 4, CODE_HMAC_BYTES = 32 };
enum { TOKEN_BYTES = 16, TOKEN_TEXT_SIZE = 23 };

bool code_character(char c); /* one of the alphabet */

enum err code_new(struct secret **out) MUST_CHECK;     /* 8 characters */
enum err password_new(struct secret **out) MUST_CHECK; /* 29 characters */

/* What a person typed or pasted to the one canonical form: spaces, tabs, hyphens, what telephones make of these
 * (no-break space, U+2000 to U+206F) and the SMS's # dropped, lower case raised; anything else outside the alphabet, or
 * another length, is ERR_WRONG_CODE. len is at most 64. */
enum err code_canonical(const char *typed, size_t len, struct secret **out) MUST_CHECK;

/* HMAC-SHA-256 under the code key over order id, NUL, code id, NUL, canonical code. */
enum err code_hmac(const struct secret *key, const char *order_id, const char *code_id, const struct secret *code,
		   uint8_t out[CODE_HMAC_BYTES]) MUST_CHECK;

/* 128 random bits as 22 characters base64url: link tokens and claims. Their stored form is the SHA-256 of the text. */
enum err token_new(struct secret **out) MUST_CHECK;
/* SHA-256 of the 22 characters; ERR_NOT_FOUND when the text has not the shape of a token. */
enum err token_hash(const char *text, size_t len, uint8_t out[32]) MUST_CHECK;

#endif
