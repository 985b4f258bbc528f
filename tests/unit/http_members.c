/* The TLS listeners: who is let in by which certificate, what a revocation does to an open connection, slow handlers on
 * workers, bodies and their caps. */
#include "tests/unit/http_stage.h"

#include <gnutls/gnutls.h>

static struct answer a;

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t own;
	int fd;
};

static gnutls_datum_t pem_of(EVP_PKEY *key, struct buf *store)
{
	assert_ok(key_write_pem(key, NULL, store));
	return (gnutls_datum_t){store->data, (unsigned)store->len};
}

/* der NULL: without a client certificate. `priority` NULL: the library's own. */
static int tls_open(struct tls *t, const struct http_stage *s, enum listener l, const struct buf *der, const char *priority)
{
	gnutls_datum_t trust = {s->trust_pem.data, (unsigned)s->trust_pem.len};
	memset(t, 0, sizeof *t);
	assert_int_equal(gnutls_certificate_allocate_credentials(&t->own), 0);
	assert_true(gnutls_certificate_set_x509_trust_mem(t->own, &trust, GNUTLS_X509_FMT_PEM) > 0);
	if (der) {
		struct buf pem = BUF_INIT(65536), key_pem = BUF_INIT(8192);
		assert_ok(certificate_der_to_pem(der->data, der->len, &pem));
		gnutls_datum_t chain = {pem.data, (unsigned)pem.len}, key = pem_of(s->client_key, &key_pem);
		assert_int_equal(gnutls_certificate_set_x509_key_mem(t->own, &chain, &key, GNUTLS_X509_FMT_PEM), 0);
		buf_free(&pem);
		buf_free(&key_pem);
	}
	/* Like a browser that was told to: the certificate goes out whatever CAs are named. */
	assert_int_equal(gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT), 0);
	gnutls_set_default_priority(t->session);
	if (priority)
		assert_int_equal(gnutls_priority_set_direct(t->session, priority, NULL), 0);
	gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->own);
	t->fd = dial(s, l);
	gnutls_transport_set_int(t->session, t->fd);
	gnutls_handshake_set_timeout(t->session, PATIENCE_MS);
	int rc;
	do
		rc = gnutls_handshake(t->session);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	return rc;
}

static void tls_close(struct tls *t)
{
	close(t->fd);
	gnutls_deinit(t->session);
	gnutls_certificate_free_credentials(t->own);
}

static void tls_send(struct tls *t, const char *text, size_t len)
{
	while (len) {
		ssize_t n = gnutls_record_send(t->session, text, len);
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void tls_receive(struct tls *t, bool to_end)
{
	memset(&a, 0, sizeof a);
	gnutls_record_set_timeout(t->session, PATIENCE_MS);
	while (a.len + 1 < ANSWER_SIZE && (to_end || !answer_whole(&a, false))) {
		ssize_t n = gnutls_record_recv(t->session, a.text + a.len, ANSWER_SIZE - 1 - a.len);
		if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
			continue;
		a.closed = n <= 0;
		if (n <= 0)
			break;
		take_bytes(&a, (size_t)n);
	}
}

static int tls_ask(struct tls *t, const char *request)
{
	tls_send(t, request, strlen(request));
	tls_receive(t, false);
	return a.status;
}

#define ME "GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n"
#define ME_PAGE "GET /v1/me HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n"

static void set_status(struct http_stage *s, const char *status)
{
	char sql[256];
	snprintf(sql, sizeof sql, "UPDATE certificate SET status = '%s', revoked_at = %lld WHERE serial = '%s'", status,
		 (long long)NOW, s->serial);
	folder_sql(s->folder->db, sql);
	s->shared.revocation_generation++;
}

static void without_a_certificate_it_is_401_and_the_handshake_is_not_refused(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, NULL, NULL), 0);
	assert_int_equal(tls_ask(&t, ME), 401);
	assert_string_equal(answer_header(&a, "Content-Type"), "application/problem+json");
	assert_non_null(answer_header(&a, "WWW-Authenticate"));
	assert_non_null(strstr(a.text, "\"code\":\"unauthenticated\""));
	assert_int_equal(tls_ask(&t, "GET /no/such/route HTTP/1.1\r\nHost: x\r\n\r\n"), 401); /* and no map of the house */
	assert_int_equal(tls_ask(&t, ME_PAGE), 401);
	assert_non_null(strstr(a.text, "<h1>"));
	tls_close(&t);
}

static void staff_enters_until_revoked_and_then_the_same_connection_is_refused(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_int_equal(tls_ask(&t, ME), 200);
	assert_non_null(strstr(a.text, "\"role\":\"administrator\""));
	assert_non_null(answer_header(&a, "Strict-Transport-Security"));
	assert_int_equal(tls_ask(&t, ME), 200);
	set_status(s, "revoked");
	assert_int_equal(tls_ask(&t, ME), 403);
	assert_non_null(strstr(a.text, "\"code\":\"revoked\""));
	assert_int_equal(tls_ask(&t, ME_PAGE), 403);
	assert_non_null(strstr(a.text, "revoked"));
	tls_close(&t);
}

static void a_certificate_on_hold_comes_back(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	set_status(s, "held");
	assert_int_equal(tls_ask(&t, ME), 403);
	set_status(s, "valid");
	assert_int_equal(tls_ask(&t, ME), 200);
	tls_close(&t);
}

static void a_twin_authority_with_the_same_names_is_403(void **state)
{
	struct http_stage *s = *state;
	struct pki twin = {0};
	struct buf der = BUF_INIT(16384);
	struct tls t;
	pki_new(&twin, NOW);
	issue_der(&twin.issuing, PROFILE_STAFF, s->client_key, &der); /* the same name, the same serial, another CA */
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &der, NULL), 0);
	assert_int_equal(tls_ask(&t, ME), 403);
	assert_non_null(strstr(a.text, "\"code\":\"refused\""));
	tls_close(&t);
	pki_clear(&twin);
	buf_free(&der);
}

static void a_certificate_that_the_database_lacks_is_403(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	char sql[128];
	snprintf(sql, sizeof sql, "DELETE FROM certificate WHERE serial = '%s'", s->serial);
	folder_sql(s->folder->db, sql);
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_int_equal(tls_ask(&t, ME), 403);
	tls_close(&t);
}

static void a_database_that_does_not_answer_is_503_and_nobody_enters(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	folder_sql(s->folder->db, "ALTER TABLE certificate RENAME TO certificate_away");
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_int_equal(tls_ask(&t, ME), 503);
	assert_non_null(answer_header(&a, "Retry-After"));
	folder_sql(s->folder->db, "ALTER TABLE certificate_away RENAME TO certificate");
	assert_int_equal(tls_ask(&t, ME), 200);
	tls_close(&t);
}

static void roles_hold_over_the_wire(void **state)
{
	static const char post[] = "POST /v1/organisations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
				   "Content-Length: 2\r\n\r\n{}";
	struct http_stage *s = *state;
	struct tls t;
	folder_sql(s->folder->db, "UPDATE staff SET role = 'auditor'");
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_int_equal(tls_ask(&t, "GET /v1/orders HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	tls_send(&t, post, strlen(post));
	tls_receive(&t, true); /* refused before its body was read: closed */
	assert_int_equal(a.status, 403);
	assert_true(a.closed);
	tls_close(&t);
}

/* Nobody outlives a dismissal by withholding the body of what was begun before it. */
static void a_body_that_comes_after_the_dismissal_is_refused(void **state)
{
	static const struct {
		const char *name, *sql, *code;
	} cases[] = {
		{"revoked", "UPDATE certificate SET status = 'revoked', revoked_at = 1", "\"code\":\"revoked\""},
		{"suspended", "UPDATE staff SET status = 'suspended'", "\"code\":\"refused\""},
		{"demoted", "UPDATE staff SET role = 'auditor'", "\"code\":\"refused\""},
	};
	static const char head[] = "POST /v1/organisations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
				   "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char body[] = "1d\r\n{\"slug\":\"late\",\"name\":\"Late\"}\r\n0\r\n\r\n";
	struct http_stage *s = *state;
	char go[64] = "";
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tls t;
		folder_sql(s->folder->db, "UPDATE certificate SET status = 'valid', revoked_at = NULL;"
					  "UPDATE staff SET status = 'active', role = 'administrator'");
		s->shared.revocation_generation++;
		assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
		tls_send(&t, head, sizeof head - 1);
		assert_true(gnutls_record_recv(t.session, go, sizeof go - 1) > 0); /* its head was let in */
		assert_non_null(strstr(go, "100 Continue"));
		folder_sql(s->folder->db, cases[i].sql);
		s->shared.revocation_generation++;
		tls_send(&t, body, sizeof body - 1);
		tls_receive(&t, false);
		if (a.status != 403 || !strstr(a.text, cases[i].code))
			fail_msg("%s: %d %s", cases[i].name, a.status, a.text);
		tls_close(&t);
	}
}

static void over_an_old_database_nobody_enters_but_an_administrator_who_looks(void **state)
{
	static const struct {
		const char *name, *change, *request;
		int status;
	} cases[] = {
		{"an administrator who looks", "UPDATE staff SET role = 'administrator'", ME, 200},
		{"an administrator who changes", "UPDATE staff SET role = 'administrator'",
		 "POST /v1/orders/aaaaaaaaaaaaaaaa/resend HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 503},
		{"support", "UPDATE staff SET role = 'support'", ME, 503},
		{"support at a door that is none", "UPDATE staff SET role = 'support'",
		 "GET /no/such/route HTTP/1.1\r\nHost: x\r\n\r\n", 503},
		{"an auditor", "UPDATE staff SET role = 'auditor'", ME, 503},
		{"somebody whom the database does not know", "DELETE FROM certificate", ME, 503},
	};
	static const int64_t pauses[] = {ISSUING_OLD_DATABASE, ISSUING_NOT_COMPARED};
	struct http_stage *s = *state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct tls t;
		s->shared.issuing_paused = pauses[i % 2];
		folder_sql(s->folder->db, cases[i / 2].change);
		assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
		if (tls_ask(&t, cases[i / 2].request) != cases[i / 2].status)
			fail_msg("%s: %d", cases[i / 2].name, a.status);
		if (a.status == 503)
			assert_non_null(strstr(a.text, issuing_paused_because(&s->shared)));
		tls_close(&t);
	}
}

static void a_connection_that_is_open_when_the_database_proves_old_is_refused(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	folder_sql(s->folder->db, "UPDATE staff SET role = 'support'");
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_int_equal(tls_ask(&t, ME), 200);
	s->shared.issuing_paused = ISSUING_OLD_DATABASE;
	assert_int_equal(tls_ask(&t, ME), 503);
	assert_non_null(strstr(a.text, "counterfoild recover"));
	s->shared.issuing_paused = ISSUING_OPEN;
	assert_int_equal(tls_ask(&t, ME), 200);
	tls_close(&t);
}

static void a_form_of_another_site_is_refused_with_the_best_of_certificates(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_int_equal(tls_ask(&t, "POST /v1/organisations HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n"
				     "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"), 403);
	tls_close(&t);
}

/* ---- bodies and workers ---- */

#define TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

static void a_slow_handler_answers_from_a_worker_again_and_again(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	assert_int_equal(tls_open(&t, s, LISTENER_PUBLIC, NULL, NULL), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(tls_ask(&t, "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n"
					     "Content-Type: application/x-www-form-urlencoded\r\n"
					     "Content-Length: 13\r\n\r\ncode=ABCD2345"), 404);
	assert_int_equal(tls_ask(&t, "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
				     "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
				     "5\r\ncode=\r\n8\r\nABCD2345\r\n0\r\n\r\n"), 404);
	tls_close(&t);
}

static void a_body_beyond_the_cap_is_413_and_closed(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	struct buf request = BUF_INIT(65536);
	assert_int_equal(tls_open(&t, s, LISTENER_PUBLIC, NULL, NULL), 0);
	/* So much that it would be cut: the answer comes at once. */
	assert_int_equal(tls_ask(&t, "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n"), 413);
	tls_close(&t);
	assert_int_equal(tls_open(&t, s, LISTENER_PUBLIC, NULL, NULL), 0);
	buf_text(&request, "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nContent-Length: 4097\r\n\r\n");
	for (int i = 0; i < 4097; i++)
		buf_byte(&request, 'a');
	assert_int_equal(tls_ask(&t, buf_string(&request)), 413);
	tls_close(&t);
	buf_clear(&request);
	buf_text(&request, "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n");
	for (int i = 0; i < 4097; i++)
		buf_byte(&request, 'a');
	buf_text(&request, "\r\n0\r\n\r\n");
	assert_int_equal(tls_open(&t, s, LISTENER_PUBLIC, NULL, NULL), 0);
	tls_send(&t, (char *)request.data, request.len);
	tls_receive(&t, true);
	assert_int_equal(a.status, 413);
	assert_true(a.closed);
	tls_close(&t);
	buf_free(&request);
}

static void a_body_without_end_is_cut(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	static char chunk[1024 + 16];
	int n = snprintf(chunk, sizeof chunk, "400\r\n%01024d\r\n", 0);
	assert_int_equal(tls_open(&t, s, LISTENER_PUBLIC, NULL, NULL), 0);
	static const char head[] = "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	tls_send(&t, head, sizeof head - 1);
	bool cut = false;
	for (int i = 0; i < 4096 && !cut; i++)
		cut = gnutls_record_send(t.session, chunk, (size_t)n) < 0;
	assert_true(cut);
	tls_close(&t);
}

static void a_stop_with_jobs_under_way_answers_them(void **state)
{
	struct http_stage *s = *state;
	struct tls t[8];
	static const char post[] = "POST /d/" TOKEN "/code HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n"
				   "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 13\r\n\r\ncode=ABCD2345";
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(tls_open(&t[i], s, LISTENER_PUBLIC, NULL, NULL), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		tls_send(&t[i], post, sizeof post - 1);
	listening_quiet(s->listening[LISTENER_PUBLIC]);
	workers_stop(s->front.workers);
	for (size_t i = 0; i < COUNT(t); i++) {
		tls_receive(&t[i], false);
		assert_true(a.status == 404 || a.status == 503); /* run before the stop, or shed after it */
	}
	for (size_t i = 0; i < COUNT(t); i++)
		tls_close(&t[i]);
}

/* ---- TLS ---- */

static void only_tls_1_2_and_1_3_with_forward_secrecy_are_spoken(void **state)
{
	static const struct {
		const char *priority;
		bool spoken;
	} cases[] = {
		{"NORMAL:-VERS-ALL:+VERS-TLS1.3", true},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.2", true},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.1", false},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.0", false},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", false},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC", false},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC", false},
	};
	struct http_stage *s = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tls t;
		int rc = tls_open(&t, s, LISTENER_MEMBERS, NULL, cases[i].priority);
		if ((rc == 0) != cases[i].spoken)
			fail_msg("%s: %s", cases[i].priority, gnutls_strerror(rc));
		tls_close(&t);
	}
}

static void no_session_is_resumed(void **state)
{
	static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"};
	struct http_stage *s = *state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct tls t;
		assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, versions[i]), 0);
		assert_int_equal(tls_ask(&t, ME), 200);
		assert_false(gnutls_session_get_flags(t.session) & GNUTLS_SFLAGS_SESSION_TICKET);
		tls_close(&t);
	}
}

static void the_public_listener_never_asks_for_a_certificate(void **state)
{
	struct http_stage *s = *state;
	struct tls t;
	assert_int_equal(tls_open(&t, s, LISTENER_PUBLIC, &s->client_der, NULL), 0);
	assert_false(gnutls_certificate_client_get_request_status(t.session));
	tls_close(&t);
	assert_int_equal(tls_open(&t, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	assert_true(gnutls_certificate_client_get_request_status(t.session));
	tls_close(&t);
}

static void swapped_credentials_serve_new_connections_and_leave_the_old_ones_alone(void **state)
{
	struct http_stage *s = *state;
	struct credentials_source from = {&s->server_chain, s->server_key, &s->trust_pem};
	struct tls old, fresh;
	assert_int_equal(tls_open(&old, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
	for (int i = 0; i < 20; i++) {
		struct credentials *next = NULL;
		assert_ok(credentials_new(&from, &next, NULL));
		credentials_swap(s->listening[LISTENER_MEMBERS]->credentials, next);
		assert_int_equal(tls_open(&fresh, s, LISTENER_MEMBERS, &s->client_der, NULL), 0);
		assert_int_equal(tls_ask(&fresh, ME), 200);
		tls_close(&fresh);
	}
	assert_int_equal(tls_ask(&old, ME), 200);
	tls_close(&old);
}

#define staged(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		staged(without_a_certificate_it_is_401_and_the_handshake_is_not_refused),
		staged(staff_enters_until_revoked_and_then_the_same_connection_is_refused),
		staged(a_certificate_on_hold_comes_back),
		staged(a_twin_authority_with_the_same_names_is_403),
		staged(a_certificate_that_the_database_lacks_is_403),
		staged(a_database_that_does_not_answer_is_503_and_nobody_enters),
		staged(roles_hold_over_the_wire),
		staged(a_body_that_comes_after_the_dismissal_is_refused),
		staged(over_an_old_database_nobody_enters_but_an_administrator_who_looks),
		staged(a_connection_that_is_open_when_the_database_proves_old_is_refused),
		staged(a_form_of_another_site_is_refused_with_the_best_of_certificates),
		staged(a_slow_handler_answers_from_a_worker_again_and_again),
		staged(a_body_beyond_the_cap_is_413_and_closed),
		staged(a_body_without_end_is_cut),
		staged(a_stop_with_jobs_under_way_answers_them),
		staged(only_tls_1_2_and_1_3_with_forward_secrecy_are_spoken),
		staged(no_session_is_resumed),
		staged(the_public_listener_never_asks_for_a_certificate),
		staged(swapped_credentials_serve_new_connections_and_leave_the_old_ones_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
