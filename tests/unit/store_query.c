/* Statements: values in, rows and constraint values out. */
#include "tests/support/store_folder.h"

#include <string.h>

#define ORGANISATION(id, slug) STORE_VALUES(value_text(id), value_text(slug), value_text("Acme"), value_integer(1000))

static void begin(struct store *s)
{
	assert_int_equal(store_begin(s), ERR_OK);
}

static void add_contact(struct store *s, const char *id, const char *email, int may_receive)
{
	assert_int_equal(store_exec_one(s, STATEMENT_CONTACT_ADD,
					STORE_VALUES(value_text(id), value_text("Ann"), value_text(email),
						     value_text("+41790000001"), value_integer(1),
						     value_integer(may_receive), value_text("nb"), value_integer(1000),
						     value_text("acme"))),
			 ERR_OK);
}

static void a_unique_violation_is_exists(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", "acme"), NULL), ERR_OK);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("b", "acme"), NULL), ERR_EXISTS);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", "other"), NULL), ERR_EXISTS);
	assert_int_equal(store_commit(s), ERR_OK);
}

static void any_other_violation_is_conflict(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_STAFF_ADD,
				    STORE_VALUES(value_text("p"), value_text("P"), value_text("king"), value_integer(1), value_null(), value_null(),
						 value_text(""), value_null()),
				    NULL), ERR_CONFLICT); /* CHECK */
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD,
				    STORE_VALUES(value_text("a"), value_null(), value_text("A"), value_integer(1)), NULL),
			 ERR_CONFLICT); /* NOT NULL */
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD,
				    STORE_VALUES(value_text("a"), value_text("a"), value_text("A"), value_text("noon")),
				    NULL), ERR_CONFLICT); /* STRICT type */
	assert_int_equal(store_exec(s, STATEMENT_MESSAGE_ADD,
				    STORE_VALUES(value_text("m"), value_text("no such order"), value_null(),
						 value_text("link"), value_text("mail"), value_blob("x", 1),
						 value_integer(1), value_integer(1), value_integer(2)), NULL),
			 ERR_CONFLICT); /* foreign key */
	store_rollback(s);
}

static void a_child_of_a_missing_parent_affects_no_row(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	int64_t affected = -1;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_SERVICE_ADD,
				    STORE_VALUES(value_text("s"), value_text("pay"), value_text("Pay"), value_null(), value_integer(1),
						 value_text("nobody")), &affected), ERR_OK);
	assert_int_equal(affected, 0);
	assert_int_equal(store_exec_one(s, STATEMENT_SERVICE_ADD,
					STORE_VALUES(value_text("s"), value_text("pay"), value_text("Pay"), value_null(),
						     value_integer(1), value_text("nobody"))), ERR_CONFLICT);
	store_rollback(s);
}

static void a_write_outside_a_transaction_is_refused(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", "acme"), NULL), ERR_INTERNAL);
}

static void a_wrong_number_of_values_is_refused(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, STORE_VALUES(value_text("a")), NULL), ERR_INTERNAL);
	store_rollback(s);
}

static void hostile_text_stays_text(void **state)
{
	static const char hostile[] = "x'); DROP TABLE organisation; --";
	struct store *s = ((struct folder *)*state)->store;
	json_t *row = NULL;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", hostile), NULL), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
	assert_int_equal(store_json_one(s, STATEMENT_ORGANISATION_SHOW, STORE_VALUES(value_text(hostile)), &row), ERR_OK);
	assert_string_equal(json_string_value(json_object_get(row, "slug")), hostile);
	json_decref(row);
}

static enum err stop_at_second(void *ctx, const struct row *r)
{
	(void)r;
	return ++*(int *)ctx == 2 ? ERR_LIMIT : ERR_OK;
}

static void a_callback_may_stop_the_walk(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	int seen = 0;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", "a"), NULL), ERR_OK);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("b", "b"), NULL), ERR_OK);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("c", "c"), NULL), ERR_OK);
	assert_int_equal(store_each(s, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(9)), stop_at_second, &seen),
			 ERR_LIMIT);
	assert_int_equal(seen, 2);
	assert_int_equal(store_commit(s), ERR_OK); /* no cursor is left open */
}

static enum err begin_above(void *ctx, const struct row *r)
{
	(void)r;
	return store_begin(ctx);
}

static enum err same_again(void *ctx, const struct row *r)
{
	int rows = 0;
	(void)r;
	return store_each(ctx, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(9)), folder_count_row, &rows);
}

static void nothing_begins_above_an_open_read(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", "a"), NULL), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
	assert_int_equal(store_each(s, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(9)), begin_above, s),
			 ERR_INTERNAL);
	assert_int_equal(store_each(s, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(9)), same_again, s),
			 ERR_INTERNAL);
	begin(s);
	store_rollback(s);
}

static void none_is_not_found(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	json_t *row = NULL;
	assert_int_equal(store_json_one(s, STATEMENT_ORGANISATION_SHOW, STORE_VALUES(value_text("none")), &row),
			 ERR_NOT_FOUND);
	assert_null(row);
	assert_int_equal(store_json(s, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(9)), &row), ERR_OK);
	assert_int_equal(json_array_size(row), 0);
	json_decref(row);
}

static void rows_become_json_by_the_names_of_columns(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	json_t *row = NULL;
	begin(s);
	assert_int_equal(store_exec(s, STATEMENT_ORGANISATION_ADD, ORGANISATION("a", "acme"), NULL), ERR_OK);
	add_contact(s, "c1", "ann@acme.example", 0);
	assert_int_equal(store_exec_one(s, STATEMENT_AUDIT_INSERT,
					STORE_VALUES(value_integer(1), value_text("{}"), value_blob("\x00\xff\x10", 3),
						     value_text("o"), value_integer(1))), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);

	assert_int_equal(store_json_one(s, STATEMENT_CONTACT_SHOW, STORE_VALUES(value_text("ann@acme.example"), value_null()), &row),
			 ERR_OK);
	assert_true(json_is_true(json_object_get(row, "may_order")));
	assert_true(json_is_false(json_object_get(row, "may_receive")));
	assert_string_equal(json_string_value(json_object_get(row, "created_at")), "1970-01-01T00:16:40Z");
	assert_string_equal(json_string_value(json_object_get(row, "organisation")), "acme");
	json_decref(row);
	assert_int_equal(store_json_one(s, STATEMENT_AUDIT_HEAD, NULL, 0, &row), ERR_OK);
	assert_int_equal(json_integer_value(json_object_get(row, "sequence")), 1);
	assert_string_equal(json_string_value(json_object_get(row, "hash")), "00ff10");
	json_decref(row);
}

static void text_that_is_no_utf8_is_corrupt_not_a_crash(void **state)
{
	struct folder *f = *state;
	json_t *rows = NULL;
	folder_sql(f->db, "INSERT INTO organisation (id, slug, name, created_at) VALUES ('a', 'a', CAST(X'ff41' AS TEXT), 1)");
	assert_int_equal(store_json(f->store, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(9)), &rows),
			 ERR_CORRUPT);
}

static void filters_that_are_null_mean_all(void **state)
{
	struct folder *f = *state;
	int all = 0, one = 0, two = 0;
	folder_sql(f->db, "INSERT INTO organisation (id, slug, name, created_at) VALUES ('a', 'a', 'A', 1), ('b', 'b', 'B', 1);"
			  "INSERT INTO service (id, organisation_id, slug, name, created_at) VALUES ('s', 'a', 'pay', 'P', 1), ('t', 'b', 'pay', 'P', 1);"
			  "INSERT INTO client (id, service_id, slug, name, created_at) VALUES ('x', 's', 'shop', 'S', 1), ('y', 't', 'shop', 'S', 1)");
	assert_int_equal(store_each(f->store, STATEMENT_CLIENT_LIST,
				    STORE_VALUES(value_text(""), value_text(""), value_text(""), value_integer(9)), folder_count_row, &all), ERR_OK);
	assert_int_equal(store_each(f->store, STATEMENT_CLIENT_LIST_OF_SERVICE,
				    STORE_VALUES(value_text("s"), value_text(""), value_integer(9)), folder_count_row, &one), ERR_OK);
	assert_int_equal(store_each(f->store, STATEMENT_CLIENT_LIST,
				    STORE_VALUES(value_text("a"), value_text("pay"), value_text("shop"), value_integer(9)), folder_count_row, &two), ERR_OK);
	assert_int_equal(all, 2);
	assert_int_equal(one, 1);
	assert_int_equal(two, 1);
}

static void ids_have_their_shape_and_differ(void **state)
{
	char id[1000][ID_SIZE];
	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(id_new(id[i]), ERR_OK);
		assert_true(id_shape(id[i]));
	}
	for (int i = 0; i < 1000; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(id[i], id[j]);
	assert_false(id_shape(""));
	assert_false(id_shape("abcdefghijklmno"));
	assert_false(id_shape("abcdefghijklmnopq"));
	assert_false(id_shape("abcdefghijklmno1"));
	assert_false(id_shape("Abcdefghijklmnop"));
}

/* Every position takes every letter: no bits are lost on the way to the text. */
static void every_letter_comes_at_every_place(void **state)
{
	bool seen[ID_SIZE - 1][128] = {{0}};
	char id[ID_SIZE];
	(void)state;
	for (int i = 0; i < 4000; i++) {
		assert_int_equal(id_new(id), ERR_OK);
		for (int at = 0; at < ID_SIZE - 1; at++)
			seen[at][(int)id[at]] = true;
	}
	for (int at = 0; at < ID_SIZE - 1; at++)
		for (const char *c = "abcdefghijklmnopqrstuvwxyz234567"; *c; c++)
			assert_true(seen[at][(int)*c]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unique_violation_is_exists),
		TEST(any_other_violation_is_conflict),
		TEST(a_child_of_a_missing_parent_affects_no_row),
		TEST(a_write_outside_a_transaction_is_refused),
		TEST(a_wrong_number_of_values_is_refused),
		TEST(hostile_text_stays_text),
		TEST(a_callback_may_stop_the_walk),
		TEST(nothing_begins_above_an_open_read),
		TEST(none_is_not_found),
		TEST(rows_become_json_by_the_names_of_columns),
		TEST(text_that_is_no_utf8_is_corrupt_not_a_crash),
		TEST(filters_that_are_null_mean_all),
		cmocka_unit_test(ids_have_their_shape_and_differ),
		cmocka_unit_test(every_letter_comes_at_every_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
