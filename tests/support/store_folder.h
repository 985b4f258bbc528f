/* A temporary folder with a fresh database, for the store's tests; and raw SQL from outside, as an intruder would. */
#ifndef TESTS_STORE_FOLDER_H
#define TESTS_STORE_FOLDER_H

#include "base/file.h"
#include "issuer/store/store.h"
#include "tests/support/remove_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct folder {
	char path[64];
	char db[80];
	struct store *store;
};

static int folder_open(void **state)
{
	struct folder *f = calloc(1, sizeof *f);
	struct errbuf why = {0};
	assert_non_null(f);
	snprintf(f->path, sizeof f->path, "/tmp/store-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->db, sizeof f->db, "%s/test.db", f->path);
	if (store_open(f->db, STORE_CREATE, &f->store, &why) != ERR_OK)
		fail_msg("store_open: %s", why.text);
	*state = f;
	return 0;
}

static int folder_close(void **state)
{
	struct folder *f = *state;
	store_close(f->store);
	int rc = remove_tree(f->path);
	free(f);
	return rc;
}

static inline void folder_sql(const char *db_path, const char *sql)
{
	sqlite3 *db = NULL;
	char *error = NULL;
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000); /* what is tested may be writing at this moment */
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

static inline void folder_read(const char *path, struct buf *out)
{
	assert_int_equal(file_read(path, out, NULL), ERR_OK);
}

/* How many rows a statement without parameters has. */
static inline enum err folder_count_row(void *ctx, const struct row *r)
{
	(void)r;
	++*(int *)ctx;
	return ERR_OK;
}

#endif
