/* order_bench: a desk on a fresh database in a temporary folder, with the fake signer behind it, a directory of one
 * client and one contact, and the ways of a recipient and of an intruder with SQL. The clock stands at BENCH_NOW. */
#ifndef TESTS_ORDER_BENCH_H
#define TESTS_ORDER_BENCH_H

#include "tests/support/clock_injected.h"
#include "tests/support/fake_signer.h"
#include "tests/support/remove_tree.h"

#include "base/log.h"
#include "issuer/order/collect.h"
#include "issuer/order/order.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define BENCH_NOW INT64_C(1795313618) /* 2026-11-22T02:13:38Z */
#define BENCH_ISSUER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define BENCH_STAFF "staffaaaaaaaaaaa"
#define BENCH_MOBILE "+4799991234"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct bench {
	char folder[64], db[96];
	struct settings settings;
	struct languages *languages;
	struct desk desk;
	struct secret *code_key;
	sqlite3 *sql; /* the intruder's, and the test's eyes */
	atomic_int outbox, revocations;
	int64_t now;
} bench;

static const struct actor bench_staff = {.id = BENCH_STAFF, .role = "administrator", .request = "request-1"};
static const struct actor bench_recipient = {.id = "", .role = "recipient", .request = "request-2"};

/* One order as its recipient sees it. */
struct parcel {
	char id[ID_SIZE];
	char token[TOKEN_TEXT_SIZE], code[CODE_LENGTH + 1], claim[TOKEN_TEXT_SIZE];
};

#define assert_err(call, wanted)                                                                                       \
	do {                                                                                                           \
		enum err assert_err_had = (call);                                                                      \
		if (assert_err_had != (wanted))                                                                        \
			fail_msg("%s:%d: %s: %s, wanted %s", __FILE__, __LINE__, #call, err_word(assert_err_had),      \
				 err_word(wanted));                                                                    \
	} while (0)
#define assert_ok(call) assert_err(call, ERR_OK)

static inline void bench_clock(int64_t now)
{
	bench.now = now;
	clock_inject(now);
}

static inline void bench_sql(const char *format, ...)
{
	va_list args;
	char *error = NULL;
	va_start(args, format);
	char *sql = sqlite3_vmprintf(format, args);
	va_end(args);
	if (sqlite3_exec(bench.sql, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_free(sql);
}

/* The first column of the first row into out (size bytes) as text or bytes; its length, -1 for NULL or no row. */
static inline int bench_value(void *out, int size, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int len = -1;
	memset(out, 0, (size_t)size);
	if (sqlite3_prepare_v2(bench.sql, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(bench.sql));
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
		const void *bytes = sqlite3_column_blob(statement, 0);
		len = sqlite3_column_bytes(statement, 0);
		assert_true(len < size);
		if (len > 0)
			memcpy(out, bytes, (size_t)len);
	}
	sqlite3_finalize(statement);
	return len;
}

static inline int64_t bench_integer(const char *format, ...)
{
	char text[32];
	va_list args;
	va_start(args, format);
	char *sql = sqlite3_vmprintf(format, args);
	va_end(args);
	char *cast = sqlite3_mprintf("SELECT CAST((%s) AS TEXT)", sql);
	int len = bench_value(text, sizeof text, cast);
	sqlite3_free(cast);
	sqlite3_free(sql);
	return len < 0 ? -1 : strtoll(text, NULL, 10);
}

static inline enum order_state bench_state(const char *id)
{
	char sql[128], text[32];
	enum order_state state = ORDER_STATE_COUNT;
	snprintf(sql, sizeof sql, "SELECT state FROM orders WHERE id = '%s'", id);
	bench_value(text, sizeof text, sql);
	assert_ok(order_state_from_name(text, &state));
	return state;
}

#define assert_state(id, wanted) assert_string_equal(order_state_name(bench_state(id)), order_state_name(wanted))

static inline int bench_audits(const char *what, const char *object)
{
	return (int)bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = %Q AND object = %Q", what,
				  object);
}

static inline int bench_messages(const char *order, const char *kind, const char *state)
{
	return (int)bench_integer("SELECT COUNT(*) FROM message WHERE order_id = %Q AND kind = %Q AND state = %Q", order, kind,
				  state);
}

/* The newest waiting message of a kind, opened as the courier would. */
static inline void bench_open(const char *order, const char *kind, struct message *out)
{
	char sql[256];
	static uint8_t sealed[SEAL_MAX_BYTES];
	struct secret *plain = NULL;
	struct errbuf why = {{0}};
	snprintf(sql, sizeof sql, "SELECT sealed FROM message WHERE order_id = '%s' AND kind = '%s' AND state = 'waiting'"
		 " ORDER BY created_at DESC, rowid DESC LIMIT 1", order, kind);
	int len = bench_value(sealed, sizeof sealed, sql);
	assert_true(len > 0);
	assert_ok(seal_open_with(fake.courier, fake.courier_key, sealed, (size_t)len, &plain));
	if (message_open(plain, bench.desk.languages, out, &why))
		fail_msg("%s", why.text);
	secret_free(plain);
}

/* The link and the code as they reach the contact: handed over now. */
static inline void bench_read_mail(struct parcel *p)
{
	struct message m;
	bench_open(p->id, "link", &m);
	assert_string_equal(m.to, "kari@example.org");
	const char *link = strstr(buf_string(&m.text), "https://collect.example.org/d/");
	assert_non_null(link);
	snprintf(p->token, sizeof p->token, "%s", link + strlen("https://collect.example.org/d/"));
	message_clear(&m);
}

static inline void bench_read_code(struct parcel *p)
{
	struct message m;
	bench_open(p->id, "code", &m);
	assert_string_equal(m.to, BENCH_MOBILE);
	snprintf(p->code, sizeof p->code, "%s", buf_string(&m.text));
	message_clear(&m);
	bench_sql("UPDATE code SET handed_over_at = %lld WHERE order_id = %Q AND handed_over_at IS NULL", (long long)bench.now,
		  p->id);
	bench_sql("UPDATE message SET state = 'sent', sealed = NULL WHERE order_id = %Q AND kind = 'code' AND state = 'waiting'",
		  p->id);
}

static inline json_t *bench_order_body(void)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "organisation", "sparebank", "service", "pay", "client", "e-banking",
				 "contact", "kari@example.org");
	assert_non_null(body);
	return body;
}

/* With a member of the body set; value NULL: none. Takes the value. */
static inline void bench_order_with(struct parcel *p, const char *member, json_t *value)
{
	struct errbuf why = {{0}};
	struct faults faults = {0};
	json_t *body = bench_order_body();
	if (value)
		json_object_set_new(body, member, value);
	*p = (struct parcel){0};
	if (order_new(&bench.desk, &bench_staff, body, p->id, &faults, &why) != ERR_OK)
		fail_msg("order_new: %s", why.text);
	assert_null(faults.list);
	json_decref(body);
	bench_read_mail(p);
	bench_read_code(p);
}

static inline void bench_order(struct parcel *p)
{
	bench_order_with(p, NULL, NULL);
}

static inline enum err bench_try(struct parcel *p, const char *typed, int *tries_left)
{
	struct secret *claim = NULL;
	enum err rc = collect_code(&bench.desk, &bench_recipient, p->token, typed, strlen(typed), &claim, tries_left, NULL);
	if (rc == ERR_OK)
		snprintf(p->claim, sizeof p->claim, "%s", secret_string(claim));
	else
		assert_null(claim);
	secret_free(claim);
	return rc;
}

static inline void bench_claim(struct parcel *p)
{
	int left = 0;
	assert_ok(bench_try(p, p->code, &left));
}

static inline enum err bench_prepare(const struct parcel *p)
{
	struct errbuf why = {{0}};
	return collect_prepare(&bench.desk, &bench_recipient, p->token, p->claim, &why);
}

static inline enum err bench_fetch(const struct parcel *p, enum package_encoding encoding, struct buf *out)
{
	struct buf own = BUF_INIT(PACKAGE_MAX_BYTES);
	struct errbuf why = {{0}};
	const struct collect_claim c = {p->token, p->claim, false};
	enum err rc = collect_package(&bench.desk, &bench_recipient, &c, encoding, out ? out : &own, &why);
	buf_free(&own);
	return rc;
}

static inline enum err bench_receive(const struct parcel *p, const uint8_t *sha256)
{
	struct errbuf why = {{0}};
	return collect_received(&bench.desk, &bench_recipient, p->token, p->claim, sha256, &why);
}

static inline void bench_serial(const char *order, char serial[SERIAL_TEXT_SIZE])
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT serial FROM parcel WHERE order_id = '%s'", order);
	assert_int_equal(bench_value(serial, SERIAL_TEXT_SIZE, sql), 40);
}

/* Make an order and bring it to a state: by its own steps where it has them, by SQL where they are others'. */
static inline void bench_reach(struct parcel *p, enum order_state state)
{
	int left = 0;
	bench_order(p);
	if (state == ORDER_LOCKED)
		for (int i = 0; i < 5; i++)
			(void)!bench_try(p, "22222222", &left);
	if (state == ORDER_CANCELLED)
		assert_ok(order_cancel(&bench.desk, &bench_staff, p->id, NULL, NULL));
	if (state == ORDER_COLLECTING || (state >= ORDER_RECEIVED && state <= ORDER_IN_USE)) {
		bench_claim(p);
		assert_ok(bench_prepare(p));
		assert_ok(bench_fetch(p, PACKAGE_MODERN, NULL));
	}
	if (state >= ORDER_RECEIVED && state <= ORDER_IN_USE)
		assert_ok(bench_receive(p, NULL));
	if (bench_state(p->id) != state)
		bench_sql("UPDATE orders SET state = %Q WHERE id = %Q", order_state_name(state), p->id);
	assert_state(p->id, state);
}

static inline void bench_outbox_changed(void *ctx)
{
	(void)ctx;
	bench.outbox++;
}

static inline void bench_revocations_changed(void *ctx)
{
	(void)ctx;
	bench.revocations++;
}

static inline void bench_add(enum directory_kind kind, json_t *body)
{
	char id[ID_SIZE];
	struct errbuf why = {{0}};
	struct faults faults = {0};
	assert_non_null(body);
	if (directory_add(&bench.desk, &bench_staff, kind, body, id, &faults, &why) != ERR_OK)
		fail_msg("directory_add: %s", why.text);
	json_decref(body);
}

/* A contact's, as the API takes it; text: JSON. */
static inline enum err bench_change(const char *contact, const char *text, struct faults *faults, struct errbuf *why)
{
	char id[ID_SIZE];
	struct directory_change wish = {.kind = DIRECTORY_CONTACT, .contact = contact, .body = json_loads(text, 0, NULL)};
	assert_non_null(wish.body);
	enum err e = directory_change(&bench.desk, &bench_staff, &wish, id, faults, why);
	json_decref(wish.body);
	return e;
}

static inline void bench_fill(void)
{
	bench_sql("INSERT INTO staff (id, name, role, status, created_at, email) VALUES (%Q, 'Ola Administrator', 'administrator', 'active', 1, NULL)", BENCH_STAFF);
	bench_add(DIRECTORY_ORGANISATION, json_pack("{s:s, s:s}", "slug", "sparebank", "name", "Sparebank"));
	bench_add(DIRECTORY_SERVICE,
		  json_pack("{s:s, s:s, s:s}", "organisation", "sparebank", "slug", "pay", "name", "Payments"));
	bench_add(DIRECTORY_CLIENT, json_pack("{s:s, s:s, s:s, s:s, s:b}", "organisation", "sparebank", "service", "pay", "slug",
					      "e-banking", "name", "E-Banking", "several", true));
	bench_add(DIRECTORY_CONTACT, json_pack("{s:s, s:s, s:s, s:s}", "organisation", "sparebank", "name", "Kari Nordmann",
					       "email", "kari@example.org", "mobile", BENCH_MOBILE));
}

static inline int bench_begin(void **state)
{
	struct errbuf why = {{0}};
	struct store *s = NULL;
	(void)state;
	log_threshold(LOG_LEVEL_ALARM + 1); /* the alarms here are wanted */
	bench = (struct bench){.settings = {.name = "Counterfoil", .public_url = "https://collect.example.org/",
					    .link_life = 7 * 86400, .code_life = 1800, .code_tries = 5, .codes_a_day = 5,
					    .claim_life = 86400, .language = "en", .staff_mail = ""}};
	bench_clock(BENCH_NOW);
	fake_signer_born(BENCH_NOW);
	snprintf(bench.folder, sizeof bench.folder, "/tmp/order-test-XXXXXX");
	assert_non_null(mkdtemp(bench.folder));
	snprintf(bench.db, sizeof bench.db, "%s/test.db", bench.folder);
	if (store_open(bench.db, STORE_CREATE, &s, &why) != ERR_OK)
		fail_msg("store_open: %s", why.text);
	assert_non_null(bench.code_key = secret_copy("0123456789abcdef0123456789abcdef", 32));
	assert_ok(languages_new(&bench.languages, &why));
	bench.desk = (struct desk){.settings = &bench.settings, .languages = bench.languages, .courier = fake.courier, .code_key = bench.code_key,
				   .issuer_name = BENCH_ISSUER, .outbox_changed = bench_outbox_changed,
				   .revocations_changed = bench_revocations_changed};
	assert_ok(writer_start(s, &bench.desk.writer));
	assert_ok(readers_open(bench.db, 4, &bench.desk.readers, &why));
	assert_int_equal(sqlite3_open(bench.db, &bench.sql), SQLITE_OK);
	sqlite3_busy_timeout(bench.sql, 5000);
	bench_fill();
	bench.outbox = bench.revocations = 0;
	return 0;
}

/* Every test ends with a whole audit chain. */
static inline int bench_end(void **state)
{
	int64_t records = 0;
	uint8_t head[AUDIT_HASH_BYTES];
	struct errbuf why = {{0}};
	(void)state;
	struct store *s = readers_take(bench.desk.readers);
	if (audit_verify(s, &records, head, &why) != ERR_OK)
		fail_msg("audit: %s", why.text);
	readers_give(bench.desk.readers, s);
	sqlite3_close(bench.sql);
	writer_stop(bench.desk.writer);
	readers_close(bench.desk.readers);
	secret_free(bench.code_key);
	languages_free(bench.languages);
	fake_signer_reset();
	return remove_tree(bench.folder);
}

static inline int bench_group_end(void **state)
{
	(void)state;
	fake_signer_end();
	return 0;
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

#endif
