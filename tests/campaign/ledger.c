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

enum { LINE_MOST = 8192 };

struct ledger {
	const struct installation *at;
	sqlite3 *db, *writer;
	int lock, journal;
	off_t read; /* of the journal */
	long long sequence; /* of the audit chain */
	char hash[2 * SHA256_DIGEST_LENGTH + 1];
};

static const char tables[] =
	"CREATE TABLE j (sequence INTEGER PRIMARY KEY, op TEXT, serial TEXT, ord TEXT, head TEXT, number INTEGER, at INTEGER, reason INTEGER);"
	"CREATE INDEX j_serial ON j (serial, op); CREATE INDEX j_order ON j (ord, op); CREATE INDEX j_op ON j (op, number);"
	"CREATE INDEX j_head ON j (head); CREATE TABLE p (what TEXT, about TEXT, PRIMARY KEY (what, about)) WITHOUT ROWID";

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

/* Not so when the power did not come back. */
static bool are_there(const struct ledger *l, char fault[FAULT_SIZE])
{
	return l->writer || wrong(fault, "the files are away");
}

static bool first_text(struct ledger *l, const char *sql, const char *arg, char *out, size_t size)
{
	out[0] = '\0';
	if (!l->writer)
		return false;
	sqlite3_stmt *s = prepare(l->db, sql, arg);
	int rc = sqlite3_step(s);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	snprintf(out, size, "%s", text ? text : "");
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		snprintf(out, size, "database: %s", sqlite3_errmsg(l->db));
	sqlite3_finalize(s);
	return rc != SQLITE_DONE;
}

bool ledger_text(struct ledger *l, const char *sql, const char *arg, char *out, size_t size)
{
	installation_hold(l->at);
	bool found = first_text(l, sql, arg, out, size);
	installation_release(l->at);
	return found;
}

long long ledger_number(struct ledger *l, const char *sql, const char *arg)
{
	char text[64];
	return ledger_text(l, sql, arg, text, sizeof text) ? strtoll(text, NULL, 10) : 0;
}

static bool change(struct ledger *l, const char *sql, const char *arg)
{
	if (lock_take(l->lock, LOCK_PATIENCE_MS) != ERR_OK)
		return false;
	sqlite3_stmt *s = prepare(l->writer, sql, arg);
	int rc = sqlite3_step(s);
	sqlite3_finalize(s);
	lock_drop(l->lock);
	return rc == SQLITE_DONE;
}

bool ledger_hold(struct ledger *l)
{
	return lock_take(l->lock, LOCK_PATIENCE_MS) == ERR_OK;
}

void ledger_let_go(struct ledger *l)
{
	lock_drop(l->lock);
}

bool ledger_change(struct ledger *l, const char *sql, const char *arg)
{
	installation_hold(l->at);
	bool done = change(l, sql, arg);
	installation_release(l->at);
	return done;
}

void ledger_promise(struct ledger *l, const char *what, const char *about)
{
	installation_hold(l->at);
	sqlite3_stmt *s = prepare(l->db, "INSERT OR IGNORE INTO p VALUES (?1, ?2)", what);
	sqlite3_bind_text(s, 2, about, -1, SQLITE_TRANSIENT);
	if (sqlite3_step(s) != SQLITE_DONE)
		abort();
	sqlite3_finalize(s);
	installation_release(l->at);
}

static const char *text_of(const json_t *line, const char *member)
{
	const char *text = json_string_value(json_object_get(line, member));
	return text ? text : "";
}

static bool take_line(struct ledger *l, const char *text, size_t len, char fault[FAULT_SIZE])
{
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	sqlite3_stmt *s = prepare(l->db, "INSERT INTO j VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", NULL);
	static const char *const texts[] = {"op", "serial", "order", "head"};
	sqlite3_bind_int64(s, 1, json_integer_value(json_object_get(line, "sequence")));
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(s, 2 + i, text_of(line, texts[i]), -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 6, json_integer_value(json_object_get(line, "number")));
	sqlite3_bind_int64(s, 7, json_integer_value(json_object_get(line, "at")));
	sqlite3_bind_int64(s, 8, json_integer_value(json_object_get(line, "reason")));
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
	installation_hold(l->at);
	bool fine = are_there(l, fault) && read_journal(l, fault) && read_audit(l, fault);
	installation_release(l->at);
	return fine;
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

static bool crl_is_whole(struct ledger *l, char fault[FAULT_SIZE])
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

bool ledger_crl(struct ledger *l, char fault[FAULT_SIZE])
{
	installation_hold(l->at);
	bool fine = are_there(l, fault) && crl_is_whole(l, fault);
	installation_release(l->at);
	return fine;
}

static void must(struct ledger *l, const char *sql)
{
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(l->db));
	abort();
}

/* The last connection to close would write the log back into the database: that is the daemon's to do, or a power cut's not
 * to have done. */
static void open_files(struct ledger *l)
{
	char path[PATH_MAX], sql[PATH_MAX + 64];
	snprintf(path, sizeof path, "%s/journal", l->at->dir);
	l->journal = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "%s/counterfoil.db", l->at->dir);
	if (l->journal < 0 || lock_open(path, &l->lock, NULL) != ERR_OK ||
	    sqlite3_open_v2(path, &l->writer, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_db_config(l->writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s cannot be opened\n", path);
		abort();
	}
	snprintf(sql, sizeof sql, "ATTACH 'file:%s?mode=ro' AS d", path);
	must(l, sql);
	sqlite3_busy_timeout(l->writer, LOCK_PATIENCE_MS);
}

static void close_files(struct ledger *l)
{
	sqlite3_close(l->writer);
	close(l->lock);
	close(l->journal);
	l->writer = NULL;
	l->lock = l->journal = -1;
}

static void begin_reading(struct ledger *l)
{
	l->read = 0;
	l->sequence = 0;
	memset(l->hash, '0', sizeof l->hash - 1);
}

struct ledger *ledger_open(const struct installation *i)
{
	struct ledger *l = calloc(1, sizeof *l);
	if (!l || sqlite3_open_v2(":memory:", &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
		abort();
	l->at = i;
	begin_reading(l);
	sqlite3_create_function(l->db, "unhex", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_unhex, NULL, NULL);
	sqlite3_busy_timeout(l->db, LOCK_PATIENCE_MS);
	open_files(l);
	must(l, tables);
	return l;
}

void ledger_away(struct ledger *l)
{
	char fault[FAULT_SIZE];
	ledger_read(l, fault);
	if (l->sequence > 0)
		ledger_promise(l, "audit", l->hash);
	must(l, "DETACH d");
	close_files(l);
}

void ledger_back(struct ledger *l)
{
	open_files(l);
	must(l, "DELETE FROM j");
	begin_reading(l);
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	sqlite3_close(l->db);
	close_files(l);
	free(l);
}
