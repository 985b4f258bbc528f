/* Delivery receipts: what each gateway documents, what others send, and the address that makes one believed. */
#include "tests/support/test.h"

#include "delivery/receipt.h"
#include "issuer/http/receipt_read.h"

#include <stdio.h>
#include <string.h>

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define INFOBIP(group, id)                                                                                             \
	"{\"results\":[{\"messageId\":\"a\",\"to\":\"47\",\"status\":{\"groupId\":" #group ",\"groupName\":\"G\",\"id\":" #id    \
	",\"name\":\"N\"},\"error\":{\"groupId\":0}}]}"

static const struct {
	const char *channel, *type, *body;
	enum err wanted;
	enum receipt_fate fate;
	const char *code;
} cases[] = {
	{"twilio", FORM, "MessageSid=SM1&MessageStatus=delivered&To=%2B47", ERR_OK, RECEIPT_DELIVERED, ""},
	{"twilio", FORM "; charset=UTF-8", "MessageSid=SM1&MessageStatus=delivered", ERR_OK, RECEIPT_DELIVERED, ""},
	{"twilio", FORM, "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003", ERR_OK, RECEIPT_FAILED, "30003"},
	{"twilio", FORM, "MessageStatus=failed&ErrorCode=%3Cscript%3E", ERR_OK, RECEIPT_FAILED, ""},
	{"twilio", FORM, "MessageSid=SM1&MessageStatus=sent", ERR_OK, RECEIPT_UNDERWAY, ""},
	{"twilio", FORM, "MessageStatus=new-word", ERR_OK, RECEIPT_UNDERWAY, ""},
	{"twilio", FORM, "MessageStatus=", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"twilio", FORM, "MessageSid=SM1", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"twilio", FORM, "MessageStatus=delivered&MessageStatus=failed", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"twilio", FORM, "", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"twilio", FORM, "MessageStatus=%zz", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"twilio", JSON, "{\"MessageStatus\":\"delivered\"}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"twilio", "", "MessageStatus=delivered", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "{\"msisdn\":\"47\",\"messageId\":\"0C\",\"status\":\"delivered\",\"err-code\":\"0\"}", ERR_OK,
	 RECEIPT_DELIVERED, "0"},
	{"vonage", FORM, "msisdn=47&messageId=0C&status=delivered&err-code=0", ERR_OK, RECEIPT_DELIVERED, "0"},
	{"vonage", JSON, "{\"status\":\"failed\",\"err-code\":\"6\"}", ERR_OK, RECEIPT_FAILED, "6"},
	{"vonage", JSON, "{\"status\":\"expired\",\"err-code\":3}", ERR_OK, RECEIPT_FAILED, "3"},
	{"vonage", JSON, "{\"status\":\"rejected\"}", ERR_OK, RECEIPT_FAILED, ""},
	{"vonage", JSON, "{\"status\":\"accepted\"}", ERR_OK, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "{\"status\":\"buffered\"}", ERR_OK, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "{\"status\":\"delivered\\u0000\"}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "{\"status\":\"failed\",\"status\":\"delivered\"}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "{\"status\":{\"a\":1}}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "[]", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"vonage", JSON, "", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"infobip", JSON, INFOBIP(3, 5), ERR_OK, RECEIPT_DELIVERED, "5"},
	{"infobip", JSON, INFOBIP(3, 2), ERR_OK, RECEIPT_UNDERWAY, "2"},
	{"infobip", JSON, INFOBIP(1, 7), ERR_OK, RECEIPT_UNDERWAY, "7"},
	{"infobip", JSON, INFOBIP(2, 9), ERR_OK, RECEIPT_FAILED, "9"},
	{"infobip", JSON, INFOBIP(4, 15), ERR_OK, RECEIPT_FAILED, "15"},
	{"infobip", JSON, INFOBIP(5, 52), ERR_OK, RECEIPT_FAILED, "52"},
	{"infobip", JSON, INFOBIP("3", 5), ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"infobip", JSON, "{\"results\":[]}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"infobip", JSON, "{\"results\":[{},{}]}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"infobip", FORM, "status=delivered", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"webhook", JSON, "{\"status\":\"delivered\"}", ERR_OK, RECEIPT_DELIVERED, ""},
	{"webhook", JSON, "{\"status\":\"failed\",\"code\":\"no-route\"}", ERR_OK, RECEIPT_FAILED, "no-route"},
	{"webhook", JSON, "{\"status\":\"failed\",\"code\":\"0123456789012345678901234567890123456789\"}", ERR_OK, RECEIPT_FAILED, ""},
	{"webhook", JSON, "{\"status\":true}", ERR_MALFORMED, RECEIPT_UNDERWAY, ""},
	{"spool", JSON, "{\"status\":\"delivered\"}", ERR_NOT_FOUND, RECEIPT_UNDERWAY, ""},
};

static void every_documented_receipt_is_read_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct receipt r = {RECEIPT_DELIVERED, "x"};
		enum err rc = receipt_read(cases[i].channel, cases[i].type, cases[i].body, strlen(cases[i].body), &r);
		if (rc != cases[i].wanted || r.fate != cases[i].fate || strcmp(r.code, cases[i].code) != 0)
			fail_msg("%s %s: had %s, %d, [%s]", cases[i].channel, cases[i].body, err_word(rc), (int)r.fate, r.code);
	}
}

#define ID "k3m7q2w4x5y6z7a2"

static void an_address_is_of_one_message_and_one_key(void **state)
{
	struct secret *key = secret_copy("0123456789abcdef", 16), *same = secret_copy("0123456789abcdef\r\n", 18),
		      *other = secret_copy("0123456789abcdeg", 16), *small = secret_copy("0123456789abcd\n\n", 16);
	char mac[RECEIPT_MAC_SIZE], again[RECEIPT_MAC_SIZE], url[128];
	(void)state;
	assert_true(key && same && other && small);
	assert_int_equal(receipt_mac(key, ID, mac), ERR_OK);
	assert_int_equal(strlen(mac), RECEIPT_MAC_SIZE - 1);
	assert_true(receipt_mac_ok(key, ID, mac));
	assert_true(receipt_mac_ok(same, ID, mac)); /* an editor's line end */
	assert_false(receipt_mac_ok(other, ID, mac));
	assert_false(receipt_mac_ok(key, "k3m7q2w4x5y6z7a3", mac));
	assert_false(receipt_mac_ok(key, "", mac));
	assert_false(receipt_mac_ok(key, ID, ""));
	assert_int_equal(receipt_mac(small, ID, again), ERR_USAGE);
	assert_false(receipt_mac_ok(small, ID, mac));
	for (size_t i = 0; mac[i]; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(again, mac, sizeof again);
			again[i] ^= (char)(1 << bit);
			assert_false(receipt_mac_ok(key, ID, again));
			again[i] = '\0';
			assert_false(receipt_mac_ok(key, ID, again)); /* cut */
		}
	assert_int_equal(receipt_url("https://pki.example/", key, ID, url, sizeof url), ERR_OK);
	assert_int_equal(strncmp(url, "https://pki.example/r/" ID "/", 39), 0);
	assert_string_equal(url + 39, mac);
	assert_int_equal(receipt_url("https://pki.example", key, ID, url, 61), ERR_TOO_LARGE);
	secret_free(key);
	secret_free(same);
	secret_free(other);
	secret_free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_documented_receipt_is_read_and_no_other),
		cmocka_unit_test(an_address_is_of_one_message_and_one_key),
	};
	return cmocka_run_group_tests_name("http_receipt", tests, NULL, NULL);
}
