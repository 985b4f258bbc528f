#include "tests/support/test.h"

#include "delivery/address.h"

#include <stdio.h>
#include <string.h>

struct sample {
	const char *name;
	const char *text;
	size_t len; /* 0: strlen */
};

#define LOCAL_64 "a234567890123456789012345678901234567890123456789012345678901234"
#define LABEL_60 "b23456789012345678901234567890123456789012345678901234567890"
#define DOMAIN_182 LABEL_60 "." LABEL_60 "." LABEL_60

static size_t length(const struct sample *s)
{
	return s->len ? s->len : strlen(s->text);
}

static void plain_mailboxes_are_taken(void **state)
{
	(void)state;
	static const struct sample good[] = {
		{.name = "usual", .text = "kari.nordmann@example.com"},
		{.name = "all of atext", .text = "a!#$%&'*+-/=?^_`{|}~9@example.com"},
		{.name = "localhost", .text = "root@localhost"},
		{.name = "digits in labels", .text = "a@1.2x"},
		{.name = "punycode", .text = "a@xn--bcher-kva.example"},
		{.name = "local part of 64", .text = LOCAL_64 "@example.com"},
		{.name = "254 in all", .text = LOCAL_64 "@" DOMAIN_182 ".abcdef"},
		{.name = "label of 63", .text = "a@" LABEL_60 "xyz.no"},
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct errbuf why = {{0}};
		if (mailbox_check(good[i].text, length(&good[i]), &why) != ERR_OK)
			fail_msg("%s refused: %s", good[i].name, why.text);
	}
}

static void nothing_but_one_plain_mailbox_is_taken(void **state)
{
	(void)state;
	static const struct sample bad[] = {
		{.name = "no @", .text = "kari"},
		{.name = "two @", .text = "a@b@example.com"},
		{.name = "no local part", .text = "@example.com"},
		{.name = "no domain", .text = "a@"},
		{.name = "display name", .text = "Kari <kari@example.com>"},
		{.name = "comment", .text = "kari(home)@example.com"},
		{.name = "quoted", .text = "\"kari\"@example.com"},
		{.name = "list", .text = "a@example.com,b@example.com"},
		{.name = "space inside", .text = "a b@example.com"},
		{.name = "space behind", .text = "a@example.com "},
		{.name = "line feed behind", .text = "a@example.com\n"},
		{.name = "header", .text = "a@example.com\r\nBcc: b@example.com"},
		{.name = "carriage return before", .text = "\ra@example.com"},
		{.name = "NUL inside", .text = "a\0b@example.com", .len = 15},
		{.name = "NUL behind", .text = "a@example.com", .len = 14},
		{.name = "not ASCII", .text = "k\xc3\xa5re@example.com"},
		{.name = "not ASCII domain", .text = "a@ex\xc3\xa5mple.com"},
		{.name = "dot first", .text = ".a@example.com"},
		{.name = "dot last", .text = "a.@example.com"},
		{.name = "two dots", .text = "a..b@example.com"},
		{.name = "two dots in the domain", .text = "a@example..com"},
		{.name = "dot behind the domain", .text = "a@example.com."},
		{.name = "no dot in the domain", .text = "a@example"},
		{.name = "hyphen before a label", .text = "a@-example.com"},
		{.name = "hyphen behind a label", .text = "a@example-.com"},
		{.name = "underscore in the domain", .text = "a@ex_ample.com"},
		{.name = "address of a host", .text = "a@127.0.0.1"},
		{.name = "address in brackets", .text = "a@[127.0.0.1]"},
		{.name = "local part of 65", .text = LOCAL_64 "5@example.com"},
		{.name = "255 in all", .text = LOCAL_64 "@" DOMAIN_182 ".abcdefg"},
		{.name = "label of 64", .text = "a@" LABEL_60 "wxyz.no"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct errbuf why = {{0}};
		if (mailbox_check(bad[i].text, length(&bad[i]), &why) != ERR_INVALID || !why.text[0])
			fail_msg("not refused, or not said why: %s", bad[i].name);
	}
	assert_int_equal(mailbox_check("", 0, NULL), ERR_INVALID);
}

static void no_byte_turns_a_mailbox_into_another_line_or_address(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = "ka_ri@example.com";
		text[2] = (char)c;
		int taken = mailbox_check(text, strlen("ka_ri@example.com"), NULL) == ERR_OK;
		int wanted = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
		if (taken != wanted)
			fail_msg("byte 0x%02x: taken %d, wanted %d", (unsigned)c, taken, wanted);
	}
}

static void e164_numbers_are_taken(void **state)
{
	(void)state;
	static const char *const good[] = {"+4790000000", "+12345678", "+123456789012345"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(mobile_check(good[i], strlen(good[i]), NULL), ERR_OK);
}

static void anything_else_is_no_number(void **state)
{
	(void)state;
	static const struct sample bad[] = {
		{.name = "no plus", .text = "4790000000"},
		{.name = "00 instead", .text = "004790000000"},
		{.name = "begins with 0", .text = "+0790000000"},
		{.name = "space", .text = "+47 90000000"},
		{.name = "hyphen", .text = "+47-90000000"},
		{.name = "7 digits", .text = "+1234567"},
		{.name = "16 digits", .text = "+1234567890123456"},
		{.name = "letter", .text = "+4790000x00"},
		{.name = "full-width digit", .text = "+479000000\xef\xbc\x90"},
		{.name = "Arabic digit", .text = "+479000000\xd9\xa0"},
		{.name = "line feed", .text = "+4790000000\n"},
		{.name = "NUL behind", .text = "+4790000000", .len = 12},
		{.name = "NUL inside", .text = "+47900\0" "0000", .len = 11},
		{.name = "two pluses", .text = "++4790000000"},
		{.name = "only a plus", .text = "+"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (mobile_check(bad[i].text, length(&bad[i]), NULL) != ERR_INVALID)
			fail_msg("not refused: %s", bad[i].name);
	assert_int_equal(mobile_check("", 0, NULL), ERR_INVALID);
}

static void the_mask_shows_neither_last_digits_nor_length(void **state)
{
	(void)state;
	char a[MOBILE_SIZE], b[MOBILE_SIZE];
	mobile_mask("+4791234567", a);
	mobile_mask("+47912345678901", b);
	assert_string_equal(a, "+47 *** ** ***");
	assert_string_equal(a, b);
	mobile_mask("+", a);
	assert_string_equal(a, "+ *** ** ***");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_mailboxes_are_taken),
		cmocka_unit_test(nothing_but_one_plain_mailbox_is_taken),
		cmocka_unit_test(no_byte_turns_a_mailbox_into_another_line_or_address),
		cmocka_unit_test(e164_numbers_are_taken),
		cmocka_unit_test(anything_else_is_no_number),
		cmocka_unit_test(the_mask_shows_neither_last_digits_nor_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
