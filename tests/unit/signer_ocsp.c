#include "tests/support/signer_bench.h"

#include "ca/asn1_time.h"
#include "issuer/signer/ocsp_wire.h"
#include "issuer/signer/signer_delegate.h"
#include "issuer/signer/signer_ocsp.h"

#include <openssl/ocsp.h>
#include <poll.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 10000, DAY = 86400 };

static int front = -1; /* the other end of the lane */

static int lane_begin(void **state)
{
	int ends[2];
	struct errbuf why = {""};
	bench.settings.ocsp_life = 3600;
	if (bench_begin(state) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	front = ends[1];
	return signer_ocsp_start(bench.signer, ends[0], &bench.signer->ocsp, &why) == ERR_OK ? 0 : -1;
}

static int lane_end(void **state)
{
	bench_end(state);
	close(front);
	return 0;
}

static struct ocsp_ask ask_of(uint64_t id, enum ocsp_status status)
{
	struct ocsp_ask a = {.id = id, .count = 1, .nonce = {1, 2, 3}, .nonce_len = 3};
	if (bench.signer) /* else it is for the wire alone */
		memcpy(a.issuer, bench.signer->cas[0].fingerprint, sizeof a.issuer);
	a.singles[0] = (struct ocsp_single){.hash = OCSP_SHA256, .serial = {0x5e, (uint8_t)id}, .serial_len = 2,
					    .status = status, .reason = status == OCSP_REVOKED ? REASON_HOLD : REASON_UNSPECIFIED,
					    .revoked_at = status == OCSP_REVOKED ? clock_now() : 0};
	return a;
}

static void put(const void *bytes, size_t len)
{
	assert_int_equal(send(front, bytes, len, 0), (ssize_t)len);
}

/* The next packet, or none within the patience. */
static size_t take(uint8_t packet[OCSP_PACKET_MAX], int patience_ms)
{
	struct pollfd p = {.fd = front, .events = POLLIN};
	if (poll(&p, 1, patience_ms) != 1)
		return 0;
	ssize_t n = recv(front, packet, OCSP_PACKET_MAX, 0);
	return n > 0 ? (size_t)n : 0;
}

static uint8_t packet[OCSP_PACKET_MAX];

static struct ocsp_told told_to(const struct ocsp_ask *a)
{
	struct buf out = BUF_INIT(OCSP_PACKET_MAX);
	struct ocsp_told told;
	ocsp_ask_pack(a, &out);
	put(out.data, out.len);
	buf_free(&out);
	struct unpack u = unpack_begin(packet, take(packet, PATIENCE_MS));
	assert_int_equal(ocsp_told_unpack(&u, &told), ERR_OK);
	assert_int_equal(u.left, 0);
	assert_int_equal(told.id, a->id);
	return told;
}

static OCSP_BASICRESP *basic_of(const struct ocsp_told *told)
{
	const uint8_t *at = told->der;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &at, (long)told->len);
	assert_non_null(r);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(r);
	assert_non_null(basic);
	OCSP_RESPONSE_free(r);
	return basic;
}

/* As a client does, at the time of the answer; its delegate's serial into `delegate`. */
static void verify(const struct ocsp_told *told, char delegate[SERIAL_TEXT_SIZE])
{
	OCSP_BASICRESP *basic = basic_of(told);
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *signer = NULL;
	sk_X509_push(chain, bench.issuing.certificate);
	X509_STORE_add_cert(store, bench.root.certificate);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)told->this_update);
	assert_int_equal(OCSP_basic_verify(basic, chain, store, 0), 1);
	assert_int_equal(OCSP_resp_get0_signer(basic, &signer, NULL), 1);
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(signer), NULL);
	uint8_t serial[SERIAL_BYTES];
	BN_bn2binpad(n, serial, sizeof serial);
	if (delegate)
		serial_text(serial, delegate);
	BN_free(n);
	sk_X509_free(chain);
	X509_STORE_free(store);
	OCSP_BASICRESP_free(basic);
}

static void an_ask_is_answered_and_signed_by_the_delegate(void **state)
{
	(void)state;
	for (int status = 0; status < OCSP_STATUS_COUNT; status++) {
		struct ocsp_ask a = ask_of(7 + (uint64_t)status, (enum ocsp_status)status);
		int64_t before = clock_now();
		struct ocsp_told told = told_to(&a);
		assert_int_equal(told.error, ERR_OK);
		assert_true(told.this_update >= before && told.this_update <= clock_now());
		assert_int_equal(told.next_update, told.this_update + 3600);
		verify(&told, NULL);
		OCSP_BASICRESP *basic = basic_of(&told);
		int said = -1, reason = -1;
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, 0);
		said = OCSP_single_get0_status(single, &reason, NULL, NULL, NULL);
		assert_int_equal(said, status);
		if (status == OCSP_REVOKED)
			assert_int_equal(reason, REASON_HOLD);
		OCSP_BASICRESP_free(basic);
	}
}

static void the_journal_knows_the_delegate_and_it_is_no_open_intent(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(1, OCSP_GOOD);
	struct ocsp_told told = told_to(&a);
	char delegate[SERIAL_TEXT_SIZE], text[4096] = "";
	verify(&told, delegate);
	struct open_intent none;
	assert_int_equal(journal_open_intents(bench.signer->has.journal, &none, 1), 0);
	assert_int_equal(journal_walk(bench.journal, NULL, NULL, NULL), ERR_OK);
	ssize_t n = pread(bench.journal, text, sizeof text - 1, 0);
	assert_true(n > 0);
	assert_non_null(strstr(text, "\"op\":\"delegate\""));
	assert_non_null(strstr(text, delegate));
}

static void many_asks_in_one_packet_are_all_answered(void **state)
{
	(void)state;
	struct buf out = BUF_INIT(OCSP_PACKET_MAX);
	uint64_t wanted = 1;
	for (uint64_t id = 1; id <= 200; id++) {
		struct ocsp_ask a = ask_of(id, OCSP_GOOD);
		ocsp_ask_pack(&a, &out);
	}
	assert_int_equal(buf_check(&out), ERR_OK);
	put(out.data, out.len);
	while (wanted <= 200) {
		struct unpack u = unpack_begin(packet, take(packet, PATIENCE_MS));
		assert_true(u.left > 0);
		struct ocsp_told told;
		for (; u.left; wanted++) {
			assert_int_equal(ocsp_told_unpack(&u, &told), ERR_OK);
			assert_int_equal(told.id, wanted);
			assert_int_equal(told.error, ERR_OK);
		}
	}
	buf_free(&out);
}

static void what_is_malformed_gets_no_answer_and_harms_nobody(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(9, OCSP_GOOD);
	struct buf out = BUF_INIT(OCSP_PACKET_MAX);
	ocsp_ask_pack(&a, &out);
	put("x", 1);
	for (size_t cut = 1; cut < out.len; cut++)
		put(out.data, cut);
	assert_int_equal(take(packet, 100), 0);
	/* what cannot be said is told so */
	a.singles[0].status = (enum ocsp_status)77;
	assert_int_equal(told_to(&a).error, ERR_INVALID);
	a = ask_of(10, OCSP_REVOKED);
	a.singles[0].revoked_at = 0;
	assert_int_equal(told_to(&a).error, ERR_INVALID);
	a = ask_of(11, OCSP_GOOD);
	assert_int_equal(told_to(&a).error, ERR_OK);
	buf_free(&out);
}

static void the_delegate_renews_itself_at_two_thirds_of_its_life(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(1, OCSP_GOOD);
	char first[SERIAL_TEXT_SIZE], second[SERIAL_TEXT_SIZE], third[SERIAL_TEXT_SIZE];
	int64_t now = clock_now();
	struct ocsp_told told = told_to(&a);
	verify(&told, first);
	clock_inject(now + 19 * DAY);
	signer_tick(bench.signer);
	told = told_to(&a);
	verify(&told, second);
	assert_string_equal(first, second);
	clock_inject(now + 21 * DAY);
	signer_tick(bench.signer);
	told = told_to(&a);
	verify(&told, second);
	assert_string_not_equal(first, second);
	/* and when the clock says a time before its life */
	clock_inject(now);
	signer_tick(bench.signer);
	told = told_to(&a);
	verify(&told, third);
	assert_string_not_equal(second, third);
}

static void while_no_new_one_can_be_made_the_old_one_goes_on(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(1, OCSP_GOOD);
	char first[SERIAL_TEXT_SIZE];
	struct ocsp_told told = told_to(&a);
	verify(&told, first);
	clock_inject(clock_now() - 365 * DAY); /* before the issuing CA was born */
	signer_tick(bench.signer);
	signer_tick(bench.signer);
	told = told_to(&a);
	assert_int_equal(told.error, ERR_OK);
	OCSP_BASICRESP *basic = basic_of(&told);
	assert_int_equal(sk_X509_num(OCSP_resp_get0_certs(basic)), 1);
	OCSP_BASICRESP_free(basic);
}

static void no_answer_outlives_its_delegate(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(1, OCSP_GOOD);
	int64_t made = clock_now();
	clock_inject(made); /* no tick from here on: no new delegate */
	struct ocsp_told told = told_to(&a);
	OCSP_BASICRESP *basic = basic_of(&told);
	int64_t end = 0;
	assert_int_equal(asn1_time_read(X509_get0_notAfter(sk_X509_value(OCSP_resp_get0_certs(basic), 0)), &end), ERR_OK);
	OCSP_BASICRESP_free(basic);
	clock_inject(end - 3600);
	told = told_to(&a);
	assert_int_equal(told.next_update, end);
	clock_inject(end - 60);
	told = told_to(&a);
	assert_int_equal(told.error, ERR_OK);
	assert_int_equal(told.next_update, end);
	clock_inject(end);
	assert_int_equal(told_to(&a).error, ERR_UNAVAILABLE);
	signer_tick(bench.signer);
	told = told_to(&a);
	assert_int_equal(told.error, ERR_OK);
	assert_int_equal(told.next_update, end + 3600);
}

static void without_a_delegate_there_is_no_answer_until_the_next_tick(void **state)
{
	int ends[2];
	struct errbuf why = {""};
	bench.settings.ocsp_life = 3600;
	assert_int_equal(bench_begin(state), 0);
	struct ocsp_ask a = ask_of(1, OCSP_GOOD);
	clock_inject(clock_now() - 365 * DAY);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	front = ends[1];
	assert_int_equal(signer_ocsp_start(bench.signer, ends[0], &bench.signer->ocsp, &why), ERR_OK);
	assert_int_equal(told_to(&a).error, ERR_UNAVAILABLE);
	clock_inject(-1);
	signer_tick(bench.signer);
	assert_int_equal(told_to(&a).error, ERR_OK);
	lane_end(state);
}

static void of_another_ca_nothing_is_said(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(1, OCSP_GOOD);
	a.issuer[31] ^= 1;
	assert_int_equal(told_to(&a).error, ERR_UNAVAILABLE);
}

static void asks_survive_the_wire_and_nothing_else_does(void **state)
{
	(void)state;
	struct ocsp_ask a = ask_of(UINT64_C(0x0123456789abcdef), OCSP_REVOKED), back;
	a.count = OCSP_SINGLES_MAX;
	for (size_t i = 1; i < a.count; i++) {
		a.singles[i] = a.singles[0];
		a.singles[i].serial_len = 1 + i % OCSP_SERIAL_MAX;
		memset(a.singles[i].serial, (int)i, a.singles[i].serial_len);
	}
	a.nonce_len = OCSP_NONCE_MAX;
	struct buf out = BUF_INIT(OCSP_PACKET_MAX);
	ocsp_ask_pack(&a, &out);
	assert_true(out.len <= OCSP_ASK_MAX);
	struct unpack u = unpack_begin(out.data, out.len);
	assert_int_equal(ocsp_ask_unpack(&u, &back), ERR_OK);
	assert_int_equal(back.count, a.count);
	assert_memory_equal(back.nonce, a.nonce, a.nonce_len);
	assert_memory_equal(back.issuer, a.issuer, sizeof a.issuer);
	for (size_t i = 0; i < a.count; i++) {
		assert_int_equal(back.singles[i].serial_len, a.singles[i].serial_len);
		assert_memory_equal(back.singles[i].serial, a.singles[i].serial, a.singles[i].serial_len);
		assert_int_equal(back.singles[i].revoked_at, a.singles[i].revoked_at);
	}
	for (size_t cut = 0; cut < out.len; cut++) {
		u = unpack_begin(out.data, cut);
		assert_int_equal(ocsp_ask_unpack(&u, &back), ERR_MALFORMED);
	}
	for (size_t bit = 0; bit < out.len * 8; bit++) { /* whatever is read stays within its bounds */
		out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		u = unpack_begin(out.data, out.len);
		if (ocsp_ask_unpack(&u, &back) == ERR_OK)
			assert_true(back.count >= 1 && back.count <= OCSP_SINGLES_MAX && back.nonce_len <= OCSP_NONCE_MAX);
		out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&out);
}

#define lane_test(f) cmocka_unit_test_setup_teardown(f, lane_begin, lane_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_test(an_ask_is_answered_and_signed_by_the_delegate),
		lane_test(the_journal_knows_the_delegate_and_it_is_no_open_intent),
		lane_test(many_asks_in_one_packet_are_all_answered),
		lane_test(what_is_malformed_gets_no_answer_and_harms_nobody),
		lane_test(the_delegate_renews_itself_at_two_thirds_of_its_life),
		lane_test(of_another_ca_nothing_is_said),
		lane_test(while_no_new_one_can_be_made_the_old_one_goes_on),
		lane_test(no_answer_outlives_its_delegate),
		cmocka_unit_test(without_a_delegate_there_is_no_answer_until_the_next_tick),
		cmocka_unit_test(asks_survive_the_wire_and_nothing_else_does),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
