/* secret: key bytes, codes and passwords in locked memory that no core dump holds and no child inherits; wiped on free.
 *
 * The type is opaque and is never formatted: there is no way to pass one to printf or log_event. Each secret takes whole
 * pages; as an ordinary user about 2,000 fit into the usual 8 MiB of locked memory. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret;

/* A secret of len zero bytes (1 to 65,536), for the caller to fill. NULL when no locked memory is to be had. */
struct secret *secret_new(size_t len);
struct secret *secret_copy(const void *bytes, size_t len);
void secret_free(struct secret *s); /* wipes; NULL is fine */

uint8_t *secret_bytes(struct secret *s);            /* writable, borrowed until secret_free */
const uint8_t *secret_peek(const struct secret *s); /* borrowed until secret_free */
size_t secret_len(const struct secret *s);

/* The bytes as a C string: a NUL always stands behind the last byte. Borrowed until secret_free. */
const char *secret_string(const struct secret *s);

/* Cut to fewer bytes, wiping the rest. len must not be larger than it was. */
void secret_shorten(struct secret *s, size_t len);

/* Without the ends of lines behind its last byte: of what a person has written into a file. One byte stays. */
void secret_trim_line(struct secret *s);

/* Constant time for equal lengths; different lengths are unequal. */
bool secret_equal(const struct secret *a, const struct secret *b);
bool secret_equal_bytes(const void *a, const void *b, size_t len);

/* n bytes of the system's cryptographic randomness (OpenSSL's generator); fails closed. */
enum err random_bytes(void *out, size_t n) MUST_CHECK;

#endif
