/* buf: a growing byte buffer with a cap that must be given at birth, and a sticky error: append freely, check once.
 *
 * After the first failure (cap reached, out of memory) every later append does nothing and buf_check says which it
 * was. Contents are wiped when freed or re-grown. Not for use by two threads at once. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* borrowed view of the bytes; valid until the next append, clear or free; NULL while empty */
	size_t len;
	size_t allocated;
	size_t cap; /* most bytes it may ever hold */
	enum err err;
};

/* An empty buffer that never holds more than cap bytes. No allocation happens before the first append. */
#define BUF_INIT(cap_bytes) ((struct buf){.cap = (cap_bytes)})

void buf_free(struct buf *b);  /* wipes and frees; the buffer is empty and usable again, error cleared */
void buf_clear(struct buf *b); /* wipes, keeps the memory, clears the error */

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_byte(struct buf *b, uint8_t byte);
void buf_text(struct buf *b, const char *text); /* without the NUL */
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append len bytes of room for the caller to fill, or NULL after a failure. */
uint8_t *buf_room(struct buf *b, size_t len);

/* The contents as a C string: a NUL stands behind the last byte (not counted in len, but within the cap). NULL after a
 * failure. The pointer is borrowed. A string with a NUL inside is the caller's to refuse. */
const char *buf_string(struct buf *b);

/* ERR_OK, ERR_TOO_LARGE or ERR_MEMORY. */
enum err buf_check(const struct buf *b) MUST_CHECK;

#endif
