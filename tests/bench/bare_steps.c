#include "tests/bench/bare_steps.h"
#include "tests/bench/bare.h"
#include "tests/bench/bare_crypto.h"

#include <fcntl.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
    "CREATE TABLE orders (token TEXT PRIMARY KEY, state TEXT, tries INTEGER, hmac BLOB, claim BLOB, serial TEXT, der BLOB,"
    " key BLOB, package BLOB, sha256 BLOB, password BLOB) STRICT;"
    "CREATE TABLE message (token TEXT PRIMARY KEY, sealed BLOB, state TEXT) STRICT;"
    "CREATE TABLE audit (sequence INTEGER PRIMARY KEY, record TEXT, hash BLOB) STRICT;";

enum sql { ADD, TRY, GET_HMAC, CLAIM, KEEP, READY, GET_PACKAGE, SERVED, RECEIVED, MESSAGE, LEASE, SENT, AUDIT, SQL_COUNT };
static const char *const texts[SQL_COUNT] = {
	[ADD] = "INSERT INTO orders (token, state, tries, hmac) VALUES (?1, 'offered', 0, ?2)",
	[TRY] = "UPDATE orders SET tries = tries + 1 WHERE token = ?1 AND state = 'offered' AND tries < 5",
	[GET_HMAC] = "SELECT hmac FROM orders WHERE token = ?1",
	[CLAIM] = "UPDATE orders SET state = 'collecting', claim = ?2 WHERE token = ?1 AND state = 'offered'",
	[KEEP] = "UPDATE orders SET serial = ?2, der = ?3, key = ?4, package = ?5, sha256 = ?6, password = ?7"
		 " WHERE token = ?1 AND state = 'collecting'",
	[READY] = "SELECT package IS NOT NULL FROM orders WHERE token = ?1 AND state = 'collecting'",
	[GET_PACKAGE] = "SELECT package FROM orders WHERE token = ?1 AND state = 'collecting'",
	[SERVED] = "UPDATE orders SET tries = 0 WHERE token = ?1",
	[RECEIVED] = "UPDATE orders SET state = 'received', key = NULL, package = NULL WHERE token = ?1 AND sha256 = ?2",
	[MESSAGE] = "INSERT INTO message SELECT token, password, 'waiting' FROM orders WHERE token = ?1",
	[LEASE] = "UPDATE message SET state = 'leased' WHERE token = ?1 AND state = 'waiting' RETURNING sealed",
	[SENT] = "UPDATE message SET state = 'sent', sealed = NULL WHERE token = ?1",
	[AUDIT] = "INSERT INTO audit (record, hash) VALUES (?1, ?2)",
};

static sqlite3 *db;
static sqlite3_stmt *statements[SQL_COUNT];
static int journal;
static char spool[512];
static unsigned char code_key[32], audit_head[SHA256_DIGEST_LENGTH];

static _Noreturn void sql_die(const char *text)
{
	fprintf(stderr, "%s: %s\n", text, sqlite3_errmsg(db));
	bare_die("SQLite");
}

static void sql(const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		sql_die(text);
}

/* Its first parameter is the token. */
static sqlite3_stmt *of(enum sql id, const char *token)
{
	sqlite3_reset(statements[id]);
	sqlite3_bind_text(statements[id], 1, token, -1, SQLITE_STATIC);
	return statements[id];
}

static void blob(sqlite3_stmt *s, int at, const void *bytes, size_t len)
{
	sqlite3_bind_blob(s, at, bytes, (int)len, SQLITE_STATIC);
}

static void change(sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_DONE || sqlite3_changes(db) != 1)
		sql_die(sqlite3_sql(s));
	sqlite3_reset(s);
}

static sqlite3_stmt *row(sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_ROW)
		sql_die(sqlite3_sql(s));
	return s;
}

static void commit(const char *what, const char *token)
{
	char record[512];
	int len = snprintf(record, sizeof record,
			   "{\"at\":%lld,\"object\":\"%s\",\"previous\":\"%02x%02x\",\"request\":\"0123456789abcdef\","
			   "\"role\":\"recipient\",\"what\":\"%s\",\"who\":\"contact\",\"why\":null}",
			   (long long)time(NULL), token, audit_head[0], audit_head[1], what);
	memcpy(record + len, audit_head, sizeof audit_head);
	SHA256((unsigned char *)record, (size_t)len + sizeof audit_head, audit_head);
	record[len] = '\0';
	sqlite3_stmt *s = of(AUDIT, record);
	blob(s, 2, audit_head, sizeof audit_head);
	change(s);
	sql("COMMIT");
}

void steps_open(const char *folder, size_t orders, const char *installation)
{
	char path[512], token[32];
	snprintf(path, sizeof path, "%s/bare.db", folder);
	snprintf(spool, sizeof spool, "%s", folder);
	crypto_open(installation);
	if (sqlite3_open(path, &db) != SQLITE_OK || RAND_bytes(code_key, sizeof code_key) != 1)
		bare_die(path);
	sql(schema);
	for (int i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v2(db, texts[i], -1, &statements[i], NULL) != SQLITE_OK)
			sql_die(texts[i]);
	snprintf(path, sizeof path, "%s/bare.journal", folder);
	journal = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	sql("BEGIN");
	for (size_t i = 1; i <= orders; i++) {
		unsigned char mac[EVP_MAX_MD_SIZE];
		snprintf(token, sizeof token, "order-%zu", i);
		HMAC(EVP_sha256(), code_key, sizeof code_key, (const unsigned char *)"code=CODE2345", 13, mac, NULL);
		sqlite3_stmt *s = of(ADD, token);
		blob(s, 2, mac, SHA256_DIGEST_LENGTH);
		change(s);
	}
	sql("COMMIT");
}

static void journal_line(const char *op, const char *token, const char *serial, const unsigned char hash[32])
{
	char line[512];
	int len = snprintf(line, sizeof line, "{\"op\":\"%s\",\"order\":\"%s\",\"serial\":\"%s\",\"at\":%lld,\"hash\":\"", op,
			   token, serial, (long long)time(NULL));
	for (int i = 0; i < 32; i++)
		len += snprintf(line + len, sizeof line - (size_t)len, "%02x", hash[i]);
	line[len++] = '\n';
	if (write(journal, line, (size_t)len) != len || fsync(journal) != 0)
		bare_die("journal");
}

void step_code(const char *token, const char *form)
{
	unsigned char mac[EVP_MAX_MD_SIZE], claim[16], claim_hash[32];
	sql("BEGIN IMMEDIATE");
	change(of(TRY, token));
	commit("code.try", token);
	HMAC(EVP_sha256(), code_key, sizeof code_key, (const unsigned char *)form, strlen(form), mac, NULL);
	sqlite3_stmt *s = row(of(GET_HMAC, token));
	if (CRYPTO_memcmp(sqlite3_column_blob(s, 0), mac, 32) != 0 || RAND_bytes(claim, sizeof claim) != 1)
		bare_die("wrong code");
	sqlite3_reset(s);
	SHA256(claim, sizeof claim, claim_hash);
	sql("BEGIN IMMEDIATE");
	s = of(CLAIM, token);
	blob(s, 2, claim_hash, sizeof claim_hash);
	change(s);
	commit("order.claimed", token);
}

static void journal_intent(const char *token, const char *serial, const unsigned char hash[32])
{
	journal_line("intent", token, serial, hash);
}

void step_issue(const char *token)
{
	struct parcel p;
	parcel_make(&p, token, journal_intent);
	sql("BEGIN IMMEDIATE");
	sqlite3_stmt *s = of(KEEP, token);
	sqlite3_bind_text(s, 2, p.serial, -1, SQLITE_STATIC);
	blob(s, 3, p.certificate.bytes, p.certificate.len);
	blob(s, 4, p.key.bytes, p.key.len);
	blob(s, 5, p.package.bytes, p.package.len);
	blob(s, 6, p.sha256, sizeof p.sha256);
	blob(s, 7, p.password.bytes, p.password.len);
	change(s);
	commit("certificate.issued", token);
	journal_line("done", token, p.serial, audit_head);
}

bool step_ready(const char *token)
{
	sqlite3_stmt *s = row(of(READY, token));
	bool ready = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return ready;
}

size_t step_package(const char *token, unsigned char out[BARE_PACKAGE_MOST])
{
	sqlite3_stmt *s = row(of(GET_PACKAGE, token));
	size_t len = rest_open(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0), out);
	sqlite3_reset(s);
	sql("BEGIN IMMEDIATE");
	change(of(SERVED, token));
	commit("parcel.served", token);
	return len;
}

void step_received(const char *token, const char *form)
{
	unsigned char hash[32];
	for (int i = 0; i < 32; i++)
		if (sscanf(form + strlen("sha256=") + 2 * i, "%2hhx", &hash[i]) != 1)
			bare_die("sha256");
	sql("BEGIN IMMEDIATE");
	sqlite3_stmt *s = of(RECEIVED, token);
	blob(s, 2, hash, sizeof hash);
	change(s);
	change(of(MESSAGE, token));
	commit("order.received", token);
}

static void publish(const char *token, const void *text, size_t len)
{
	char path[600], temporary[600];
	snprintf(path, sizeof path, "%s/message-%s.txt", spool, token);
	snprintf(temporary, sizeof temporary, "%s/.new", spool);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600), folder = open(spool, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || folder < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) != 0 || close(fd) != 0 ||
	    rename(temporary, path) != 0 || fsync(folder) != 0)
		bare_die(path);
	close(folder);
}

void step_send_password(const char *token)
{
	unsigned char text[BARE_PACKAGE_MOST];
	sql("BEGIN IMMEDIATE");
	sqlite3_stmt *s = row(of(LEASE, token));
	size_t len = message_open(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0), text);
	sqlite3_reset(s);
	commit("message.leased", token);
	publish(token, text, len);
	sql("BEGIN IMMEDIATE");
	change(of(SENT, token));
	commit("message.sent", token);
	if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		sql_die("checkpoint");
}
