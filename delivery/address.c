#include "delivery/address.h"

#include <stdbool.h>
#include <string.h>

enum { LOCAL_MAX = 64, MAILBOX_MAX = 254, LABEL_MAX = 63, MOBILE_DIGITS_MIN = 8, MOBILE_DIGITS_MAX = 15 };

/* Not <ctype.h>: what is a letter must not depend on the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 5322 3.2.3 */
static bool is_atext(char c)
{
	return is_letter_or_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool dot_atom(const char *text, size_t len)
{
	bool after_dot = true; /* no dot at the beginning, none doubled, none at the end */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? after_dot : !is_atext(text[i]))
			return false;
		after_dot = text[i] == '.';
	}
	return !after_dot;
}

static bool ldh_label(const char *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter_or_digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

static bool all_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(text[i]))
			return false;
	return true;
}

bool domain_ok(const char *text, size_t len)
{
	size_t labels = 0;
	bool numeric = false;
	if (len == strlen("localhost") && strncmp(text, "localhost", len) == 0)
		return true;
	for (size_t start = 0; start <= len; labels++) {
		const char *dot = memchr(text + start, '.', len - start);
		size_t n = dot ? (size_t)(dot - text) - start : len - start;
		if (!ldh_label(text + start, n))
			return false;
		numeric = all_digits(text + start, n);
		start += n + 1;
	}
	return labels > 1 && !numeric && len < MAILBOX_MAX;
}

enum err mailbox_check(const char *text, size_t len, struct errbuf *why)
{
	const char *at = memchr(text, '@', len);
	if (len > MAILBOX_MAX)
		return fail(why, ERR_INVALID, "mail address: at most %d characters, not %zu", MAILBOX_MAX, len);
	if (!at)
		return fail(why, ERR_INVALID, "mail address: there is no @ in it");
	size_t local = (size_t)(at - text);
	if (local > LOCAL_MAX)
		return fail(why, ERR_INVALID, "mail address: at most %d characters before the @", LOCAL_MAX);
	if (!dot_atom(text, local))
		return fail(why, ERR_INVALID, "mail address: what stands before the @ is not a plain name");
	if (!domain_ok(at + 1, len - local - 1))
		return fail(why, ERR_INVALID, "mail address: what stands behind the @ is not a domain");
	return ERR_OK;
}

enum err mobile_check(const char *text, size_t len, struct errbuf *why)
{
	if (len == 0 || text[0] != '+')
		return fail(why, ERR_INVALID, "mobile number: begin with + and the country code, as in +4790000000");
	if (!all_digits(text + 1, len - 1))
		return fail(why, ERR_INVALID, "mobile number: only digits behind the +, no spaces or hyphens");
	if (len - 1 < MOBILE_DIGITS_MIN || len - 1 > MOBILE_DIGITS_MAX)
		return fail(why, ERR_INVALID, "mobile number: %d to %d digits, not %zu", MOBILE_DIGITS_MIN,
			    MOBILE_DIGITS_MAX, len - 1);
	if (text[1] == '0')
		return fail(why, ERR_INVALID, "mobile number: a country code does not begin with 0");
	return ERR_OK;
}

void mobile_mask(const char *mobile, char out[MOBILE_SIZE])
{
	static const char masked[] = " *** ** ***"; /* of one length, so that the number's own does not show */
	size_t head = strnlen(mobile, 3);
	memcpy(out, mobile, head);
	memcpy(out + head, masked, sizeof masked);
}
