/* requests FOLDER COUNT [KEY-TYPE]: what it costs to certify a recipient's own key: the request read and judged by the front's
 * code, over a line to a signer with a journal, stored in a database; all of it durable. With KEY-TYPE, of RSA, what it costs to
 * make key, certificate and package for a recipient in the same way: the key is one of those that are ready, and as many are
 * made again. Both sides are threads of this process, whose CPU time, in microseconds for one order, is printed. There is no
 * http in it. */
#include "base/clock.h"
#include "base/frame.h"
#include "base/wipe.h"
#include "ca/openssl_narrow.h"
#include "ca/request.h"
#include "delivery/seal.h"
#include "issuer/order/collect.h"
#include "issuer/order/row.h"
#include "issuer/process/line.h"
#include "issuer/signer/serve.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEED(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "requests: line %d: not so: %s (%s)\n", __LINE__, #condition, why.text);       \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

struct bench {
	struct settings settings;
	struct signer *signer;
	struct line *line;
	struct desk desk;
	sqlite3 *sql;
	int server_end;
	const char *key_type; /* FACTS_OWN_KEY: the recipient's own */
	enum key_type type;   /* otherwise */
};

static struct errbuf why;
static char issuer[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void *serve(void *arg)
{
	struct bench *b = arg;
	struct buf request = BUF_INIT(SIGNER_REQUEST_CAP), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	struct frame q;
	while (frame_receive(b->server_end, &request, &q, FRAME_NO_DEADLINE) == ERR_OK) {
		struct errbuf reason = {""};
		buf_clear(&answer);
		enum role peer = q.op == SIGNER_RESUME ? ROLE_CLERK : ROLE_FRONT;
		enum err status = signer_answer(b->signer, peer, &q, &answer, &reason);
		const char *text = err_why(status, &reason);
		struct frame a = {.id = q.id, .op = q.op, .status = status, .body = answer.data, .len = answer.len};
		if (status) {
			a.body = (const uint8_t *)text;
			a.len = strlen(text);
		}
		if (frame_send(b->server_end, &a, clock_mono_ms() + 10000))
			break;
	}
	buf_free(&request);
	buf_free(&answer);
	return NULL;
}

static void start_signer(struct bench *b, const char *folder)
{
	const struct authority_names names = {.organisation = "Bench", .root_name = "Bench Root", .issuing_name = "Bench Issuing"};
	static const uint8_t key[32] = {1};
	struct authority root = {0};
	struct signer_parts p = {.settings = &b->settings, .parcel_key = secret_copy(key, 32), .ticket_key = secret_copy(key, 32)};
	EVP_PKEY *courier = NULL;
	char path[4096];
	int ends[2];
	pthread_t thread;
	snprintf(path, sizeof path, "%s/journal", folder);
	NEED(authority_make_root(&names, clock_now(), &root, &why) == ERR_OK);
	NEED(authority_make_issuing(&names, &root, clock_now(), &p.authority, &why) == ERR_OK);
	NEED(X509_up_ref(root.certificate) == 1);
	p.root = root.certificate;
	NEED(seal_recipient_new("courier", &courier, &p.courier) == ERR_OK);
	NEED(journal_open(open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600), "n1", &p.journal, &why) == ERR_OK);
	NEED(signer_new(&p, &b->signer, &why) == ERR_OK);
	if (strcmp(b->key_type, FACTS_OWN_KEY) != 0) {
		NEED(key_type_from_name(b->key_type, &b->type) == ERR_OK);
		b->signer->has.profiles[PROFILE_CLIENT].key_types = 1u << b->type; /* no other keys beside these */
		NEED(signer_keys_start(b->signer, &why) == ERR_OK);
	}
	NEED(frame_pair(ends) == ERR_OK);
	b->server_end = ends[1];
	NEED(line_new(ends[0], SIGNER_ANSWER_CAP, &b->line) == ERR_OK);
	NEED(pthread_create(&thread, NULL, serve, b) == 0);
	NEED(signer_resume(b->line, true, &why) == ERR_OK);
	authority_clear(&root);
	EVP_PKEY_free(courier);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void start_desk(struct bench *b, const char *folder)
{
	static const char directory[] =
		"INSERT INTO staff (id, name, role, status, created_at) VALUES ('staffaaaaaaaaaaa', 'Ola', 'administrator', 'active', 1);"
		"INSERT INTO organisation (id, slug, name, created_at) VALUES ('organisationaaaa', 'nordbank', 'Nordbank', 1);"
		"INSERT INTO service (id, organisation_id, slug, name, created_at) VALUES ('serviceaaaaaaaaa', 'organisationaaaa', 'archive', 'Archive', 1);"
		"INSERT INTO client (id, service_id, slug, name, created_at) VALUES ('clientaaaaaaaaaa', 'serviceaaaaaaaaa', 'e-banking', 'e-banking', 1);"
		"INSERT INTO contact (id, organisation_id, name, email, mobile, may_order, may_receive, created_at, changed_at, language, moved_at) VALUES ('contactaaaaaaaaa', 'organisationaaaa', 'Kari', 'kari@nordbank.example',"
		" '+4791234567', 1, 1, 1, 1, '', NULL);";
	char path[4096];
	struct store *store = NULL;
	snprintf(path, sizeof path, "%s/requests.db", folder);
	NEED(store_open(path, STORE_CREATE, &store, &why) == ERR_OK);
	NEED(writer_start(store, &b->desk.writer) == ERR_OK);
	NEED(readers_open(path, 2, &b->desk.readers, &why) == ERR_OK);
	NEED(sqlite3_open(path, &b->sql) == SQLITE_OK);
	NEED(sqlite3_exec(b->sql, directory, NULL, NULL, NULL) == SQLITE_OK);
	b->desk.settings = &b->settings;
	b->desk.signer = b->line;
	b->desk.issuer_name = issuer;
	b->desk.outbox_changed = b->desk.revocations_changed = nothing;
}

static void bind_hash(sqlite3_stmt *s, int at, const char *text)
{
	uint8_t hash[HASH_BYTES];
	NEED(row_hash(text, hash) == ERR_OK);
	NEED(sqlite3_bind_blob(s, at, hash, sizeof hash, SQLITE_TRANSIENT) == SQLITE_OK);
}

struct holder {
	char token[23], claim[23];
	struct buf request;
};

/* An approved order whose code was typed, and the request of its holder. */
static void make_holder(struct bench *b, int n, struct holder *h)
{
	static const char sql[] =
		"INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by,"
		" created_at, link_hash, link_until, claim_hash, claimed_at) VALUES (?1, 'clientaaaaaaaaaa', 'contactaaaaaaaaa',"
		" 'collecting', ?2, ?3, ?4, 'client', ?7, '', 'staffaaaaaaaaaaa', ?2, ?5, ?2 + 86400, ?6, ?2)";
	struct order_facts f = {
		.organisation_slug = "nordbank", .organisation_name = "Nordbank", .service_slug = "archive",
		.service_name = "Archive", .client_slug = "e-banking", .client_name = "e-banking",
		.contact = "contactaaaaaaaaa", .contact_name = "Kari", .email = "kari@nordbank.example",
		.mobile = "+4791234567", .profile = "client", .approved_by = "staffaaaaaaaaaaa",
		.approved_at = clock_now()};
	struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	uint8_t ticket[TICKET_BYTES], *der = NULL;
	sqlite3_stmt *s = NULL;
	snprintf(h->token, sizeof h->token, "token%016dA", n);
	snprintf(h->claim, sizeof h->claim, "claim%016dA", n);
	snprintf(f.key_type, sizeof f.key_type, "%s", b->key_type);
	NEED(id_new(f.order) == ERR_OK && facts_write(&f, &text) == ERR_OK);
	NEED(signer_ticket(b->line, text.data, text.len, ticket, &why) == ERR_OK);
	NEED(sqlite3_prepare_v2(b->sql, sql, -1, &s, NULL) == SQLITE_OK);
	sqlite3_bind_text(s, 1, f.order, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 2, clock_now());
	sqlite3_bind_text(s, 3, (const char *)text.data, (int)text.len, SQLITE_TRANSIENT);
	sqlite3_bind_blob(s, 4, ticket, sizeof ticket, SQLITE_TRANSIENT);
	bind_hash(s, 5, h->token);
	bind_hash(s, 6, h->claim);
	sqlite3_bind_text(s, 7, b->key_type, -1, SQLITE_STATIC);
	if (sqlite3_step(s) != SQLITE_DONE)
		fail(&why, ERR_IO, "%s", sqlite3_errmsg(b->sql));
	NEED(!why.text[0]);
	sqlite3_finalize(s);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	NEED(key && req && X509_REQ_set_pubkey(req, key) == 1 && X509_REQ_sign(req, key, EVP_sha256()) > 0);
	int len = i2d_X509_REQ(req, &der);
	h->request = BUF_INIT(REQUEST_MAX_BYTES);
	buf_add(&h->request, der, len > 0 ? (size_t)len : 0);
	OPENSSL_free(der);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	buf_free(&text);
}

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const struct actor recipient = {.id = "", .role = "recipient", .request = "bench"};

static void certify(struct bench *b, const struct holder *h)
{
	const struct collect_claim c = {h->token, h->claim, false};
	struct buf certificate = BUF_INIT(16384);
	NEED(collect_request(&b->desk, &recipient, &c, h->request.data, h->request.len, &certificate, &why) == ERR_OK);
	buf_free(&certificate);
}

/* Until every key that was taken is made again; the first time until the pool is full. */
static void wait_for_keys(struct bench *b, uint64_t made)
{
	struct key_pool_state k = key_pool_look(b->signer->keys, b->type);
	while (k.made < made || k.ready < k.wanted) {
		poll(NULL, 0, 10);
		k = key_pool_look(b->signer->keys, b->type);
	}
}

static double make_packages(struct bench *b, const struct holder *holders, int count)
{
	uint64_t wanted = (uint64_t)b->settings.rsa_keys_ready;
	wait_for_keys(b, wanted);
	double before = cpu_us();
	for (int i = 0; i < count; i++) {
		if (i && (uint64_t)i % wanted == 0)
			wait_for_keys(b, wanted + (uint64_t)i);
		NEED(collect_prepare(&b->desk, &recipient, holders[i].token, holders[i].claim, &why) == ERR_OK);
	}
	wait_for_keys(b, wanted + (uint64_t)count);
	return cpu_us() - before;
}

static double certify_all(struct bench *b, const struct holder *holders, int count)
{
	double before = cpu_us();
	for (int i = 0; i < count; i++)
		certify(b, &holders[i]);
	return cpu_us() - before;
}

int main(int argc, char **argv)
{
	static struct bench b = {.settings = {.domain = "counterfoil.example", .status_url = "http://localhost:8080", .node = "n1",
					  .claim_life = 86400, .link_life = 86400, .code_life = 1800, .code_tries = 5, .rsa_keys_ready = 20}};
	int count = argc == 3 || argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
	bool own = argc == 3;
	NEED(count > 0);
	b.key_type = own ? FACTS_OWN_KEY : argv[3];
	mallopt(M_PERTURB, 0xa5); /* as the daemon does */
	NEED(wipe_openssl_memory() == ERR_OK && openssl_narrow() == ERR_OK);
	start_signer(&b, argv[1]);
	start_desk(&b, argv[1]);
	struct holder *holders = calloc((size_t)count, sizeof *holders);
	NEED(holders);
	for (int i = 0; i < count; i++)
		make_holder(&b, i, &holders[i]);
	printf("%.2f\n", (own ? certify_all : make_packages)(&b, holders, count) / count);
	return 0; /* threads and memory go with the process */
}
