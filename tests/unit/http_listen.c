/* Listeners over plain sockets: what the guard refuses is refused through the HTTP library too, answers carry their
 * headers, deadlines hold, and a stop in the middle of things ends cleanly. */
#include "issuer/store/store_internal.h"
#include "tests/support/clock_injected.h"
#include "tests/unit/http_stage.h"

#include <zlib.h>

static struct answer a;

#define OPS(request) "GET " request " HTTP/1.1\r\nHost: x\r\n"

static void an_answer_carries_its_headers(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, OPS("/healthz") "Connection: close\r\n\r\n", &a, true);
	assert_int_equal(a.status, 200);
	assert_string_equal(answer_body(&a), "ok\n");
	assert_string_equal(answer_header(&a, "Cache-Control"), "no-store");
	assert_string_equal(answer_header(&a, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(answer_header(&a, "Referrer-Policy"), "no-referrer");
	assert_int_equal(strlen(answer_header(&a, "X-Request-Id")), 16);
	assert_non_null(answer_header(&a, "Date"));
	assert_null(answer_header(&a, "Strict-Transport-Security"));
	assert_null(answer_header(&a, "Server"));
}

static const struct {
	const char *name, *request;
	int status;
} raw[] = {
	{"two lengths", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
	{"length and chunks", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"space before colon", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd", 400},
	{"xchunked", "POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
	{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
	{"no host in 1.0", "GET /healthz HTTP/1.0\r\n\r\n", 400},
	{"two hosts", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
	{"name with odd bytes", OPS("/healthz") "X(Y): 1\r\n\r\n", 400},
	{"get with a body", OPS("/healthz") "Content-Length: 3\r\n\r\nabc", 400},
	{"nul encoded", OPS("/healthz%00") "\r\n", 400},
	{"encoded slash", OPS("/..%2fhealthz") "\r\n", 400},
	{"dot dot", OPS("/x/../healthz") "\r\n", 400},
	{"two slashes", OPS("//healthz") "\r\n", 400},
	{"space in target", OPS("/heal thz") "\r\n", 400},
	{"absolute form", OPS("http://x/healthz") "\r\n", 400},
	{"bad query escape", OPS("/healthz?a=%zz") "\r\n", 400},
	{"unknown verb", "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405},
	{"options", "OPTIONS /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405},
	{"post with a body where none goes", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405},
	{"too large by its length", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", 405},
};

static void what_the_guard_refuses_is_answered_and_the_connection_closed(void **state)
{
	struct http_stage *s = *state;
	char request[1024];
	for (size_t i = 0; i < COUNT(raw); i++) {
		/* A second request behind it: were it answered, something had been smuggled. */
		snprintf(request, sizeof request, "%s%s", raw[i].request, OPS("/readyz") "\r\n");
		ask_plain(s, LISTENER_OPS, request, &a, true);
		if (a.status != raw[i].status || !a.closed)
			fail_msg("%s: status %d, closed %d", raw[i].name, a.status, a.closed);
		const char *first = strstr(a.text, "HTTP/1.1 ");
		if (first && strstr(first + 1, "HTTP/1.1 "))
			fail_msg("%s: a second answer followed", raw[i].name);
	}
}

static void a_refusal_without_a_body_keeps_the_connection(void **state)
{
	struct http_stage *s = *state;
	int fd = dial(s, LISTENER_OPS);
	for (int i = 0; i < 3; i++) {
		send_bytes(fd, OPS("/nothing") "\r\n", strlen(OPS("/nothing") "\r\n"));
		receive(fd, &a, false);
		assert_int_equal(a.status, 404);
		assert_false(a.closed);
		assert_string_equal(answer_header(&a, "Content-Type"), "application/problem+json");
	}
	close(fd);
}

static void a_wrong_method_is_told_the_right_one(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, "POST /healthz HTTP/1.1\r\nHost: x\r\n\r\n", &a, false);
	assert_int_equal(a.status, 405);
	assert_string_equal(answer_header(&a, "Allow"), "GET, HEAD");
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, OPS("/healthz") "\r\n" OPS("/nothing") "\r\n" OPS("/healthz") "Connection: close\r\n\r\n", &a, true);
	const char *one = strstr(a.text, "HTTP/1.1 200"), *two = one ? strstr(one, "HTTP/1.1 404") : NULL;
	assert_non_null(two);
	assert_non_null(strstr(two, "HTTP/1.1 200"));
}

static void a_head_request_has_the_length_and_no_body(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &a, true);
	assert_int_equal(a.status, 200);
	assert_string_equal(answer_header(&a, "Content-Length"), "3");
	assert_string_equal(answer_body(&a), "");
}

static void a_browser_gets_a_page_and_the_policy_with_it(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, OPS("/nothing") "Accept: text/html\r\nConnection: close\r\n\r\n", &a, true);
	assert_int_equal(a.status, 404);
	assert_string_equal(answer_header(&a, "Content-Type"), "text/html; charset=utf-8");
	assert_non_null(strstr(answer_header(&a, "Content-Security-Policy"), "default-src 'none'"));
	assert_non_null(strstr(answer_body(&a), "<h1>"));
}

/* ---- status ---- */

static void the_newest_list_is_served_with_its_validators(void **state)
{
	struct http_stage *s = *state;
	char request[256], etag[80];
	ask_plain(s, LISTENER_STATUS, OPS("/crl/issuing.crl") "\r\n", &a, false);
	assert_int_equal(a.status, 200);
	assert_string_equal(answer_header(&a, "Content-Type"), "application/pkix-crl");
	assert_string_equal(answer_header(&a, "Cache-Control"), "max-age=60");
	assert_string_equal(answer_header(&a, "Last-Modified"), "Sun, 22 Nov 2026 02:13:38 GMT");
	snprintf(etag, sizeof etag, "%.79s", answer_header(&a, "ETag"));
	struct crl_head head;
	size_t n = 0;
	assert_ok(crl_read(answer_body(&a), a.len - (size_t)(answer_body(&a) - a.text), s->pki.issuing.certificate, &head, &n, NULL));
	assert_int_equal(head.number, 7);
	snprintf(request, sizeof request, OPS("/crl/issuing.crl") "If-None-Match: %s\r\nConnection: close\r\n\r\n", etag);
	ask_plain(s, LISTENER_STATUS, request, &a, true);
	assert_int_equal(a.status, 304);
	assert_string_equal(answer_body(&a), "");
}

static void publish(struct http_stage *s, int64_t number, const struct buf *der)
{
	assert_ok(store_begin(s->folder->store));
	assert_ok(store_exec_one(s->folder->store, STATEMENT_CRL_INSERT, STORE_VALUES(value_text(s->issuer), value_integer(number),
				 value_integer(NOW), value_integer(NOW + DAY), value_blob(der->data, der->len))));
	assert_ok(store_commit(s->folder->store));
}

static void a_newer_list_is_seen_when_the_counter_moves(void **state)
{
	struct http_stage *s = *state;
	struct crl_head head;
	struct crl_lent lent;
	struct front *f = &s->front;
	assert_ok(crl_cache_take(f->crl_cache, CRL_DER, false, &lent));
	assert_int_equal(lent.edition->head.number, 7);
	publish(s, 8, &lent.part->bytes);
	assert_ok(crl_cache_refresh(f->crl_cache));
	assert_ok(crl_cache_head(f->crl_cache, &head));
	assert_int_equal(head.number, 7);
	s->shared.crl_generation++;
	assert_ok(crl_cache_refresh(f->crl_cache));
	assert_ok(crl_cache_head(f->crl_cache, &head));
	assert_int_equal(head.number, 8);
	assert_int_equal(lent.edition->head.number, 7); /* who has the older one keeps it for as long as it is needed */
	crl_edition_give_back(lent.edition);
}

/* By tag, by date, by both: the tag decides. What is compressed has a tag of its own. */
static void who_has_the_newest_list_gets_none(void **state)
{
	struct http_stage *s = *state;
	static const struct {
		const char *name, *fields;
		int status;
	} cases[] = {
		{"of its second", "If-Modified-Since: Sun, 22 Nov 2026 02:13:38 GMT\r\n", 304},
		{"older", "If-Modified-Since: Sun, 22 Nov 2026 02:13:37 GMT\r\n", 200},
		{"no date", "If-Modified-Since: now\r\n", 200},
		{"another tag, a good date", "If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 22 Nov 2026 02:13:38 GMT\r\n", 200},
		{"any tag, an old date", "If-None-Match: *\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 304},
	};
	static const char *const lists[] = {"/crl/issuing.crl", "/crl/bundle.pem"};
	char request[512];
	for (size_t l = 0; l < COUNT(lists); l++)
		for (size_t i = 0; i < COUNT(cases); i++) {
			snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n", lists[l], cases[i].fields);
			ask_plain(s, LISTENER_STATUS, request, &a, true);
			if (a.status != cases[i].status)
				fail_msg("%s, %s: %d", lists[l], cases[i].name, a.status);
			assert_string_equal(answer_header(&a, "Vary"), "Accept-Encoding");
			assert_non_null(answer_header(&a, "ETag"));
		}
}

static size_t body_of(const struct answer *from, uint8_t *out, size_t size, bool gzip)
{
	const uint8_t *body = (const uint8_t *)answer_body(from);
	size_t len = from->len - (size_t)(answer_body(from) - from->text);
	if (!gzip) {
		assert_true(len <= size);
		memcpy(out, body, len);
		return len;
	}
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)body, .avail_in = (unsigned)len, .next_out = out, .avail_out = (unsigned)size};
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
	return z.total_out;
}

static void a_list_is_compressed_for_those_who_accept_it_and_the_same(void **state)
{
	struct http_stage *s = *state;
	static const char *const lists[] = {"/crl/issuing.crl", "/crl/bundle.pem"};
	static uint8_t plain[8192], small[8192];
	char request[256], etag[80];
	for (size_t l = 0; l < COUNT(lists); l++) {
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip;q=0\r\n\r\n", lists[l]);
		ask_plain(s, LISTENER_STATUS, request, &a, false);
		assert_int_equal(a.status, 200);
		assert_null(answer_header(&a, "Content-Encoding"));
		snprintf(etag, sizeof etag, "%.79s", answer_header(&a, "ETag"));
		size_t len = body_of(&a, plain, sizeof plain, false);
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n", lists[l]);
		ask_plain(s, LISTENER_STATUS, request, &a, false);
		assert_int_equal(a.status, 200);
		assert_string_equal(answer_header(&a, "Content-Encoding"), "gzip");
		assert_string_equal(answer_header(&a, "Vary"), "Accept-Encoding");
		assert_string_not_equal(answer_header(&a, "ETag"), etag);
		assert_int_equal(body_of(&a, small, sizeof small, true), len);
		assert_memory_equal(plain, small, len);
	}
}

/* A long list is compressed once somebody has asked for it so, and served plain meanwhile. */
static void a_long_list_is_compressed_when_it_is_asked_for(void **state)
{
	struct http_stage *s = *state;
	struct crl_cache *c = s->front.crl_cache;
	struct crl_lent lent;
	struct buf der = BUF_INIT(3 << 20);
	memset(buf_room(&der, 3 << 20), 7, 3 << 20);
	publish(s, 8, &der);
	s->shared.crl_generation++;
	assert_ok(crl_cache_refresh(c));
	for (int round = 0; round < 2; round++) {
		assert_ok(crl_cache_refresh(c));
		assert_ok(crl_cache_take(c, CRL_DER, true, &lent));
		assert_int_equal(lent.edition->head.number, 8);
		assert_int_equal(lent.gzip, round);
		assert_true(round ? lent.part->bytes.len < 100000 : lent.part->bytes.len == der.len);
		crl_edition_give_back(lent.edition);
	}
	assert_ok(crl_cache_take(c, CRL_BUNDLE, true, &lent));
	assert_false(lent.gzip);
	assert_true(lent.part->bytes.len > der.len / 3 * 4);
	crl_edition_give_back(lent.edition);
	buf_free(&der);
}

static void a_newer_one_comes(struct http_stage *s, int64_t number, const struct buf *der)
{
	publish(s, number, der);
	s->shared.crl_generation++;
	assert_ok(crl_cache_refresh(s->front.crl_cache));
}

/* Once the library has noticed the sweeper's hand: what was sent before is still on its way to them. */
static bool is_cut(struct http_stage *s, int64_t within_ms)
{
	struct connections *all = s->listening[LISTENER_STATUS]->connections;
	int64_t began = clock_mono_ms();
	while (connections_count(all) > 0 && clock_mono_ms() - began < within_ms)
		(void)!poll(NULL, 0, 10);
	return connections_count(all) == 0;
}

/* Each slow reader of another list would keep another one in memory. */
static void who_is_slower_than_five_lists_begins_again(void **state)
{
	struct http_stage *s = *state;
	enum { LIST_BYTES = 8 << 20, LISTS = 4 };
	static const char request[] = OPS("/crl/issuing.crl") "\r\n";
	struct crl_lent lent[LISTS];
	struct buf der = BUF_INIT(LIST_BYTES);
	memset(buf_room(&der, LIST_BYTES), 7, LIST_BYTES);
	assert_ok(sweeper_start(s->listening, LISTENER_COUNT, s->front.metrics, &s->sweeper));
	a_newer_one_comes(s, 8, &der);
	int slow = dial(s, LISTENER_STATUS);
	send_bytes(slow, request, sizeof request - 1);
	struct pollfd begun = {.fd = slow, .events = POLLIN};
	assert_int_equal(poll(&begun, 1, PATIENCE_MS), 1);
	for (int number = 9; number < 15; number++) /* nobody fetches these */
		a_newer_one_comes(s, number, &der);
	for (int i = 0; i < LISTS; i++) {
		assert_false(is_cut(s, 0));
		assert_ok(crl_cache_take(s->front.crl_cache, CRL_DER, false, &lent[i]));
		a_newer_one_comes(s, 15 + i, &der);
	}
	assert_true(is_cut(s, PATIENCE_MS));
	for (int i = 0; i < LISTS; i++) {
		assert_false(lent[i].edition->withdrawn);
		crl_edition_give_back(lent[i].edition);
	}
	ask_plain(s, LISTENER_STATUS, OPS("/crl/root.crl") "\r\n", &a, false);
	assert_int_equal(a.status, 200);
	close(slow);
	buf_free(&der);
}

/* As the daemon has it: nobody calls but the thread. */
static void the_thread_finds_a_newer_list_by_itself(void **state)
{
	struct http_stage *s = *state;
	struct crl_cache *c = NULL;
	struct crl_head head = {0};
	const struct crl_cache_source from = {s->issuer, s->front.desk.readers, &s->shared.crl_generation,
					      &ca_files_find(s->front.ca_files, "root.crl")->bytes, NULL};
	assert_ok(crl_cache_new(&from, &c));
	assert_int_equal(crl_cache_head(c, &head), ERR_UNAVAILABLE);
	assert_ok(crl_cache_start(c));
	for (int i = 0; i < 500 && crl_cache_head(c, &head) != ERR_OK; i++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	assert_int_equal(head.number, 7);
	assert_ok(store_begin(s->folder->store));
	assert_ok(store_exec_one(s->folder->store, STATEMENT_CRL_INSERT, STORE_VALUES(value_text(s->issuer), value_integer(8),
				 value_integer(NOW), value_integer(NOW + DAY), value_blob("list", 4))));
	assert_ok(store_commit(s->folder->store));
	s->shared.crl_generation++;
	for (int i = 0; i < 500 && head.number != 8; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		assert_ok(crl_cache_head(c, &head));
	}
	assert_int_equal(head.number, 8);
	crl_cache_free(c);
}

static void an_old_database_gives_no_list_for_it_would_take_revocations_back(void **state)
{
	static const int64_t pauses[] = {ISSUING_OLD_DATABASE, ISSUING_NOT_COMPARED};
	struct http_stage *s = *state;
	for (size_t i = 0; i < COUNT(pauses); i++) {
		s->shared.issuing_paused = pauses[i];
		ask_plain(s, LISTENER_STATUS, OPS("/crl/issuing.crl") "\r\n", &a, false);
		assert_int_equal(a.status, 503);
		assert_non_null(strstr(a.text, issuing_paused_because(&s->shared)));
		ask_plain(s, LISTENER_STATUS, OPS("/crl/bundle.pem") "\r\n", &a, false);
		assert_int_equal(a.status, 503);
		ask_plain(s, LISTENER_STATUS, OPS("/crl/root.crl") "\r\n", &a, false);
		assert_int_equal(a.status, 200); /* it comes from a file */
	}
	s->shared.issuing_paused = ISSUING_OPEN;
	ask_plain(s, LISTENER_STATUS, OPS("/crl/issuing.crl") "\r\n", &a, false);
	assert_int_equal(a.status, 200);
}

static void every_ca_file_is_served_and_nothing_else(void **state)
{
	static const struct {
		const char *path, *type;
		int status;
	} files[] = {
		{"/ca/root.cer", "application/pkix-cert", 200},        {"/ca/issuing.cer", "application/pkix-cert", 200},
		{"/ca/root.pem", "application/pem-certificate-chain", 200},
		{"/ca/issuing.pem", "application/pem-certificate-chain", 200},
		{"/ca/all.pem", "application/pem-certificate-chain", 200},
		{"/ca/chain.pem", "application/pem-certificate-chain", 200},
		{"/ca/chain.p7c", "application/pkcs7-mime; smime-type=certs-only", 200},
		{"/ca/chain.p7b", "application/problem+json", 404},    {"/crl/root.crl", "application/pkix-crl", 200},
		{"/crl/bundle.pem", "application/x-pem-file", 200},    {"/ca/root.crl", "application/problem+json", 404},
		{"/ca/issuing.key", "application/problem+json", 404},  {"/crl/root.cer", "application/problem+json", 404},
		{"/crl/other.crl", "application/problem+json", 404},   {"/crl/.crl", "application/problem+json", 404},
		{"/crl/issuing", "application/problem+json", 404},     {"/crl/issuing-00000000.crl", "application/problem+json", 404},   {"/ocsp", "application/problem+json", 405},
	};
	struct http_stage *s = *state;
	char request[256];
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", files[i].path);
		ask_plain(s, LISTENER_STATUS, request, &a, false);
		if (a.status != files[i].status || strcmp(answer_header(&a, "Content-Type"), files[i].type) != 0)
			fail_msg("%s: %d %s", files[i].path, a.status, answer_header(&a, "Content-Type"));
	}
	ask_plain(s, LISTENER_STATUS, OPS("/crl/bundle.pem") "\r\n", &a, false);
	const char *first = strstr(a.text, "-----BEGIN X509 CRL-----");
	assert_non_null(first);
	assert_non_null(strstr(first + 1, "-----BEGIN X509 CRL-----"));
}

static void a_range_is_a_part_of_the_same_bytes(void **state)
{
	struct http_stage *s = *state;
	static struct answer whole;
	ask_plain(s, LISTENER_STATUS, OPS("/ca/root.cer") "\r\n", &whole, false);
	ask_plain(s, LISTENER_STATUS, OPS("/ca/root.cer") "Range: bytes=10-19\r\n\r\n", &a, false);
	assert_int_equal(a.status, 206);
	assert_string_equal(answer_header(&a, "Content-Length"), "10");
	assert_memory_equal(answer_body(&a), answer_body(&whole) + 10, 10);
	assert_non_null(strstr(answer_header(&a, "Content-Range"), "bytes 10-19/"));
	ask_plain(s, LISTENER_STATUS, OPS("/ca/root.cer") "Range: bytes=10-19\r\nIf-Range: \"old\"\r\n\r\n", &a, false);
	assert_int_equal(a.status, 200);
	ask_plain(s, LISTENER_STATUS, OPS("/ca/root.cer") "Range: bytes=99999-\r\n\r\n", &a, false);
	assert_int_equal(a.status, 416);
}

/* ---- ops ---- */

static void readiness_names_what_is_missing(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
	assert_int_equal(a.status, 200);
	s->shared.clerk_alive_at = NOW - 31;
	s->shared.issuing_paused = ISSUING_OLD_DATABASE;
	ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
	assert_int_equal(a.status, 503);
	assert_non_null(strstr(a.text, "clerk"));
	assert_non_null(strstr(a.text, "an old database was put back: run counterfoild recover"));
	assert_null(strstr(a.text, "revocation list"));
	assert_null(strstr(a.text, "signer"));
	s->shared.journal_read_at = NOW - 31;
	ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
	assert_non_null(strstr(a.text, "nothing can be issued or revoked"));
	clock_inject(NOW + 2 * DAY);
	ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
	assert_non_null(strstr(a.text, "revocation list is past"));
}

/* The database may not grow; and no transaction begins above an open read, so that the fault stays. */
static enum err fill_for_good(struct store *s, void *ctx)
{
	(void)ctx;
	s->reading++;
	enum err e = store_sql(s->db, "PRAGMA max_page_count = 1");
	for (int i = 0; !e && i < 10000; i++) {
		char slug[32];
		snprintf(slug, sizeof slug, "f%d", i);
		e = store_exec_one(s, STATEMENT_ORGANISATION_ADD,
				   STORE_VALUES(value_text(slug), value_text(slug), value_text("N"), value_integer(1)));
	}
	return e;
}

static void readiness_and_metrics_tell_of_a_database_that_cannot_be_written(void **state)
{
	struct http_stage *s = *state;
	ask_plain(s, LISTENER_OPS, OPS("/metrics") "\r\n", &a, false);
	assert_non_null(strstr(a.text, "counterfoil_database_writable 1\n"));
	log_threshold(LOG_LEVEL_ALARM + 1);
	assert_int_equal(writer_run(s->front.desk.writer, fill_for_good, NULL), ERR_FULL);
	log_threshold(LOG_LEVEL_ERROR);
	ask_plain(s, LISTENER_OPS, OPS("/metrics") "\r\n", &a, false);
	assert_non_null(strstr(a.text, "counterfoil_database_writable 0\n"));
	ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
	assert_int_equal(a.status, 503);
	assert_non_null(strstr(a.text, "[\"the disk is full: the database cannot be written\"]"));
}

static void readiness_tells_of_the_other_processes_disk(void **state)
{
	struct http_stage *s = *state;
	const struct {
		enum err clerk, journal;
		const char *reasons;
	} cases[] = {
		{ERR_FULL, ERR_OK, "[\"the disk is full: the clerk cannot write the database\"]"},
		{ERR_IO, ERR_OK, "[\"the clerk cannot use the database\"]"},
		{ERR_OK, ERR_FULL, "[\"the disk is full: there is no room for the journal, and nothing is issued\"]"},
		{ERR_OK, ERR_IO, "[\"the journal failed: nothing is issued, and perhaps nothing revoked (the log says why)\"]"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		s->shared.clerk_fault = cases[i].clerk;
		s->shared.journal_fault = cases[i].journal;
		ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
		assert_int_equal(a.status, 503);
		if (!strstr(a.text, cases[i].reasons))
			fail_msg("wanted %s, had %s", cases[i].reasons, answer_body(&a));
	}
	s->shared.clerk_fault = s->shared.journal_fault = ERR_OK;
	ask_plain(s, LISTENER_OPS, OPS("/readyz") "\r\n", &a, false);
	assert_int_equal(a.status, 200);
}

static void metrics_count_what_was_asked(void **state)
{
	struct http_stage *s = *state;
	for (int i = 0; i < 3; i++)
		ask_plain(s, LISTENER_OPS, OPS("/nothing") "Connection: close\r\n\r\n", &a, true);
	ask_plain(s, LISTENER_OPS, OPS("/healthz%00") "\r\n", &a, true);
	ask_plain(s, LISTENER_OPS, OPS("/metrics") "\r\n", &a, false);
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.text, "counterfoil_requests_total{listener=\"ops\",status=\"4xx\"} 4\n"));
	assert_non_null(strstr(a.text, "counterfoil_refused_total{listener=\"ops\"} 1\n"));
	assert_non_null(strstr(a.text, "counterfoil_crl_number 7\n"));
	assert_non_null(strstr(a.text, "counterfoil_database_readable 1\n"));
	for (const char *line = answer_body(&a); *line; line = strchr(line, '\n') + 1)
		assert_true(line[0] == '#' || strncmp(line, "counterfoil_", 12) == 0);
}

/* ---- time ---- */

static void a_slow_request_is_cut_and_a_silent_connection_too(void **state)
{
	struct http_stage *s = *state;
	s->settings.request_time = 1;
	s->settings.idle_time = 1;
	assert_ok(sweeper_start(s->listening, LISTENER_COUNT, s->front.metrics, &s->sweeper));
	int silent = dial(s, LISTENER_OPS), dripping = dial(s, LISTENER_OPS), idle = dial(s, LISTENER_OPS);
	send_bytes(idle, OPS("/healthz") "\r\n", strlen(OPS("/healthz") "\r\n"));
	receive(idle, &a, false);
	assert_int_equal(a.status, 200);
	/* One byte now and then: the library's own time-out would never come. */
	static const char slow[] = OPS("/healthz") "X-Slow: ........................................";
	int64_t began = clock_mono_ms();
	bool cut = false;
	for (size_t i = 0; i < sizeof slow - 1 && !cut && clock_mono_ms() - began < PATIENCE_MS; i++) {
		struct pollfd p = {.fd = dripping, .events = POLLIN};
		send_bytes(dripping, slow + i, 1);
		cut = poll(&p, 1, 100) > 0;
	}
	assert_true(cut);
	assert_true(clock_mono_ms() - began < 5000);
	receive(silent, &a, true);
	assert_true(a.closed);
	receive(idle, &a, true);
	assert_true(a.closed);
	/* It is counted after it was closed. */
	for (began = clock_mono_ms(); s->front.metrics->swept < 3 && clock_mono_ms() - began < PATIENCE_MS;)
		(void)!poll(NULL, 0, 10);
	assert_int_equal(s->front.metrics->swept, 3);
	close(silent);
	close(dripping);
	close(idle);
}

/* Closed with bytes unread, its connection would be reset, and the answer lost with it. */
static void who_is_refused_may_finish_sending_and_hears_why(void **state)
{
	static const char head[] = "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n";
	static const char body[9000];
	struct pollfd p = {.fd = dial(*state, LISTENER_OPS), .events = POLLIN};
	send_bytes(p.fd, head, strlen(head));
	assert_int_equal(poll(&p, 1, 300), 0);
	send_bytes(p.fd, body, sizeof body - 1);
	assert_int_equal(poll(&p, 1, 300), 0);
	send_bytes(p.fd, body, 1);
	receive(p.fd, &a, true);
	assert_int_equal(a.status, 405);
	assert_string_equal(answer_header(&a, "Connection"), "close");
	assert_int_equal(read(p.fd, a.text, 1), 0); /* an end, not a reset */
	close(p.fd);
}

/* Its body is on the way only when we say so. */
static void who_is_refused_and_waits_for_our_word_hears_at_once(void **state)
{
	static const char head[] =
	    "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\nExpect: 100-continue\r\n\r\n";
	int64_t began = clock_mono_ms();
	ask_plain(*state, LISTENER_OPS, head, &a, true);
	assert_int_equal(a.status, 405);
	assert_true(a.closed);
	assert_true(clock_mono_ms() - began < PATIENCE_MS);
}

static void one_address_holds_no_more_than_its_share(void **state)
{
	struct http_stage *s = *state;
	int fd[101];
	for (size_t i = 0; i < COUNT(fd); i++)
		fd[i] = dial(s, LISTENER_OPS);
	receive(fd[100], &a, true);
	assert_true(a.closed);
	send_bytes(fd[0], OPS("/healthz") "\r\n", strlen(OPS("/healthz") "\r\n"));
	receive(fd[0], &a, false);
	assert_int_equal(a.status, 200);
	for (size_t i = 0; i < COUNT(fd); i++)
		close(fd[i]);
}

#define staged(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		staged(an_answer_carries_its_headers),
		staged(what_the_guard_refuses_is_answered_and_the_connection_closed),
		staged(a_refusal_without_a_body_keeps_the_connection),
		staged(a_wrong_method_is_told_the_right_one),
		staged(pipelined_requests_are_answered_in_order),
		staged(a_head_request_has_the_length_and_no_body),
		staged(a_browser_gets_a_page_and_the_policy_with_it),
		staged(the_newest_list_is_served_with_its_validators),
		staged(who_has_the_newest_list_gets_none),
		staged(a_list_is_compressed_for_those_who_accept_it_and_the_same),
		staged(a_long_list_is_compressed_when_it_is_asked_for),
		staged(who_is_slower_than_five_lists_begins_again),
		staged(the_thread_finds_a_newer_list_by_itself),
		staged(a_newer_list_is_seen_when_the_counter_moves),
		staged(every_ca_file_is_served_and_nothing_else),
		staged(an_old_database_gives_no_list_for_it_would_take_revocations_back),
		staged(a_range_is_a_part_of_the_same_bytes),
		staged(readiness_names_what_is_missing),
		staged(readiness_and_metrics_tell_of_a_database_that_cannot_be_written),
		staged(readiness_tells_of_the_other_processes_disk),
		staged(metrics_count_what_was_asked),
		staged(a_slow_request_is_cut_and_a_silent_connection_too),
		staged(who_is_refused_may_finish_sending_and_hears_why),
		staged(who_is_refused_and_waits_for_our_word_hears_at_once),
		staged(one_address_holds_no_more_than_its_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
