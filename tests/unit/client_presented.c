/* A certificate as a proxy writes it into a header: what strays from its form is refused. */
#include "client/presented.h"
#include "tests/support/forms.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static struct pair subject, other;
static struct buf written[FORM_LAST + 1];

static counterfoil_code read_as(counterfoil_format format, const void *bytes, size_t len, int *count)
{
	STACK_OF(X509) *found = NULL;
	counterfoil_error error;
	char *copy = malloc(len ? len : 1); /* of exactly its size, for what looks for reads behind the end */
	memcpy(copy, bytes, len);
	counterfoil_code code = presented_read((counterfoil_bytes){copy, len}, format, &found, &error);
	assert_int_equal(error.code, code);
	assert_int_equal(found == NULL, code != COUNTERFOIL_OK);
	if (!code && X509_cmp(sk_X509_value(found, 0), subject.certificate) != 0)
		code = COUNTERFOIL_FAILED; /* another's */
	*count = sk_X509_num(found);
	sk_X509_pop_free(found, X509_free);
	free(copy);
	return code;
}

static void expect(const char *name, counterfoil_format format, const char *bytes, size_t len, counterfoil_code want)
{
	int count;
	counterfoil_code had = read_as(format, bytes, len, &count);
	if (had != want)
		fail_msg("%s, form %d: wanted %s, had %s", name, format, counterfoil_code_word(want), counterfoil_code_word(had));
}

static void each_form_is_read_as_itself_and_as_nothing_else(void **state)
{
	(void)state;
	for (int is = FORM_FIRST; is <= FORM_LAST; is++) {
		const struct buf *w = &written[is];
		expect("auto", COUNTERFOIL_FORMAT_AUTO, (char *)w->data, w->len, COUNTERFOIL_OK);
		for (int as = FORM_FIRST; as <= FORM_LAST; as++)
			expect("said to be", as, (char *)w->data, w->len, is == as ? COUNTERFOIL_OK : COUNTERFOIL_PEER_MALFORMED);
	}
}

/* A form with `len` of its bytes at `at` (from the end when negative) replaced. */
struct stray {
	const char *name;
	counterfoil_format format;
	int at, len;
	const char *with;
};

static void what_strays_from_its_form_is_refused(void **state)
{
	(void)state;
	static const struct stray strays[] = {
		{"a blank before", COUNTERFOIL_FORMAT_PEM, 0, 0, " "},
		{"an empty line before", COUNTERFOIL_FORMAT_PEM, 0, 0, "\n"},
		{"text before", COUNTERFOIL_FORMAT_PEM, 0, 0, "subject=x\n"},
		{"a line end of Windows among others", COUNTERFOIL_FORMAT_PEM, 27, 1, "\r\n"},
		{"a blank behind a line", COUNTERFOIL_FORMAT_PEM, 92, 0, " "},
		{"a shorter line", COUNTERFOIL_FORMAT_PEM, 60, 0, "\n"},
		{"a longer line", COUNTERFOIL_FORMAT_PEM, 92, 1, ""},
		{"an empty line", COUNTERFOIL_FORMAT_PEM, 92, 0, "\n"},
		{"an empty line at the end", COUNTERFOIL_FORMAT_PEM, -1, 0, "\n"},
		{"a tab", COUNTERFOIL_FORMAT_PEM, 40, 1, "\t"},
		{"a NUL", COUNTERFOIL_FORMAT_PEM, 40, 1, NULL},
		{"another label", COUNTERFOIL_FORMAT_PEM, 11, 11, "CERTIFICATF"},
		{"another label at the end", COUNTERFOIL_FORMAT_PEM, -17, 11, "CERTIFICATF"},
		{"the trusted form", COUNTERFOIL_FORMAT_PEM, 11, 0, "TRUSTED "},
		{"headers", COUNTERFOIL_FORMAT_PEM, 28, 0, "Proc-Type: 4,ENCRYPTED\n\n"},
		{"a byte behind", COUNTERFOIL_FORMAT_DER, 9999, 0, "x"},
		{"a blank behind", COUNTERFOIL_FORMAT_NGINX, 9999, 0, "%20"},
		{"lower-case escapes", COUNTERFOIL_FORMAT_NGINX, -2, 2, "0a"},
		{"a letter escaped without need", COUNTERFOIL_FORMAT_NGINX, 5, 1, "%42"},
		{"a plus for a blank", COUNTERFOIL_FORMAT_NGINX, 10, 3, "+"},
		{"a blank as it is", COUNTERFOIL_FORMAT_NGINX, 10, 3, " "},
		{"half an escape", COUNTERFOIL_FORMAT_NGINX, -1, 1, ""},
		{"no escape", COUNTERFOIL_FORMAT_NGINX, -2, 2, "zz"},
		{"two blanks between lines", COUNTERFOIL_FORMAT_APACHE, 27, 0, " "},
		{"two blanks behind", COUNTERFOIL_FORMAT_APACHE, 9999, 0, " "},
		{"a line end in a header", COUNTERFOIL_FORMAT_APACHE, 27, 1, "\n"},
		{"a comma, and another", COUNTERFOIL_FORMAT_APACHE, 9999, 0, ","},
		{"no padding", COUNTERFOIL_FORMAT_HAPROXY, 9999, 0, "="},
		{"base64 of the web", COUNTERFOIL_FORMAT_HAPROXY, 40, 1, "-"},
		{"a blank inside", COUNTERFOIL_FORMAT_HAPROXY, 40, 0, " "},
		{"a blank before", COUNTERFOIL_FORMAT_RFC9440, 0, 0, " "},
		{"no colon at the end", COUNTERFOIL_FORMAT_RFC9440, -1, 1, ""},
		{"a parameter", COUNTERFOIL_FORMAT_RFC9440, 9999, 0, ";a=1"},
		{"two", COUNTERFOIL_FORMAT_RFC9440, 9999, 0, ", :AAAA:"},
	};
	for (size_t i = 0; i < sizeof strays / sizeof *strays; i++) {
		const struct stray *s = &strays[i];
		const struct buf *w = &written[s->format];
		size_t at = s->at < 0 ? w->len - (size_t)-s->at : s->at > (int)w->len ? w->len : (size_t)s->at;
		struct buf bent = BUF_INIT(PRESENTED_MAX);
		buf_add(&bent, w->data, at);
		if (s->with)
			buf_text(&bent, s->with);
		else
			buf_byte(&bent, 0);
		buf_add(&bent, w->data + at + s->len, w->len - at - (size_t)s->len);
		expect(s->name, s->format, (char *)bent.data, bent.len, COUNTERFOIL_PEER_MALFORMED);
		expect(s->name, COUNTERFOIL_FORMAT_AUTO, (char *)bent.data, bent.len, COUNTERFOIL_PEER_MALFORMED);
		buf_free(&bent);
	}
}

static void pem_takes_either_line_end_and_may_end_without_one(void **state)
{
	(void)state;
	struct buf windows = BUF_INIT(PRESENTED_MAX);
	const struct buf *pem = &written[COUNTERFOIL_FORMAT_PEM], *apache = &written[COUNTERFOIL_FORMAT_APACHE];
	for (size_t i = 0; i < pem->len; i++)
		buf_format(&windows, pem->data[i] == '\n' ? "\r\n" : "%c", pem->data[i]);
	expect("Windows", COUNTERFOIL_FORMAT_PEM, (char *)windows.data, windows.len, COUNTERFOIL_OK);
	expect("a cut line end", COUNTERFOIL_FORMAT_PEM, (char *)windows.data, windows.len - 1, COUNTERFOIL_PEER_MALFORMED);
	expect("Windows without", COUNTERFOIL_FORMAT_PEM, (char *)windows.data, windows.len - 2, COUNTERFOIL_OK);
	expect("without", COUNTERFOIL_FORMAT_PEM, (char *)pem->data, pem->len - 1, COUNTERFOIL_OK);
	expect("trimmed by HTTP", COUNTERFOIL_FORMAT_APACHE, (char *)apache->data, apache->len - 1, COUNTERFOIL_OK);
	buf_free(&windows);
}

static void only_pem_carries_what_the_ca_has_and_not_without_end(void **state)
{
	(void)state;
	struct buf many = BUF_INIT(1 << 20);
	int count = 0;
	for (int form = FORM_FIRST; form <= FORM_LAST; form++) {
		buf_clear(&many);
		form_write(subject.certificate, form, &many);
		form_write(other.certificate, form, &many);
		counterfoil_code had = read_as(form, many.data, many.len, &count);
		assert_int_equal(had, form == COUNTERFOIL_FORMAT_PEM ? COUNTERFOIL_OK : COUNTERFOIL_PEER_MALFORMED);
		assert_true(had || count == 2);
	}
	for (int i = 0; i < PRESENTED_CERTIFICATES_MAX; i++) {
		buf_clear(&many);
		for (int n = 0; n <= i; n++)
			form_write(subject.certificate, COUNTERFOIL_FORMAT_PEM, &many);
		assert_int_equal(read_as(COUNTERFOIL_FORMAT_PEM, many.data, many.len, &count), COUNTERFOIL_OK);
		assert_int_equal(count, i + 1);
	}
	form_write(subject.certificate, COUNTERFOIL_FORMAT_PEM, &many);
	assert_int_equal(read_as(COUNTERFOIL_FORMAT_PEM, many.data, many.len, &count), COUNTERFOIL_PEER_MALFORMED);
	buf_free(&many);
}

static void cut_anywhere_it_is_refused(void **state)
{
	(void)state;
	for (int form = FORM_FIRST; form <= FORM_LAST; form++) {
		const struct buf *w = &written[form];
		size_t whole = w->len;
		if (form == COUNTERFOIL_FORMAT_PEM || form == COUNTERFOIL_FORMAT_APACHE)
			whole -= 1; /* the last line's end may be missing */
		if (form == COUNTERFOIL_FORMAT_NGINX)
			whole -= 3;
		for (size_t len = 1; len < whole; len++)
			expect("cut", form, (char *)w->data, len, COUNTERFOIL_PEER_MALFORMED);
		expect("nothing", form, "", 0, COUNTERFOIL_PEER_ABSENT);
	}
}

/* What is read with a bit flipped is never taken for the certificate as it was. */
static void with_any_bit_flipped_it_is_not_the_same(void **state)
{
	(void)state;
	for (int form = FORM_FIRST; form <= FORM_LAST; form++) {
		struct buf *w = &written[form];
		for (size_t bit = 0; bit < 8 * w->len; bit++) {
			int count;
			w->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (read_as(form, w->data, w->len, &count) == COUNTERFOIL_OK)
				fail_msg("form %d, bit %zu of byte %zu: still the same", form, bit % 8, bit / 8);
			w->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void der_that_is_not_der_is_refused(void **state)
{
	(void)state;
	const struct buf *der = &written[COUNTERFOIL_FORMAT_DER];
	struct buf bent = BUF_INIT(PRESENTED_MAX);
	buf_add(&bent, "\x30\x83\x00", 3); /* the same length in a byte more */
	buf_add(&bent, der->data + 2, der->len - 2);
	expect("a long length", COUNTERFOIL_FORMAT_DER, (char *)bent.data, bent.len, COUNTERFOIL_PEER_MALFORMED);
	expect("a claim of 100 MB", COUNTERFOIL_FORMAT_DER, "\x30\x84\x05\xf5\xe1\x00\x30\x82", 8, COUNTERFOIL_PEER_MALFORMED);
	buf_clear(&bent);
	memset(buf_room(&bent, PRESENTED_MAX), 0x30, PRESENTED_MAX);
	expect("deep nesting", COUNTERFOIL_FORMAT_DER, (char *)bent.data, bent.len, COUNTERFOIL_PEER_MALFORMED);
	buf_free(&bent);
}

static void apache_says_null_for_nobody(void **state)
{
	(void)state;
	for (int form = COUNTERFOIL_FORMAT_AUTO; form <= FORM_LAST; form++) {
		bool knows = form == COUNTERFOIL_FORMAT_AUTO || form == COUNTERFOIL_FORMAT_APACHE;
		expect("(null)", form, "(null)", 6, knows ? COUNTERFOIL_PEER_ABSENT : COUNTERFOIL_PEER_MALFORMED);
		expect("(null", form, "(null", 5, COUNTERFOIL_PEER_MALFORMED);
	}
}

static void giants_and_bad_arguments_are_told_apart(void **state)
{
	(void)state;
	char *giant = calloc(1, PRESENTED_MAX + 1);
	STACK_OF(X509) *found = NULL;
	ERR_clear_error();
	expect("a giant", COUNTERFOIL_FORMAT_AUTO, giant, PRESENTED_MAX + 1, COUNTERFOIL_TOO_LARGE);
	expect("zeros", COUNTERFOIL_FORMAT_AUTO, giant, PRESENTED_MAX, COUNTERFOIL_PEER_MALFORMED);
	free(giant);
	assert_int_equal(presented_read((counterfoil_bytes){NULL, 1}, COUNTERFOIL_FORMAT_PEM, &found, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(presented_read((counterfoil_bytes){"x", 1}, (counterfoil_format)7, &found, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(presented_read((counterfoil_bytes){"x", 1}, (counterfoil_format)-1, &found, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(ERR_peek_error(), 0);
}

static int begin(void **state)
{
	(void)state;
	subject = pair_make(&(struct wanted){.common_name = "e-banking", .extended = "clientAuth"});
	other = pair_make(&(struct wanted){.common_name = "other"});
	for (int form = FORM_FIRST; form <= FORM_LAST; form++) {
		written[form] = BUF_INIT(PRESENTED_MAX);
		form_write(subject.certificate, form, &written[form]);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int form = FORM_FIRST; form <= FORM_LAST; form++)
		buf_free(&written[form]);
	pair_free(&subject);
	pair_free(&other);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_read_as_itself_and_as_nothing_else),
		cmocka_unit_test(what_strays_from_its_form_is_refused),
		cmocka_unit_test(pem_takes_either_line_end_and_may_end_without_one),
		cmocka_unit_test(only_pem_carries_what_the_ca_has_and_not_without_end),
		cmocka_unit_test(cut_anywhere_it_is_refused),
		cmocka_unit_test(with_any_bit_flipped_it_is_not_the_same),
		cmocka_unit_test(der_that_is_not_der_is_refused),
		cmocka_unit_test(apache_says_null_for_nobody),
		cmocka_unit_test(giants_and_bad_arguments_are_told_apart),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
