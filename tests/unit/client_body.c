/* Bodies that are read and written piece by piece: they arrive whole, in constant memory, and a callback that fails ends
 * its own call alone. */
#include "base/clock.h"
#include "client/response.h"
#include "client/transport_lane.h"
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MIB = 1 << 20, FAILS = -1 };

static const counterfoil_client_options *const plain = NULL;

/* A source of bytes that tell their place. */
struct giver {
	counterfoil_source source;
	int64_t total, given;
	int64_t fails_at; /* 0: never */
	int rewinds;
};

static unsigned char byte_at(int64_t place)
{
	return (unsigned char)(place * 7 + place / 251);
}

static int64_t give(void *context, void *into, size_t most)
{
	struct giver *g = context;
	unsigned char *out = into;
	int64_t n = 0;
	if (g->fails_at && g->given >= g->fails_at)
		return FAILS;
	for (; n < (int64_t)most && g->given < g->total; n++)
		out[n] = byte_at(g->given++);
	return n;
}

static int again(void *context)
{
	struct giver *g = context;
	g->given = 0;
	g->rewinds++;
	return 0;
}

static struct giver giver_of(struct giver *at, int64_t total, int64_t length)
{
	return (struct giver){.source = {.read = give, .rewind = again, .context = at, .length = length}, .total = total};
}

/* A sink that keeps count. */
struct taker {
	counterfoil_sink sink;
	int64_t taken, fails_at;
	int begun, status;
	bool begin_fails, wrong;
	char type[64];
};

static int take_bytes(void *context, const void *bytes, size_t len)
{
	struct taker *t = context;
	for (size_t i = 0; i < len; i++)
		t->wrong = t->wrong || ((const unsigned char *)bytes)[i] != byte_at(t->taken + (int64_t)i);
	t->taken += (int64_t)len;
	return t->fails_at && t->taken >= t->fails_at;
}

static int take_head(void *context, const counterfoil_response *head)
{
	struct taker *t = context;
	const char *type = counterfoil_response_header(head, "Content-Type");
	t->begun++;
	t->status = counterfoil_response_status(head);
	snprintf(t->type, sizeof t->type, "%s", type ? type : "");
	if (t->taken)
		t->wrong = true;
	return t->begin_fails;
}

static struct taker taker_of(struct taker *at)
{
	return (struct taker){.sink = {.write = take_bytes, .begin = take_head, .context = at}};
}

static bool give_bytes(SSL *ssl, int status, int64_t total)
{
	unsigned char piece[16384];
	char head[128];
	snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Type: text/x-place\r\nContent-Length: %lld\r\n\r\n", status, (long long)total);
	bool more = tls_say(ssl, head);
	for (int64_t at = 0; more && at < total;) {
		int n = 0;
		for (; n < (int)sizeof piece && at < total; n++)
			piece[n] = byte_at(at++);
		more = SSL_write(ssl, piece, n) == n;
	}
	return more;
}

/* "/give/STATUS/BYTES" */
static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	int status;
	long long total;
	if (sscanf(request->path, "/give/%d/%lld", &status, &total) == 2)
		return give_bytes(ssl, status, total);
	if (strcmp(request->path, "/drip") == 0) {
		bool more = tls_say(ssl, "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
		for (int i = 0; more && i < 200; i++) {
			nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* the drip itself, until the client has gone */
			more = tls_say(ssl, "1\r\nx\r\n");
		}
		return false;
	}
	if (strcmp(request->path, "/head") == 0)
		return tls_reply(ssl, 200, NULL, request->head);
	if (strcmp(request->path, "/whole") == 0) {
		char text[64];
		bool right = true;
		for (size_t i = 0; i < request->body_len; i++)
			right = right && (unsigned char)request->body[i] == byte_at((int64_t)i);
		snprintf(text, sizeof text, "%zu %s %s", request->body_len, right ? "right" : "wrong",
			 strstr(request->head, "chunked") ? "chunked" : "counted");
		return tls_reply(ssl, 200, NULL, text);
	}
	return tls_reply(ssl, 200, NULL, "hello");
}

/* Long bodies are not kept: their length is the answer. */
static bool swallow(SSL *ssl, const char *head, struct tls_server *s, bool *more)
{
	(void)s;
	char text[32];
	if (!strstr(head, " /swallow "))
		return false;
	snprintf(text, sizeof text, "%lld", (long long)tls_swallow(ssl, head));
	*more = tls_reply(ssl, 200, NULL, text);
	return true;
}

static void expect_body(struct call_stage *stage, counterfoil_request *request, const char *want)
{
	counterfoil_response *response = NULL;
	stage_call(stage, request, COUNTERFOIL_OK, &response);
	assert_string_equal(counterfoil_response_body(response).data, want);
	counterfoil_response_free(response);
}

static void a_body_from_a_source_arrives_whole(void **state)
{
	(void)state;
	static const int64_t lengths[] = {0, 1, 16383, 16384, 65536, 65537, 700001};
	static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (int known = 0; known <= 1; known++) {
			char want[64];
			struct giver g = giver_of(&g, lengths[i], known ? lengths[i] : -1);
			snprintf(want, sizeof want, "%lld right %s", (long long)lengths[i], known ? "counted" : "chunked");
			expect_body(&stage, &(counterfoil_request){.method = methods[i % 4], .url = stage_url(&stage, "/whole"),
								    .source = &g.source}, want);
		}
	assert_int_equal(stage.server.connections, 1);
	stage_close(&stage);
}

static void a_source_that_has_more_than_its_length_sends_its_length(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	struct giver g = giver_of(&g, 5000, 1000);
	expect_body(&stage, &(counterfoil_request){.method = "PUT", .url = stage_url(&stage, "/whole"), .source = &g.source},
		    "1000 right counted");
	stage_is_sound(&stage);
	stage_close(&stage);
}

static int64_t too_many(void *context, void *into, size_t most)
{
	(void)context;
	memset(into, 0, most);
	return (int64_t)most + 1;
}

static void a_source_that_fails_ends_its_own_call(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	struct giver fails = giver_of(&fails, 100000, 100000), at_once = giver_of(&at_once, 100, 100);
	struct giver short_one = giver_of(&short_one, 999, 1000), in_chunks = giver_of(&in_chunks, 100000, -1);
	struct giver lies = giver_of(&lies, 100, -1);
	fails.fails_at = in_chunks.fails_at = 50000;
	at_once.source.read = lies.source.read = too_many;
	struct giver *const all[] = {&fails, &at_once, &short_one, &in_chunks, &lies};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int64_t began = clock_mono_ms();
		stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/whole"), .source = &all[i]->source},
			   COUNTERFOIL_READER_FAILED, NULL);
		if (clock_mono_ms() - began > 5000)
			fail_msg("case %zu took %lld ms", i, (long long)(clock_mono_ms() - began));
		stage_is_sound(&stage);
	}
	stage_close(&stage);
}

static void a_sink_takes_the_body_of_a_success_and_no_other(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	counterfoil_response *response = NULL;
	struct taker t = taker_of(&t);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/206/100000"), .sink = &t.sink}, COUNTERFOIL_OK, &response);
	assert_int_equal(t.taken, 100000);
	assert_int_equal(t.begun, 1);
	assert_int_equal(t.status, 206);
	assert_string_equal(t.type, "text/x-place");
	assert_false(t.wrong);
	assert_int_equal(counterfoil_response_body(response).len, 0);
	counterfoil_response_free(response);
	t = taker_of(&t);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/404/1000"), .sink = &t.sink}, COUNTERFOIL_OK, &response);
	assert_int_equal(t.begun + t.taken, 0);
	assert_int_equal(counterfoil_response_body(response).len, 1000);
	counterfoil_response_free(response);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/403/10"), .sink = &t.sink}, COUNTERFOIL_REFUSED, &response);
	assert_int_equal(counterfoil_response_body(response).len, 10);
	counterfoil_response_free(response);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/200/0"), .sink = &t.sink}, COUNTERFOIL_OK, NULL);
	assert_int_equal(t.begun + t.taken, 0);
	t.sink.begin = NULL;
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/200/10"), .sink = &t.sink}, COUNTERFOIL_OK, NULL);
	assert_int_equal(t.taken, 10);
	stage_close(&stage);
}

static void a_sink_that_fails_ends_its_own_call(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	for (int i = 0; i < 3; i++) {
		struct taker t = taker_of(&t);
		t.fails_at = i == 0 ? 1 : i == 1 ? 50000 : 0;
		t.begin_fails = i == 2;
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/200/100000"), .sink = &t.sink},
			   COUNTERFOIL_WRITER_FAILED, NULL);
		if (i == 2)
			assert_int_equal(t.taken, 0);
		assert_true(t.taken < 100000);
		stage_is_sound(&stage);
	}
	stage_close(&stage);
}

static void caps_hold_for_sinks_too(void **state)
{
	(void)state;
	const struct {
		const char *path;
		size_t cap;
		counterfoil_code want;
		int64_t most;
	} cases[] = {
		{"/give/200/100000", 0, COUNTERFOIL_OK, 100000}, /* beyond the client's cap, which is for memory */
		{"/give/200/100000", 100000, COUNTERFOIL_OK, 100000},
		{"/give/200/100000", 99999, COUNTERFOIL_TOO_LARGE, 99999},
		{"/give/500/100000", 0, COUNTERFOIL_TOO_LARGE, 0},
		{"/give/500/100000", 1 << 30, COUNTERFOIL_TOO_LARGE, 0},
		{"/drip", 3, COUNTERFOIL_TOO_LARGE, 3},
	};
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, &(counterfoil_client_options){.body_cap = 4096});
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct taker t = taker_of(&t);
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, cases[i].path), .sink = &t.sink,
							  .body_cap = cases[i].cap}, cases[i].want, NULL);
		if (t.taken > cases[i].most)
			fail_msg("case %zu: the sink was given %lld bytes", i, (long long)t.taken);
	}
	stage_close(&stage);
}

static size_t forget(char *bytes, size_t one, size_t len, void *data)
{
	(void)bytes;
	(void)data;
	return one * len;
}

/* libcurl's word for both is the same. */
static void memory_that_ends_behind_the_head_is_no_giant_line(void **state)
{
	(void)state;
	const struct transport_settings settings = {0};
	struct call_stage stage = {.server = {.answer = answer}};
	counterfoil_error error;
	stage_open(&stage, plain);
	struct lane lane = {.settings = &settings, .alert = -1, .easy = curl_easy_init(), .response = response_new(100, 100)};
	curl_easy_setopt(lane.easy, CURLOPT_URL, stage_url(&stage, "/give/200/10"));
	curl_easy_setopt(lane.easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(lane.easy, CURLOPT_WRITEFUNCTION, forget);
	assert_int_equal(curl_easy_perform(lane.easy), CURLE_OK);
	assert_int_equal(lane_verdict(&lane, CURLE_OUT_OF_MEMORY, &error), COUNTERFOIL_TOO_LARGE);
	lane.sunk = 10;
	assert_int_equal(lane_verdict(&lane, CURLE_OUT_OF_MEMORY, &error), COUNTERFOIL_OUT_OF_MEMORY);
	curl_easy_cleanup(lane.easy);
	counterfoil_response_free(lane.response);
	stage_close(&stage);
}

static void a_slow_drip_ends_with_the_total_time(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	struct taker t = taker_of(&t);
	int64_t began = clock_mono_ms();
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/drip"), .sink = &t.sink, .total_timeout_ms = 400},
		   COUNTERFOIL_TIMEOUT, NULL);
	if (clock_mono_ms() - began > 5000)
		fail_msg("took %lld ms", (long long)(clock_mono_ms() - began));
	stage_close(&stage);
}

struct told {
	int64_t sent, to_send, received, to_receive;
	int times, stops_at;
};

static int tell(void *context, int64_t sent, int64_t to_send, int64_t received, int64_t to_receive)
{
	struct told *t = context;
	struct told now = {sent, to_send, received, to_receive, t->times + 1, t->stops_at};
	*t = now;
	return t->stops_at && t->times >= t->stops_at;
}

static void progress_is_told_and_may_end_the_call(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer, .take = swallow}};
	stage_open(&stage, plain);
	struct told told = {0};
	struct taker t = taker_of(&t);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/give/200/300000"), .sink = &t.sink, .progress = tell,
						  .progress_context = &told}, COUNTERFOIL_OK, NULL);
	assert_true(told.times > 1);
	assert_int_equal(told.received, 300000);
	assert_int_equal(told.to_receive, 300000);
	assert_true(told.to_send < 0);
	struct giver g = giver_of(&g, 300000, 300000);
	stage_call(&stage, &(counterfoil_request){.method = "PUT", .url = stage_url(&stage, "/swallow"), .source = &g.source,
						  .progress = tell, .progress_context = &told}, COUNTERFOIL_OK, NULL);
	assert_int_equal(told.sent, 300000);
	assert_int_equal(told.to_send, 300000);
	told = (struct told){.stops_at = 2};
	t = taker_of(&t);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/drip"), .sink = &t.sink, .progress = tell,
						  .progress_context = &told}, COUNTERFOIL_STOPPED, NULL);
	stage_is_sound(&stage); /* and is not told of it */
	assert_int_equal(told.times, 2);
	stage_close(&stage);
}

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer keeps back what was freed, which is no growth of ours: little of it here. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=2";
}
#endif

/* The most memory that was resident since the last peak_reset (getrusage's would begin with our parent's). */
static long peak_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "r");
	assert_non_null(f);
	while (kib < 0 && fgets(line, sizeof line, f))
		sscanf(line, "VmHWM: %ld", &kib);
	fclose(f);
	assert_true(kib > 0);
	return kib;
}

static void peak_reset(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");
	assert_non_null(f);
	assert_true(fputs("5", f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* COUNTERFOIL_TRANSFER_MIB makes it longer; memory stays. Client and server are both in this process. */
static void long_bodies_go_both_ways_in_constant_memory(void **state)
{
	(void)state;
	enum { MOST_KIB = 16 * 1024 };
	const char *wanted = getenv("COUNTERFOIL_TRANSFER_MIB");
	int64_t total = (wanted ? strtoll(wanted, NULL, 10) : 64) * MIB;
	char path[64], want[32];
	struct call_stage stage = {.server = {.answer = answer, .take = swallow}};
	stage_open(&stage, &(counterfoil_client_options){.total_timeout_ms = 600000});
	stage_is_sound(&stage);
	peak_reset();
	long before = peak_kib();
	snprintf(path, sizeof path, "/give/200/%lld", (long long)total);
	snprintf(want, sizeof want, "%lld", (long long)total);
	struct taker t = taker_of(&t);
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, path), .sink = &t.sink}, COUNTERFOIL_OK, NULL);
	assert_int_equal(t.taken, total);
	assert_false(t.wrong);
	for (int known = 0; known <= 1; known++) {
		struct giver g = giver_of(&g, total, known ? total : -1);
		expect_body(&stage, &(counterfoil_request){.method = "PUT", .url = stage_url(&stage, "/swallow"), .source = &g.source}, want);
	}
	long grown = peak_kib() - before;
	print_message("%lld MiB down, up counted, up in chunks: %ld KiB more\n", (long long)(total / MIB), grown);
	if (grown > MOST_KIB)
		fail_msg("%lld MiB took %ld KiB of memory, %d at most", (long long)(total / MIB), grown, MOST_KIB);
	stage_close(&stage);
}

/* One lane after the other kind of request: nothing of the last is left. */
static void requests_of_every_kind_follow_each_other_on_one_connection(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	const counterfoil_part part = {.name = "a", .data = {"b", 1}};
	static const char *const shapes[] = {"get", "source", "head", "form", "memory", "delete", "source", "get", "form", "head", "source",
					     "memory", "get", "form", "delete"};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		char kind = shapes[i][0];
		struct giver g = giver_of(&g, 10, i % 2 ? 10 : -1);
		counterfoil_response *response = NULL;
		counterfoil_request request = {.url = stage_url(&stage, kind == 's' ? "/whole" : "/head")};
		request.method = kind == 'g' ? "GET" : kind == 'h' ? "HEAD" : kind == 'd' ? "DELETE" : "POST";
		if (kind == 's')
			request.source = &g.source;
		if (kind == 'm')
			request.body = (counterfoil_bytes){"12345", 5};
		if (kind == 'f') {
			request.parts = &part;
			request.part_count = 1;
		}
		if (kind == 'h') /* the answer's body would be taken for the next head */
			request.url = stage_url(&stage, "/give/200/0");
		stage_call(&stage, &request, COUNTERFOIL_OK, &response);
		const char *had = counterfoil_response_body(response).data;
		bool has_length = strstr(had, "Content-Length:"), is_form = strstr(had, "multipart/form-data; boundary=");
		if (kind == 's')
			assert_non_null(strstr(had, "10 right"));
		else if (has_length != (kind == 'f' || kind == 'm') || is_form != (kind == 'f'))
			fail_msg("number %zu, %s: %s", i, shapes[i], had);
		if (strstr(had, "chunked") && !(kind == 's' && i % 2 == 0))
			fail_msg("number %zu, %s: %s", i, shapes[i], had);
		counterfoil_response_free(response);
	}
	assert_int_equal(stage.server.connections, 1);
	stage_close(&stage);
}

static void requests_that_contradict_themselves_are_refused(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	struct giver g = giver_of(&g, 1, 1);
	const counterfoil_source mute = {.length = 1};
	const counterfoil_sink deaf = {.begin = take_head};
	const counterfoil_part part = {.name = "a"};
	const counterfoil_request cases[] = {
		{.body = {"x", 1}, .source = &g.source}, {.parts = &part, .part_count = 1, .source = &g.source},
		{.parts = &part, .part_count = 1, .body = {"x", 1}}, {.source = &mute}, {.sink = &deaf}, {.retries = 101},
		{.part_count = 1}, {.parts = &part, .part_count = 65},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_request request = cases[i];
		request.method = "POST";
		request.url = stage_url(&stage, "/hello");
		stage_call(&stage, &request, COUNTERFOIL_BAD_INPUT, NULL);
	}
	assert_int_equal(stage.server.requests, 0);
	stage_close(&stage);
}

static void a_request_of_the_first_version_is_taken_and_one_of_a_later_is_not(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, plain);
	const size_t first = offsetof(counterfoil_request, source);
	const struct {
		size_t size;
		int beyond; /* what stands behind the first version's members */
		counterfoil_code want;
	} cases[] = {
		{0, 0, COUNTERFOIL_BAD_INPUT}, {first - sizeof(uint64_t), 0, COUNTERFOIL_BAD_INPUT}, {first, 0xff, COUNTERFOIL_OK},
		{sizeof(counterfoil_request), 0, COUNTERFOIL_OK}, {sizeof(counterfoil_request), 0xff, COUNTERFOIL_BAD_INPUT},
		{sizeof(counterfoil_request) + 8, 0, COUNTERFOIL_BAD_INPUT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_response *response = NULL;
		struct {
			counterfoil_request request;
			char later[8];
		} given = {.request = {.size = cases[i].size, .url = stage_url(&stage, "/hello")}};
		memset((char *)&given + first, cases[i].beyond, sizeof given - first);
		counterfoil_code had = counterfoil_call(stage.client, &given.request, &response, NULL);
		if (had != cases[i].want)
			fail_msg("case %zu: %s", i, counterfoil_code_word(had));
		counterfoil_response_free(response);
	}
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_bodies_go_both_ways_in_constant_memory),
		cmocka_unit_test(a_body_from_a_source_arrives_whole),
		cmocka_unit_test(a_source_that_has_more_than_its_length_sends_its_length),
		cmocka_unit_test(a_source_that_fails_ends_its_own_call),
		cmocka_unit_test(a_sink_takes_the_body_of_a_success_and_no_other),
		cmocka_unit_test(a_sink_that_fails_ends_its_own_call),
		cmocka_unit_test(caps_hold_for_sinks_too),
		cmocka_unit_test(memory_that_ends_behind_the_head_is_no_giant_line),
		cmocka_unit_test(a_slow_drip_ends_with_the_total_time),
		cmocka_unit_test(progress_is_told_and_may_end_the_call),
		cmocka_unit_test(requests_of_every_kind_follow_each_other_on_one_connection),
		cmocka_unit_test(requests_that_contradict_themselves_are_refused),
		cmocka_unit_test(a_request_of_the_first_version_is_taken_and_one_of_a_later_is_not),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}
