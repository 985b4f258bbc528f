#include "ca/der.h"

#include "ca/asn1_time.h"

#include <string.h>

enum { LENGTH_MAX = 9 };

/* X.690 10.1: the definite form in the fewest octets. */
static size_t length_write(uint8_t out[LENGTH_MAX], size_t len)
{
	size_t octets = 0;
	if (len < 0x80) {
		out[0] = (uint8_t)len;
		return 1;
	}
	for (size_t rest = len; rest; rest >>= 8)
		octets++;
	out[0] = (uint8_t)(0x80 | octets);
	for (size_t i = 0; i < octets; i++)
		out[1 + i] = (uint8_t)(len >> 8 * (octets - 1 - i));
	return 1 + octets;
}

size_t der_open(struct buf *b, enum der_tag tag)
{
	buf_byte(b, (uint8_t)tag);
	buf_byte(b, 0);
	return b->len;
}

/* One octet was left for the length; a longer one moves the contents up. */
void der_close(struct buf *b, size_t place)
{
	uint8_t length[LENGTH_MAX];
	if (buf_check(b))
		return;
	size_t content = b->len - place;
	size_t octets = length_write(length, content);
	if (octets > 1 && !buf_room(b, octets - 1))
		return;
	memmove(b->data + place + octets - 1, b->data + place, content);
	memcpy(b->data + place - 1, length, octets);
}

void der_header(struct buf *b, enum der_tag tag, size_t len)
{
	uint8_t length[LENGTH_MAX];
	buf_byte(b, (uint8_t)tag);
	buf_add(b, length, length_write(length, len));
}

void der_primitive(struct buf *b, enum der_tag tag, const void *content, size_t len)
{
	der_header(b, tag, len);
	buf_add(b, content, len);
}

void der_unsigned(struct buf *b, enum der_tag tag, const uint8_t *bytes, size_t len)
{
	static const uint8_t zero = 0;
	while (len > 1 && bytes[0] == 0) {
		bytes++;
		len--;
	}
	size_t place = der_open(b, tag);
	if (len == 0 || bytes[0] & 0x80)
		buf_add(b, &zero, 1);
	buf_add(b, bytes, len);
	der_close(b, place);
}

void der_number(struct buf *b, enum der_tag tag, uint64_t n)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(n >> 8 * (sizeof bytes - 1 - i));
	der_unsigned(b, tag, bytes, sizeof bytes);
}

void der_time(struct buf *b, int64_t seconds, bool generalized)
{
	char room[ASN1_TIME_TEXT_SIZE];
	generalized = generalized || seconds >= ASN1_TIME_2050;
	const char *text = asn1_time_text(seconds, generalized, room);
	der_primitive(b, generalized ? DER_GENERALIZED_TIME : DER_UTC_TIME, text, strlen(text));
}
