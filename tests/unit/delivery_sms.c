#include "tests/support/test.h"

#include "base/encode.h"
#include "delivery/sms.h"

#include <jansson.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "k3m7q2w4x5y6z7a2"
#define RECEIPT "https://pki.example/r/k3m7q2w4x5y6z7a2/AAAAAAAAAAAAAAAAAAAAAA"
#define TEMPLATE "{\"recipient\":{to},\"message\":{text},\"ref\":{id},\"by\":{from},\"report\":{receipt}}"
enum { NOW = 1795313618 };

static struct {
	struct secret *secret, *signing;
	struct sms_request made;
	struct errbuf why;
	char reference[SMS_REFERENCE_SIZE];
} at;

static int set_up(void **state)
{
	(void)state;
	at.secret = secret_copy("s3cret+/=", 9);
	at.signing = secret_copy("0123456789abcdef0123456789abcdef", 32);
	return at.secret && at.signing ? 0 : -1;
}

static int clear(void **state)
{
	(void)state;
	sms_request_clear(&at.made);
	at.why.text[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	secret_free(at.secret);
	secret_free(at.signing);
	return clear(state);
}

static struct sms_gateway gateway(void)
{
	return (struct sms_gateway){.url = "https://gateway.example/", .account = "AC12", .user = "", .sender = "Nordbank",
				    .template = TEMPLATE, .has_secret = true, .secret = at.secret,
				    .signing = at.signing};
}

static struct sms_job job(void)
{
	return (struct sms_job){
		.id = ID, .to = "+4791234567", .text = "Kode: Ærlig & \"7\"\n@x #7", .receipt = RECEIPT, .now = NOW};
}

static const struct sms_adapter *adapter(const char *name)
{
	const struct sms_adapter *a = sms_adapter_find(name);
	assert_non_null(a);
	return a;
}

static enum err build(const char *name, const struct sms_gateway *g, const struct sms_job *j)
{
	sms_request_clear(&at.made);
	return sms_build(adapter(name), g, j, &at.made, &at.why);
}

static void assert_header(size_t i, const char *wanted)
{
	assert_true(i < at.made.headers);
	assert_string_equal(buf_string(&at.made.header[i]), wanted);
}

static void twilio_gets_a_form_with_basic_authentication(void **state)
{
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	(void)state;
	assert_int_equal(build("twilio", &g, &j), ERR_OK);
	assert_string_equal(buf_string(&at.made.url), "https://gateway.example/2010-04-01/Accounts/AC12/Messages.json");
	assert_string_equal(buf_string(&at.made.body),
			    "To=%2B4791234567&From=Nordbank&Body=Kode%3A%20%C3%86rlig%20%26%20%227%22%0A%40x%20%237"
			    "&StatusCallback=https%3A%2F%2Fpki.example%2Fr%2Fk3m7q2w4x5y6z7a2%2FAAAAAAAAAAAAAAAAAAAAAA");
	assert_header(0, "Content-Type: application/x-www-form-urlencoded");
	assert_header(2, "Authorization: Basic QUMxMjpzM2NyZXQrLz0=");
	assert_int_equal(at.made.headers, 3);
}

static void twilio_takes_an_api_key_and_a_messaging_service(void **state)
{
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	(void)state;
	g.user = "SK9";
	g.url = "";
	g.sender = "MG0123456789abcdef0123456789abcdef";
	j.receipt = "";
	j.text = "x";
	assert_int_equal(build("twilio", &g, &j), ERR_OK);
	assert_string_equal(buf_string(&at.made.url), "https://api.twilio.com/2010-04-01/Accounts/AC12/Messages.json");
	assert_string_equal(buf_string(&at.made.body),
			    "To=%2B4791234567&MessagingServiceSid=MG0123456789abcdef0123456789abcdef&Body=x");
	assert_header(2, "Authorization: Basic U0s5OnMzY3JldCsvPQ==");
}

static void vonage_gets_a_form_with_its_key_and_the_number_without_plus(void **state)
{
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	(void)state;
	assert_int_equal(build("vonage", &g, &j), ERR_OK);
	assert_string_equal(buf_string(&at.made.url), "https://gateway.example/sms/json");
	assert_string_equal(buf_string(&at.made.body),
			    "api_key=AC12&api_secret=s3cret%2B%2F%3D&from=Nordbank&to=4791234567&type=text"
			    "&text=Kode%3A%20%C3%86rlig%20%26%20%227%22%0A%40x%20%237&client-ref=k3m7q2w4x5y6z7a2"
			    "&status-report-req=1"
			    "&callback=https%3A%2F%2Fpki.example%2Fr%2Fk3m7q2w4x5y6z7a2%2FAAAAAAAAAAAAAAAAAAAAAA");
}

static void vonage_refuses_an_address_for_receipts_that_it_would_cut(void **state)
{
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	char receipt[102];
	(void)state;
	memset(receipt, 'a', 101);
	receipt[101] = '\0';
	j.receipt = receipt;
	assert_int_equal(build("vonage", &g, &j), ERR_INVALID);
	receipt[100] = '\0';
	assert_int_equal(build("vonage", &g, &j), ERR_OK);
}

static void infobip_gets_json_with_our_id_as_its_own(void **state)
{
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	(void)state;
	assert_int_equal(build("infobip", &g, &j), ERR_OK);
	assert_string_equal(buf_string(&at.made.url), "https://gateway.example/sms/3/messages");
	assert_string_equal(buf_string(&at.made.body),
			    "{\"messages\":[{\"sender\":\"Nordbank\",\"destinations\":[{\"to\":\"4791234567\",\"messageId\":\"" ID "\"}],"
			    "\"content\":{\"text\":\"Kode: Ærlig & \\\"7\\\"\\u000a@x #7\"},"
			    "\"webhooks\":{\"delivery\":{\"url\":\"" RECEIPT "\"},\"contentType\":\"application/json\"}}]}");
	assert_header(2, "Authorization: App s3cret+/=");
}

static void a_webhook_gets_the_template_filled_in_and_signed(void **state)
{
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	uint8_t mac[32];
	char hex[65], wanted[160];
	struct buf plain = BUF_INIT(4096);
	(void)state;
	assert_int_equal(build("webhook", &g, &j), ERR_OK);
	assert_string_equal(buf_string(&at.made.url), "https://gateway.example/");
	assert_string_equal(buf_string(&at.made.body),
			    "{\"recipient\":\"+4791234567\",\"message\":\"Kode: Ærlig & \\\"7\\\"\\u000a@x #7\",\"ref\":\"" ID "\","
			    "\"by\":\"Nordbank\",\"report\":\"" RECEIPT "\"}");
	assert_header(1, "Idempotency-Key: " ID);
	assert_header(2, "Authorization: Bearer s3cret+/=");
	buf_format(&plain, "%d.", NOW);
	buf_add(&plain, at.made.body.data, at.made.body.len);
	HMAC(EVP_sha256(), secret_peek(at.signing), 32, plain.data, plain.len, mac, NULL);
	hex_encode(mac, sizeof mac, hex);
	snprintf(wanted, sizeof wanted, "Counterfoil-Signature: t=%d,v1=%s", NOW, hex);
	assert_header(3, wanted);
	buf_free(&plain);
}

/* Whatever is in the text: the template's JSON stays as it was written. */
static void no_text_leaves_the_string_that_it_stands_in(void **state)
{
	static const char *const texts[] = {"\",\"recipient\":\"+4799999999", "\\", "\\\"", "\r\n", "{to}{id}", "\f^{}[~]|"};
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		j.text = texts[i];
		assert_int_equal(build("webhook", &g, &j), ERR_OK);
		json_t *made = json_loadb((char *)at.made.body.data, at.made.body.len, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(made);
		assert_int_equal(json_object_size(made), 5);
		assert_string_equal(json_string_value(json_object_get(made, "message")), texts[i]);
		assert_string_equal(json_string_value(json_object_get(made, "recipient")), "+4791234567");
		json_decref(made);
	}
}

static void only_e164_and_one_segment_of_gsm_are_sent(void **state)
{
	static const struct {
		const char *name, *to, *text, *id;
	} cases[] = {
		{"no plus", "4791234567", "x", ID},	       {"spaces", "+47 912 34 567", "x", ID},
		{"a line more", "+4791234567\r\nX: y", "x", ID}, {"leading zero", "+0791234567", "x", ID},
		{"too short", "+4712345", "x", ID},	       {"too long", "+4712345678901234", "x", ID},
		{"nobody", "", "x", ID},		       {"no text", "+4791234567", "", ID},
		{"not GSM", "+4791234567", "кот", ID},       {"no id", "+4791234567", "x", ""},
		{"id with a slash", "+4791234567", "x", "a/b"}, {"id with a line", "+4791234567", "x", "a\nb"},
	};
	static const char *const names[] = {"twilio", "vonage", "infobip", "webhook"};
	char text[162];
	struct sms_gateway g = gateway();
	struct sms_job j = job();
	(void)state;
	for (size_t n = 0; n < 4; n++) {
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			struct sms_job bad = {.id = cases[i].id, .to = cases[i].to, .text = cases[i].text, .receipt = ""};
			if (build(names[n], &g, &bad) != ERR_INVALID || !at.why.text[0])
				fail_msg("%s, %s: taken", names[n], cases[i].name);
		}
		memset(text, 'a', 161);
		text[161] = '\0';
		j.text = text;
		assert_int_equal(build(names[n], &g, &j), ERR_INVALID);
		text[160] = '\0';
		assert_int_equal(build(names[n], &g, &j), ERR_OK);
		memcpy(text + 158, "€", sizeof "€"); /* two septets: 160 */
		assert_int_equal(build(names[n], &g, &j), ERR_OK);
		text[157] = '[';
		assert_int_equal(build(names[n], &g, &j), ERR_INVALID);
	}
}

static void a_gateway_that_lacks_something_is_refused_at_start(void **state)
{
	struct secret *two_lines = secret_copy("a\nb", 3), *with_nul = secret_copy("a\0b", 3);
	const struct {
		const char *name, *url, *account, *sender, *template;
		const struct secret *secret;
		const char *says;
	} cases[] = {
		{"twilio", "", "", "x", "", at.secret, "delivery.sms_account"},
		{"twilio", "", "AC1", "", "", at.secret, "delivery.sms_sender"},
		{"twilio", "", "AC1", "x", "", NULL, "delivery.sms_secret"},
		{"twilio", "http://api.twilio.com", "AC1", "x", "", at.secret, "https"},
		{"twilio", "", "AC1\r\nX: y", "x", "", at.secret, "delivery.sms_account"},
		{"vonage", "", "", "x", "", at.secret, "delivery.sms_account"},
		{"vonage", "", "k", "x", "", two_lines, "delivery.sms_secret"},
		{"infobip", "", "", "x", "", at.secret, "delivery.sms_url"},
		{"infobip", "https://x.example", "", "x", "", with_nul, "delivery.sms_secret"},
		{"infobip", "https://x.example/\r\nX:", "", "x", "", at.secret, "delivery.sms_url"},
		{"webhook", "", "", "", TEMPLATE, at.secret, "delivery.sms_url"},
		{"webhook", "https://x.example", "", "", "", at.secret, "delivery.sms_template"},
		{"webhook", "https://x.example", "", "", "{\"a\":{to}}", at.secret, "{text}"},
		{"webhook", "https://x.example", "", "", "{\"a\":{to},\"b\":\"{text}\"}", at.secret, "JSON"},
		{"webhook", "https://x.example", "", "", "[{to},{text}]", at.secret, "JSON"},
		{"webhook", "https://x.example", "", "", "{\"a\":{to},\"a\":{text}}", at.secret, "JSON"},
	};
	(void)state;
	assert_non_null(two_lines);
	assert_non_null(with_nul);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct sms_gateway g = {.url = cases[i].url, .account = cases[i].account, .user = "",
					      .sender = cases[i].sender, .template = cases[i].template,
					      .secret = cases[i].secret, .has_secret = cases[i].secret};
		if (sms_gateway_check(adapter(cases[i].name), &g, &at.why) != ERR_USAGE || !strstr(at.why.text, cases[i].says))
			fail_msg("%s %zu: %s", cases[i].name, i, at.why.text);
	}
	struct sms_gateway whole = gateway();
	static const char *const names[] = {"twilio", "vonage", "infobip", "webhook"};
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(sms_gateway_check(adapter(names[n]), &whole, &at.why), ERR_OK);
	assert_null(sms_adapter_find("spool"));
	secret_free(two_lines);
	secret_free(with_nul);
}

#define TWILIO_OK                                                                                                      \
	"{\"sid\":\"SM0123456789abcdef0123456789abcdef\",\"status\":\"queued\",\"error_code\":null,\"to\":\"+4791234567\"}"
#define TWILIO_ERROR(code, http)                                                                                       \
	"{\"code\":" #code ",\"message\":\"The 'To' number +4791234567 is not\",\"more_info\":\"x\",\"status\":" #http "}"
#define VONAGE(status)                                                                                                 \
	"{\"message-count\":\"1\",\"messages\":[{\"to\":\"4791234567\",\"message-id\":\"0C000000217B7F02\",\"status\":\"" \
	#status "\",\"error-text\":\"about +4791234567\"}]}"
#define INFOBIP(group, id)                                                                                             \
	"{\"bulkId\":\"b1\",\"messages\":[{\"messageId\":\"" ID "\",\"status\":{\"groupId\":" #group                     \
	",\"groupName\":\"G\",\"id\":" #id ",\"name\":\"N\",\"description\":\"about +4791234567\"},\"destination\":\"47\"}]}"

static const struct answer_case {
	const char *name;
	int status;
	const char *body;
	enum err wanted;
	const char *reference;
} answers[] = {
	{"twilio", 201, TWILIO_OK, ERR_OK, "SM0123456789abcdef0123456789abcdef"},
	{"twilio", 200, TWILIO_OK, ERR_UNAVAILABLE, ""},
	{"twilio", 201, "{\"sid\":\"SM1\",\"status\":\"failed\",\"error_code\":30003}", ERR_REFUSED, ""},
	{"twilio", 201, "", ERR_UNAVAILABLE, ""},
	{"twilio", 201, "{}", ERR_UNAVAILABLE, ""},
	{"twilio", 201, "{\"sid\":5}", ERR_UNAVAILABLE, ""},
	{"twilio", 201, "{\"sid\":\"a\\nb\"}", ERR_UNAVAILABLE, ""},
	{"twilio", 201, "{\"sid\":\"<script>\"}", ERR_UNAVAILABLE, ""},
	{"twilio", 201, "[\"SM1\"]", ERR_UNAVAILABLE, ""},
	{"twilio", 400, TWILIO_ERROR(21211, 400), ERR_REFUSED, ""},
	{"twilio", 400, TWILIO_ERROR(21610, 400), ERR_REFUSED, ""},
	{"twilio", 400, TWILIO_ERROR(21614, 400), ERR_REFUSED, ""},
	{"twilio", 400, TWILIO_ERROR(21606, 400), ERR_USAGE, ""},
	{"twilio", 400, TWILIO_ERROR(99999, 400), ERR_USAGE, ""},
	{"twilio", 400, "<html>", ERR_USAGE, ""},
	{"twilio", 401, TWILIO_ERROR(20003, 401), ERR_USAGE, ""},
	{"twilio", 404, TWILIO_ERROR(20404, 404), ERR_USAGE, ""},
	{"twilio", 429, TWILIO_ERROR(20429, 429), ERR_LIMIT, ""},
	{"twilio", 429, "", ERR_LIMIT, ""},
	{"twilio", 500, TWILIO_ERROR(20500, 500), ERR_UNAVAILABLE, ""},
	{"twilio", 503, "", ERR_UNAVAILABLE, ""},
	{"twilio", 302, TWILIO_OK, ERR_USAGE, ""},
	{"vonage", 200, VONAGE(0), ERR_OK, "0C000000217B7F02"},
	{"vonage", 200, VONAGE(1), ERR_LIMIT, ""},
	{"vonage", 200, VONAGE(2), ERR_USAGE, ""},
	{"vonage", 200, VONAGE(3), ERR_REFUSED, ""},
	{"vonage", 200, VONAGE(4), ERR_USAGE, ""},
	{"vonage", 200, VONAGE(5), ERR_UNAVAILABLE, ""},
	{"vonage", 200, VONAGE(6), ERR_REFUSED, ""},
	{"vonage", 200, VONAGE(7), ERR_REFUSED, ""},
	{"vonage", 200, VONAGE(8), ERR_USAGE, ""},
	{"vonage", 200, VONAGE(9), ERR_LIMIT, ""},
	{"vonage", 200, VONAGE(10), ERR_LIMIT, ""},
	{"vonage", 200, VONAGE(15), ERR_USAGE, ""},
	{"vonage", 200, VONAGE(33), ERR_REFUSED, ""},
	{"vonage", 200, VONAGE(777), ERR_USAGE, ""},
	{"vonage", 200, VONAGE(-1), ERR_UNAVAILABLE, ""},
	{"vonage", 200, VONAGE(00000000000), ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":\"0\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":true,\"message-id\":\"x\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":[0],\"message-id\":\"x\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":null,\"message-id\":\"x\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":\"\",\"message-id\":\"x\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":\"0\\u0000\",\"message-id\":\"x\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"x\"},{\"status\":\"1\"}]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":{\"status\":\"0\"}}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "{\"messages\":[\"0\"]}", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "ok", ERR_UNAVAILABLE, ""},
	{"vonage", 200, "", ERR_UNAVAILABLE, ""},
	{"vonage", 401, "", ERR_USAGE, ""},
	{"vonage", 429, "", ERR_LIMIT, ""},
	{"vonage", 502, VONAGE(0), ERR_UNAVAILABLE, ""},
	{"infobip", 200, INFOBIP(1, 26), ERR_OK, ID},
	{"infobip", 200, INFOBIP(3, 5), ERR_OK, ID},
	{"infobip", 200, INFOBIP(5, 23), ERR_OK, ID}, /* accepted before */
	{"infobip", 200, INFOBIP(5, 12), ERR_LIMIT, ""},
	{"infobip", 200, INFOBIP(5, 20), ERR_LIMIT, ""},
	{"infobip", 200, INFOBIP(5, 21), ERR_LIMIT, ""},
	{"infobip", 200, INFOBIP(5, 11), ERR_USAGE, ""},
	{"infobip", 200, INFOBIP(5, 6), ERR_REFUSED, ""},
	{"infobip", 200, INFOBIP(5, 52), ERR_REFUSED, ""},
	{"infobip", 200, INFOBIP(2, 9), ERR_REFUSED, ""},
	{"infobip", 200, INFOBIP(5, 9999), ERR_USAGE, ""},
	{"infobip", 200, INFOBIP(-5, 1), ERR_UNAVAILABLE, ""},
	{"infobip", 200, INFOBIP(1.5, 1), ERR_UNAVAILABLE, ""},
	{"infobip", 200, INFOBIP(99999999999, 1), ERR_UNAVAILABLE, ""},
	{"infobip", 200, "{\"messages\":[{\"status\":\"PENDING\"}]}", ERR_UNAVAILABLE, ""},
	{"infobip", 200, "{\"messages\":[]}", ERR_UNAVAILABLE, ""},
	{"infobip", 200, "{}", ERR_UNAVAILABLE, ""},
	{"infobip", 400, "{\"errorCode\":\"E400\"}", ERR_REFUSED, ""},
	{"infobip", 401, "{\"requestError\":{}}", ERR_USAGE, ""},
	{"infobip", 409, "", ERR_UNAVAILABLE, ""},
	{"infobip", 429, "", ERR_LIMIT, ""},
	{"infobip", 500, "", ERR_UNAVAILABLE, ""},
	{"webhook", 200, "{\"id\":\"m-1\"}", ERR_OK, "m-1"},
	{"webhook", 204, "", ERR_OK, ""},
	{"webhook", 202, "thanks", ERR_OK, ""},
	{"webhook", 200, "{\"id\":{}}", ERR_OK, ""},
	{"webhook", 400, "", ERR_REFUSED, ""},
	{"webhook", 422, "", ERR_REFUSED, ""},
	{"webhook", 401, "", ERR_USAGE, ""},
	{"webhook", 307, "", ERR_USAGE, ""},
	{"webhook", 409, "", ERR_UNAVAILABLE, ""}, /* the same key is still being worked on */
	{"webhook", 429, "", ERR_LIMIT, ""},
	{"webhook", 500, "", ERR_UNAVAILABLE, ""},
	{"webhook", 0, "", ERR_USAGE, ""},
};

static void every_documented_answer_means_what_is_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		const struct answer_case *c = &answers[i];
		const struct sms_answer a = {c->status, (const uint8_t *)c->body, strlen(c->body)};
		at.why.text[0] = '\0';
		enum err rc = sms_read(adapter(c->name), &a, at.reference, &at.why);
		if (rc != c->wanted || strcmp(at.reference, c->reference) != 0)
			fail_msg("%s %d %s: wanted %s [%s], had %s [%s]", c->name, c->status, c->body, err_word(c->wanted),
				 c->reference, err_word(rc), at.reference);
		/* What it says in words may repeat the number or the text. */
		if (strstr(at.why.text, "91234567") || (rc && !at.why.text[0]))
			fail_msg("%s %d: says [%s]", c->name, c->status, at.why.text);
	}
}

static void assert_no_success(const char *name, const char *what, const struct sms_answer *a)
{
	if (sms_read(adapter(name), a, at.reference, &at.why) == ERR_OK || at.reference[0])
		fail_msg("%s: %s was taken for a success", name, what);
}

static void a_hostile_answer_is_no_success(void **state)
{
	static const char *const names[] = {"twilio", "vonage", "infobip"};
	enum { HUGE_SIZE = SMS_ANSWER_MAX + 1, DEEP = 30000 };
	uint8_t *bytes = malloc(HUGE_SIZE);
	(void)state;
	assert_non_null(bytes);
	for (size_t n = 0; n < 3; n++) {
		int status = n == 0 ? 201 : 200;
		memset(bytes, '[', HUGE_SIZE);
		assert_no_success(names[n], "depth", &(struct sms_answer){status, bytes, DEEP});
		memset(bytes, ' ', HUGE_SIZE);
		memcpy(bytes, VONAGE(0), strlen(VONAGE(0)));
		assert_no_success(names[n], "what is too large", &(struct sms_answer){status, bytes, HUGE_SIZE});
		memset(bytes, 0, HUGE_SIZE);
		assert_no_success(names[n], "zeros", &(struct sms_answer){status, bytes, 4096});
		assert_no_success(names[n], "nothing", &(struct sms_answer){status, NULL, 0});
	}
	free(bytes);
}

/* Cut anywhere, a success is none any more; with a bit flipped it is what it says, and nothing crashes. */
static void a_cut_success_is_none(void **state)
{
	static const struct {
		const char *name;
		int status;
		const char *body;
	} whole[] = {{"twilio", 201, TWILIO_OK}, {"vonage", 200, VONAGE(0)}, {"infobip", 200, INFOBIP(1, 26)}};
	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t len = 0; len < strlen(whole[i].body); len++)
			assert_no_success(whole[i].name, "a cut answer",
					  &(struct sms_answer){whole[i].status, (const uint8_t *)whole[i].body, len});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(twilio_gets_a_form_with_basic_authentication, clear),
		cmocka_unit_test_teardown(twilio_takes_an_api_key_and_a_messaging_service, clear),
		cmocka_unit_test_teardown(vonage_gets_a_form_with_its_key_and_the_number_without_plus, clear),
		cmocka_unit_test_teardown(vonage_refuses_an_address_for_receipts_that_it_would_cut, clear),
		cmocka_unit_test_teardown(infobip_gets_json_with_our_id_as_its_own, clear),
		cmocka_unit_test_teardown(a_webhook_gets_the_template_filled_in_and_signed, clear),
		cmocka_unit_test_teardown(no_text_leaves_the_string_that_it_stands_in, clear),
		cmocka_unit_test_teardown(only_e164_and_one_segment_of_gsm_are_sent, clear),
		cmocka_unit_test_teardown(a_gateway_that_lacks_something_is_refused_at_start, clear),
		cmocka_unit_test_teardown(every_documented_answer_means_what_is_documented, clear),
		cmocka_unit_test_teardown(a_hostile_answer_is_no_success, clear),
		cmocka_unit_test_teardown(a_cut_success_is_none, clear),
	};
	return cmocka_run_group_tests_name("delivery_sms", tests, set_up, tear_down);
}
