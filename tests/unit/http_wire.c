/* The head as bytes: what the library read differently from what stands on the wire is refused. */
#include "issuer/http/guard.h"
#include "issuer/http/wire.h"
#include "tests/support/test.h"

#include <string.h>

/* A head as libmicrohttpd leaves it in its buffer: each delimiter overwritten, '?' too. */
static const char raw[] = "POST\0/a\0b=c\0HTTP/1.1\0\0Host\0 x\0\0Empty\0\0\0Content-Length\0\t 2\0\0Close\0y\0\0\0\0";
enum { RAW = sizeof raw - 1, FIELDS = 4 };

static const char *find(const char *text)
{
	return memmem(raw, RAW, text, strlen(text));
}

static struct head good(void)
{
	struct head h = {.method = raw, .target = "/a?b=c", .version = find("HTTP/1.1"), .wire = raw, .wire_len = RAW};
	const char *names[FIELDS] = {"Host", "Empty", "Content-Length", "Close"}, *values[FIELDS] = {"x", "", "2", "y"};
	const int spaces[FIELDS] = {1, 0, 2, 0};
	for (size_t i = 0; i < FIELDS; i++) {
		const char *name = find(names[i]);
		head_add(&h, &(struct head_field){name, name + strlen(name) + 1 + spaces[i], strlen(name), strlen(values[i])});
	}
	return h;
}

static enum err verdict(const struct head *h, size_t size)
{
	struct errbuf why = {0};
	enum err rc = wire_check(h, raw, size, &why);
	assert_true(rc == ERR_OK || why.text[0]);
	return rc;
}

static void a_head_that_follows_byte_upon_byte_passes(void **state)
{
	(void)state;
	struct head h = good();
	assert_int_equal(verdict(&h, RAW), ERR_OK);
}

static void every_other_size_is_refused(void **state)
{
	(void)state;
	struct head h = good();
	for (size_t size = 0; size < RAW; size++)
		assert_int_equal(verdict(&h, size), ERR_MALFORMED);
	assert_int_equal(verdict(&h, RAW + 1), ERR_MALFORMED); /* what a field without a name hides */
}

static void a_word_of_the_request_line_elsewhere_or_of_another_length_is_refused(void **state)
{
	(void)state;
	static const char copy[] = "POST";
	struct head h = good();
	h.method = copy;
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
	h = good();
	h.target = "/a"; /* cut by a NUL */
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
	h.target = "/a?b=cd"; /* the other way */
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
	h = good();
	h.version++;
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
	h.target = NULL;
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
}

static void every_field_elsewhere_or_of_another_length_is_refused(void **state)
{
	(void)state;
	static const char folded[] = "Transfer-Encodingchunked";
	for (size_t i = 0; i < FIELDS; i++) {
		struct head h = good();
		h.field[i].name = folded;
		assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
		h = good();
		h.field[i].name_len--;
		assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
		h = good();
		h.field[i].value = "elsewhere";
		assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
		for (int change = -1; change <= 1; change += 2) {
			h = good();
			h.field[i].value_len += (size_t)change; /* a NUL has cut it */
			if (h.field[i].value_len <= RAW)
				assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
		}
	}
}

static void a_field_left_out_put_in_or_moved_is_refused(void **state)
{
	(void)state;
	struct head h = good();
	h.fields--;
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
	h = good();
	head_add(&h, &h.field[0]);
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
	h = good();
	struct head_field first = h.field[0];
	h.field[0] = h.field[1];
	h.field[1] = first;
	assert_int_equal(verdict(&h, RAW), ERR_MALFORMED);
}

static void a_bare_line_feed_leaves_one_delimiter_and_is_refused(void **state)
{
	(void)state;
	static const char bare[] = "GET\0/\0HTTP/1.1\0Host\0 x\0\0\0";
	struct errbuf why = {0};
	struct head h = {.method = bare, .target = "/", .version = bare + 6};
	head_add(&h, &(struct head_field){bare + 15, bare + 21, 4, 1});
	assert_int_equal(wire_check(&h, bare, sizeof bare - 1, &why), ERR_MALFORMED);
}

static void the_guard_looks_at_the_bytes_when_it_has_them(void **state)
{
	(void)state;
	struct errbuf why = {0};
	struct head h = good();
	assert_int_equal(guard_check(&h, &why), ERR_OK);
	h = good();
	h.wire_len--;
	assert_int_equal(guard_check(&h, &why), ERR_MALFORMED);
}

static void only_the_library_that_was_looked_at_is_known(void **state)
{
	(void)state;
	assert_true(wire_known("0.9.75"));
	assert_false(wire_known("0.9.76"));
	assert_false(wire_known("1.0.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_that_follows_byte_upon_byte_passes),
		cmocka_unit_test(every_other_size_is_refused),
		cmocka_unit_test(a_word_of_the_request_line_elsewhere_or_of_another_length_is_refused),
		cmocka_unit_test(every_field_elsewhere_or_of_another_length_is_refused),
		cmocka_unit_test(a_field_left_out_put_in_or_moved_is_refused),
		cmocka_unit_test(a_bare_line_feed_leaves_one_delimiter_and_is_refused),
		cmocka_unit_test(the_guard_looks_at_the_bytes_when_it_has_them),
		cmocka_unit_test(only_the_library_that_was_looked_at_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
