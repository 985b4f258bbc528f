/* HTTP/2 is spoken when the server agrees to it and nobody said otherwise; its floods are bounded like HTTP/1.1's. The
 * server's side is a few frames written by hand (RFC 9113). */
#include "base/clock.h"
#include "tests/support/call_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <string.h>

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, CONTINUATION = 9, END_STREAM = 1, END_HEADERS = 4, FRAME_MAX = 16384 };

struct frame {
	int type, flags;
	uint32_t stream;
	size_t len;
	uint8_t payload[FRAME_MAX];
};

static bool read_all(SSL *ssl, uint8_t *out, size_t len)
{
	while (len > 0) {
		int n = SSL_read(ssl, out, (int)len);
		if (n <= 0)
			return false;
		out += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_frame(SSL *ssl, struct frame *f)
{
	uint8_t head[9];
	if (!read_all(ssl, head, sizeof head))
		return false;
	f->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
	f->type = head[3];
	f->flags = head[4];
	f->stream = (uint32_t)(head[5] & 0x7f) << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
	return f->len <= sizeof f->payload && read_all(ssl, f->payload, f->len);
}

static bool write_frame(SSL *ssl, int type, int flags, uint32_t stream, const char *payload, size_t len)
{
	uint8_t out[9 + 4096] = {(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,	    (uint8_t)type,	(uint8_t)flags,
				 (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
	assert_true(len <= 4096);
	if (len)
		memcpy(out + 9, payload, len);
	return SSL_write(ssl, out, (int)(9 + len)) > 0;
}

/* HPACK: ":status: 200" is number 8 of the static table. */
static bool say_two(SSL *ssl, uint32_t stream)
{
	return write_frame(ssl, HEADERS, END_HEADERS, stream, "\x88", 1) && write_frame(ssl, DATA, END_STREAM, stream, "two", 3);
}

/* Headers in so many frames (0: endless) of so many fields of 100 bytes: literals without indexing, named "x-a". */
static bool flood(SSL *ssl, uint32_t stream, int frames, size_t fields)
{
	enum { FIELD = 5 + 1 + 94 };
	char frame[40 * FIELD];
	assert_true(fields * FIELD <= sizeof frame);
	for (size_t i = 0; i < fields; i++) {
		memset(frame + i * FIELD, 'v', FIELD);
		memcpy(frame + i * FIELD, "\0\3x-a\x5e", 6);
	}
	bool more = write_frame(ssl, HEADERS, 0, stream, "\x88", 1);
	for (int i = 1; more && (frames == 0 || i <= frames); i++)
		more = write_frame(ssl, CONTINUATION, i == frames ? END_HEADERS : 0, stream, frame, fields * FIELD);
	return more && write_frame(ssl, DATA, END_STREAM, stream, "two", 3);
}

static bool many_fields(SSL *ssl, uint32_t stream)
{
	return flood(ssl, stream, 5, 40);
}

static bool some_fields(SSL *ssl, uint32_t stream)
{
	return flood(ssl, stream, 2, 30);
}

static bool endless_frames(SSL *ssl, uint32_t stream)
{
	return flood(ssl, stream, 0, 1);
}

static bool endless_fields(SSL *ssl, uint32_t stream)
{
	return flood(ssl, stream, 0, 40);
}

static bool endless_data(SSL *ssl, uint32_t stream)
{
	static const char bytes[1000] = "x";
	bool more = write_frame(ssl, HEADERS, END_HEADERS, stream, "\x88", 1);
	while (more)
		more = write_frame(ssl, DATA, 0, stream, bytes, sizeof bytes);
	return false;
}

typedef bool reply(SSL *ssl, uint32_t stream);

static void talk(SSL *ssl, struct tls_server *s)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	reply *const *how = s->context;
	char had[sizeof preface - 1];
	struct frame f;
	if (!read_all(ssl, (uint8_t *)had, sizeof had) || memcmp(had, preface, sizeof had) != 0 ||
	    !write_frame(ssl, SETTINGS, 0, 0, NULL, 0))
		return;
	while (read_frame(ssl, &f))
		if (f.type == HEADERS) {
			s->requests++;
			if (!(*how)(ssl, f.stream))
				return;
		}
}

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	return tls_reply(ssl, 200, NULL, strstr(request->head, " HTTP/1.1\r\n") ? "one" : "?");
}

static void expect_answer(const char *alpn, counterfoil_http http, const char *want)
{
	reply *how = say_two;
	struct call_stage stage = {.server = {.answer = answer, .talk = talk, .alpn = alpn, .context = &how}};
	stage_open(&stage, &(counterfoil_client_options){.http = http});
	for (int i = 0; i < 3; i++) {
		counterfoil_response *response = NULL;
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/")}, COUNTERFOIL_OK, &response);
		assert_string_equal(counterfoil_response_body(response).data, want);
		assert_int_equal(counterfoil_response_status(response), 200);
		counterfoil_response_free(response);
	}
	assert_int_equal(stage.server.connections, 1);
	assert_int_equal(stage.server.requests, 3);
	stage_close(&stage);
}

static void http_2_is_spoken_where_the_server_has_it(void **state)
{
	(void)state;
	expect_answer("h2", COUNTERFOIL_HTTP_AUTO, "two");
	expect_answer(NULL, COUNTERFOIL_HTTP_AUTO, "one");
}

static void http_2_is_left_out_when_told(void **state)
{
	(void)state;
	expect_answer("h2", COUNTERFOIL_HTTP_1_1, "one");
}

static void an_event_loop_speaks_http_2_too(void **state)
{
	(void)state;
	enum { CALLS = 8, KEPT = 4 };
	reply *how = say_two;
	struct poll_loop loop;
	struct told told[CALLS];
	struct call_stage stage = {.server = {.answer = answer, .talk = talk, .alpn = "h2", .context = &how}};
	stage_open(&stage, &(counterfoil_client_options){.connections_kept = KEPT});
	loop_open(&loop, stage.client);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < CALLS; i++)
			loop_start(&loop, &(counterfoil_request){.url = stage_url(&stage, "/"), .method = i % 2 ? "POST" : NULL}, &told[i]);
		loop_run(&loop);
		for (int i = 0; i < CALLS; i++)
			expect_told("a call", &told[i], COUNTERFOIL_OK, "two");
	}
	assert_int_equal(stage.server.connections, 2 * CALLS - KEPT);
	assert_int_equal(stage.server.requests, 2 * CALLS);
	*(reply **)stage.server.context = endless_frames;
	loop_start(&loop, &(counterfoil_request){.url = stage_url(&stage, "/")}, &told[0]);
	loop_run(&loop);
	expect_told("endless", &told[0], COUNTERFOIL_BROKEN, NULL);
	loop_close(&loop);
	stage_close(&stage);
}

static void floods_of_http_2_are_bounded(void **state)
{
	(void)state;
	static const struct {
		reply *how;
		counterfoil_code want;
	} floods[] = {
		{some_fields, COUNTERFOIL_OK},
		{many_fields, COUNTERFOIL_TOO_LARGE},
		{endless_frames, COUNTERFOIL_BROKEN}, /* libnghttp2 counts them, */
		{endless_fields, COUNTERFOIL_BROKEN}, /* and their bytes */
		{endless_data, COUNTERFOIL_TOO_LARGE},
	};
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
		reply *how = floods[i].how;
		struct call_stage stage = {.server = {.answer = answer, .talk = talk, .alpn = "h2", .context = &how}};
		stage_open(&stage, &(counterfoil_client_options){.header_cap = 8192, .body_cap = 8192, .total_timeout_ms = 10000});
		int64_t began = clock_mono_ms();
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/")}, floods[i].want, NULL);
		if (clock_mono_ms() - began > 5000)
			fail_msg("flood %zu: %lld ms", i, (long long)(clock_mono_ms() - began));
		stage_close(&stage);
	}
}

/* RFC 9113, 7: REFUSED_STREAM and HTTP_1_1_REQUIRED. Neither was acted upon. */
static bool refuse_stream(SSL *ssl, uint32_t stream)
{
	return write_frame(ssl, RST_STREAM, 0, stream, "\0\0\0\x07", 4);
}

static bool want_http_1(SSL *ssl, uint32_t stream)
{
	return write_frame(ssl, RST_STREAM, 0, stream, "\0\0\0\x0d", 4);
}

/* Apache does so where it demands a certificate for a path alone. */
static void what_a_server_sends_back_to_http_1_goes_there_though_it_may_do_harm(void **state)
{
	(void)state;
	reply *how = want_http_1;
	struct call_stage stage = {.server = {.answer = answer, .talk = talk, .alpn = "h2", .context = &how}};
	stage_open(&stage, NULL);
	for (int i = 0; i < 2; i++) {
		counterfoil_response *response = NULL;
		counterfoil_request request = {.method = "POST", .url = stage_url(&stage, "/"), .body = {"dear", 4}};
		stage_call(&stage, &request, COUNTERFOIL_OK, &response);
		assert_string_equal(counterfoil_response_body(response).data, "one");
		counterfoil_response_free(response);
	}
	assert_int_equal(stage.server.connections, 2);
	assert_int_equal(stage.server.requests, 3);
	stage_close(&stage);
}

static void what_may_do_harm_is_sent_a_second_time_and_no_third(void **state)
{
	(void)state;
	reply *how = refuse_stream;
	struct call_stage stage = {.server = {.answer = answer, .talk = talk, .alpn = "h2", .context = &how}};
	stage_open(&stage, NULL);
	stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/"), .body = {"dear", 4}},
		   COUNTERFOIL_BROKEN, NULL);
	assert_in_range(stage.server.requests, 1, 2);
	stage_close(&stage);
}

/* HAProxy does so when it refuses; libcurl 7.88 makes nothing of the answer before it. */
static bool answer_and_cancel(SSL *ssl, uint32_t stream)
{
	return say_two(ssl, stream) && write_frame(ssl, RST_STREAM, 0, stream, "\0\0\0\x08", 4);
}

static void who_is_cut_off_with_a_body_is_told_what_to_do(void **state)
{
	(void)state;
	static const char body[1 << 20] = "dear";
	reply *how = answer_and_cancel;
	counterfoil_response *response = NULL;
	counterfoil_error error;
	struct call_stage stage = {.server = {.answer = answer, .talk = talk, .alpn = "h2", .context = &how}};
	stage_open(&stage, NULL);
	const counterfoil_request request = {
		.size = sizeof request, .method = "POST", .url = stage_url(&stage, "/"), .body = {body, sizeof body}};
	if (counterfoil_call(stage.client, &request, &response, &error) == COUNTERFOIL_BROKEN)
		assert_non_null(strstr(error.text, "by HTTP/1.1 it can say why"));
	else /* a libcurl that does better */
		assert_int_equal(error.code, COUNTERFOIL_OK);
	counterfoil_response_free(response);
	stage_close(&stage);
}

static void other_versions_are_no_option(void **state)
{
	(void)state;
	counterfoil_client *client = NULL;
	const counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_SYSTEM, .http = (counterfoil_http)2};
	assert_int_equal(counterfoil_client_new(&options, &client, NULL), COUNTERFOIL_BAD_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_2_is_spoken_where_the_server_has_it),
		cmocka_unit_test(http_2_is_left_out_when_told),
		cmocka_unit_test(an_event_loop_speaks_http_2_too),
		cmocka_unit_test(floods_of_http_2_are_bounded),
		cmocka_unit_test(what_a_server_sends_back_to_http_1_goes_there_though_it_may_do_harm),
		cmocka_unit_test(what_may_do_harm_is_sent_a_second_time_and_no_third),
		cmocka_unit_test(who_is_cut_off_with_a_body_is_told_what_to_do),
		cmocka_unit_test(other_versions_are_no_option),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}
