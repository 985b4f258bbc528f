#include "ca/certificate.h"

#include "base/encode.h"
#include "base/secret.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool all_zero(const uint8_t serial[SERIAL_BYTES])
{
	static const uint8_t zero[SERIAL_BYTES];
	return memcmp(serial, zero, sizeof zero) == 0;
}

enum err serial_new(uint8_t out[SERIAL_BYTES])
{
	enum err rc = random_bytes(out, SERIAL_BYTES);
	if (rc)
		return rc;
	out[0] &= 0x7f; /* a 160th bit would make the INTEGER 21 octets */
	return all_zero(out) ? ERR_CRYPTO : ERR_OK;
}

void serial_text(const uint8_t serial[SERIAL_BYTES], char out[SERIAL_TEXT_SIZE])
{
	hex_encode(serial, SERIAL_BYTES, out);
}

enum err serial_from_text(const char *text, uint8_t out[SERIAL_BYTES])
{
	char digits[SERIAL_TEXT_SIZE];
	uint8_t serial[SERIAL_BYTES];
	size_t n = 0;
	text += strspn(text, " ");
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	for (const char *p = text; *p; p++) {
		if (*p == ':' || *p == ' ' || (*p == '0' && n == 0))
			continue;
		if (!isxdigit((unsigned char)*p) || n == sizeof digits - 1)
			return ERR_MALFORMED;
		digits[n++] = *p;
	}
	/* Right-align: what was left out stands at the front. */
	memmove(digits + sizeof digits - 1 - n, digits, n);
	memset(digits, '0', sizeof digits - 1 - n);
	digits[sizeof digits - 1] = '\0';
	if (hex_decode(digits, serial, sizeof serial) || all_zero(serial) || serial[0] & 0x80)
		return ERR_MALFORMED;
	memcpy(out, serial, sizeof serial);
	return ERR_OK;
}
