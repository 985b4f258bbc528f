/* The front's end of the OCSP packets, its ready answers and its limit, at times of the test's choice. */
#include "tests/support/test.h"

#include "issuer/http/ocsp_cache.h"
#include "issuer/http/ocsp_lane.h"
#include "issuer/http/ocsp_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int signer = -1;
static struct ocsp_lane *lane;
static struct ocsp_job jobs[64];
static struct ocsp_told last;
static size_t told_count;

static void on_told(void *ctx, struct ocsp_job *job, const struct ocsp_told *told)
{
	assert_ptr_equal(ctx, jobs);
	assert_true(job >= jobs && job < jobs + COUNT(jobs));
	assert_int_equal(job->ask.id, told->id);
	last = *told;
	told_count++;
}

static int begin(void **state)
{
	int ends[2];
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -1;
	signer = ends[0];
	told_count = 0;
	for (size_t i = 0; i < COUNT(jobs); i++) {
		jobs[i] = (struct ocsp_job){.ask = {.count = 1}};
		jobs[i].ask.singles[0] = (struct ocsp_single){.serial = {1}, .serial_len = 1};
	}
	return ocsp_lane_new(ends[1], on_told, jobs, &lane) == ERR_OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	ocsp_lane_abandon(lane);
	ocsp_lane_free(lane);
	close(signer);
	return 0;
}

/* All that a round does. */
static void work(struct ocsp_lane *l, int64_t now_ms)
{
	for (int i = 0; i < 8; i++) /* packets */
		ocsp_lane_receive(l);
	ocsp_lane_send(l, now_ms);
}

/* The ids of the next packet; how many. */
static size_t asked(uint64_t ids[64])
{
	uint8_t packet[OCSP_PACKET_MAX];
	ssize_t len = recv(signer, packet, sizeof packet, MSG_DONTWAIT);
	struct unpack u = unpack_begin(packet, len > 0 ? (size_t)len : 0);
	size_t n = 0;
	struct ocsp_ask a;
	while (u.left) {
		assert_int_equal(ocsp_ask_unpack(&u, &a), ERR_OK);
		ids[n++] = a.id;
	}
	return n;
}

static void answer(uint64_t id)
{
	struct buf out = BUF_INIT(OCSP_TOLD_MAX);
	const struct ocsp_told told = {.id = id, .this_update = 1, .next_update = 2, .der = (const uint8_t *)"der", .len = 3};
	ocsp_told_pack(&told, &out);
	assert_int_equal(send(signer, out.data, out.len, MSG_DONTWAIT), (ssize_t)out.len);
	buf_free(&out);
}

static void what_waits_goes_out_in_one_packet_and_comes_back(void **state)
{
	(void)state;
	uint64_t ids[64];
	for (size_t i = 0; i < 5; i++)
		ocsp_lane_put(lane, &jobs[i], 1000);
	assert_int_equal(ocsp_lane_wait(lane, 1000), 0);
	work(lane, 1000);
	assert_int_equal(asked(ids), 5);
	assert_true(ocsp_lane_wait(lane, 1000) > 0);
	for (size_t i = 0; i < 5; i++)
		answer(ids[4 - i]); /* in whatever order */
	work(lane, 1001);
	assert_int_equal(told_count, 5);
	assert_int_equal(last.len, 3);
	assert_int_equal(ocsp_lane_wait(lane, 1001), -1);
}

static void what_a_dead_signer_had_in_work_is_asked_again_under_its_number(void **state)
{
	(void)state;
	uint64_t first[64], second[64];
	ocsp_lane_put(lane, &jobs[0], 1000);
	work(lane, 1000);
	assert_int_equal(asked(first), 1);
	work(lane, 1499);
	assert_int_equal(asked(second), 0);
	work(lane, 1500);
	assert_int_equal(asked(second), 1);
	assert_true(first[0] == second[0]);
	answer(first[0]);
	answer(second[0]); /* both were answered: the second is nobody's */
	work(lane, 1501);
	assert_int_equal(told_count, 1);
}

static void what_nobody_answers_is_given_up(void **state)
{
	(void)state;
	uint64_t ids[64];
	size_t copies = 0;
	ocsp_lane_put(lane, &jobs[0], 1000);
	for (int64_t now = 1000; now < 6000; now += 100) {
		assert_int_equal(told_count, now > 5000);
		work(lane, now);
		copies += asked(ids);
		if (now == 2000)
			assert_int_equal(ocsp_lane_wait(lane, now), 3000);
	}
	assert_int_equal(copies, 2); /* a signer that is alive and slow signs each of them */
	assert_int_equal(told_count, 1);
	assert_int_equal(last.error, ERR_UNAVAILABLE);
	answer(ids[0]);
	work(lane, 6000);
	assert_int_equal(told_count, 1);
}

static void what_was_asked_again_keeps_nobody_from_it(void **state)
{
	(void)state;
	uint64_t ids[64];
	ocsp_lane_put(lane, &jobs[0], 1000);
	work(lane, 1000);
	assert_int_equal(asked(ids), 1);
	work(lane, 1500);
	assert_int_equal(asked(ids), 1);
	ocsp_lane_put(lane, &jobs[1], 1600);
	work(lane, 1600);
	assert_int_equal(asked(ids), 1);
	assert_int_equal(ocsp_lane_wait(lane, 1600), 500);
	work(lane, 2100);
	assert_int_equal(asked(ids), 1);
	answer(ids[0]);
	answer(ids[0] - 1);
	work(lane, 2101);
	assert_int_equal(told_count, 2);
	assert_int_equal(last.error, ERR_OK);
}

static void answers_of_another_front_and_broken_packets_are_nobodys(void **state)
{
	(void)state;
	uint64_t ids[64];
	ocsp_lane_put(lane, &jobs[0], 1000);
	work(lane, 1000);
	assert_int_equal(asked(ids), 1);
	answer(ids[0] + 1);
	answer(ids[0] - 1);
	assert_int_equal(send(signer, "garbage", 7, MSG_DONTWAIT), 7);
	work(lane, 1001);
	assert_int_equal(told_count, 0);
	answer(ids[0]);
	work(lane, 1002);
	assert_int_equal(told_count, 1);
}

static void a_full_pair_makes_it_wait_not_fail(void **state)
{
	(void)state;
	uint64_t ids[64];
	char filler[1024] = {0};
	int size = 4096;
	size_t fillers = 0;
	assert_int_equal(setsockopt(ocsp_lane_fd(lane), SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
	while (send(ocsp_lane_fd(lane), filler, sizeof filler, MSG_DONTWAIT) > 0)
		fillers++;
	ocsp_lane_put(lane, &jobs[0], 1000);
	work(lane, 1000);
	assert_true(ocsp_lane_events(lane) & 4 /* POLLOUT */);
	for (size_t i = 0; i < fillers; i++)
		assert_true(recv(signer, filler, sizeof filler, MSG_DONTWAIT) > 0);
	work(lane, 1001);
	assert_int_equal(asked(ids), 1);
	answer(ids[0]);
	work(lane, 1002);
	assert_int_equal(told_count, 1);
}

/* ---- ready answers ---- */

static struct ocsp_cached entry_of(unsigned serial, int64_t this_update)
{
	struct ocsp_cached e = {.single = {.serial = {(uint8_t)(serial >> 16), (uint8_t)(serial >> 8), (uint8_t)serial},
					   .serial_len = 3},
				.this_update = this_update, .next_update = this_update + 1000, .len = 4};
	e.der = (uint8_t *)"DER";
	return e;
}

static void an_answer_is_found_under_its_own_name_while_it_is_fresh(void **state)
{
	(void)state;
	struct ocsp_cache *c = NULL;
	struct ocsp_cached e = entry_of(7, 5000);
	assert_int_equal(ocsp_cache_new(&c), ERR_OK);
	ocsp_cache_put(c, &e);
	assert_non_null(ocsp_cache_find(c, &e.single, 5000));
	assert_non_null(ocsp_cache_find(c, &e.single, 5899));
	assert_null(ocsp_cache_find(c, &e.single, 5900)); /* a tenth before its end */
	assert_null(ocsp_cache_find(c, &e.single, 4999)); /* the clock went back */
	struct ocsp_single other = e.single;
	other.hash = OCSP_SHA256;
	assert_null(ocsp_cache_find(c, &other, 5000));
	other = e.single;
	other.serial[0] = 1; /* the same place */
	assert_null(ocsp_cache_find(c, &other, 5000));
	other = e.single;
	other.serial_len = 2;
	assert_null(ocsp_cache_find(c, &other, 5000));
	ocsp_cache_free(c);
}

static void a_newer_answer_takes_the_place_of_the_older(void **state)
{
	(void)state;
	struct ocsp_cache *c = NULL;
	struct ocsp_cached e = entry_of(7, 5000);
	assert_int_equal(ocsp_cache_new(&c), ERR_OK);
	ocsp_cache_put(c, &e);
	e.this_update = 5100;
	e.single.status = OCSP_REVOKED;
	ocsp_cache_put(c, &e);
	const struct ocsp_cached *found = ocsp_cache_find(c, &e.single, 5200);
	assert_non_null(found);
	assert_int_equal(found->single.status, OCSP_REVOKED);
	assert_int_equal(found->this_update, 5100);
	ocsp_cache_free(c);
}

static void a_full_set_loses_its_oldest_and_nothing_grows(void **state)
{
	(void)state;
	struct ocsp_cache *c = NULL;
	assert_int_equal(ocsp_cache_new(&c), ERR_OK);
	size_t found = 0;
	for (unsigned i = 0; i <= OCSP_CACHE_WAYS; i++) { /* all of one set */
		struct ocsp_cached e = entry_of(i * 65536 + 5, 5000 + i);
		ocsp_cache_put(c, &e);
	}
	for (unsigned i = 0; i <= OCSP_CACHE_WAYS; i++) {
		struct ocsp_cached e = entry_of(i * 65536 + 5, 0);
		const struct ocsp_cached *have = ocsp_cache_find(c, &e.single, 5100);
		assert_int_equal(have != NULL, i > 0);
		found += have != NULL;
	}
	assert_int_equal(found, OCSP_CACHE_WAYS);
	for (unsigned i = 0; i < 20000; i++) {
		struct ocsp_cached e = entry_of(i, 5000);
		ocsp_cache_put(c, &e);
	}
	for (unsigned i = found = 0; i < 20000; i++) {
		struct ocsp_cached e = entry_of(i, 5000);
		found += ocsp_cache_find(c, &e.single, 5000) != NULL;
	}
	assert_true(found <= (size_t)OCSP_CACHE_SETS * OCSP_CACHE_WAYS);
	ocsp_cache_free(c);
}

/* ---- the limit ---- */

static size_t taken(struct ocsp_limit *l, const char *address, int64_t now_ms, size_t tries)
{
	size_t n = 0;
	for (size_t i = 0; i < tries; i++)
		n += ocsp_limit_take(l, address, now_ms);
	return n;
}

static void an_address_gets_so_many_a_second(void **state)
{
	(void)state;
	struct ocsp_limit *l = NULL;
	assert_int_equal(ocsp_limit_new(3, &l), ERR_OK);
	assert_int_equal(taken(l, "127.0.0.1", 1000, 10), 3);
	assert_int_equal(taken(l, "127.0.0.1", 1999, 10), 0);
	assert_int_equal(taken(l, "127.0.0.1", 2000, 10), 3);
	/* a host may have every address of its /64 */
	assert_int_equal(taken(l, "2001:db8::1", 3000, 2), 2);
	assert_int_equal(taken(l, "2001:db8::ffff:2", 3000, 10), 1);
	ocsp_limit_free(l);
	assert_int_equal(ocsp_limit_new(0, &l), ERR_OK);
	assert_int_equal(taken(l, "127.0.0.1", 1000, 5000), 5000);
	ocsp_limit_free(l);
}

static void others_are_not_limited_with_it(void **state)
{
	(void)state;
	struct ocsp_limit *l = NULL;
	size_t free_ones = 0;
	char address[32];
	assert_int_equal(ocsp_limit_new(1, &l), ERR_OK);
	assert_int_equal(taken(l, "127.0.0.1", 1000, 10), 1);
	for (int i = 0; i < 50; i++) {
		snprintf(address, sizeof address, "10.0.%d.7", i);
		free_ones += ocsp_limit_take(l, address, 1000);
	}
	assert_true(free_ones >= 40); /* a few share a counter */
	ocsp_limit_free(l);
}

#define lane_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_test(what_waits_goes_out_in_one_packet_and_comes_back),
		lane_test(what_a_dead_signer_had_in_work_is_asked_again_under_its_number),
		lane_test(what_nobody_answers_is_given_up),
		lane_test(what_was_asked_again_keeps_nobody_from_it),
		lane_test(answers_of_another_front_and_broken_packets_are_nobodys),
		lane_test(a_full_pair_makes_it_wait_not_fail),
		cmocka_unit_test(an_answer_is_found_under_its_own_name_while_it_is_fresh),
		cmocka_unit_test(a_newer_answer_takes_the_place_of_the_older),
		cmocka_unit_test(a_full_set_loses_its_oldest_and_nothing_grows),
		cmocka_unit_test(an_address_gets_so_many_a_second),
		cmocka_unit_test(others_are_not_limited_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
