/* What is left of a key whose writing was cut off. */
#include "tests/support/remove_tree.h"
#include "tests/support/test.h"

#include "base/file.h"
#include "issuer/keys_unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "0123456789abcdef"

static char folder[64];
static struct settings settings;
static unsigned told, refused;

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/keys_unfinished-XXXXXX");
	assert_non_null(mkdtemp(folder));
	settings = (struct settings){.keys_others = folder};
	told = refused = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	return remove_tree(folder);
}

static void seen(void *ctx, const char *path, enum err e, const struct errbuf *why)
{
	(void)ctx;
	assert_int_equal(strncmp(path, folder, strlen(folder)), 0);
	assert_int_equal(e != ERR_OK, why->text[0] != '\0');
	told++;
	refused += e != ERR_OK;
}

static const char *at(const char *name)
{
	static char path[4096];
	assert_int_equal(file_join(path, folder, name), ERR_OK);
	return path;
}

static void put(const char *name, mode_t mode)
{
	assert_int_equal(file_publish(at(name), "a private key", 13, mode, NULL), ERR_OK);
}

static bool there(const char *name)
{
	return access(at(name), F_OK) == 0;
}

static void only_what_was_being_written_is_erased(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool unfinished;
	} cases[] = {
		{ID ".key.unfinished-aB3dE6", true},
		{"pending-" ID ".key.unfinished-000000", true},
		{ID ".key", false},
		{"pending-" ID ".key", false},
		{ID ".key.unfinished-aB3dE", false},
		{ID ".key.unfinished-aB3dE67", false},
		{ID ".key.unfinished-aB3d.6", false},
		{ID ".key.unfinished-", false},
		{ID ".key.unfinished", false},
		{ID ".key.", false},
		{ID ".pem.aB3dE6", false},
		{"0" ID ".key.unfinished-aB3dE6", false},
		{"next-" ID ".key.unfinished-aB3dE6", false},
		{"pending-pending-" ID ".key.unfinished-aB3dE6", false},
		{"0123456789ABCdef.key.unfinished-aB3dE6", false},
		{"issuing.key.unfinished-aB3dE6", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		put(cases[i].name, 0600);
	assert_int_equal(keys_unfinished_look(&settings, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, 2);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(there(cases[i].name));
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, 4);
	assert_int_equal(refused, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (there(cases[i].name) == cases[i].unfinished)
			fail_msg("%s: wanted %s", cases[i].name, cases[i].unfinished ? "erased" : "kept");
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, 4);
}

/* So were they named once, and so does a person name a copy. */
static void a_copy_beside_a_key_is_told_and_never_touched(void **state)
{
	(void)state;
	static const char *const copies[] = {ID ".key.backup", ID ".key.261122", "pending-" ID ".key.before", ID ".key.aB3dE6"};
	enum { COPIES = sizeof copies / sizeof *copies };
	for (size_t i = 0; i < COPIES; i++)
		put(copies[i], i ? 0600 : 0640);
	put(ID ".key.bak", 0600);
	assert_int_equal(keys_unfinished_look(&settings, seen, NULL, NULL), ERR_OK);
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, 0);
	assert_int_equal(keys_unfinished_look_alike(&settings, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, COPIES);
	for (size_t i = 0; i < COPIES; i++) {
		struct buf bytes = BUF_INIT(64);
		assert_int_equal(file_read(at(copies[i]), &bytes, NULL), ERR_OK);
		assert_int_equal(bytes.len, 13);
		assert_memory_equal(bytes.data, "a private key", 13);
		buf_free(&bytes);
	}
}

static void what_is_erased_is_overwritten(void **state)
{
	(void)state;
	uint8_t bytes[32];
	static const uint8_t zeros[13];
	put(ID ".key.unfinished-aB3dE6", 0600);
	int fd = open(at(ID ".key.unfinished-aB3dE6"), O_RDONLY);
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 13);
	assert_memory_equal(bytes, zeros, 13);
	close(fd);
}

/* It is the whole key under its name as well. */
static void a_second_name_goes_and_the_key_stays(void **state)
{
	(void)state;
	char first[4096];
	struct buf bytes = BUF_INIT(64);
	put(ID ".key", 0600);
	snprintf(first, sizeof first, "%s", at(ID ".key"));
	assert_int_equal(link(first, at(ID ".key.unfinished-aB3dE6")), 0);
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_false(there(ID ".key.unfinished-aB3dE6"));
	assert_int_equal(file_read(first, &bytes, NULL), ERR_OK);
	assert_int_equal(bytes.len, 13);
	assert_memory_equal(bytes.data, "a private key", 13);
	buf_free(&bytes);
}

static void what_is_not_known_to_be_ours_is_told_and_stays(void **state)
{
	(void)state;
	put(ID ".key.unfinished-aB3dE6", 0640);
	put("target", 0600);
	assert_int_equal(symlink("target", at(ID ".key.unfinished-aB3dE7")), 0);
	assert_int_equal(mkdir(at(ID ".key.unfinished-aB3dE8"), 0700), 0);
	put(ID ".key.unfinished-aB3dE9", 0600);
	assert_int_equal(truncate(at(ID ".key.unfinished-aB3dE9"), 1 << 20), 0);
	assert_int_equal(keys_unfinished_look(&settings, seen, NULL, NULL), ERR_OK);
	assert_int_equal(refused, 4);
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(refused, 8);
	assert_int_equal(told, 8);
	struct buf bytes = BUF_INIT(64);
	assert_int_equal(file_read(at("target"), &bytes, NULL), ERR_OK);
	assert_memory_equal(bytes.data, "a private key", 13);
	buf_free(&bytes);
}

static void nothing_is_touched_while_a_key_is_written(void **state)
{
	(void)state;
	int held = -1;
	put(ID ".key.unfinished-aB3dE6", 0600);
	assert_int_equal(keys_folder_hold(&settings, &held, NULL), ERR_OK);
	assert_int_equal(keys_unfinished_look(&settings, seen, NULL, NULL), ERR_OK);
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, 0);
	assert_true(there(ID ".key.unfinished-aB3dE6"));
	assert_int_equal(keys_unfinished_erase(&settings, held, seen, NULL, NULL), ERR_OK);
	assert_int_equal(told, 1);
	assert_false(there(ID ".key.unfinished-aB3dE6"));
	close(held);
}

static void no_folder_has_nothing_and_one_elsewhere_is_no_folder(void **state)
{
	(void)state;
	char none[80], elsewhere[80];
	int held = -1;
	snprintf(none, sizeof none, "%s/none", folder);
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
	settings.keys_others = none;
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_OK);
	assert_int_equal(keys_folder_hold(&settings, &held, NULL), ERR_NOT_FOUND);
	assert_int_equal(symlink(folder, elsewhere), 0);
	settings.keys_others = elsewhere;
	assert_int_equal(keys_unfinished_erase(&settings, -1, seen, NULL, NULL), ERR_IO);
	assert_int_equal(told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_was_being_written_is_erased, begin, end),
		cmocka_unit_test_setup_teardown(a_copy_beside_a_key_is_told_and_never_touched, begin, end),
		cmocka_unit_test_setup_teardown(what_is_erased_is_overwritten, begin, end),
		cmocka_unit_test_setup_teardown(a_second_name_goes_and_the_key_stays, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_known_to_be_ours_is_told_and_stays, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_touched_while_a_key_is_written, begin, end),
		cmocka_unit_test_setup_teardown(no_folder_has_nothing_and_one_elsewhere_is_no_folder, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
