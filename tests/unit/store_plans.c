/* How each statement finds its rows, as SQLite says it: by an index, and in its order. What grows is neither walked through nor
 * sorted but where it stands below with its reason. */
#include "issuer/store/store_internal.h"
#include "tests/support/store_folder.h"

#include <string.h>

static const struct {
	const char *name, *sql;
} statements[] = {
#define STATEMENT(word, text) {#word, text},
#include "issuer/store/statements.def"
#undef STATEMENT
};

static const char *const growing[] = {
	"orders", "certificate", "contact", "client", "service", "message", "audit", "attempt", "word", "code", "parcel",
	"approval", "moved", "idempotency",
};

static const struct {
	const char *name, *why;
} excused[] = {
	{"AUDIT_HEAD", "the newest alone, by its number"},
	{"AUDIT_WALK", "verifies the whole chain, on the host"},
	{"REMINDER_DUE", "the clerk's, of the offered alone; their order is the round's, and no index'"},
	{"REMINDER_ABOUT", "the messages of one order"},
	{"REMINDER_ADD", "the messages of one order"},
	{"CLERK_FORGET_MOVED", "what contacts had within some days, once a round"},
	{"CONTACT_SHOW", "the contacts of one address"},
	{"CONTACT_NAMED", "the contacts of one address"},
	{"CERTIFICATE_LIST_EXPIRED", "one page, made of two that are in order"},
	{"STAFF_LIST", "the staff are some hundred"},
	{"STAFF_ORDERS", "the orders of one member"},
	{"STAFF_CERTIFICATES", "the certificates of one member"},
	{"STAFF_FIND", "the certificates of one member"},
	{"STAFF_OPEN_ORDERS", "the orders of one member"},
	{"STAFF_LIVE_CERTIFICATES", "the certificates of one member"},
	{"MESSAGE_OF_ORDER", "the messages of one order"},
	{"ATTEMPT_OF_ORDER", "the attempts of one order"},
	{"MESSAGE_DUE", "of one second's messages"},
	{"MESSAGE_LEASE", "of one second's messages"},
	{"OUTBOX_WAITING", "of one second's messages"},
	{"ORDER_CONTACT", "the contacts of one address"},
	{"ORDER_ROOM", "of one second's orders of a client; the other is a list of states"},
	{"ORDER_ADD", "a list of states"},
	{"ORDER_REPLACED_ANEW", "a list of states"},
	{"APPROVERS", "the staff are some hundred"},
	{"ORDER_APPROVALS", "the approvals of one order"},
	{"ORDER_SHOW", "what renews one certificate"},
	{"APPROVED_BY", "the approvals of one order"},
	{"WORDS_ADD", "the words of one name"},
	{"METRICS_MESSAGES", "counts in indexes that hold what waits, or was lost, and nothing else"},
	{"STATUS_DEAD_MESSAGES", "of one second's messages"},
	{"STATUS_OVERDUE", "of what is open"},
	{"STATUS_FAILED", "of what did not arrive lately"},
	{"METRICS_ORDERS", "counts by state, in an index"},
	{"STATUS_WEEKS", "of what ends within weeks"},
	{"STATUS_EXPIRING", "the orders that renew one certificate"},
	{"STATUS_COUNTS", "counts in an index that holds what waits, and nothing else"},
};

/* "SCAN o", "SCAN o USING INDEX ...": the alias is looked up in the statement's own text ("orders o"). */
static bool is_of(const char *sql, const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof growing / sizeof *growing; i++) {
		char text[64];
		if (strlen(growing[i]) == len && strncmp(growing[i], name, len) == 0)
			return true;
		snprintf(text, sizeof text, " %s %.*s", growing[i], (int)len, name);
		for (const char *at = strstr(sql, text); at; at = strstr(at + 1, text))
			if (!at[strlen(text)] || strchr(" ,)", at[strlen(text)]))
				return true;
	}
	return false;
}

static bool is_bad(const char *sql, const char *step)
{
	if (strstr(step, "TEMP B-TREE"))
		return true;
	if (strncmp(step, "SCAN ", 5) != 0)
		return false;
	size_t len = strcspn(step + 5, " ");
	/* in the order of an index whose end is a limit */
	if (strstr(step, " USING ") && strstr(sql, " LIMIT "))
		return false;
	return is_of(sql, step + 5, len);
}

static const char *excuse(const char *name)
{
	for (size_t i = 0; i < sizeof excused / sizeof *excused; i++)
		if (strcmp(excused[i].name, name) == 0)
			return excused[i].why;
	return NULL;
}

static sqlite3_stmt *explain(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q = NULL;
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
	sqlite3_free(text);
	return q;
}

static void no_statement_walks_or_sorts_what_grows(void **state)
{
	struct folder *f = *state;
	sqlite3 *db = NULL;
	int faults = 0;
	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		sqlite3_stmt *q = explain(db, statements[i].sql);
		int bad = 0;
		while (sqlite3_step(q) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(q, 3);
			if (!is_bad(statements[i].sql, step))
				continue;
			bad++;
			if (!excuse(statements[i].name))
				print_error("%s: %s\n", statements[i].name, step);
		}
		faults += bad && !excuse(statements[i].name);
		sqlite3_finalize(q);
	}
	sqlite3_close(db);
	assert_int_equal(faults, 0);
}

/* Lists are read by the index that their leading filter is first in: another would look at every row. */
static void each_list_is_read_by_the_index_of_its_filter(void **state)
{
	static const char *const wanted[][2] = {
		{"ORDER_LIST", "orders_created ((created_at,id)<(?,?))"},
		{"ORDER_LIST_OF_CLIENT", "orders_client (client_id=? AND (created_at,id)<(?,?))"},
		{"ORDER_LIST_OF_CONTACT", "orders_contact (contact_id=? AND (created_at,id)<(?,?))"},
		{"ORDER_LIST_OF_ORGANISATION", "orders_organisation (organisation_id=? AND (created_at,id)<(?,?))"},
		{"ORDER_LIST_IN_STATE", "orders_listed (state=? AND (created_at,id)<(?,?))"},
		{"ORDER_LIST_OF_KIND", "orders_kind (kind=? AND (created_at,id)<(?,?))"},
		{"ORDER_LIST_DUE", "orders_due ((due_at,id)<(?,?))"},
		{"CERTIFICATE_LIST", "certificate_created ((created_at,serial)<(?,?))"},
		{"CERTIFICATE_LIST_OF_CLIENT", "certificate_client (client_id=? AND (created_at,serial)<(?,?))"},
		{"CERTIFICATE_LIST_OF_ORGANISATION", "certificate_organisation (organisation_id=? AND (created_at,serial)<(?,?))"},
		{"CERTIFICATE_LIST_WITH_STATUS", "certificate_ends (status=? AND not_after>? AND (not_after,serial)<(?,?))"},
		{"CERTIFICATE_LIST_EXPIRED", "certificate_ends (status=? AND (not_after,serial)<(?,?))"},
		{"CERTIFICATE_LIST_ENDING", "certificate_ends (status=? AND (not_after,serial)>(?,?) AND not_after<?)"},
		{"STAFF_LIST", "certificate_staff (staff_id=?)"},
		{"CONTACT_LIST", "contact_listed (organisation_id=?)"},
		{"CONTACT_LIST_OF", "contact_listed (organisation_id=? AND (name,id)>(?,?))"},
		{"AUDIT_LIST", "PRIMARY KEY (rowid>?)"},
		{"AUDIT_LIST_OF_OBJECT", "audit_object (object=? AND sequence>?)"},
		{"AUDIT_LIST_BY", "audit_who (who=? AND at>?)"},
		{"AUDIT_LIST_WHAT", "audit_what (what=? AND at>?)"},
		{"AUDIT_LIST_OF_ORGANISATION", "audit_organisation (organisation_id=? AND at>?)"},
		{"AUDIT_LIST_WITHIN", "audit_at (at>?)"},
	};
	struct folder *f = *state;
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		bool found = false;
		for (size_t k = 0; k < sizeof statements / sizeof *statements; k++) {
			if (strcmp(statements[k].name, wanted[i][0]) != 0)
				continue;
			sqlite3_stmt *q = explain(db, statements[k].sql);
			while (sqlite3_step(q) == SQLITE_ROW)
				found |= strstr((const char *)sqlite3_column_text(q, 3), wanted[i][1]) != NULL;
			sqlite3_finalize(q);
		}
		if (!found)
			fail_msg("%s is not read by %s", wanted[i][0], wanted[i][1]);
	}
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_list_is_read_by_the_index_of_its_filter, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(no_statement_walks_or_sorts_what_grows, folder_open, folder_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
