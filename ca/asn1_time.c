#include "ca/asn1_time.h"

#include "ca/crypto_why.h"

#include <string.h>
#include <time.h>

enum err asn1_time_read(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;
	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return crypto_why(NULL, ERR_MALFORMED, "time");
	*out = timegm(&tm);
	return ERR_OK;
}

bool asn1_time_form_right(const ASN1_TIME *t)
{
	char room[ASN1_TIME_TEXT_SIZE];
	int64_t seconds = 0;
	if (asn1_time_read(t, &seconds) || seconds < 0 || seconds > ASN1_TIME_LAST)
		return false;
	bool generalized = seconds >= ASN1_TIME_2050;
	const char *text = asn1_time_text(seconds, generalized, room);
	return ASN1_STRING_type(t) == (generalized ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME) &&
	       (size_t)ASN1_STRING_length(t) == strlen(text) &&
	       memcmp(ASN1_STRING_get0_data(t), text, strlen(text)) == 0;
}

bool asn1_time_right(int64_t seconds)
{
	return seconds > 0 && seconds <= ASN1_TIME_LAST;
}

static void put_two(char *at, int64_t n)
{
	at[0] = (char)('0' + n / 10);
	at[1] = (char)('0' + n % 10);
}

/* By arithmetic: a list of a million certificates has a million of them, and strftime takes a third of a microsecond.
 * Years begin in March, so that the leap day is their last, and 400 of them have 146,097 days. */
const char *asn1_time_text(int64_t seconds, bool generalized, char out[ASN1_TIME_TEXT_SIZE])
{
	int64_t days = seconds / 86400 + 719468, second = seconds % 86400; /* since 1 March of the year 0 */
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	int64_t month = (5 * day + 2) / 153; /* 0: March */
	year += 400 * era + (month >= 10);
	put_two(out, year / 100);
	put_two(out + 2, year % 100);
	put_two(out + 4, month < 10 ? month + 3 : month - 9);
	put_two(out + 6, day - (153 * month + 2) / 5 + 1);
	put_two(out + 8, second / 3600);
	put_two(out + 10, second / 60 % 60);
	put_two(out + 12, second % 60);
	out[14] = 'Z';
	out[15] = '\0';
	return generalized ? out : out + 2;
}
