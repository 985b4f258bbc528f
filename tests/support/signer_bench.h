/* signer_bench: a signer in this process, with an authority of its own and a journal in a temporary file, asked by frames
 * as a peer would. */
#ifndef TESTS_SIGNER_BENCH_H
#define TESTS_SIGNER_BENCH_H

#include "tests/support/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "delivery/code.h"
#include "delivery/seal.h"
#include "issuer/signer/serve.h"
#include "tests/support/clock_injected.h"

#include <fcntl.h>
#include <jansson.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ORDER "orderaaaaaaaaaaa"

static struct bench {
	char path[40];
	struct settings settings;
	struct authority root, issuing;
	EVP_PKEY *courier_key;
	X509 *courier;
	struct signer *signer;
	int journal; /* the signer's own descriptor */
} bench;

static inline struct order_facts bench_facts(void)
{
	return (struct order_facts){
		.order = ORDER, .organisation_slug = "sparebank", .organisation_name = "Sparebank", .service_slug = "pay",
		.service_name = "Payments", .client_slug = "e-banking", .client_name = "e-banking",
		.contact = "contactaaaaaaaaa", .contact_name = "Kari Nordmann", .email = "kari@example.org",
		.mobile = "+4799999999", .profile = "client", .key_type = "p256", .approved_by = "host",
		.approved_at = 1800000000,
	};
}

static inline void bench_start(void)
{
	struct errbuf why = {""};
	const uint8_t parcel[32] = {1, 2, 3}, ticket[32] = {4, 5, 6};
	struct signer_parts p = {
		.settings = &bench.settings, .root = bench.root.certificate,
		.authority = {.certificate = bench.issuing.certificate, .key = bench.issuing.key},
		.courier = bench.courier, .parcel_key = secret_copy(parcel, 32), .ticket_key = secret_copy(ticket, 32)};
	X509_up_ref(bench.issuing.certificate);
	EVP_PKEY_up_ref(bench.issuing.key);
	X509_up_ref(bench.root.certificate);
	X509_up_ref(bench.courier);
	bench.journal = open(bench.path, O_RDWR | O_APPEND | O_CLOEXEC);
	assert_true(bench.journal >= 0);
	if (journal_open(bench.journal, "n1", &p.journal, &why) || signer_new(&p, &bench.signer, &why))
		fail_msg("%s", why.text);
}

static inline void bench_restart(void)
{
	signer_free(bench.signer);
	bench.signer = NULL;
	bench_start();
}

/* One frame. The answer is cleared first. */
static inline enum err ask(enum role peer, enum signer_operation op, const struct buf *body, struct buf *answer)
{
	struct errbuf why = {""};
	const struct frame f = {.id = 1, .op = (uint16_t)op, .body = body->data, .len = body->len};
	buf_clear(answer);
	enum err rc = signer_answer(bench.signer, peer, &f, answer, &why);
	if (rc)
		assert_int_equal(answer->len, 0); /* a refusal carries nothing but its reason */
	return rc;
}

static inline void list_begin_body(int64_t this_update, int64_t next_update, size_t entries_len, struct buf *body)
{
	pack_text(body, bench.signer->issuer_name);
	pack_i64(body, this_update);
	pack_i64(body, next_update);
	pack_u32(body, (uint32_t)entries_len);
}

static inline void list_part_body(size_t before, const struct crl_entry *entries, size_t n, struct buf *body)
{
	pack_u32(body, (uint32_t)before);
	pack_u32(body, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		pack_bytes(body, entries[i].serial, SERIAL_BYTES);
		pack_i64(body, entries[i].revoked_at);
		pack_i64(body, entries[i].compromised_at);
		pack_u8(body, (uint8_t)entries[i].reason);
	}
}

/* The answer of CRL_END around the entries. */
static inline uint64_t list_read(const struct buf *answer, const struct crl_entry *entries, size_t n, struct buf *der)
{
	size_t len = 0;
	struct unpack u = unpack_begin(answer->data, answer->len);
	const uint8_t *bytes = unpack_bytes(&u, &len);
	buf_add(der, bytes, len);
	if (crl_entries_write(entries, n, NULL, der, NULL))
		der->len = 0;
	bytes = unpack_bytes(&u, &len);
	buf_add(der, bytes, len);
	uint64_t number = unpack_u64(&u);
	return unpack_end(&u) ? 0 : number;
}

/* All three moves; `der` gets the list. */
static inline enum err ask_list(int64_t this_update, int64_t next_update, const struct crl_entry *entries, size_t n,
				struct buf *der, uint64_t *number)
{
	struct buf body = BUF_INIT(SIGNER_REQUEST_CAP), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += crl_entry_size(&entries[i]);
	list_begin_body(this_update, next_update, len, &body);
	enum err rc = ask(ROLE_CLERK, SIGNER_CRL_BEGIN, &body, &answer);
	buf_clear(&body);
	list_part_body(0, entries, n, &body);
	if (!rc)
		rc = ask(ROLE_CLERK, SIGNER_CRL_ADD, &body, &answer);
	buf_clear(&body);
	if (!rc)
		rc = ask(ROLE_CLERK, SIGNER_CRL_END, &body, &answer);
	if (!rc)
		*number = list_read(&answer, entries, n, der);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

static inline enum err ask_resume(bool ok)
{
	struct buf body = BUF_INIT(16), answer = BUF_INIT(16);
	pack_u8(&body, ok);
	enum err rc = ask(ROLE_CLERK, SIGNER_RESUME, &body, &answer);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

static inline enum err ask_ticket(const struct order_facts *f, struct buf *text, uint8_t ticket[TICKET_BYTES])
{
	struct buf body = BUF_INIT(8192), answer = BUF_INIT(100);
	buf_clear(text);
	assert_int_equal(facts_write(f, text), ERR_OK);
	pack_bytes(&body, text->data, text->len);
	enum err rc = ask(ROLE_FRONT, SIGNER_TICKET, &body, &answer);
	struct unpack u = unpack_begin(answer.data, answer.len);
	if (!rc)
		unpack_fixed(&u, ticket, TICKET_BYTES);
	assert_int_equal(unpack_end(&u), ERR_OK);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

static inline enum err ask_issue(const struct buf *facts, const uint8_t ticket[TICKET_BYTES], struct buf *answer)
{
	struct buf body = BUF_INIT(8192);
	pack_bytes(&body, facts->data, facts->len);
	pack_bytes(&body, ticket, TICKET_BYTES);
	enum err rc = ask(ROLE_FRONT, SIGNER_ISSUE, &body, answer);
	buf_free(&body);
	return rc;
}

/* Ticket and issue of the bench's facts for an order. */
static inline enum err ask_order(const char *order, struct buf *answer)
{
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	uint8_t ticket[TICKET_BYTES];
	snprintf(f.order, sizeof f.order, "%s", order);
	assert_int_equal(ask_ticket(&f, &text, ticket), ERR_OK);
	enum err rc = ask_issue(&text, ticket, answer);
	buf_free(&text);
	return rc;
}

static inline void issued_read(const struct buf *answer, struct issued *out)
{
	struct unpack u = unpack_begin(answer->data, answer->len);
	struct buf *const parts[] = {&out->certificate, &out->sealed_key, &out->sealed_modern, NULL, &out->sealed_password};
	for (size_t i = 0; i < 5; i++) {
		size_t len;
		if (!parts[i]) {
			unpack_fixed(&u, out->sha256_modern, 32);
			continue;
		}
		const uint8_t *bytes = unpack_bytes(&u, &len);
		assert_true(len > 0);
		buf_add(parts[i], bytes, len);
		assert_int_equal(buf_check(parts[i]), ERR_OK);
	}
	assert_int_equal(unpack_end(&u), ERR_OK);
}

static inline void issued_serial(const struct issued *i, char out[SERIAL_TEXT_SIZE])
{
	struct certificate_facts facts;
	assert_int_equal(certificate_read(i->certificate.data, i->certificate.len, &facts, NULL), ERR_OK);
	serial_text(facts.serial, out);
}

static inline enum err ask_done(const char *order, const char *serial)
{
	const uint8_t head[32] = {9};
	struct buf body = BUF_INIT(256), answer = BUF_INIT(16);
	pack_text(&body, order);
	pack_text(&body, serial);
	pack_bytes(&body, head, 32);
	enum err rc = ask(ROLE_FRONT, SIGNER_DONE, &body, &answer);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

#define BENCH_ISSUER_NAME "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
static inline enum err ask_revoke(const char *serial, unsigned reason, bool release)
{
	const uint8_t head[32] = {7};
	struct buf body = BUF_INIT(256), answer = BUF_INIT(16);
	pack_text(&body, BENCH_ISSUER_NAME);
	pack_text(&body, serial);
	pack_u8(&body, (uint8_t)reason);
	pack_i64(&body, 1800000000);
	pack_i64(&body, 0);
	pack_u8(&body, release);
	pack_bytes(&body, head, 32);
	enum err rc = ask(ROLE_FRONT, SIGNER_REVOKE, &body, &answer);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

static inline int bench_begin(void **state)
{
	(void)state;
	clock_inject(-1);
	int fd = open(bench.path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -1;
	close(fd);
	bench_start();
	return ask_resume(true) == ERR_OK ? 0 : -1;
}

static inline int bench_end(void **state)
{
	(void)state;
	clock_inject(-1);
	signer_free(bench.signer);
	bench.signer = NULL;
	return 0;
}

#define bench_test(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)

static inline int bench_open(void **state)
{
	const struct authority_names names = {"Test", "Test Root", "Test Issuing", "http://localhost/crl/root.crl",
					      "http://localhost/ca/root.cer", NULL, NULL, NULL};
	(void)state;
	snprintf(bench.path, sizeof bench.path, "/tmp/signer_bench.XXXXXX");
	int fd = mkstemp(bench.path);
	if (fd < 0)
		return -1;
	close(fd);
	bench.settings.domain = "counterfoil.example";
	bench.settings.status_url = "http://localhost:8080";
	bench.settings.node = "n1";
	bench.settings.name = "Counterfoil";
	if (authority_make_root(&names, clock_now(), &bench.root, NULL) ||
	    authority_make_issuing(&names, &bench.root, clock_now(), &bench.issuing, NULL) ||
	    seal_recipient_new("courier", &bench.courier_key, &bench.courier))
		return -1;
	return 0;
}

static inline int bench_close(void **state)
{
	(void)state;
	authority_clear(&bench.root);
	authority_clear(&bench.issuing);
	EVP_PKEY_free(bench.courier_key);
	X509_free(bench.courier);
	return unlink(bench.path);
}

#endif
