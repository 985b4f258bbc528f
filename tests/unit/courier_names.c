/* The files that names are resolved by: written anew they are the same, put in another's place they are not. */
#include "tests/support/test.h"

#include "base/file.h"
#include "issuer/courier/courier_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/courier-names-XXXXXX";
static char paths[COURIER_NAME_FILES][64];
static const char *const names[COURIER_NAME_FILES] = {paths[0], paths[1], paths[2]};

static void put(const char *path)
{
	assert_int_equal(file_publish(path, "x", 1, 0600, NULL), ERR_OK);
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	for (int i = 0; i < COURIER_NAME_FILES; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%d", folder, i);
		put(paths[i]);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < COURIER_NAME_FILES; i++)
		unlink(paths[i]);
	return rmdir(folder);
}

static void a_file_in_anothers_place_is_seen(void **state)
{
	(void)state;
	for (int i = 0; i < COURIER_NAME_FILES; i++) {
		struct courier_names n;
		courier_names_note(&n, names);
		assert_false(courier_names_replaced(&n));
		put(paths[i]);
		assert_true(courier_names_replaced(&n));
	}
}

static void a_file_that_is_written_anew_is_the_same(void **state)
{
	(void)state;
	struct courier_names n;
	courier_names_note(&n, names);
	int fd = open(paths[0], O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "longer", 6), 6);
	close(fd);
	assert_false(courier_names_replaced(&n));
}

static void a_file_that_goes_is_waited_for_and_one_that_comes_is_seen(void **state)
{
	(void)state;
	struct courier_names n;
	courier_names_note(&n, names);
	unlink(paths[1]);
	assert_false(courier_names_replaced(&n));
	courier_names_note(&n, names);
	put(paths[1]);
	assert_true(courier_names_replaced(&n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_in_anothers_place_is_seen),
		cmocka_unit_test(a_file_that_is_written_anew_is_the_same),
		cmocka_unit_test(a_file_that_goes_is_waited_for_and_one_that_comes_is_seen),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
