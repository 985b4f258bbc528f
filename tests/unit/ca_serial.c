#include "tests/support/test.h"

#include "ca/certificate.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DIGITS "0123456789abcdef0123456789abcdef01234567"

static void a_new_serial_is_positive_and_differs(void **state)
{
	(void)state;
	uint8_t seen[SERIAL_BYTES] = {0}, before[SERIAL_BYTES] = {0}, now[SERIAL_BYTES];
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(serial_new(now), ERR_OK);
		assert_int_equal(now[0] & 0x80, 0);
		assert_memory_not_equal(now, before, sizeof now);
		memcpy(before, now, sizeof now);
		for (size_t k = 0; k < sizeof now; k++)
			seen[k] |= now[k];
	}
	assert_int_equal(seen[0], 0x7f); /* all 159 bits are in use */
	for (size_t k = 1; k < sizeof seen; k++)
		assert_int_equal(seen[k], 0xff);
}

static void pasted_notations_mean_the_same_serial(void **state)
{
	(void)state;
	static const struct {
		const char *text, *digits;
	} good[] = {
		{DIGITS, DIGITS},
		{"0x" DIGITS, DIGITS},
		{"0X0123456789ABCDEF0123456789ABCDEF01234567", DIGITS},
		{"01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67", DIGITS},
		{"01 23 45 67 89 AB CD EF 01 23 45 67 89 AB CD EF 01 23 45 67 ", DIGITS},
		{"123456789abcdef0123456789abcdef01234567", DIGITS},
		{" 00:" DIGITS, DIGITS},
		{"1", "0000000000000000000000000000000000000001"},
		{"0xA0", "00000000000000000000000000000000000000a0"},
		{"7fffffffffffffffffffffffffffffffffffffff", "7fffffffffffffffffffffffffffffffffffffff"},
	};
	for (size_t i = 0; i < COUNT(good); i++) {
		uint8_t serial[SERIAL_BYTES];
		char text[SERIAL_TEXT_SIZE];
		if (serial_from_text(good[i].text, serial))
			fail_msg("refused: %s\n", good[i].text);
		serial_text(serial, text);
		assert_string_equal(text, good[i].digits);
	}
}

static void what_is_no_serial_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	static const char *const bad[] = {"", " ", ":", "0", "0x", "00:00", "0x0", "g1", "12-34", "1.5", "-1", "0x-1", "12\n", "x12",
					  "1\xc3\xa4", "\xef\xbc\x91", "8000000000000000000000000000000000000000",
					  "10123456789abcdef0123456789abcdef01234567", DIGITS "00"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t serial[SERIAL_BYTES], before[SERIAL_BYTES];
		memset(serial, 0x55, sizeof serial);
		memcpy(before, serial, sizeof serial);
		if (serial_from_text(bad[i], serial) != ERR_MALFORMED)
			fail_msg("accepted: %s\n", bad[i]);
		assert_memory_equal(serial, before, sizeof serial);
	}
}

static enum err client_uri(const char *domain, const char *org, const char *service, const char *client, char out[512])
{
	const struct profile_name names[] = {
		{"domain", domain}, {"organisation", org}, {"service", service}, {"client", client}, {NULL, NULL}};
	return profile_uri(profile_get(PROFILE_CLIENT), names, out, NULL);
}

static enum err staff_uri(const char *domain, const char *id, char out[512])
{
	const struct profile_name names[] = {{"domain", domain}, {"staff", id}, {NULL, NULL}};
	return profile_uri(profile_get(PROFILE_STAFF), names, out, NULL);
}

static void a_client_uri_is_put_together_from_its_parts(void **state)
{
	(void)state;
	char uri[512];
	assert_int_equal(client_uri("example.org", "mueller", "e-banking", "my-page", uri), ERR_OK);
	assert_string_equal(uri, "spiffe://example.org/org/mueller/service/e-banking/client/my-page");
	assert_int_equal(staff_uri("example.org", "7k3mq2", uri), ERR_OK);
	assert_string_equal(uri, "spiffe://example.org/staff/7k3mq2");
}

static void a_part_cannot_become_two_or_none(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "/", "a/b", "a b", "..", ".", "a?b", "a#b", "a%2fb", "a:b", "a@b", "m\xc3\xbcller"};
	char uri[512], long_part[600];
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *b = bad[i];
		if (client_uri("example.org", b, "s", "c", uri) == ERR_OK ||
		    client_uri("example.org", "o", b, "c", uri) == ERR_OK ||
		    client_uri("example.org", "o", "s", b, uri) == ERR_OK || staff_uri("example.org", b, uri) == ERR_OK)
			fail_msg("accepted: %s\n", b);
		if (strcmp(b, "..") != 0 && strcmp(b, ".") != 0 && client_uri(b, "o", "s", "c", uri) == ERR_OK)
			fail_msg("accepted as domain: %s\n", b);
	}
	assert_int_equal(client_uri("Example.org", "o", "s", "c", uri), ERR_INVALID);
	memset(long_part, 'a', sizeof long_part - 1);
	long_part[sizeof long_part - 1] = '\0';
	assert_int_equal(staff_uri("example.org", long_part, uri), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_serial_is_positive_and_differs),
		cmocka_unit_test(pasted_notations_mean_the_same_serial),
		cmocka_unit_test(what_is_no_serial_is_refused_and_changes_nothing),
		cmocka_unit_test(a_client_uri_is_put_together_from_its_parts),
		cmocka_unit_test(a_part_cannot_become_two_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
