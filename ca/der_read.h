/* der_read: DER from outside, taken apart value by value without a copy. Bounded and sticky: after the first octet that is
 * not as X.690 wants it every later read gives an empty value, and der_in_end says so; it also refuses octets left over.
 * Definite lengths in the fewest octets; tags of one octet. Values point into the bytes. Private to ca/. */
#ifndef CA_DER_READ_H
#define CA_DER_READ_H

#include "base/err.h"
#include "ca/der.h"

struct der_in {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct der_in der_in_begin(const void *bytes, size_t len);

/* Is the next value of this tag? */
bool der_in_is(const struct der_in *in, enum der_tag tag);
/* The contents of the next value, which must have this tag. */
struct der_in der_in_take(struct der_in *in, enum der_tag tag);
/* The next value, whatever it is, is passed over. */
void der_in_skip(struct der_in *in);
/* Whole, and nothing behind it: ERR_OK or ERR_MALFORMED. */
enum err der_in_end(const struct der_in *in) MUST_CHECK;

/* The contents of an INTEGER: not empty, and in the fewest octets (X.690 8.3.2). */
struct der_in der_in_integer(struct der_in *in);

#endif
