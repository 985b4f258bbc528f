/* http_stage: the four listeners on ports of 127.0.0.1, over a fresh database and authority, and a client that writes
 * bytes and reads what comes until the other end closes or an answer is whole. */
#ifndef TESTS_HTTP_STAGE_H
#define TESTS_HTTP_STAGE_H

#include "tests/support/test.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "issuer/http/ca_files.h"
#include "issuer/http/crl_cache.h"
#include "issuer/http/first_use.h"
#include "issuer/http/listen.h"
#include "issuer/http/metrics.h"
#include "issuer/http/ocsp.h"
#include "issuer/http/sweeper.h"
#include "issuer/http/workers.h"
#include "issuer/process/child.h"
#include "tests/support/store_folder.h"
#include "tests/support/clock_injected.h"
#include "tests/unit/ca_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

struct http_stage {
	struct front front;
	struct settings settings;
	struct languages *languages;
	struct shared_page shared;
	struct folder *folder;
	struct pki pki;
	struct chain_trust *trust;
	struct buf trust_pem, server_chain;
	struct secret *server_key, *code_key;
	EVP_PKEY *client_key;
	struct buf client_der; /* an administrator's, under client_key */
	struct issuers issuers;
	char issuer[65], serial[SERIAL_TEXT_SIZE];
	struct listening *listening[LISTENER_COUNT];
	struct sweeper *sweeper;
	int port[LISTENER_COUNT];
	int ocsp_signer; /* the signer's end of the OCSP packets: nobody answers unless a test does */
};

static inline void nothing_changed(void *ctx)
{
	(void)ctx;
}

static inline int bound_socket(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 128), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static inline void add_pem(X509 *x, struct buf *pem)
{
	unsigned char *bytes = NULL;
	int len = i2d_X509(x, &bytes);
	assert_ok(certificate_der_to_pem(bytes, (size_t)len, pem));
	OPENSSL_free(bytes);
}

static inline void stage_authority(struct http_stage *s)
{
	struct front *f = &s->front;
	struct buf der = BUF_INIT(65536), pem = BUF_INIT(65536);
	struct crl_head head = {.number = 1, .this_update = NOW, .next_update = NOW + 365 * DAY};
	EVP_PKEY *key = NULL;
	pki_new(&s->pki, NOW);
	add_pem(s->pki.root.certificate, &f->root_pem);
	add_pem(s->pki.issuing.certificate, &pem);
	assert_ok(issuers_add(&s->issuers, ISSUER_PRESENT, pem.data, pem.len, NULL));
	buf_clear(&pem);
	f->issuers = &s->issuers;
	add_pem(s->pki.root.certificate, &s->trust_pem);
	add_pem(s->pki.issuing.certificate, &s->trust_pem);
	assert_ok(chain_trust_new(s->trust_pem.data, s->trust_pem.len, &s->trust, NULL));
	assert_ok(crl_make(&head, NULL, 0, s->pki.root.certificate, s->pki.root.key, &f->root_crl_der, NULL));
	assert_ok(ca_files_new(&f->root_pem, &s->issuers, &f->root_crl_der, &f->ca_files, NULL));
	assert_ok(key_generate(KEY_P256, &key));
	issue_der(&s->pki.issuing, PROFILE_SERVER, key, &der);
	assert_ok(certificate_der_to_pem(der.data, der.len, &s->server_chain));
	add_pem(s->pki.issuing.certificate, &s->server_chain);
	assert_ok(key_write_pem(key, NULL, &pem));
	s->server_key = secret_copy(pem.data, pem.len);
	assert_ok(key_generate(KEY_P256, &s->client_key));
	issue_der(&s->pki.issuing, PROFILE_STAFF, s->client_key, &s->client_der);
	EVP_PKEY_free(key);
	buf_free(&der);
	buf_free(&pem);
	f->trust = s->trust;
}

static inline void stage_database(struct http_stage *s)
{
	struct buf crl = BUF_INIT(65536);
	struct certificate_facts facts;
	struct crl_head head = {.number = 7, .this_update = NOW, .next_update = NOW + DAY};
	struct desk *d = &s->front.desk;
	void *folder = NULL;
	folder_open(&folder);
	s->folder = folder;
	memcpy(s->issuer, s->issuers.at[0].name, sizeof s->issuer);
	assert_ok(certificate_read(s->client_der.data, s->client_der.len, &facts, NULL));
	serial_text(facts.serial, s->serial);
	assert_ok(crl_make(&head, NULL, 0, s->pki.issuing.certificate, s->pki.issuing.key, &crl, NULL));
	struct store *db = s->folder->store;
	assert_ok(store_begin(db));
	assert_ok(store_exec_one(db, STATEMENT_STAFF_ADD, STORE_VALUES(value_text("aaaaaaaaaaaaaaaa"), value_text("Ada"),
				 value_text("administrator"), value_integer(NOW), value_null(), value_null(), value_text(""), value_null())));
	assert_ok(store_exec_one(db, STATEMENT_CERTIFICATE_ADD, STORE_VALUES(value_text(s->serial), value_text(s->issuer),
				 value_text("staff"), value_null(), value_text("aaaaaaaaaaaaaaaa"), value_null(),
				 value_blob(facts.fingerprint, 32), value_text(facts.subject), value_integer(facts.not_before),
				 value_integer(facts.not_after), value_blob(s->client_der.data, s->client_der.len),
				 value_text("valid"), value_null(), value_null(), value_integer(NOW),
				 value_blob(facts.key_hash, 32), value_null())));
	assert_ok(store_exec_one(db, STATEMENT_CRL_INSERT, STORE_VALUES(value_text(s->issuer), value_integer(7),
				 value_integer(NOW), value_integer(NOW + DAY), value_blob(crl.data, crl.len))));
	assert_ok(store_commit(db));
	struct store *writing = NULL;
	assert_ok(store_open(s->folder->db, STORE_OPEN, &writing, NULL));
	assert_ok(writer_start(writing, &d->writer));
	assert_ok(readers_open(s->folder->db, 2, &d->readers, NULL));
	buf_free(&crl);
}

static inline void stage_ocsp(struct http_stage *s)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	s->ocsp_signer = ends[0];
	const struct ocsp_source from = {&s->issuers, &s->shared, s->folder->db, ends[1],
					 s->settings.ocsp_per_address};
	assert_ok(ocsp_desk_new(&from, &s->front.ocsp, NULL));
}

static inline void stage_listen(struct http_stage *s, enum listener l)
{
	struct credentials_source tls = {&s->server_chain, s->server_key, l == LISTENER_MEMBERS ? &s->trust_pem : NULL};
	bool secure = l == LISTENER_PUBLIC || l == LISTENER_MEMBERS;
	struct listening_source from = {l, bound_socket(&s->port[l]), secure ? &tls : NULL};
	struct errbuf why = {""};
	if (listening_start(&s->front, &from, &s->listening[l], &why) != ERR_OK)
		fail_msg("%s: %s", listener_name(l), why.text);
}

static inline int stage_open(void **state)
{
	struct http_stage *s = calloc(1, sizeof *s);
	struct front *f = &s->front;
	signal(SIGPIPE, SIG_IGN);
	log_threshold(LOG_LEVEL_ERROR);
	clock_inject(NOW);
	s->trust_pem = s->server_chain = f->root_pem = f->root_crl_der = BUF_INIT(65536);
	s->client_der = BUF_INIT(16384);
	s->settings = (struct settings){.connections = 200, .connections_per_address = 100, .request_time = 30, .idle_time = 60,
					.request_bytes = 4096, .name = "Stage", .public_url = "https://localhost:1",
					.members_url = "https://localhost:2", .status_url = "http://localhost:3", .domain = "example.org",
					.code_tries = 5, .code_life = 1800, .claim_life = 86400, .codes_a_day = 5, .link_life = 604800, .language = "en"};
	assert_ok(languages_new(&s->languages, NULL));
	stage_authority(s);
	stage_database(s);
	s->code_key = secret_new(32);
	f->desk.settings = &s->settings;
	f->desk.languages = s->languages;
	f->desk.issuer_name = s->issuer;
	f->desk.code_key = s->code_key;
	f->desk.outbox_changed = f->desk.revocations_changed = nothing_changed;
	f->shared = &s->shared;
	f->shared->clerk_alive_at = NOW;
	f->shared->journal_read_at = NOW;
	f->kick = -1;
	f->metrics = calloc(1, sizeof *f->metrics);
	assert_ok(workers_start(4, 64, &f->workers));
	const struct crl_cache_source lists = {s->issuer, f->desk.readers, &s->shared.crl_generation,
					       &ca_files_find(f->ca_files, "root.crl")->bytes, &s->issuers};
	assert_ok(crl_cache_new(&lists, &f->crl_cache));
	assert_ok(crl_cache_refresh(f->crl_cache));
	assert_ok(first_use_new(&f->desk, f->workers, &f->first_use));
	stage_ocsp(s);
	for (int l = 0; l < LISTENER_COUNT; l++)
		stage_listen(s, (enum listener)l);
	*state = s;
	return 0;
}

static inline int stage_close(void **state)
{
	struct http_stage *s = *state;
	struct front *f = &s->front;
	for (int l = 0; l < LISTENER_COUNT; l++)
		listening_quiet(s->listening[l]);
	workers_stop(f->workers);
	sweeper_stop(s->sweeper);
	for (int l = 0; l < LISTENER_COUNT; l++)
		listening_stop(s->listening[l]);
	ocsp_desk_free(f->ocsp);
	close(s->ocsp_signer);
	first_use_free(f->first_use);
	crl_cache_free(f->crl_cache);
	workers_free(f->workers);
	writer_stop(f->desk.writer);
	readers_close(f->desk.readers);
	ca_files_free(f->ca_files);
	chain_trust_free(s->trust);
	secret_free(s->server_key);
	secret_free(s->code_key);
	languages_free(s->languages);
	EVP_PKEY_free(s->client_key);
	buf_free(&s->client_der);
	buf_free(&s->trust_pem);
	buf_free(&s->server_chain);
	buf_free(&f->root_pem);
	issuers_clear(&s->issuers);
	buf_free(&f->root_crl_der);
	free(f->metrics);
	pki_clear(&s->pki);
	void *folder = s->folder;
	folder_close(&folder);
	clock_inject(-1);
	free(s);
	return 0;
}

/* ---- the client ---- */

enum { ANSWER_SIZE = 131072, PATIENCE_MS = 10000 };

struct answer {
	int status;
	bool closed; /* the other end closed behind it */
	size_t len;
	char text[ANSWER_SIZE]; /* head and body, NUL behind */
};

static inline int dial(const struct http_stage *s, enum listener l)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)s->port[l])};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static inline const char *answer_header(const struct answer *a, const char *name)
{
	static char value[512];
	const char *end = strstr(a->text, "\r\n\r\n");
	size_t len = strlen(name);
	for (const char *p = strstr(a->text, "\r\n"); p && p < end; p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, len) == 0 && p[2 + len] == ':') {
			snprintf(value, sizeof value, "%.*s", (int)strcspn(p + 4 + len, "\r"), p + 4 + len);
			return value;
		}
	return NULL;
}

static inline const char *answer_body(const struct answer *a)
{
	const char *end = strstr(a->text, "\r\n\r\n");
	return end ? end + 4 : "";
}

static inline bool answer_whole(const struct answer *a, bool head_only)
{
	const char *body = strstr(a->text, "\r\n\r\n");
	const char *length = body ? answer_header(a, "Content-Length") : NULL;
	if (!body || head_only || a->status == 304)
		return body != NULL;
	return length && a->len - (size_t)(body + 4 - a->text) >= (size_t)atol(length);
}

static inline void take_bytes(struct answer *a, size_t n)
{
	a->len += n;
	a->text[a->len] = '\0';
	if (a->len > 12 && strncmp(a->text, "HTTP/1.1 ", 9) == 0)
		a->status = (int)strtol(a->text + 9, NULL, 10);
}

/* Read until the answer is whole (or, with to_end, until the other end closes). */
static inline void receive(int fd, struct answer *a, bool to_end)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	memset(a, 0, sizeof *a);
	while (clock_mono_ms() < end && a->len + 1 < ANSWER_SIZE && (to_end || !answer_whole(a, false))) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, 100) <= 0)
			continue;
		ssize_t n = read(fd, a->text + a->len, ANSWER_SIZE - 1 - a->len);
		a->closed = n <= 0;
		if (n <= 0)
			break;
		take_bytes(a, (size_t)n);
	}
}

static inline void send_bytes(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* the other end has heard enough */
		bytes += n;
		len -= (size_t)n;
	}
}

static inline void ask_plain(const struct http_stage *s, enum listener l, const char *request, struct answer *a, bool to_end)
{
	int fd = dial(s, l);
	send_bytes(fd, request, strlen(request));
	receive(fd, a, to_end);
	close(fd);
}

#endif
