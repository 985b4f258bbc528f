/* pin_trial: how often a PIN may be tried, whoever dies over it. */
#include "tests/support/test.h"

#include "issuer/token/pin_trial.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	struct pin_trial *page;
	struct secret *pin, *another;
} stage;

static struct secret *secret_of(const char *text)
{
	return secret_copy(text, strlen(text));
}

static int set_up(void **state)
{
	int fd = -1;
	(void)state;
	stage.pin = secret_of("2468");
	stage.another = secret_of("1357");
	return !stage.pin || !stage.another || pin_trial_make(&fd, NULL) || pin_trial_map(fd, &stage.page, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	secret_free(stage.pin);
	secret_free(stage.another);
	return munmap(stage.page, sizeof *stage.page);
}

static enum err begin(const struct secret *pin)
{
	return pin_trial_begin(stage.page, pin, NULL);
}

static enum err try(const struct secret *pin, enum err rc)
{
	struct errbuf why = {"because"};
	assert_int_equal(begin(pin), ERR_OK);
	return pin_trial_end(stage.page, pin, rc, &why);
}

static void a_first_login_is_the_only_one_whatever_it_fails_by(void **state)
{
	static const enum err ends[] = {ERR_REFUSED, ERR_CRYPTO, ERR_IO, ERR_MEMORY, ERR_INTERNAL};
	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		assert_int_equal(try(stage.pin, ends[i]), ERR_REFUSED);
		assert_int_equal(begin(stage.pin), ERR_REFUSED);
		assert_int_equal(begin(stage.pin), ERR_REFUSED);
		assert_int_equal(try(stage.another, ERR_OK), ERR_OK); /* another PIN begins anew */
	}
}

static void whoever_dies_over_it_has_tried_it(void **state)
{
	(void)state;
	assert_int_equal(begin(stage.pin), ERR_OK);
	assert_int_equal(begin(stage.pin), ERR_REFUSED);
}

static void a_key_that_is_missing_is_not_the_pins_fault(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(try(stage.pin, ERR_NOT_FOUND), ERR_NOT_FOUND);
}

static void one_that_was_right_is_tried_again(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(try(stage.pin, ERR_OK), ERR_OK);
		for (int k = 1; k < PIN_TRIES_ACCEPTED; k++)
			assert_int_equal(try(stage.pin, ERR_CRYPTO), ERR_CRYPTO);
	}
	assert_int_equal(begin(stage.pin), ERR_OK);
	assert_int_equal(begin(stage.pin), ERR_REFUSED);
	assert_int_equal(try(stage.another, ERR_OK), ERR_OK);
	assert_int_equal(try(stage.another, ERR_REFUSED), ERR_REFUSED); /* it was changed at the token */
	assert_int_equal(begin(stage.another), ERR_REFUSED);
}

static void nobody_counts_without_a_page_or_a_pin(void **state)
{
	(void)state;
	assert_int_equal(pin_trial_begin(NULL, stage.pin, NULL), ERR_OK);
	assert_int_equal(pin_trial_end(NULL, stage.pin, ERR_CRYPTO, NULL), ERR_CRYPTO);
	assert_int_equal(begin(NULL), ERR_OK);
	assert_int_equal(stage.page->tries, 0);
}

static void the_page_does_not_have_the_pin(void **state)
{
	(void)state;
	assert_int_equal(try(stage.pin, ERR_OK), ERR_OK);
	assert_null(memmem(stage.page, sizeof *stage.page, secret_peek(stage.pin), secret_len(stage.pin)));
	struct pin_trial *page = NULL;
	assert_int_equal(pin_trial_map(-1, &page, NULL), ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_first_login_is_the_only_one_whatever_it_fails_by, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(whoever_dies_over_it_has_tried_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_key_that_is_missing_is_not_the_pins_fault, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_that_was_right_is_tried_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(nobody_counts_without_a_page_or_a_pin, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_page_does_not_have_the_pin, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
