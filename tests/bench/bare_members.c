/* bare_members CHAIN KEY TRUST DATABASE: mutual TLS on bare libmicrohttpd, for the rows of handshakes and of requests.
 *
 * The same as the members' listener, and no more: the client's chain is verified with OpenSSL once a connection, up to the
 * root; its serial is looked up in the database (the product's own, read only); on every request its end and a counter of
 * revocations are looked at, and the row is read again when the counter has moved. The answer is as long as the product's,
 * under the same headers, and a line is logged. */
#include "tests/bench/bare.h"

#include <gnutls/gnutls.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUSY_MS = 5000 }; /* the product empties its write-ahead log now and then */

static X509_STORE *trust;
static sqlite3_stmt *lookup;
static _Atomic uint64_t revocations;

struct peer {
	char serial[64], name[4][128]; /* organisation, service, client, display name */
	time_t not_after;
	uint64_t seen; /* the counter at the last look, plus one */
	bool verified, valid;
};

static bool verify(struct peer *p, gnutls_session_t session)
{
	unsigned n = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
	STACK_OF(X509) *sent = sk_X509_new_null();
	for (unsigned i = 0; list && i < n; i++) {
		const unsigned char *der = list[i].data;
		sk_X509_push(sent, d2i_X509(NULL, &der, (long)list[i].size));
	}
	X509 *leaf = sk_X509_value(sent, 0);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = leaf && X509_STORE_CTX_init(ctx, trust, leaf, sent) == 1 &&
		    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) == 1 && X509_verify_cert(ctx) == 1;
	if (good) {
		BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
		char *hex = BN_bn2hex(serial);
		for (size_t i = 0; i < sizeof p->serial - 1 && hex[i]; i++)
			p->serial[i] = (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] + 32 : hex[i]);
		OPENSSL_free(hex);
		BN_free(serial);
	}
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(sent, X509_free);
	return good;
}

static void look(struct peer *p, uint64_t now)
{
	sqlite3_bind_text(lookup, 1, p->serial, -1, SQLITE_STATIC);
	p->valid = sqlite3_step(lookup) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(lookup, 0), "valid") == 0;
	if (p->valid) {
		p->not_after = (time_t)sqlite3_column_int64(lookup, 1);
		for (int i = 0; i < 4; i++)
			snprintf(p->name[i], sizeof p->name[i], "%s", (const char *)sqlite3_column_text(lookup, 2 + i));
	}
	sqlite3_reset(lookup);
	p->seen = now + 1;
}

static bool permitted(struct peer *p, struct MHD_Connection *c)
{
	uint64_t now = atomic_load(&revocations);
	if (!p->verified)
		p->verified =
		    verify(p, MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
	if (p->verified && p->seen != now + 1)
		look(p, now);
	return p->verified && p->valid && p->not_after > time(NULL);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
			      const char *upload, size_t *size, void **request)
{
	char body[1024], until[24];
	struct tm tm;
	struct peer *p = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	(void)ctx, (void)method, (void)version, (void)upload, (void)size;
	if (!*request) {
		*request = p;
		return MHD_YES;
	}
	if (strcmp(url, "/v1/me") != 0)
		return bare_answer(c, 404, "text/plain", "", 0);
	if (!permitted(p, c))
		return bare_answer(c, 403, "text/plain", "", 0);
	gmtime_r(&p->not_after, &tm);
	strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int len = snprintf(body, sizeof body,
			   "{\"serial\":\"%s\",\"not_after\":\"%s\",\"days_left\":%ld,\"kind\":\"client\","
			   "\"organisation\":\"%s\",\"service\":\"%s\",\"client\":\"%s\",\"client_name\":\"%s\"}\n",
			   p->serial, until, (long)((p->not_after - time(NULL)) / 86400), p->name[0], p->name[1], p->name[2],
			   p->name[3]);
	return bare_answer(c, 200, "application/json", body, (size_t)len);
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **peer, enum MHD_ConnectionNotificationCode what)
{
	(void)ctx, (void)c;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*peer = calloc(1, sizeof(struct peer));
	else
		free(*peer);
}

static void load_trust(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	trust = X509_STORE_new();
	for (X509 *x; bio && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)); X509_free(x))
		if (X509_STORE_add_cert(trust, x) != 1)
			bare_die(path);
	BIO_free(bio);
}

int main(int argc, char **argv)
{
	sqlite3 *db;
	if (argc != 5)
		return fputs("usage: bare_members CHAIN KEY TRUST DATABASE\n", stderr), 2;
	load_trust(argv[3]);
	if (sqlite3_open_v2(argv[4], &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, BUSY_MS) != SQLITE_OK ||
	    sqlite3_prepare_v2(db,
			       "SELECT t.status, t.not_after, g.slug, s.slug, c.slug, c.name FROM certificate t"
			       " JOIN client c ON c.id = t.client_id JOIN service s ON s.id = c.service_id"
			       " JOIN organisation g ON g.id = s.organisation_id WHERE t.serial = $1",
			       -1, &lookup, NULL) != SQLITE_OK) {
		fputs(sqlite3_errmsg(db), stderr);
		return 1;
	}
	bare_serve(&(struct bare_service){.chain = argv[1], .key = argv[2], .trust = argv[3], .handle = handle,
					  .connection = on_connection});
}
