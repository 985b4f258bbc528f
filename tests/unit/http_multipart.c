/* Forms with a file: what a browser sends is read, and nothing else is. */
#include "issuer/http/multipart.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"
#define TYPE "multipart/form-data; boundary=xYz"

static void every_form_gives_its_part_or_its_refusal(void **state)
{
	(void)state;
	static const struct {
		const char *name, *type, *body;
		enum err wanted;
		const char *value;
	} cases[] = {
		{"one part", TYPE, "--xYz\r\n" NAMED("request") "\r\nabc\r\n--xYz--\r\n", ERR_OK, "abc"},
		{"without the last line's end", TYPE, "--xYz\r\n" NAMED("request") "\r\nabc\r\n--xYz--", ERR_OK, "abc"},
		{"empty part", TYPE, "--xYz\r\n" NAMED("request") "\r\n\r\n--xYz--\r\n", ERR_OK, ""},
		{"second of two", TYPE, "--xYz\r\n" NAMED("other") "\r\n1\r\n--xYz\r\n" NAMED("request") "\r\n2\r\n--xYz--\r\n", ERR_OK, "2"},
		{"further headers", TYPE, "--xYz\r\nContent-Type: text/plain\r\n" NAMED("request") "X-Y: z\r\n\r\nabc\r\n--xYz--\r\n", ERR_OK, "abc"},
		{"a file's name beside it", TYPE,
		 "--xYz\r\nContent-Disposition: form-data; name=\"request\"; filename=\"; name=x\"\r\n\r\nabc\r\n--xYz--\r\n", ERR_OK, "abc"},
		{"any case of the header", TYPE, "--xYz\r\ncontent-disposition: Form-Data; name=\"request\"\r\n\r\nabc\r\n--xYz--\r\n", ERR_OK, "abc"},
		{"quoted boundary", "multipart/form-data; charset=x; boundary=\"x Y\"", "--x", ERR_MALFORMED, ""},
		{"boundary in quotes", "multipart/form-data;boundary=\"xYz\"", "--xYz\r\n" NAMED("request") "\r\na\r\n--xYz--", ERR_OK, "a"},
		{"lines and hyphens within", TYPE, "--xYz\r\n" NAMED("request") "\r\na\r\n--xY\r\n--\r\nb\r\n--xYz--\r\n", ERR_OK, "a\r\n--xY\r\n--\r\nb"},
		{"none of that name", TYPE, "--xYz\r\n" NAMED("requests") "\r\na\r\n--xYz--\r\n", ERR_NOT_FOUND, ""},
		{"no part at all", TYPE, "--xYz--\r\n", ERR_NOT_FOUND, ""},
		{"twice", TYPE, "--xYz\r\n" NAMED("request") "\r\n1\r\n--xYz\r\n" NAMED("request") "\r\n2\r\n--xYz--\r\n", ERR_MALFORMED, ""},
		{"no end", TYPE, "--xYz\r\n" NAMED("request") "\r\nabc\r\n--xYz\r\n", ERR_MALFORMED, ""},
		{"cut", TYPE, "--xYz\r\n" NAMED("request") "\r\nabc", ERR_MALFORMED, ""},
		{"something behind it", TYPE, "--xYz\r\n" NAMED("request") "\r\nabc\r\n--xYz--\r\nx", ERR_MALFORMED, ""},
		{"something before it", TYPE, "x\r\n--xYz\r\n" NAMED("request") "\r\nabc\r\n--xYz--\r\n", ERR_MALFORMED, ""},
		{"a part without a name", TYPE, "--xYz\r\nX: y\r\n\r\nabc\r\n--xYz--\r\n", ERR_MALFORMED, ""},
		{"a part with two names", TYPE, "--xYz\r\n" NAMED("request") NAMED("other") "\r\nabc\r\n--xYz--\r\n", ERR_MALFORMED, ""},
		{"bare line feeds", TYPE, "--xYz\nContent-Disposition: form-data; name=\"request\"\n\nabc\n--xYz--\n", ERR_MALFORMED, ""},
		{"empty body", TYPE, "", ERR_MALFORMED, ""},
		{"no boundary", "multipart/form-data", "--xYz--", ERR_MALFORMED, ""},
		{"empty boundary", "multipart/form-data; boundary=", "--\r\n", ERR_MALFORMED, ""},
		{"another type", "multipart/mixed; boundary=xYz", "--xYz--", ERR_MALFORMED, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct multipart_part part;
		enum err had = multipart_find(cases[i].type, cases[i].body, strlen(cases[i].body), "request", &part);
		if (had != cases[i].wanted || part.len != strlen(cases[i].value) ||
		    (part.len && memcmp(part.bytes, cases[i].value, part.len) != 0))
			fail_msg("%s: wanted %s \"%s\", had %s \"%.*s\"", cases[i].name, err_word(cases[i].wanted), cases[i].value,
				 err_word(had), (int)part.len, part.bytes ? (const char *)part.bytes : "");
	}
}

static void parts_and_their_heads_are_bounded(void **state)
{
	(void)state;
	static char body[8192];
	struct multipart_part part;
	size_t n = 0;
	for (int i = 0; i <= MULTIPART_PARTS_MOST; i++)
		n += (size_t)snprintf(body + n, sizeof body - n, "--xYz\r\n" NAMED("o%d") "\r\n\r\n", i);
	n += (size_t)snprintf(body + n, sizeof body - n, "--xYz--");
	assert_int_equal(multipart_find(TYPE, body, n, "request", &part), ERR_MALFORMED);
	n = (size_t)snprintf(body, sizeof body, "--xYz\r\n" NAMED("request") "X: %0*d\r\n\r\nabc\r\n--xYz--", MULTIPART_HEAD_MOST, 0);
	assert_int_equal(multipart_find(TYPE, body, n, "request", &part), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_gives_its_part_or_its_refusal),
		cmocka_unit_test(parts_and_their_heads_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
