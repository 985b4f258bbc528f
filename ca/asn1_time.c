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

const char *asn1_time_text(int64_t seconds, bool generalized, char out[ASN1_TIME_TEXT_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm = {0};
	gmtime_r(&t, &tm);
	strftime(out, ASN1_TIME_TEXT_SIZE, "%Y%m%d%H%M%SZ", &tm);
	return generalized ? out : out + 2;
}
