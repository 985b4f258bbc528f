/* Each allocation and each call into OpenSSL and SQLite of the front's half of OCSP fails in turn: whoever asked is told to
 * try later, or hears what is so; the next one is answered. */
#include "tests/support/failing.h"
#include "tests/unit/ca_fixture.h"

#include "base/clock.h"
#include "issuer/http/ocsp.h"
#include "issuer/process/child.h"
#include "issuer/signer/ocsp_wire.h"
#include "tests/support/store_folder.h"

#include <openssl/ocsp.h>
#include <sys/socket.h>

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 100 };

static const char word[] = "what the signer signed";

static struct {
	struct pki pki;
	struct folder *folder;
	struct shared_page page;
	struct ocsp_desk *desk;
	int signer;
	struct issuers issuers;
	struct buf request;
	struct reply reply;
	struct deferral later;
	bool resumed;
	enum ocsp_status asked; /* what the signer was asked to say */
} at = {.request = {.cap = 4096}};

static void on_resume(struct deferral *later)
{
	(void)later;
	at.resumed = true;
}

static enum err open_desk(void)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	at.signer = ends[0];
	const struct ocsp_source from = {&at.issuers, &at.page, at.folder->db, ends[1], 0};
	enum err rc = ocsp_desk_new(&from, &at.desk, NULL);
	if (rc)
		close(at.signer);
	return rc;
}

static void close_desk(void)
{
	if (at.desk)
		close(at.signer);
	ocsp_desk_free(at.desk);
	at.desk = NULL;
}

/* The signer, whom nothing fails. */
static void sign(void)
{
	const int spared = failing_pause();
	uint8_t packet[OCSP_PACKET_MAX];
	struct buf out = BUF_INIT(OCSP_TOLD_MAX);
	struct ocsp_ask wanted;
	ssize_t n = recv(at.signer, packet, sizeof packet, MSG_DONTWAIT);
	struct unpack u = unpack_begin(packet, n > 0 ? (size_t)n : 0);
	if (n > 0 && ocsp_ask_unpack(&u, &wanted) == ERR_OK) {
		const struct ocsp_told told = {.id = wanted.id, .this_update = NOW, .next_update = NOW + DAY,
					       .der = (const uint8_t *)word, .len = sizeof word};
		at.asked = wanted.singles[0].status;
		ocsp_told_pack(&told, &out);
		assert_int_equal(send(at.signer, out.data, out.len, MSG_DONTWAIT), (ssize_t)out.len);
	}
	buf_free(&out);
	failing_resume(&spared);
}

/* One question from its beginning to its end. ERR_OK: it was answered, not refused. */
static enum err ask(void)
{
	const struct request q = {.method = "POST", .address = "127.0.0.1", .later = &at.later};
	at.reply = REPLY_INIT;
	at.later = (struct deferral){.resume = on_resume};
	at.resumed = false;
	ocsp_desk_answer(at.desk, at.request.data, at.request.len, &q, &at.reply);
	for (int turn = 0; turn < 2 && at.later.waits && !at.resumed; turn++) { /* of the loop: what could not be sent is sent then */
		ocsp_desk_send(at.desk);
		sign();
		ocsp_desk_receive(at.desk);
	}
	if (at.later.waits && !at.resumed) {
		ocsp_desk_abandon(at.desk); /* takes no further one */
		close_desk();
	}
	return buf_check(&at.reply.body) ? ERR_MEMORY : at.reply.fault;
}

/* Of a desk that has nothing ready: signed, made ready for all, and given as it stands, which calls nothing any more. */
static enum err ask_thrice(void)
{
	close_desk();
	enum err rc = open_desk();
	for (int i = 0; rc == ERR_OK && i < 3; i++) {
		reply_clear(&at.reply);
		rc = ask();
	}
	return rc;
}

static bool says_word(void)
{
	const uint8_t *said = at.reply.lent ? at.reply.lent : at.reply.body.data;
	const size_t len = at.reply.lent ? at.reply.lent_len : at.reply.body.len;
	return len == sizeof word && memcmp(said, word, sizeof word) == 0;
}

static void after_ask(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(!at.later.waits || at.resumed); /* nobody waits for ever */
	failing_require(rc != ERR_OK || (says_word() && at.asked == OCSP_REVOKED));
	failing_require(rc == ERR_OK || !says_word());
	reply_clear(&at.reply);
	atomic_fetch_add(&at.page.revocation_generation, 1); /* so that the ready one is looked at again */
	failing_require(at.desk || open_desk() == ERR_OK);
	failing_require(ask() == ERR_OK && says_word());
	reply_clear(&at.reply);
}

static void after_open(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (at.desk != NULL));
	close_desk();
}

static int setup(void **state)
{
	uint8_t *out = NULL;
	void *folder = NULL;
	(void)state;
	pki_new(&at.pki, NOW);
	at.issuers = (struct issuers){.at = {{.certificate = at.pki.issuing.certificate, .name = "issuer"}}, .count = 1};
	folder_open(&folder);
	at.folder = folder;
	struct store *db = at.folder->store;
	assert_ok(store_begin(db));
	assert_ok(store_exec_one(db, STATEMENT_CERTIFICATE_ADD,
				 STORE_VALUES(value_text("0000000000000000000000000000000000005e07"), value_text("issuer"),
					      value_text("server"), value_null(), value_null(), value_null(), value_blob("x", 1),
					      value_text("s"), value_integer(NOW), value_integer(NOW + DAY), value_blob("x", 1),
					      value_text("revoked"), value_integer(NOW), value_integer(1), value_integer(NOW),
					      value_blob("k", 1), value_null())));
	assert_ok(store_commit(db));
	X509 *issuer = at.pki.issuing.certificate;
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_INTEGER_set(serial, 0x5e07);
	OCSP_REQUEST *q = OCSP_REQUEST_new();
	OCSP_request_add0_id(
		q, OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial));
	int len = i2d_OCSP_REQUEST(q, &out);
	buf_add(&at.request, out, (size_t)len);
	OPENSSL_free(out);
	OCSP_REQUEST_free(q);
	ASN1_INTEGER_free(serial);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	void *folder = at.folder;
	folder_close(&folder);
	buf_free(&at.request);
	pki_clear(&at.pki);
	return 0;
}

static void every_call_of_a_desk_that_opens_fails_once(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "ocsp_desk_new", .act = open_desk, .after = after_open}, SAMPLE);
}

static void every_call_of_an_answer_fails_once(void **state)
{
	(void)state;
	assert_ok(open_desk());
	failing_each(&(struct failing_work){.name = "ocsp_desk_answer", .act = ask_thrice, .after = after_ask}, SAMPLE);
	close_desk();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_of_a_desk_that_opens_fails_once),
		cmocka_unit_test(every_call_of_an_answer_fails_once),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
