/* der: DER written front to back into a buf, by which its errors are kept: append freely, check once. Private to ca/.
 *
 * der_open begins a constructed value and gives its place; der_close with that place fills in the length. */
#ifndef CA_DER_H
#define CA_DER_H

#include "base/buf.h"

#include <stdbool.h>

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OBJECT = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0x80,            /* [0] IMPLICIT, primitive */
	DER_CONTEXT_2 = 0x82,
	DER_CONTEXT_0_CONSTRUCTED = 0xa0, /* [0] EXPLICIT */
	DER_CONTEXT_1_CONSTRUCTED = 0xa1,
	DER_CONTEXT_2_CONSTRUCTED = 0xa2
};

size_t der_open(struct buf *b, enum der_tag tag);
void der_close(struct buf *b, size_t place);
/* Tag and length of a value whose len octets of contents follow. */
void der_header(struct buf *b, enum der_tag tag, size_t len);

void der_primitive(struct buf *b, enum der_tag tag, const void *content, size_t len);
/* A non-negative INTEGER or ENUMERATED from big-endian bytes, in the fewest octets (X.690 8.3.2). */
void der_unsigned(struct buf *b, enum der_tag tag, const uint8_t *bytes, size_t len);
void der_number(struct buf *b, enum der_tag tag, uint64_t n);
/* Seconds UTC, 1970 to 9999: UTCTime to the end of 2049 unless GeneralizedTime is asked for. */
void der_time(struct buf *b, int64_t seconds, bool generalized);

#endif
