/* Each allocation and each call into OpenSSL of what makes requests to gateways and reads their answers fails in turn: no
 * request that is not whole, no success that was not one. */
#include "tests/support/failing.h"
#include "tests/support/test.h"

#include "delivery/sms.h"

#include <string.h>

enum { SAMPLE = 200 };

static const struct {
	const char *name;
	int status;
	const char *body;
} gateways[] = {
	{"twilio", 201, "{\"sid\":\"SM1\",\"status\":\"queued\"}"},
	{"vonage", 200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"V1\"}]}"},
	{"infobip", 200, "{\"messages\":[{\"messageId\":\"I1\",\"status\":{\"groupId\":1,\"id\":26}}]}"},
	{"webhook", 200, "{\"id\":\"W1\"}"},
};

static struct {
	struct secret *secret;
	const struct sms_adapter *adapter;
	struct sms_answer answer;
	struct sms_request made;
	size_t whole; /* bytes of the body when nothing fails */
	char reference[SMS_REFERENCE_SIZE];
	struct errbuf why;
} at;

static enum err act_build(void)
{
	const struct sms_gateway g = {.url = "https://x.example", .account = "AC1", .user = "", .sender = "Nordbank",
				      .template = "{\"to\":{to},\"text\":{text}}", .secret = at.secret, .signing = at.secret};
	const struct sms_job job = {.id = "k3", .to = "+4791234567", .text = "text", .receipt = "https://y.example/r", .now = 5};
	return sms_build(at.adapter, &g, &job, &at.made, &at.why);
}

static void whole_or_none(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	if (rc == ERR_OK && !failed)
		at.whole = at.made.body.len;
	failing_require(rc != ERR_OK || at.whole == 0 || at.made.body.len == at.whole);
	for (size_t i = 0; rc == ERR_OK && i < at.made.headers; i++)
		failing_require(buf_string(&at.made.header[i]) && strchr(buf_string(&at.made.header[i]), ':'));
	sms_request_clear(&at.made);
}

static void measure(void)
{
	if (at.whole == 0 && act_build() == ERR_OK) {
		at.whole = at.made.body.len;
		sms_request_clear(&at.made);
	}
}

static enum err act_read(void)
{
	return sms_read(at.adapter, &at.answer, at.reference, &at.why);
}

/* A webhook's 2xx is a success whatever its body. */
static void success_or_again(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK || rc == ERR_UNAVAILABLE);
	failing_require(rc != ERR_OK || at.reference[0] || strcmp(at.adapter->name, "webhook") == 0);
}

static void a_request_is_whole_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof gateways / sizeof gateways[0]; i++) {
		const struct failing_work work = {.name = gateways[i].name, .before = measure, .act = act_build,
						  .after = whole_or_none, .without_sqlite = true,
						  .without_openssl = strcmp(gateways[i].name, "webhook") != 0};
		at.adapter = sms_adapter_find(gateways[i].name);
		at.whole = 0;
		failing_each(&work, SAMPLE);
	}
}

static void an_answer_is_read_or_asked_for_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof gateways / sizeof gateways[0]; i++) {
		const struct failing_work work = {.name = gateways[i].name, .act = act_read, .after = success_or_again,
						  .without_sqlite = true, .without_openssl = true};
		at.adapter = sms_adapter_find(gateways[i].name);
		at.answer = (struct sms_answer){gateways[i].status, (const uint8_t *)gateways[i].body, strlen(gateways[i].body)};
		failing_each(&work, SAMPLE);
	}
}

static int set_up(void **state)
{
	(void)state;
	at.secret = secret_copy("s3cret", 6);
	return at.secret ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	secret_free(at.secret);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_whole_or_none),
		cmocka_unit_test(an_answer_is_read_or_asked_for_again),
	};
	return cmocka_run_group_tests_name("delivery_sms_failing", tests, set_up, tear_down);
}
