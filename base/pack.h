/* pack: the fields of a frame's body, in order: u8, u32, u64 big-endian; bytes and text as u32 length and contents.
 * Reading is bounded and sticky: after the first short or oversized field every later read gives zeros, and
 * unpack_end says so; it also refuses bytes left over. Views point into the frame and live as long as it does. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buf.h"

#include <stdbool.h>

void pack_u8(struct buf *b, uint8_t v);
void pack_u32(struct buf *b, uint32_t v);
void pack_u64(struct buf *b, uint64_t v);
void pack_i64(struct buf *b, int64_t v);
void pack_bytes(struct buf *b, const void *bytes, size_t len);
void pack_text(struct buf *b, const char *text); /* NULL is written as "" */

struct unpack {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct unpack unpack_begin(const void *bytes, size_t len);
uint8_t unpack_u8(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
int64_t unpack_i64(struct unpack *u);
const uint8_t *unpack_bytes(struct unpack *u, size_t *len); /* a view */
void unpack_fixed(struct unpack *u, void *out, size_t len); /* a bytes field of exactly len */
/* A text field copied with its NUL into out[size]; bad when it does not fit or has a NUL inside. */
void unpack_text(struct unpack *u, char *out, size_t size);
enum err unpack_end(const struct unpack *u) MUST_CHECK; /* ERR_OK or ERR_MALFORMED */

#endif
