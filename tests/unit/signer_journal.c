/* The signer's journal: what is acknowledged is there after a crash, and what was touched is refused. */
#include "base/file.h"
#include "issuer/signer/journal.h"
#include "issuer/signer/journal_read.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1800000000 };

static char path[] = "/tmp/signer_journal.XXXXXX";
static const uint8_t head_a[32] = {0xaa, 1}, tbs[32] = {0x7b, 5};

static int open_fd(void)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static struct journal *opened(void)
{
	struct journal *j = NULL;
	struct errbuf why = {""};
	if (journal_open(open_fd(), "n1", &j, &why))
		fail_msg("journal_open: %s", why.text);
	return j;
}

static enum err open_result(struct errbuf *why)
{
	struct journal *j = NULL;
	enum err rc = journal_open(open_fd(), "n1", &j, why);
	journal_close(j);
	return rc;
}

static void serial_of(unsigned n, char out[SERIAL_TEXT_SIZE])
{
	snprintf(out, SERIAL_TEXT_SIZE, "%040x", n);
}

static enum err intent(struct journal *j, const char *order, unsigned n)
{
	char serial[SERIAL_TEXT_SIZE];
	serial_of(n, serial);
	return journal_append(j, &(struct journal_record){.op = "intent", .issuer = "ab", .serial = serial, .order = order,
							  .not_before = NOW - 300, .not_after = NOW + 86400, .tbs_hash = tbs},
			      NOW);
}

static enum err done(struct journal *j, const char *order, unsigned n)
{
	char serial[SERIAL_TEXT_SIZE];
	serial_of(n, serial);
	return journal_append(j, &(struct journal_record){.op = "done", .serial = serial, .order = order, .audit_head = head_a},
			      NOW + 1);
}

static enum err withdraw_as(struct journal *j, unsigned n, const char *op, int reason)
{
	char serial[SERIAL_TEXT_SIZE];
	const struct journal_record r = {.op = op, .serial = serial, .reason = reason, .revoked_at = NOW,
					 .compromised_at = reason == 1 ? NOW - 60 : 0};
	serial_of(n, serial);
	return journal_append(j, &r, NOW + 2);
}

static enum err withdraw(struct journal *j, unsigned n, const char *op)
{
	return withdraw_as(j, n, op, 1);
}

static void write_bytes(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, bytes, len), ERR_OK);
	close(fd);
}

static void read_bytes(struct buf *out)
{
	buf_clear(out);
	assert_int_equal(file_read(path, out, NULL), ERR_OK);
}

/* Offset of line n (from 0), or of the end. */
static size_t line_at(const struct buf *b, unsigned n)
{
	size_t at = 0;
	while (n-- > 0 && at < b->len)
		at = (size_t)((uint8_t *)memchr(b->data + at, '\n', b->len - at) - b->data) + 1;
	return at;
}

static void five_lines(struct buf *out)
{
	struct journal *j = opened();
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	assert_int_equal(done(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	assert_int_equal(withdraw(j, 1, "revoke"), ERR_OK);
	assert_int_equal(journal_append(j, &(struct journal_record){.op = "crl", .number = 77}, NOW), ERR_OK);
	assert_int_equal(intent(j, "orderbbbbbbbbbbb", 2), ERR_OK);
	journal_close(j);
	read_bytes(out);
}

static int begin(void **state)
{
	(void)state;
	write_bytes("", 0);
	return 0;
}

static void what_was_appended_is_known_after_a_restart(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000);
	struct open_intent open_ones[4];
	struct journal_last last;
	five_lines(&b);
	struct journal *j = opened();
	assert_int_equal(journal_open_intents(j, open_ones, 4), 1);
	assert_string_equal(open_ones[0].order, "orderbbbbbbbbbbb");
	assert_int_equal(open_ones[0].not_after, NOW + 86400);
	assert_memory_equal(open_ones[0].tbs_hash, tbs, 32);
	journal_last_known(j, &last);
	assert_string_equal(last.done_serial, "0000000000000000000000000000000000000001");
	assert_string_equal(last.revoked[0].serial, last.done_serial);
	assert_string_equal(last.revoked[1].serial, "");
	assert_int_equal(last.sequence, 5);
	assert_memory_equal(last.audit_head, head_a, 32);
	assert_int_equal(journal_crl_number(j), 77);
	assert_int_equal(journal_peek(j)->latest, NOW + 2);
	assert_true(journal_state_order_done(journal_peek(j), "orderaaaaaaaaaaa"));
	assert_false(journal_state_order_done(journal_peek(j), "orderbbbbbbbbbbb"));
	journal_close(j);
	buf_free(&b);
}

static void torn_last_line_is_cut_off_at_every_length(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000);
	five_lines(&b);
	size_t last = line_at(&b, 4);
	for (size_t len = last; len < b.len; len++) {
		struct stat st;
		write_bytes(b.data, len);
		struct journal *j = opened();
		assert_int_equal(journal_peek(j)->last.sequence, 4);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, last);
		assert_int_equal(intent(j, "orderccccccccccc", 3), ERR_OK);
		journal_close(j);
		assert_int_equal(open_result(NULL), ERR_OK);
	}
	buf_free(&b);
}

static void flipped_byte_in_the_middle_is_refused_and_its_line_named(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000);
	five_lines(&b);
	for (size_t i = line_at(&b, 1); i < line_at(&b, 2); i++)
		for (int bit = 0; bit < 8; bit += 1) {
			struct errbuf why = {""};
			b.data[i] ^= (uint8_t)(1 << bit);
			write_bytes(b.data, b.len);
			if (open_result(&why) != ERR_CORRUPT)
				fail_msg("byte %zu bit %d was not noticed", i, bit);
			if (b.data[i] != '\n' && !strstr(why.text, "line 2 "))
				fail_msg("byte %zu bit %d: %s", i, bit, why.text);
			b.data[i] ^= (uint8_t)(1 << bit);
		}
	buf_free(&b);
}

static void dropped_and_exchanged_lines_are_refused(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000), other = BUF_INIT(100000);
	five_lines(&b);
	for (unsigned n = 0; n < 4; n++) {
		size_t from = line_at(&b, n), to = line_at(&b, n + 1), next = line_at(&b, n + 2);
		buf_clear(&other); /* without line n */
		buf_add(&other, b.data, from);
		buf_add(&other, b.data + to, b.len - to);
		write_bytes(other.data, other.len);
		assert_int_equal(open_result(NULL), ERR_CORRUPT);
		buf_clear(&other); /* n and n + 1 exchanged */
		buf_add(&other, b.data, from);
		buf_add(&other, b.data + to, next - to);
		buf_add(&other, b.data + from, to - from);
		buf_add(&other, b.data + next, b.len - next);
		write_bytes(other.data, other.len);
		assert_int_equal(open_result(NULL), ERR_CORRUPT);
		buf_clear(&other); /* n twice */
		buf_add(&other, b.data, to);
		buf_add(&other, b.data + from, b.len - from);
		write_bytes(other.data, other.len);
		assert_int_equal(open_result(NULL), ERR_CORRUPT);
	}
	buf_free(&b);
	buf_free(&other);
}

static void a_line_of_another_history_is_refused(void **state)
{
	(void)state;
	struct buf one = BUF_INIT(100000), two = BUF_INIT(100000), mixed = BUF_INIT(100000);
	struct buf *const histories[] = {&one, &two};
	for (unsigned h = 0; h < 2; h++) {
		write_bytes("", 0);
		struct journal *j = opened();
		for (unsigned n = 0; n < 4; n++)
			assert_int_equal(withdraw(j, 10 * h + n, "revoke"), ERR_OK);
		journal_close(j);
		read_bytes(histories[h]);
	}
	buf_add(&mixed, one.data, line_at(&one, 2)); /* every sequence is right */
	buf_add(&mixed, two.data + line_at(&two, 2), two.len - line_at(&two, 2));
	write_bytes(mixed.data, mixed.len);
	assert_int_equal(open_result(NULL), ERR_CORRUPT);
	buf_free(&one);
	buf_free(&two);
	buf_free(&mixed);
}

static void a_sequence_that_jumps_is_refused_though_the_chain_holds(void **state)
{
	(void)state;
	for (int64_t second = 0; second <= 4; second++) {
		struct buf b = BUF_INIT(10000);
		struct journal_line first = {.op = "crl", .node = "n1", .at = NOW, .sequence = 1, .number = 1};
		struct journal_line next = {.op = "crl", .node = "n1", .at = NOW, .sequence = second, .number = 2};
		assert_int_equal(journal_line_write(&first, journal_check_none, &b), ERR_OK);
		assert_int_equal(journal_line_write(&next, first.check, &b), ERR_OK);
		write_bytes(b.data, b.len);
		assert_int_equal(open_result(NULL), second == 2 ? ERR_OK : ERR_CORRUPT);
		buf_free(&b);
	}
}

static void a_checkpoint_is_found_wherever_the_chunks_end(void **state)
{
	(void)state;
	enum { CHUNK = 65536 };
	struct buf b = BUF_INIT(200000);
	struct journal_line first = {.op = "crl", .node = "n1", .at = NOW, .sequence = 1, .number = 1};
	struct journal_line mark = {.op = "checkpoint", .node = "n1", .at = NOW, .sequence = 2, .number = 1};
	assert_int_equal(journal_line_write(&first, journal_check_none, &b), ERR_OK);
	assert_int_equal(journal_line_write(&mark, first.check, &b), ERR_OK);
	size_t end = b.len;
	memset(buf_room(&b, CHUNK), '\n', CHUNK);
	write_bytes(b.data, b.len);
	int fd = open_fd();
	for (size_t size = end; size <= b.len; size = size < CHUNK - 100 ? size + 1021 : size + 1) {
		struct journal_place place;
		assert_int_equal(journal_find_start(fd, (off_t)size, &place), ERR_OK);
		if (place.offset != (off_t)line_at(&b, 1))
			fail_msg("not found from %zu", size);
		assert_string_equal(place.check, first.check);
	}
	close(fd);
	buf_free(&b);
}

static void lines_that_mean_the_same_but_are_written_otherwise_are_refused(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000), other = BUF_INIT(100000);
	five_lines(&b);
	buf_byte(&other, '{');
	buf_byte(&other, ' ');
	buf_add(&other, b.data + 1, b.len - 1);
	write_bytes(other.data, other.len);
	assert_int_equal(open_result(NULL), ERR_CORRUPT);
	buf_free(&b);
	buf_free(&other);
}

static void the_journal_of_another_node_is_refused(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000);
	struct journal *j = NULL;
	struct errbuf why = {""};
	five_lines(&b);
	assert_int_equal(journal_open(open_fd(), "n2", &j, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "n2"));
	buf_free(&b);
}

static void two_writers_see_each_other(void **state)
{
	(void)state;
	struct journal *a = opened(), *b = opened();
	for (unsigned n = 1; n <= 40; n++) {
		assert_int_equal(intent(n % 3 ? a : b, n % 2 ? "orderaaaaaaaaaaa" : "orderbbbbbbbbbbb", n), ERR_OK);
		assert_int_equal(done(n % 5 ? b : a, n % 2 ? "orderaaaaaaaaaaa" : "orderbbbbbbbbbbb", n), ERR_OK);
	}
	assert_int_equal(journal_catch_up(a), ERR_OK);
	assert_int_equal(journal_catch_up(b), ERR_OK);
	assert_int_equal(journal_peek(a)->last.sequence, 80);
	assert_memory_equal(&journal_peek(a)->last, &journal_peek(b)->last, sizeof(struct journal_last));
	assert_int_equal(journal_peek(a)->intent_count, 0);
	journal_close(a);
	journal_close(b);
	assert_int_equal(open_result(NULL), ERR_OK);
}

static void two_processes_append_at_once_and_no_line_is_lost(void **state)
{
	(void)state;
	pid_t children[3];
	for (unsigned c = 0; c < 3; c++) {
		children[c] = fork();
		assert_true(children[c] >= 0);
		if (children[c] == 0) {
			struct journal *j = opened();
			int bad = 0;
			for (unsigned n = 0; n < 50; n++)
				bad |= withdraw(j, 100 * c + n, "revoke") != ERR_OK;
			journal_close(j);
			_exit(bad);
		}
	}
	for (unsigned c = 0; c < 3; c++) {
		int status = 1;
		assert_int_equal(waitpid(children[c], &status, 0), children[c]);
		assert_int_equal(status, 0);
	}
	struct journal *j = opened();
	assert_int_equal(journal_peek(j)->last.sequence, 150);
	journal_close(j);
}

static void half_a_line_of_the_other_writer_is_cut_off_before_an_append(void **state)
{
	(void)state;
	struct journal *j = opened();
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	int fd = open_fd();
	assert_int_equal(file_write_all(fd, "{\"at\":18000", 11), ERR_OK);
	close(fd);
	assert_int_equal(done(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	journal_close(j);
	j = opened();
	assert_int_equal(journal_peek(j)->last.sequence, 2);
	journal_close(j);
}

static void a_journal_that_became_shorter_is_refused(void **state)
{
	(void)state;
	struct journal *j = opened();
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	write_bytes("", 0);
	assert_int_equal(done(j, "orderaaaaaaaaaaa", 1), ERR_CORRUPT);
	assert_int_equal(withdraw(j, 1, "revoke"), ERR_CORRUPT);
	journal_close(j);
}

static void an_intent_is_open_until_done_or_revoked(void **state)
{
	(void)state;
	struct open_intent out[8];
	struct journal *j = opened();
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	assert_int_equal(intent(j, "orderbbbbbbbbbbb", 2), ERR_OK);
	assert_int_equal(intent(j, "orderccccccccccc", 3), ERR_OK);
	assert_int_equal(intent(j, NULL, 4), ERR_OK); /* a staff certificate has no order */
	assert_int_equal(done(j, "orderbbbbbbbbbbb", 2), ERR_OK);
	assert_int_equal(withdraw(j, 1, "revoke"), ERR_OK);
	assert_int_equal(journal_open_intents(j, out, 8), 2);
	assert_string_equal(out[0].order, "orderccccccccccc");
	assert_string_equal(out[1].order, "");
	assert_int_equal(journal_open_intents(j, out, 1), 1);
	assert_null(journal_state_of_order(journal_peek(j), "orderaaaaaaaaaaa"));
	assert_null(journal_state_of_order(journal_peek(j), ""));
	const struct journal_intent *i = journal_state_of_order(journal_peek(j), "orderccccccccccc");
	assert_non_null(i);
	assert_false(journal_intent_stale(i, i->seen_ms + JOURNAL_STALE_MS));
	assert_true(journal_intent_stale(i, i->seen_ms + JOURNAL_STALE_MS + 1));
	journal_give_up(j, i->what.serial);
	assert_true(journal_intent_stale(i, i->seen_ms));
	journal_close(j);
	j = opened(); /* of an earlier process: stale at once */
	i = journal_state_of_serial(journal_peek(j), "0000000000000000000000000000000000000004");
	assert_non_null(i);
	assert_true(journal_intent_stale(i, i->seen_ms));
	journal_close(j);
}

static void the_sixteen_newest_revocations_are_known_and_releases_leave(void **state)
{
	(void)state;
	char serial[SERIAL_TEXT_SIZE];
	struct journal_last last;
	struct journal *j = opened();
	for (unsigned n = 1; n <= 20; n++)
		assert_int_equal(withdraw_as(j, n, "revoke", n == 20 ? 6 : 1), ERR_OK);
	assert_int_equal(withdraw(j, 10, "revoke"), ERR_OK); /* again: moves to the front, once */
	assert_int_equal(withdraw(j, 20, "release"), ERR_OK);
	assert_int_equal(withdraw(j, 2, "release"), ERR_OK); /* not among them any more */
	journal_last_known(j, &last);
	const unsigned expected[] = {10, 19, 18, 17, 16, 15, 14, 13, 12, 11, 9, 8, 7, 6, 5};
	for (unsigned i = 0; i < 15; i++) {
		serial_of(expected[i], serial);
		assert_string_equal(last.revoked[i].serial, serial);
	}
	assert_string_equal(last.revoked[15].serial, "");
	assert_ptr_equal(journal_state_revoked(journal_peek(j), last.revoked[0].serial), &journal_peek(j)->last.revoked[0]);
	assert_int_equal(last.revoked[0].reason, 1);
	assert_int_equal(last.revoked[0].revoked_at, NOW);
	assert_int_equal(last.revoked[0].compromised_at, NOW - 60);
	assert_null(journal_state_revoked(journal_peek(j), ""));
	journal_close(j);
}

/* As `recover` reads it, so that both end with the same. */
static void neither_hold_nor_release_takes_a_revocation_back(void **state)
{
	(void)state;
	struct journal_last last;
	struct journal *j = opened();
	assert_int_equal(withdraw_as(j, 1, "revoke", 6), ERR_OK);
	assert_int_equal(withdraw_as(j, 1, "revoke", 4), ERR_OK);
	assert_int_equal(withdraw_as(j, 1, "revoke", 6), ERR_OK);
	assert_int_equal(withdraw_as(j, 1, "release", 6), ERR_OK);
	assert_int_equal(withdraw_as(j, 2, "revoke", 6), ERR_OK);
	journal_last_known(j, &last);
	assert_int_equal(last.revoked[0].reason, 6);
	assert_int_equal(last.revoked[1].reason, 4);
	assert_string_equal(last.revoked[1].serial, "0000000000000000000000000000000000000001");
	assert_true(journal_revoked_for_good(&last.revoked[1]));
	assert_false(journal_revoked_for_good(&last.revoked[0]));
	assert_false(journal_revoked_for_good(&last.revoked[2]));
	assert_false(journal_revoked_for_good(NULL));
	assert_string_equal(last.revoked[2].serial, "");
	journal_close(j);
}

static void many(struct journal *j, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		assert_int_equal(intent(j, "orderzzzzzzzzzzz", i), ERR_OK);
		assert_int_equal(done(j, "orderzzzzzzzzzzz", i), ERR_OK);
	}
}

static void a_start_from_a_checkpoint_knows_the_same(void **state)
{
	(void)state;
	struct journal *j = opened();
	assert_int_equal(journal_append(j, &(struct journal_record){.op = "crl", .number = 99}, NOW + 500), ERR_OK);
	for (unsigned n = 900; n < 920; n++)
		assert_int_equal(withdraw(j, n, "revoke"), ERR_OK);
	many(j, 1, 117);
	assert_int_equal(journal_peek(j)->since_checkpoint, 255);
	assert_int_equal(journal_checkpoint(j, NOW), ERR_OK); /* not yet: 255 */
	assert_int_equal(journal_peek(j)->last.sequence, 255);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 500), ERR_OK);
	assert_int_equal(journal_checkpoint(j, NOW), ERR_OK); /* not while one is open */
	assert_int_equal(journal_peek(j)->last.sequence, 256);
	assert_int_equal(done(j, "orderaaaaaaaaaaa", 500), ERR_OK);
	assert_int_equal(journal_checkpoint(j, NOW), ERR_OK);
	assert_int_equal(journal_peek(j)->last.sequence, 258);
	assert_int_equal(journal_peek(j)->since_checkpoint, 0);
	for (int round = 0; round < 2; round++) {
		struct journal *again = opened();
		const struct journal_state *s = journal_peek(j), *t = journal_peek(again);
		assert_memory_equal(&s->last, &t->last, sizeof s->last);
		assert_int_equal(s->crl_number, t->crl_number);
		assert_int_equal(s->latest, t->latest);
		assert_string_equal(s->check, t->check);
		assert_int_equal(t->since_checkpoint, s->since_checkpoint); /* it read no more than that */
		assert_int_equal(s->intent_count, t->intent_count);
		journal_close(again);
		assert_int_equal(intent(j, "orderbbbbbbbbbbb", 501), ERR_OK); /* and with a line behind it */
	}
	journal_close(j);
}

static void no_checkpoint_is_written_over_the_other_writers_intent(void **state)
{
	(void)state;
	struct journal *a = opened(), *b = opened();
	many(a, 1, 128);
	assert_int_equal(intent(b, NULL, 1000), ERR_OK); /* unseen by a */
	assert_int_equal(journal_checkpoint(a, NOW), ERR_OK);
	assert_int_equal(journal_peek(a)->last.sequence, 257);
	assert_int_equal(journal_peek(a)->intent_count, 1);
	assert_int_equal(done(b, NULL, 1000), ERR_OK);
	journal_close(a);
	journal_close(b);
	assert_int_equal(open_result(NULL), ERR_OK);
}

static void a_checkpoint_behind_an_open_intent_is_refused(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(10000);
	struct journal_line first = {.op = "intent", .node = "n1", .at = NOW, .sequence = 1, .serial = "aa"};
	struct journal_line mark = {.op = "checkpoint", .node = "n1", .at = NOW, .sequence = 2};
	assert_int_equal(journal_line_write(&first, journal_check_none, &b), ERR_OK);
	assert_int_equal(journal_line_write(&mark, first.check, &b), ERR_OK);
	write_bytes(b.data, b.len);
	int fd = open_fd();
	assert_int_equal(journal_walk(fd, NULL, NULL, NULL), ERR_CORRUPT);
	close(fd);
	buf_free(&b);
}

static void a_damaged_checkpoint_or_line_around_it_is_refused(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(200000);
	struct journal *j = opened();
	many(j, 1, 128);
	assert_int_equal(journal_checkpoint(j, NOW), ERR_OK);
	many(j, 1000, 2);
	journal_close(j);
	read_bytes(&b);
	for (size_t i = line_at(&b, 256); i < line_at(&b, 258); i++) {
		struct errbuf why = {""};
		b.data[i] ^= 4;
		write_bytes(b.data, b.len);
		if (open_result(&why) != ERR_CORRUPT || !strstr(why.text, "line 25"))
			fail_msg("byte %zu: %s", i, why.text);
		b.data[i] ^= 4;
	}
	write_bytes(b.data, b.len);
	assert_int_equal(open_result(NULL), ERR_OK);
	buf_free(&b);
}

static void a_torn_checkpoint_is_cut_off_and_the_lines_before_it_count(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(200000);
	struct journal *j = opened();
	many(j, 1, 128);
	assert_int_equal(journal_checkpoint(j, NOW), ERR_OK);
	journal_close(j);
	read_bytes(&b);
	for (size_t len = line_at(&b, 256); len < b.len; len++) {
		write_bytes(b.data, len);
		j = opened();
		assert_int_equal(journal_peek(j)->last.sequence, 256);
		assert_int_equal(journal_peek(j)->since_checkpoint, 256);
		journal_close(j);
	}
	buf_free(&b);
}

static void the_last_checkpoint_is_found_far_back_and_across_chunks(void **state)
{
	(void)state;
	/* each line is about 200 bytes: the checkpoint moves over the chunk's border from the end of the file */
	struct journal *j = opened();
	many(j, 1, 128);
	assert_int_equal(journal_checkpoint(j, NOW), ERR_OK);
	for (unsigned n = 0; n < 400; n++) {
		assert_int_equal(withdraw(j, n, "revoke"), ERR_OK);
		struct journal *again = n < 260 ? NULL : opened();
		if (again)
			assert_int_equal(journal_peek(again)->since_checkpoint, n + 1);
		journal_close(again);
	}
	journal_close(j);
}

static enum err count(void *ctx, const struct journal_record *r, uint64_t sequence)
{
	unsigned *n = ctx;
	assert_int_equal(sequence, ++*n);
	assert_non_null(r->op);
	assert_in_range(r->at, NOW, NOW + 2);
	return *n == 4 && r->number != 77 ? ERR_INTERNAL : ERR_OK;
}

static void a_walk_sees_every_record_and_every_damage(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000);
	unsigned n = 0;
	five_lines(&b);
	int fd = open_fd();
	assert_int_equal(journal_walk(fd, count, &n, NULL), ERR_OK);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < line_at(&b, 4); i += 3) {
		struct errbuf why = {""};
		n = 0;
		b.data[i] ^= 1;
		write_bytes(b.data, b.len);
		if (journal_walk(fd, count, &n, &why) != ERR_CORRUPT || !strstr(why.text, "line "))
			fail_msg("byte %zu: %s", i, why.text);
		b.data[i] ^= 1;
	}
	close(fd);
	buf_free(&b);
}

static void what_is_no_record_is_not_written(void **state)
{
	(void)state;
	struct journal *j = opened();
	const struct {
		const char *name;
		struct journal_record r;
		int64_t now;
	} cases[] = {
		{"unknown operation", {.op = "undo"}, NOW},
		{"a checkpoint by hand", {.op = "checkpoint"}, NOW},
		{"serial too long", {.op = "done", .serial = "00000000000000000000000000000000000000001"}, NOW},
		{"order too long", {.op = "done", .order = "12345678901234567"}, NOW},
		{"not UTF-8", {.op = "done", .order = "\xff"}, NOW},
		{"white space", {.op = "done", .order = "a b"}, NOW},
		{"number too large", {.op = "crl", .number = UINT64_MAX}, NOW},
		{"no time", {.op = "crl", .number = 1}, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stat st;
		if (journal_append(j, &cases[i].r, cases[i].now) == ERR_OK)
			fail_msg("%s was taken", cases[i].name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, 0);
	}
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK); /* none of them broke it */
	journal_close(j);
	assert_int_equal(open_result(NULL), ERR_OK);
}

static struct journal *opened_on(int *fd)
{
	struct journal *j = NULL;
	*fd = open_fd();
	assert_int_equal(journal_open(*fd, "n1", &j, NULL), ERR_OK);
	return j;
}

static void full_disk_refuses_this_append_and_the_next_one_finds_room(void **state)
{
	(void)state;
	int fd;
	struct journal *j = opened_on(&fd);
	int full = open("/dev/full", O_RDWR | O_CLOEXEC), kept = dup(fd);
	assert_true(full >= 0 && kept >= 0 && dup2(full, fd) == fd);
	assert_int_equal(journal_unwritable(j, NULL), ERR_OK);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_FULL);
	assert_int_equal(journal_unwritable(j, NULL), ERR_FULL);
	assert_int_equal(journal_peek(j)->intent_count, 0);
	assert_true(dup2(kept, fd) == fd); /* there is room again: whoever revokes must not wait for a restart */
	assert_int_equal(withdraw(j, 1, "revoke"), ERR_OK);
	journal_reserve(j);
	assert_int_equal(journal_unwritable(j, NULL), ERR_OK);
	close(full);
	close(kept);
	journal_close(j);
	j = opened();
	assert_int_equal(journal_peek(j)->last.sequence, 1);
	journal_close(j);
}

/* Whatever the reason that no room can be had: it is no sign that the journal can be written again. */
static void a_fault_lasts_until_room_is_given_and_is_not_said_to_last_for_ever(void **state)
{
	(void)state;
	int fd;
	struct errbuf why = {""};
	struct journal *j = opened_on(&fd);
	int unwritable = open(path, O_RDONLY | O_CLOEXEC), kept = dup(fd);
	assert_true(unwritable >= 0 && kept >= 0 && dup2(unwritable, fd) == fd);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_IO);
	for (int i = 0; i < 2; i++) {
		journal_reserve(j);
		assert_int_equal(journal_unwritable(j, &why), ERR_IO);
		assert_non_null(strstr(why.text, "fallocate"));
		assert_null(strstr(why.text, "started anew"));
	}
	assert_true(dup2(kept, fd) == fd);
	journal_reserve(j);
	assert_int_equal(journal_unwritable(j, NULL), ERR_OK);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	close(unwritable);
	close(kept);
	journal_close(j);
}

static void failed_fsync_refuses_this_and_every_later_append(void **state)
{
	(void)state;
	int fd, ends[2];
	struct errbuf why = {""};
	struct journal *j = opened_on(&fd);
	int kept = dup(fd);
	assert_true(pipe(ends) == 0 && kept >= 0 && dup2(ends[1], fd) == fd); /* writes, but cannot be synced */
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_IO);
	assert_true(dup2(kept, fd) == fd);
	assert_int_equal(withdraw(j, 1, "revoke"), ERR_IO);
	journal_reserve(j);
	assert_int_equal(journal_unwritable(j, &why), ERR_IO);
	assert_non_null(strstr(why.text, "until the daemon is started anew"));
	close(kept);
	close(ends[0]);
	close(ends[1]);
	journal_close(j);
}

static void half_written_line_is_refused_and_cut_off_by_the_next_append(void **state)
{
	(void)state;
	struct rlimit before, little;
	struct stat st;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct journal *j = opened();
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	little = before;
	little.rlim_cur = (rlim_t)st.st_size + 40;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	enum err first = done(j, "orderaaaaaaaaaaa", 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(first, ERR_IO);
	assert_int_equal(journal_peek(j)->intent_count, 1);
	assert_int_equal(done(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	journal_close(j);
	j = opened();
	assert_int_equal(journal_peek(j)->last.sequence, 2);
	assert_int_equal(journal_peek(j)->intent_count, 0);
	journal_close(j);
}

static off_t bytes_given(void)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return (off_t)st.st_blocks * 512;
}

/* A cut frees all that stood behind it, the reserve too. */
static void the_reserve_is_taken_anew_after_half_a_line_was_cut_off(void **state)
{
	(void)state;
	enum { RESERVE = 65536 };
	struct journal *j = opened();
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	journal_reserve(j);
	assert_true(bytes_given() >= RESERVE);
	int fd = open_fd();
	assert_int_equal(file_write_all(fd, "{\"at\":18000", 11), ERR_OK);
	close(fd);
	assert_int_equal(done(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	assert_true(bytes_given() < RESERVE);
	journal_reserve(j);
	assert_true(bytes_given() >= RESERVE);
	journal_close(j);
}

static void a_writer_that_holds_the_file_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	struct journal *j = opened();
	int other = open_fd();
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_UNAVAILABLE);
	close(other);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	journal_close(j);
}

static void an_accepted_clock_is_the_latest_time(void **state)
{
	(void)state;
	struct journal *j = opened();
	assert_int_equal(journal_append(j, &(struct journal_record){.op = "crl", .number = 1}, NOW + 90000), ERR_OK);
	assert_int_equal(intent(j, "orderaaaaaaaaaaa", 1), ERR_OK);
	assert_int_equal(journal_peek(j)->latest, NOW + 90000);
	assert_int_equal(journal_append(j, &(struct journal_record){.op = "clock"}, NOW), ERR_OK);
	assert_int_equal(journal_peek(j)->latest, NOW);
	assert_int_equal(journal_peek(j)->clock_accepts, 1);
	journal_close(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(torn_last_line_is_cut_off_at_every_length, begin),
		cmocka_unit_test_setup(flipped_byte_in_the_middle_is_refused_and_its_line_named, begin),
		cmocka_unit_test_setup(dropped_and_exchanged_lines_are_refused, begin),
		cmocka_unit_test_setup(a_line_of_another_history_is_refused, begin),
		cmocka_unit_test_setup(a_sequence_that_jumps_is_refused_though_the_chain_holds, begin),
		cmocka_unit_test_setup(a_checkpoint_is_found_wherever_the_chunks_end, begin),
		cmocka_unit_test_setup(lines_that_mean_the_same_but_are_written_otherwise_are_refused, begin),
		cmocka_unit_test_setup(the_journal_of_another_node_is_refused, begin),
		cmocka_unit_test_setup(a_journal_that_became_shorter_is_refused, begin),
		cmocka_unit_test_setup(what_is_no_record_is_not_written, begin),
		cmocka_unit_test_setup(full_disk_refuses_this_append_and_the_next_one_finds_room, begin),
		cmocka_unit_test_setup(a_fault_lasts_until_room_is_given_and_is_not_said_to_last_for_ever, begin),
		cmocka_unit_test_setup(failed_fsync_refuses_this_and_every_later_append, begin),
		cmocka_unit_test_setup(half_written_line_is_refused_and_cut_off_by_the_next_append, begin),
		cmocka_unit_test_setup(half_a_line_of_the_other_writer_is_cut_off_before_an_append, begin),
		cmocka_unit_test_setup(the_reserve_is_taken_anew_after_half_a_line_was_cut_off, begin),
		cmocka_unit_test_setup(a_writer_that_holds_the_file_is_not_waited_for_for_ever, begin),
		cmocka_unit_test_setup(no_checkpoint_is_written_over_the_other_writers_intent, begin),
		cmocka_unit_test_setup(a_checkpoint_behind_an_open_intent_is_refused, begin),
		cmocka_unit_test_setup(a_damaged_checkpoint_or_line_around_it_is_refused, begin),
		cmocka_unit_test_setup(a_torn_checkpoint_is_cut_off_and_the_lines_before_it_count, begin),
		cmocka_unit_test_setup(what_was_appended_is_known_after_a_restart, begin),
		cmocka_unit_test_setup(two_writers_see_each_other, begin),
		cmocka_unit_test_setup(two_processes_append_at_once_and_no_line_is_lost, begin),
		cmocka_unit_test_setup(an_intent_is_open_until_done_or_revoked, begin),
		cmocka_unit_test_setup(the_sixteen_newest_revocations_are_known_and_releases_leave, begin),
		cmocka_unit_test_setup(neither_hold_nor_release_takes_a_revocation_back, begin),
		cmocka_unit_test_setup(a_start_from_a_checkpoint_knows_the_same, begin),
		cmocka_unit_test_setup(the_last_checkpoint_is_found_far_back_and_across_chunks, begin),
		cmocka_unit_test_setup(a_walk_sees_every_record_and_every_damage, begin),
		cmocka_unit_test_setup(an_accepted_clock_is_the_latest_time, begin),
	};
	int fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	int failed = cmocka_run_group_tests_name("signer_journal", tests, NULL, NULL);
	unlink(path);
	return failed;
}
