/* One entry of a list. A list may have a million, so each is put together in place: every length in it is below 128, one
 * octet. */
#include "ca/crl.h"

#include "ca/asn1_time.h"
#include "ca/der.h"

#include <string.h>

/* NULL when nothing is. */
static const char *wrong(const struct crl_entry *e, const uint8_t before[SERIAL_BYTES])
{
	if (memcmp(e->serial, before, SERIAL_BYTES) <= 0)
		return "is zero, repeated or out of order";
	if (e->serial[0] & 0x80)
		return "has more than 159 bits";
	if (!crl_reason_name(e->reason))
		return "has an unknown reason";
	if (!asn1_time_right(e->revoked_at) || (e->compromised_at && !asn1_time_right(e->compromised_at)))
		return "has a time outside 1970 to 9999";
	return NULL;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

/* X.690 8.3.2: the fewest octets of a positive number. */
static uint8_t *put_serial(uint8_t *at, const uint8_t serial[SERIAL_BYTES])
{
	size_t zeros = 0;
	while (zeros < SERIAL_BYTES - 1 && serial[zeros] == 0)
		zeros++;
	size_t len = SERIAL_BYTES - zeros, sign = serial[zeros] >> 7;
	*at++ = DER_INTEGER;
	*at++ = (uint8_t)(len + sign);
	if (sign)
		*at++ = 0;
	return put_bytes(at, serial + zeros, len);
}

static uint8_t *put_time(uint8_t *at, int64_t seconds, bool generalized)
{
	char room[ASN1_TIME_TEXT_SIZE];
	generalized = generalized || seconds >= ASN1_TIME_2050;
	const char *text = asn1_time_text(seconds, generalized, room);
	size_t len = generalized ? 15 : 13;
	*at++ = generalized ? DER_GENERALIZED_TIME : DER_UTC_TIME;
	*at++ = (uint8_t)len;
	return put_bytes(at, text, len);
}

/* RFC 5280 5.3.1: unspecified is said by leaving the reason out. 5.3.2: an invalidity date is always GeneralizedTime. */
static uint8_t *put_extensions(uint8_t *at, const struct crl_entry *e)
{
	static const uint8_t reason[] = {DER_SEQUENCE, 10, DER_OBJECT, 3, 0x55, 0x1d, 21, DER_OCTET_STRING, 3, DER_ENUMERATED, 1},
			     invalidity[] = {DER_SEQUENCE, 24, DER_OBJECT, 3, 0x55, 0x1d, 24, DER_OCTET_STRING, 17};
	uint8_t *list = at;
	if (e->reason == REASON_UNSPECIFIED && !e->compromised_at)
		return at;
	at += 2;
	if (e->reason != REASON_UNSPECIFIED) {
		at = put_bytes(at, reason, sizeof reason);
		*at++ = (uint8_t)e->reason;
	}
	if (e->compromised_at)
		at = put_time(put_bytes(at, invalidity, sizeof invalidity), e->compromised_at, true);
	list[0] = DER_SEQUENCE;
	list[1] = (uint8_t)(at - list - 2);
	return at;
}

static size_t put_entry(uint8_t out[CRL_ENTRY_MAX], const struct crl_entry *e)
{
	uint8_t *at = put_serial(out + 2, e->serial);
	at = put_time(at, e->revoked_at, false);
	at = put_extensions(at, e);
	out[0] = DER_SEQUENCE;
	out[1] = (uint8_t)(at - out - 2);
	return (size_t)(at - out);
}

size_t crl_entry_size(const struct crl_entry *e)
{
	uint8_t room[CRL_ENTRY_MAX];
	size_t zeros = 0;
	while (zeros < SERIAL_BYTES - 1 && e->serial[zeros] == 0)
		zeros++;
	size_t serial = SERIAL_BYTES - zeros + (e->serial[zeros] >> 7), time = e->revoked_at >= ASN1_TIME_2050 ? 15 : 13;
	return 2 + 2 + serial + 2 + time + (size_t)(put_extensions(room, e) - room);
}

enum err crl_entries_write(const struct crl_entry *entries, size_t n, const uint8_t before[SERIAL_BYTES], struct buf *out,
			   struct errbuf *why)
{
	static const uint8_t zero[SERIAL_BYTES];
	char serial[SERIAL_TEXT_SIZE];
	uint8_t room[CRL_ENTRY_MAX];
	for (size_t i = 0; i < n; i++) {
		const char *what = wrong(&entries[i], i ? entries[i - 1].serial : before ? before : zero);
		if (what) {
			serial_text(entries[i].serial, serial);
			return fail(why, ERR_INVALID, "the list's entry of serial %s %s", serial, what);
		}
		buf_add(out, room, put_entry(room, &entries[i]));
	}
	return buf_check(out);
}
