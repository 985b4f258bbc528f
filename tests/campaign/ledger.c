#include "tests/campaign/ledger.h"
#include "base/encode.h"
#include "issuer/store/store_internal.h"

#include <fcntl.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MOST = 8192, AGE_REVOKED = 90, AGE_OPEN = 240 };

struct ledger {
	sqlite3 *db, *writer;
	int lock, journal;
	off_t read; /* of the journal */
	long long sequence; /* of the audit chain */
	char hash[2 * SHA256_DIGEST_LENGTH + 1];
};

static const char journal_table[] =
	"CREATE TABLE j (sequence INTEGER PRIMARY KEY, op TEXT, serial TEXT, ord TEXT, head TEXT, number INTEGER, at INTEGER);"
	"CREATE INDEX j_serial ON j (serial, op); CREATE INDEX j_order ON j (ord, op); CREATE INDEX j_op ON j (op, number);"
	"CREATE INDEX j_head ON j (head)";

/* Each finds what must not be. ORDER: ?1 is the order. ALWAYS: holds at any moment. LATER: holds once it is ?1 seconds
 * old, or at once when all is quiet. */
enum scope { ORDER, ALWAYS, LATER };
static const struct invariant {
	enum scope scope;
	int age;
	const char *name, *sql;
} invariants[] = {
	{ORDER, 0, "two live certificates",
	 "SELECT max(serial) FROM d.certificate WHERE order_id = ?1 AND status <> 'revoked' HAVING count(*) > 1"},
	{ORDER, 0, "a certificate that the journal does not know",
	 "SELECT c.serial FROM d.certificate c WHERE c.order_id = ?1 AND NOT EXISTS (SELECT 1 FROM j WHERE j.serial = c.serial"
	 " AND j.op = 'intent' AND j.ord = ?1)"},
	{ORDER, 0, "done in the journal, not in the database",
	 "SELECT serial FROM j WHERE ord = ?1 AND op = 'done' AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.serial = j.serial AND c.order_id = ?1 AND c.kind = 'client')"},
	{ORDER, 0, "received, and its certificate is lost",
	 "SELECT id FROM d.orders o WHERE id = ?1 AND received_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.order_id = o.id AND c.kind = 'client')"},
	{ORDER, 0, "an ended order with a live certificate",
	 "SELECT c.serial FROM d.orders o JOIN d.certificate c ON c.order_id = o.id WHERE o.id = ?1 AND c.status <> 'revoked'"
	 " AND o.state IN ('cancelled', 'lapsed', 'rejected')"},
	{ORDER, 0, "a password before the receipt",
	 "SELECT m.id FROM d.message m JOIN d.orders o ON o.id = m.order_id WHERE o.id = ?1 AND m.kind = 'password'"
	 " AND (o.received_at IS NULL OR m.created_at < o.received_at)"},
	{ORDER, 0, "a password twice",
	 "SELECT max(id) FROM d.message WHERE order_id = ?1 AND kind = 'password' HAVING count(*) > 1"},
	{ORDER, 0, "received, and no password",
	 "SELECT id FROM d.orders o WHERE id = ?1 AND received_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM d.message m"
	 " WHERE m.order_id = o.id AND m.kind = 'password')"},
	{ORDER, 0, "a parcel that is not erased",
	 "SELECT o.state FROM d.parcel q JOIN d.orders o ON o.id = q.order_id WHERE o.id = ?1 AND (o.received_at IS NOT NULL"
	 " OR o.closed_at IS NOT NULL) AND (q.sealed_key IS NOT NULL OR q.sealed_modern IS NOT NULL)"},
	{ORDER, 0, "a message without an end",
	 "SELECT kind || ' ' || state FROM d.message WHERE order_id = ?1 AND state NOT IN ('sent', 'dropped')"},
	{ORDER, 0, "a claim without a code, or a code without a claim",
	 "SELECT u || ' codes, ' || a || ' claims' FROM (SELECT (SELECT count(*) FROM d.code WHERE order_id = ?1 AND used_at"
	 " IS NOT NULL) AS u, (SELECT count(*) FROM d.audit WHERE object = ?1 AND record LIKE '%\"what\":\"order.claimed\"%') AS a)"
	 " WHERE u <> a"},

	{ALWAYS, 0, "two live certificates of one order",
	 "SELECT order_id FROM d.certificate WHERE status <> 'revoked' AND order_id IS NOT NULL GROUP BY order_id"
	 " HAVING count(*) > 1"},
	{ALWAYS, 0, "a certificate that the journal does not know",
	 "SELECT serial FROM d.certificate c WHERE kind IN ('client', 'orphan') AND NOT EXISTS (SELECT 1 FROM j"
	 " WHERE j.serial = c.serial AND j.op = 'intent')"},
	{ALWAYS, 0, "done in the journal, not in the database",
	 "SELECT serial FROM j WHERE op = 'done' AND NOT EXISTS (SELECT 1 FROM d.certificate c WHERE c.serial = j.serial"
	 " AND c.kind <> 'orphan')"},
	{ALWAYS, 0, "a serial number twice",
	 "SELECT serial FROM j WHERE op = 'intent' GROUP BY serial HAVING count(*) > 1"},
	{ALWAYS, 0, "an audit head of the journal that the chain does not have",
	 "SELECT head FROM j WHERE head <> '' AND NOT EXISTS (SELECT 1 FROM d.audit a WHERE a.hash = unhex(j.head))"},
	{ALWAYS, 0, "a revocation list whose number the journal does not know",
	 "SELECT number FROM d.crl c WHERE NOT EXISTS (SELECT 1 FROM j WHERE j.op = 'crl' AND j.number = c.number)"},
	{ALWAYS, 0, "a list's number twice", "SELECT number FROM j WHERE op = 'crl' GROUP BY number HAVING count(*) > 1"},

	{LATER, AGE_REVOKED, "revoked in the journal, not in the database",
	 "SELECT serial FROM j WHERE op = 'revoke' AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.serial = j.serial AND c.status = 'revoked')"},
	{LATER, AGE_REVOKED, "revoked in the database, not in the journal",
	 "SELECT serial FROM d.certificate c WHERE status = 'revoked' AND revoked_at < unixepoch() - ?1 AND NOT EXISTS"
	 " (SELECT 1 FROM j WHERE j.serial = c.serial AND j.op = 'revoke')"},
	{LATER, AGE_OPEN, "an intent without an end",
	 "SELECT serial FROM j WHERE op = 'intent' AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM j e"
	 " WHERE e.serial = j.serial AND e.op IN ('done', 'revoke'))"},
	{LATER, AGE_OPEN, "a certificate made, and in the database neither live nor revoked",
	 "SELECT serial FROM j WHERE op = 'intent' AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.serial = j.serial)"},
};

static bool wrong(char fault[FAULT_SIZE], const char *format, ...)
{
	va_list rest;
	va_start(rest, format);
	vsnprintf(fault, FAULT_SIZE, format, rest);
	va_end(rest);
	return false;
}

/* For SQLite 3.40, which has none. */
static void sql_unhex(sqlite3_context *ctx, int n, sqlite3_value **values)
{
	uint8_t bytes[SHA256_DIGEST_LENGTH];
	const char *text = (const char *)sqlite3_value_text(values[0]);
	(void)n;
	if (text && hex_decode(text, bytes, sizeof bytes) == ERR_OK)
		sqlite3_result_blob(ctx, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const char *arg)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sqlite3_errmsg(db), sql);
		abort();
	}
	if (arg && sqlite3_bind_parameter_count(s) > 0)
		sqlite3_bind_text(s, 1, arg, -1, SQLITE_TRANSIENT);
	return s;
}

bool ledger_text(struct ledger *l, const char *sql, const char *arg, char *out, size_t size)
{
	sqlite3_stmt *s = prepare(l->db, sql, arg);
	int rc = sqlite3_step(s);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	snprintf(out, size, "%s", text ? text : "");
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		snprintf(out, size, "database: %s", sqlite3_errmsg(l->db));
	sqlite3_finalize(s);
	return rc != SQLITE_DONE;
}

long long ledger_number(struct ledger *l, const char *sql, const char *arg)
{
	char text[64];
	return ledger_text(l, sql, arg, text, sizeof text) ? strtoll(text, NULL, 10) : 0;
}

bool ledger_change(struct ledger *l, const char *sql, const char *arg)
{
	if (lock_take(l->lock, LOCK_PATIENCE_MS) != ERR_OK)
		return false;
	sqlite3_stmt *s = prepare(l->writer, sql, arg);
	int rc = sqlite3_step(s);
	sqlite3_finalize(s);
	lock_drop(l->lock);
	return rc == SQLITE_DONE;
}

static const char *text_of(const json_t *line, const char *member)
{
	const char *text = json_string_value(json_object_get(line, member));
	return text ? text : "";
}

static bool take_line(struct ledger *l, const char *text, size_t len, char fault[FAULT_SIZE])
{
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	sqlite3_stmt *s = prepare(l->db, "INSERT INTO j VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", NULL);
	static const char *const texts[] = {"op", "serial", "order", "head"};
	sqlite3_bind_int64(s, 1, json_integer_value(json_object_get(line, "sequence")));
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(s, 2 + i, text_of(line, texts[i]), -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 6, json_integer_value(json_object_get(line, "number")));
	sqlite3_bind_int64(s, 7, json_integer_value(json_object_get(line, "at")));
	bool fine = line && sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	json_decref(line);
	return fine || wrong(fault, "a line of the journal: %.200s", text);
}

static bool read_journal(struct ledger *l, char fault[FAULT_SIZE])
{
	char text[LINE_MOST + 1];
	ssize_t n;
	while ((n = pread(l->journal, text, LINE_MOST, l->read)) > 0) {
		text[n] = '\0';
		char *end = strchr(text, '\n');
		if (!end)
			return n < LINE_MOST || wrong(fault, "a line of the journal has no end");
		*end = '\0';
		if (!take_line(l, text, (size_t)(end - text), fault))
			return false;
		l->read += end - text + 1;
	}
	return true;
}

/* One more link: its place, its own hash, the hash of the one before. */
static bool take_record(struct ledger *l, sqlite3_stmt *s, char fault[FAULT_SIZE])
{
	char previous[96], hash[sizeof l->hash];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	long long sequence = sqlite3_column_int64(s, 0);
	const char *record = (const char *)sqlite3_column_text(s, 1);
	SHA256((const uint8_t *)record, strlen(record), digest);
	hex_encode(digest, sizeof digest, hash);
	snprintf(previous, sizeof previous, "\"previous\":\"%s\"", l->hash);
	if (sequence != l->sequence + 1)
		return wrong(fault, "audit record %lld comes after %lld", sequence, l->sequence);
	if (sqlite3_column_bytes(s, 2) != (int)sizeof digest || memcmp(sqlite3_column_blob(s, 2), digest, sizeof digest) != 0)
		return wrong(fault, "audit record %lld has not the hash that is stored", sequence);
	if (!strstr(record, previous))
		return wrong(fault, "audit record %lld does not follow the one before", sequence);
	l->sequence = sequence;
	memcpy(l->hash, hash, sizeof hash);
	return true;
}

static bool read_audit(struct ledger *l, char fault[FAULT_SIZE])
{
	sqlite3_stmt *s = prepare(l->db, "SELECT sequence, record, hash FROM d.audit WHERE sequence > ?1 ORDER BY sequence", NULL);
	bool fine = true;
	int rc;
	sqlite3_bind_int64(s, 1, l->sequence);
	while (fine && (rc = sqlite3_step(s)) != SQLITE_DONE)
		fine = rc == SQLITE_ROW ? take_record(l, s, fault) : wrong(fault, "audit: %s", sqlite3_errmsg(l->db));
	sqlite3_finalize(s);
	return fine;
}

/* The journal first: what it knows is in the database by then. */
bool ledger_read(struct ledger *l, char fault[FAULT_SIZE])
{
	return read_journal(l, fault) && read_audit(l, fault);
}

static bool holds(struct ledger *l, const struct invariant *v, const char *arg, char fault[FAULT_SIZE])
{
	char found[128];
	return !ledger_text(l, v->sql, arg, found, sizeof found) || wrong(fault, "%s: %s", v->name, found);
}

bool ledger_order(struct ledger *l, const char *order, char fault[FAULT_SIZE])
{
	bool fine = true;
	for (size_t i = 0; fine && i < sizeof invariants / sizeof *invariants; i++)
		if (invariants[i].scope == ORDER)
			fine = holds(l, &invariants[i], order, fault);
	return fine;
}

static bool all_hold(struct ledger *l, bool quiet, char fault[FAULT_SIZE])
{
	bool fine = true;
	for (size_t i = 0; fine && i < sizeof invariants / sizeof *invariants; i++) {
		char age[16];
		snprintf(age, sizeof age, "%d", quiet ? -1 : invariants[i].age);
		if (invariants[i].scope != ORDER)
			fine = holds(l, &invariants[i], age, fault);
	}
	return fine;
}

/* The journal may have grown since it was read, and the database with it. */
bool ledger_all(struct ledger *l, bool quiet, char fault[FAULT_SIZE])
{
	return all_hold(l, quiet, fault) || (ledger_read(l, fault) && all_hold(l, quiet, fault));
}

long ledger_open_intents(struct ledger *l)
{
	return (long)ledger_number(l, "SELECT count(*) FROM j WHERE op = 'intent' AND NOT EXISTS (SELECT 1 FROM j e"
				      " WHERE e.serial = j.serial AND e.op IN ('done', 'revoke'))", NULL);
}

static bool listed(X509_CRL *crl, const char *serial)
{
	X509_REVOKED *found = NULL;
	BIGNUM *number = NULL;
	BN_hex2bn(&number, serial);
	ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);
	int rc = X509_CRL_get0_by_serial(crl, &found, integer);
	ASN1_INTEGER_free(integer);
	BN_free(number);
	return rc == 1;
}

bool ledger_crl(struct ledger *l, char fault[FAULT_SIZE])
{
	sqlite3_stmt *s = prepare(l->db, "SELECT der FROM d.crl ORDER BY number DESC LIMIT 1", NULL);
	bool fine = sqlite3_step(s) == SQLITE_ROW || wrong(fault, "there is no revocation list");
	const uint8_t *der = fine ? sqlite3_column_blob(s, 0) : NULL;
	X509_CRL *crl = fine ? d2i_X509_CRL(NULL, &der, sqlite3_column_bytes(s, 0)) : NULL;
	sqlite3_finalize(s);
	s = prepare(l->db, "SELECT serial FROM d.certificate WHERE status = 'revoked'", NULL);
	while (fine && sqlite3_step(s) == SQLITE_ROW) {
		const char *serial = (const char *)sqlite3_column_text(s, 0);
		fine = (crl && listed(crl, serial)) || wrong(fault, "certificate %s is revoked and not on the list", serial);
	}
	sqlite3_finalize(s);
	X509_CRL_free(crl);
	return fine;
}

static void attach(struct ledger *l, const struct installation *i)
{
	char sql[PATH_MAX + 64];
	snprintf(sql, sizeof sql, "ATTACH 'file:%s/counterfoil.db?mode=ro' AS d", i->dir);
	sqlite3_create_function(l->db, "unhex", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_unhex, NULL, NULL);
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(l->db, journal_table, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(l->db));
		abort();
	}
	sqlite3_busy_timeout(l->db, LOCK_PATIENCE_MS);
	sqlite3_busy_timeout(l->writer, LOCK_PATIENCE_MS);
}

struct ledger *ledger_open(const struct installation *i)
{
	char path[PATH_MAX];
	struct ledger *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	memset(l->hash, '0', sizeof l->hash - 1);
	snprintf(path, sizeof path, "%s/journal", i->dir);
	l->journal = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "%s/counterfoil.db", i->dir);
	if (l->journal < 0 || lock_open(path, &l->lock, NULL) != ERR_OK ||
	    sqlite3_open_v2(path, &l->writer, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_open_v2(":memory:", &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s cannot be opened\n", path);
		abort();
	}
	attach(l, i);
	return l;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	sqlite3_close(l->db);
	sqlite3_close(l->writer);
	close(l->lock);
	close(l->journal);
	free(l);
}
