/* The front's half of the OCSP responder behind its listener; this test is the signer. */
#include "tests/unit/http_stage.h"

#include "issuer/http/ocsp_cache.h"
#include "issuer/signer/ocsp_wire.h"

#include <openssl/ocsp.h>

static struct answer heard;
static uint8_t packet[OCSP_PACKET_MAX];

struct asked {
	struct ocsp_ask ask;
	bool any;
};

/* The next ask within the patience. */
static struct asked next_ask(struct http_stage *s, int patience_ms)
{
	struct asked q = {.any = false};
	struct pollfd p = {.fd = s->ocsp_signer, .events = POLLIN};
	if (poll(&p, 1, patience_ms) != 1)
		return q;
	ssize_t n = recv(s->ocsp_signer, packet, sizeof packet, MSG_DONTWAIT);
	struct unpack u = unpack_begin(packet, n > 0 ? (size_t)n : 0);
	q.any = n > 0 && ocsp_ask_unpack(&u, &q.ask) == ERR_OK;
	return q;
}

/* The front takes the bytes as they are: a word will do for a response. */
static void tell(struct http_stage *s, uint64_t id, enum err error, const char *word)
{
	struct buf out = BUF_INIT(OCSP_TOLD_MAX);
	const struct ocsp_told told = {.id = id, .error = error, .this_update = NOW, .next_update = NOW + 3600,
				       .der = (const uint8_t *)word, .len = strlen(word)};
	ocsp_told_pack(&told, &out);
	assert_int_equal(send(s->ocsp_signer, out.data, out.len, MSG_DONTWAIT), (ssize_t)out.len);
	buf_free(&out);
}

static struct buf request_for(const struct http_stage *s, const char *serial_hex, bool nonce)
{
	struct buf der = BUF_INIT(16384);
	uint8_t bytes[SERIAL_BYTES], *out = NULL;
	assert_ok(serial_from_text(serial_hex, bytes));
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
	X509 *issuer = s->pki.issuing.certificate;
	OCSP_REQUEST *q = OCSP_REQUEST_new();
	OCSP_request_add0_id(q, OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer),
						 serial));
	if (nonce)
		OCSP_request_add1_nonce(q, (unsigned char[]){1, 2, 3}, 3);
	int len = i2d_OCSP_REQUEST(q, &out);
	buf_add(&der, out, (size_t)len);
	OPENSSL_free(out);
	OCSP_REQUEST_free(q);
	ASN1_INTEGER_free(serial);
	BN_free(n);
	return der;
}

static void post(int fd, const struct buf *body)
{
	char head[200];
	int n = snprintf(head, sizeof head,
			 "POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: %zu\r\n\r\n",
			 body->len);
	send_bytes(fd, head, (size_t)n);
	send_bytes(fd, (const char *)body->data, body->len);
}

static int post_begin(const struct http_stage *s, const struct buf *body)
{
	int fd = dial(s, LISTENER_STATUS);
	post(fd, body);
	return fd;
}

static void post_end(int fd)
{
	receive(fd, &heard, false);
	close(fd);
	assert_int_equal(heard.status, 200);
	assert_string_equal(answer_header(&heard, "Content-Type"), "application/ocsp-response");
}

/* Asks, and answers as the signer with `word`; the ask it saw. */
static struct ocsp_ask post_signed(struct http_stage *s, const struct buf *body, const char *word)
{
	int fd = post_begin(s, body);
	struct asked q = next_ask(s, PATIENCE_MS);
	assert_true(q.any);
	tell(s, q.ask.id, ERR_OK, word);
	post_end(fd);
	assert_string_equal(answer_body(&heard), word);
	return q.ask;
}

static void assert_refusal(enum ocsp_refusal wanted)
{
	uint8_t der[OCSP_REFUSAL_BYTES];
	ocsp_refusal_make(wanted, der);
	assert_memory_equal(answer_body(&heard), der, sizeof der);
	assert_string_equal(answer_header(&heard, "Cache-Control"), "no-store");
}

static void set_status(struct http_stage *s, const char *status, int reason)
{
	char sql[200];
	sqlite3 *db = NULL;
	snprintf(sql, sizeof sql, "UPDATE certificate SET status = '%s', revoked_at = %lld, reason = %d", status,
		 (long long)NOW - 5, reason);
	assert_int_equal(sqlite3_open(s->folder->db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	atomic_fetch_add(&s->shared.revocation_generation, 1);
}

static void statuses_come_from_the_database(void **state)
{
	struct http_stage *s = *state;
	struct buf known = request_for(s, s->serial, true), unknown = request_for(s, "77", true);
	struct ocsp_ask q = post_signed(s, &known, "signed");
	assert_int_equal(q.count, 1);
	assert_int_equal(q.nonce_len, 3);
	assert_int_equal(q.singles[0].status, OCSP_GOOD);
	q = post_signed(s, &unknown, "signed");
	assert_int_equal(q.singles[0].status, OCSP_UNKNOWN);
	set_status(s, "held", 6);
	q = post_signed(s, &known, "signed");
	assert_int_equal(q.singles[0].status, OCSP_REVOKED);
	assert_int_equal(q.singles[0].reason, REASON_HOLD);
	assert_int_equal(q.singles[0].revoked_at, NOW - 5);
	set_status(s, "valid", 0);
	q = post_signed(s, &known, "signed");
	assert_int_equal(q.singles[0].status, OCSP_GOOD);
	set_status(s, "revoked", 4);
	q = post_signed(s, &known, "signed");
	assert_int_equal(q.singles[0].status, OCSP_REVOKED);
	assert_int_equal(q.singles[0].reason, REASON_SUPERSEDED);
	set_status(s, "valid", 0);
	buf_free(&known);
	buf_free(&unknown);
}

/* Nothing wakes the listener once the signer has spoken: it must go on by itself. */
static void an_answer_leaves_when_it_is_signed(void **state)
{
	enum { LATE_MS = 400 };
	struct http_stage *s = *state;
	struct buf body = request_for(s, "1234", true);
	for (int i = 0; i < 5; i++) {
		int fd = post_begin(s, &body);
		struct asked q = next_ask(s, PATIENCE_MS);
		int64_t from = clock_mono_ms();
		tell(s, q.ask.id, ERR_OK, "signed");
		post_end(fd);
		assert_in_range(clock_mono_ms() - from, 0, LATE_MS);
	}
	buf_free(&body);
}

static void a_ready_answer_is_given_again_until_its_status_changes(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, s->serial, false), with_nonce = request_for(s, s->serial, true);
	post_signed(s, &body, "first");
	for (int i = 0; i < 3; i++) {
		post_end(post_begin(s, &body)); /* and nobody was asked */
		assert_string_equal(answer_body(&heard), "first");
	}
	assert_false(next_ask(s, 0).any);
	assert_non_null(strstr(answer_header(&heard, "Cache-Control"), "public, no-transform, must-revalidate"));
	post_signed(s, &with_nonce, "for the nonce");
	/* something was revoked, but not this */
	atomic_fetch_add(&s->shared.revocation_generation, 1);
	post_end(post_begin(s, &body));
	assert_string_equal(answer_body(&heard), "first");
	assert_false(next_ask(s, 0).any);
	set_status(s, "revoked", 1);
	struct ocsp_ask q = post_signed(s, &body, "second");
	assert_int_equal(q.singles[0].status, OCSP_REVOKED);
	set_status(s, "valid", 0);
	q = post_signed(s, &body, "third");
	assert_int_equal(q.singles[0].status, OCSP_GOOD);
	buf_free(&body);
	buf_free(&with_nonce);
}

/* Made once for all who ask: with the tag and the times, and without what is one request's. */
static void a_ready_answer_has_the_headers_of_the_first(void **state)
{
	static const char *const same[] = {"Last-Modified", "Expires", "Cache-Control", "ETag", "X-Content-Type-Options"};
	struct http_stage *s = *state;
	char first[COUNT(same)][512];
	struct buf body = request_for(s, s->serial, false);
	set_status(s, "held", 6);
	post_signed(s, &body, "held");
	for (size_t i = 0; i < COUNT(same); i++)
		snprintf(first[i], sizeof first[i], "%s", answer_header(&heard, same[i]));
	for (int n = 0; n < 3; n++) {
		post_end(post_begin(s, &body));
		assert_string_equal(answer_body(&heard), "held");
		for (size_t i = 0; i < COUNT(same); i++)
			assert_string_equal(answer_header(&heard, same[i]), first[i]);
		assert_null(answer_header(&heard, "X-Request-Id"));
	}
	clock_inject(NOW + 3600 - 361); /* a tenth and a second before its end, and back */
	post_end(post_begin(s, &body));
	assert_string_equal(answer_header(&heard, "Expires"), first[1]);
	clock_inject(NOW);
	set_status(s, "valid", 0);
	buf_free(&body);
}

/* More of them than are kept prepared, twice around. */
static void a_prepared_answer_makes_way_for_newer_ones(void **state)
{
	(void)state;
	enum { MANY = OCSP_CACHE_PREPARED + 7 };
	struct ocsp_cache *c = NULL;
	assert_ok(ocsp_cache_new(&c));
	struct ocsp_single id = {.serial_len = 2};
	for (int n = 0; n < 2 * MANY; n++) {
		int i = n % MANY;
		id.serial[0] = (uint8_t)(i >> 8);
		id.serial[1] = (uint8_t)i;
		struct reply r = REPLY_INIT;
		const struct ocsp_cached entry = {.single = id, .this_update = NOW, .next_update = NOW + 3600,
						  .der = (uint8_t *)"DER", .len = 3};
		if (n == i)
			ocsp_cache_put(c, &entry);
		struct ocsp_cached *e = ocsp_cache_find(c, &id, NOW);
		assert_non_null(e);
		buf_add(&r.body, e->der, e->len);
		assert_null(e->prepared);
		const struct MHD_Response *made = ocsp_cache_prepare(c, e, &r);
		assert_non_null(made);
		assert_ptr_equal(e->prepared, made);
		assert_ptr_equal(ocsp_cache_prepare(c, e, &r), made);
		reply_clear(&r);
	}
	ocsp_cache_free(c);
}

static void unknown_is_never_kept(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, "1234", false);
	post_signed(s, &body, "first");
	post_signed(s, &body, "second");
	buf_free(&body);
}

/* The revocation comes while the signer is at work: what it signed is already untrue. */
static void what_changed_during_the_signature_is_asked_anew(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, s->serial, true);
	set_status(s, "valid", 0);
	int fd = post_begin(s, &body);
	struct asked q = next_ask(s, PATIENCE_MS);
	assert_true(q.any && q.ask.singles[0].status == OCSP_GOOD);
	set_status(s, "revoked", 1);
	tell(s, q.ask.id, ERR_OK, "good");
	q = next_ask(s, PATIENCE_MS);
	assert_true(q.any && q.ask.singles[0].status == OCSP_REVOKED);
	atomic_fetch_add(&s->shared.revocation_generation, 1); /* another one, which changes nothing here */
	tell(s, q.ask.id, ERR_OK, "revoked");
	post_end(fd);
	assert_string_equal(answer_body(&heard), "revoked");
	set_status(s, "valid", 0);
	buf_free(&body);
}

static void while_the_database_is_not_believed_nothing_is_said(void **state)
{
	struct http_stage *s = *state;
	static const enum issuing_pause pauses[] = {ISSUING_OLD_DATABASE, ISSUING_NOT_COMPARED};
	struct buf body = request_for(s, s->serial, false);
	set_status(s, "revoked", 2);
	post_signed(s, &body, "ready");
	for (size_t i = 0; i < COUNT(pauses); i++) {
		s->shared.issuing_paused = pauses[i];
		post_end(post_begin(s, &body)); /* not even what is ready */
		assert_refusal(OCSP_TRY_LATER);
	}
	s->shared.issuing_paused = ISSUING_OPEN;
	post_end(post_begin(s, &body));
	assert_string_equal(answer_body(&heard), "ready");
	set_status(s, "valid", 0);
	buf_free(&body);
}

static void a_signer_that_cannot_makes_it_try_later(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, "99", false);
	int fd = post_begin(s, &body);
	struct asked q = next_ask(s, PATIENCE_MS);
	tell(s, q.ask.id + 1, ERR_OK, "not for us");
	tell(s, q.ask.id, ERR_UNAVAILABLE, "");
	post_end(fd);
	assert_refusal(OCSP_TRY_LATER);
	buf_free(&body);
}

static void malformed_and_foreign_requests_are_answered_at_once(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, s->serial, false);
	struct buf cut = {.data = body.data, .len = body.len - 1};
	post_end(post_begin(s, &cut));
	assert_refusal(OCSP_MALFORMED_REQUEST);
	body.data[30] ^= 1; /* in the digest of the name */
	post_end(post_begin(s, &body));
	assert_refusal(OCSP_UNAUTHORIZED);
	assert_false(next_ask(s, 0).any);
	buf_free(&body);
}

static void several_requests_on_one_connection_wait_in_turn(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, "1234", true);
	int fd = post_begin(s, &body);
	for (int i = 0; i < 3; i++) {
		struct asked q = next_ask(s, PATIENCE_MS);
		assert_true(q.any);
		tell(s, q.ask.id, ERR_OK, "one");
		receive(fd, &heard, false);
		assert_int_equal(heard.status, 200);
		post(fd, &body);
	}
	struct asked q = next_ask(s, PATIENCE_MS);
	tell(s, q.ask.id, ERR_OK, "one");
	post_end(fd);
	buf_free(&body);
}

/* Who asks gets in, though one address holds as many connections as it may. */
static void idle_connections_leave_for_whoever_comes(void **state)
{
	struct http_stage *s = *state;
	int idle[150];
	for (size_t i = 0; i < COUNT(idle); i++)
		idle[i] = dial(s, LISTENER_STATUS);
	struct buf body = request_for(s, "1234", true);
	post_signed(s, &body, "let in");
	for (size_t i = 0; i < COUNT(idle); i++)
		close(idle[i]);
	buf_free(&body);
}

/* The last: the stage is closed while it waits. A second question stands behind the first on the same connection, and is
 * read once that is answered: it must not wait any more, for nobody would end its wait. */
static void who_still_waits_at_the_end_is_told_so(void **state)
{
	struct http_stage *s = *state;
	struct buf body = request_for(s, "1234", true);
	int fd = post_begin(s, &body);
	post(fd, &body);
	assert_true(next_ask(s, PATIENCE_MS).any);
	listening_quiet(s->listening[LISTENER_STATUS]);
	listening_stop(s->listening[LISTENER_STATUS]);
	s->listening[LISTENER_STATUS] = NULL;
	post_end(fd);
	assert_refusal(OCSP_TRY_LATER);
	buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_come_from_the_database),
		cmocka_unit_test(an_answer_leaves_when_it_is_signed),
		cmocka_unit_test(a_ready_answer_is_given_again_until_its_status_changes),
		cmocka_unit_test(a_ready_answer_has_the_headers_of_the_first),
		cmocka_unit_test(a_prepared_answer_makes_way_for_newer_ones),
		cmocka_unit_test(unknown_is_never_kept),
		cmocka_unit_test(what_changed_during_the_signature_is_asked_anew),
		cmocka_unit_test(while_the_database_is_not_believed_nothing_is_said),
		cmocka_unit_test(a_signer_that_cannot_makes_it_try_later),
		cmocka_unit_test(malformed_and_foreign_requests_are_answered_at_once),
		cmocka_unit_test(several_requests_on_one_connection_wait_in_turn),
		cmocka_unit_test(idle_connections_leave_for_whoever_comes),
		cmocka_unit_test(who_still_waits_at_the_end_is_told_so),
	};
	return cmocka_run_group_tests(tests, stage_open, stage_close);
}
