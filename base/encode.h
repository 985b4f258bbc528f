/* encode: bytes as text and back: hexadecimal (lower case), base64 (RFC 4648 section 4) and base64url without padding
 * (section 5), and text as a JSON string. Decoding is strict: no white space, no other alphabet, no non-zero trailing bits. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buf.h"

/* 2 * len characters and a NUL into out. */
void hex_encode(const void *bytes, size_t len, char *out);
/* Exactly out_len bytes from 2 * out_len digits of either case; ERR_MALFORMED otherwise. */
enum err hex_decode(const char *text, void *out, size_t out_len) MUST_CHECK;

void base64_encode(const void *bytes, size_t len, struct buf *out);
void base64url_encode(const void *bytes, size_t len, struct buf *out);
enum err base64_decode(const char *text, size_t len, struct buf *out) MUST_CHECK;
enum err base64url_decode(const char *text, size_t len, struct buf *out) MUST_CHECK;

/* A string of JSON with its quotes (RFC 8259 section 7). Bytes from 0x80 on are taken as they are: the text is UTF-8. */
void json_quote(const char *text, struct buf *out);

#endif
