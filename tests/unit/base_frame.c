#include "tests/support/test.h"

#include "base/clock.h"
#include "base/frame.h"
#include "base/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static int setup(void **state)
{
	(void)state;
	return frame_pair(ends);
}

static int teardown(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static int64_t soon(void)
{
	return clock_mono_ms() + 100;
}

static void a_frame_arrives_as_it_was_sent(void **state)
{
	(void)state;
	struct buf store = BUF_INIT(100);
	struct frame in;
	struct frame out = {.id = 0x0102030405060708, .op = 7, .status = ERR_LOCKED, .body = (const uint8_t *)"body", .len = 4};
	assert_int_equal(frame_send(ends[0], &out, soon()), ERR_OK);
	assert_int_equal(frame_receive(ends[1], &store, &in, soon()), ERR_OK);
	assert_true(in.id == out.id);
	assert_int_equal(in.op, 7);
	assert_int_equal(in.status, ERR_LOCKED);
	assert_int_equal(in.len, 4);
	assert_memory_equal(in.body, "body", 4);
	buf_free(&store);
}

static void *send_large(void *bytes)
{
	struct frame out = {.id = 1, .op = 1, .body = bytes, .len = 3000000};
	return frame_send(ends[0], &out, clock_mono_ms() + 5000) == ERR_OK ? bytes : NULL;
}

static void a_body_larger_than_the_socket_arrives_whole(void **state)
{
	(void)state;
	uint8_t *bytes = test_malloc(3000000);
	for (size_t i = 0; i < 3000000; i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	pthread_t sender;
	assert_int_equal(pthread_create(&sender, NULL, send_large, bytes), 0);
	struct buf store = BUF_INIT(3000000);
	struct frame in;
	assert_int_equal(frame_receive(ends[1], &store, &in, clock_mono_ms() + 5000), ERR_OK);
	void *sent;
	pthread_join(sender, &sent);
	assert_non_null(sent);
	assert_memory_equal(in.body, bytes, 3000000);
	buf_free(&store);
	test_free(bytes);
}

static void a_body_above_the_cap_is_refused_before_it_is_read(void **state)
{
	(void)state;
	struct buf store = BUF_INIT(3);
	struct frame in, out = {.id = 1, .body = (const uint8_t *)"four", .len = 4};
	assert_int_equal(frame_send(ends[0], &out, soon()), ERR_OK);
	assert_int_equal(frame_receive(ends[1], &store, &in, soon()), ERR_TOO_LARGE);
	assert_int_equal(store.allocated, 0);
	buf_free(&store);
}

static void every_cut_of_a_frame_is_an_end_not_a_frame(void **state)
{
	(void)state;
	uint8_t whole[FRAME_HEADER_SIZE + 4];
	struct frame out = {.id = 1, .body = (const uint8_t *)"four", .len = 4};
	frame_header_write(whole, &out);
	memcpy(whole + FRAME_HEADER_SIZE, "four", 4);
	for (size_t cut = 0; cut < sizeof whole; cut++) {
		int pair[2];
		struct buf store = BUF_INIT(100);
		struct frame in;
		assert_int_equal(frame_pair(pair), ERR_OK);
		assert_int_equal(send(pair[0], whole, cut, 0), cut);
		close(pair[0]);
		assert_int_equal(frame_receive(pair[1], &store, &in, soon()), ERR_CLOSED);
		close(pair[1]);
		buf_free(&store);
	}
}

static void silence_is_a_time_out_and_half_a_frame_is_not(void **state)
{
	(void)state;
	struct buf store = BUF_INIT(100);
	struct frame in;
	assert_int_equal(frame_receive(ends[1], &store, &in, clock_mono_ms() + 20), ERR_TIMEOUT);
	assert_int_equal(send(ends[0], "\0\0\0", 3, 0), 3);
	assert_int_equal(frame_receive(ends[1], &store, &in, clock_mono_ms() + 20), ERR_CLOSED);
	buf_free(&store);
}

static void an_unknown_status_is_malformed(void **state)
{
	(void)state;
	uint8_t header[FRAME_HEADER_SIZE] = {0};
	struct frame in;
	header[7] = ERR_COUNT;
	assert_int_equal(frame_header_read(header, 10, &in), ERR_MALFORMED);
	header[7] = ERR_COUNT - 1;
	assert_int_equal(frame_header_read(header, 10, &in), ERR_OK);
	header[6] = 1;
	assert_int_equal(frame_header_read(header, 10, &in), ERR_MALFORMED);
}

static void a_descriptor_travels_and_closes_on_exec(void **state)
{
	(void)state;
	struct buf store = BUF_INIT(100);
	struct frame in, out = {.id = 1, .body = (const uint8_t *)"name", .len = 4};
	int pipes[2], passed = -1;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(frame_send_fd(ends[0], &out, pipes[1], soon()), ERR_OK);
	close(pipes[1]);
	assert_int_equal(frame_receive_fd(ends[1], &store, &in, &passed, soon()), ERR_OK);
	assert_true(passed >= 0);
	assert_true(fcntl(passed, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(passed, "x", 1), 1);
	char c = 0;
	assert_int_equal(read(pipes[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	close(passed);
	close(pipes[0]);
	buf_free(&store);
}

static void sending_to_nobody_is_closed_not_a_signal(void **state)
{
	(void)state;
	struct frame out = {.id = 1};
	close(ends[1]);
	assert_int_equal(frame_send(ends[0], &out, soon()), ERR_CLOSED);
	assert_int_equal(frame_pair(ends), ERR_OK);
}

static void packed_fields_come_back_and_every_cut_is_refused(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(200);
	pack_u8(&b, 5);
	pack_u32(&b, 0xdeadbeef);
	pack_i64(&b, -3);
	pack_text(&b, "text");
	pack_bytes(&b, "\1\2\3", 3);
	for (size_t len = 0; len <= b.len; len++) {
		char text[5];
		uint8_t three[3];
		struct unpack u = unpack_begin(b.data, len);
		uint8_t first = unpack_u8(&u);
		uint32_t second = unpack_u32(&u);
		int64_t third = unpack_i64(&u);
		unpack_text(&u, text, sizeof text);
		unpack_fixed(&u, three, 3);
		if (len < b.len) {
			assert_int_equal(unpack_end(&u), ERR_MALFORMED);
			continue;
		}
		assert_int_equal(unpack_end(&u), ERR_OK);
		assert_int_equal(first, 5);
		assert_int_equal(second, 0xdeadbeef);
		assert_true(third == -3);
		assert_string_equal(text, "text");
		assert_memory_equal(three, "\1\2\3", 3);
	}
	buf_free(&b);
}

static void unpacking_refuses_what_does_not_fit(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(200);
	char text[4];
	pack_text(&b, "text");
	struct unpack u = unpack_begin(b.data, b.len);
	unpack_text(&u, text, sizeof text);
	assert_int_equal(unpack_end(&u), ERR_MALFORMED);
	buf_clear(&b);
	pack_bytes(&b, "a\0b", 3);
	u = unpack_begin(b.data, b.len);
	unpack_text(&u, text, sizeof text);
	assert_int_equal(unpack_end(&u), ERR_MALFORMED);
	buf_byte(&b, 0);
	u = unpack_begin(b.data, b.len);
	size_t n;
	unpack_bytes(&u, &n);
	assert_int_equal(n, 3);
	assert_int_equal(unpack_end(&u), ERR_MALFORMED); /* a byte is left over */
	buf_free(&b);
}

int main(void)
{
#define WITH_PAIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_frame_arrives_as_it_was_sent),
		WITH_PAIR(a_body_larger_than_the_socket_arrives_whole),
		WITH_PAIR(a_body_above_the_cap_is_refused_before_it_is_read),
		cmocka_unit_test(every_cut_of_a_frame_is_an_end_not_a_frame),
		WITH_PAIR(silence_is_a_time_out_and_half_a_frame_is_not),
		cmocka_unit_test(an_unknown_status_is_malformed),
		WITH_PAIR(a_descriptor_travels_and_closes_on_exec),
		WITH_PAIR(sending_to_nobody_is_closed_not_a_signal),
		cmocka_unit_test(packed_fields_come_back_and_every_cut_is_refused),
		cmocka_unit_test(unpacking_refuses_what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
