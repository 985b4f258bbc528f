/* The calls of signer.h over a real line, answered by a signer in another thread. */
#include "base/frame.h"
#include "tests/support/request_maker.h"
#include "tests/support/signer_bench.h"

#include <pthread.h>

static struct line *line;
static pthread_t thread;
static enum role caller;
static int server_end = -1;

/* As child_serve does for one peer: until the other end closes. */
static void *serve(void *unused)
{
	struct buf request = BUF_INIT(SIGNER_REQUEST_CAP), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	struct frame q;
	(void)unused;
	while (frame_receive(server_end, &request, &q, FRAME_NO_DEADLINE) == ERR_OK && signer_permitted(caller, q.op)) {
		struct errbuf why = {""};
		buf_clear(&answer);
		enum err status = signer_answer(bench.signer, caller, &q, &answer, &why);
		const char *text = err_why(status, &why);
		struct frame a = {.id = q.id, .op = q.op, .status = status, .body = answer.data, .len = answer.len};
		if (status) {
			a.body = (const uint8_t *)text;
			a.len = strlen(text);
		}
		if (frame_send(server_end, &a, clock_mono_ms() + 10000))
			break;
	}
	close(server_end);
	buf_free(&request);
	buf_free(&answer);
	return NULL;
}

static int begin_as(enum role peer)
{
	int ends[2];
	if (bench_begin(NULL) || frame_pair(ends))
		return -1;
	caller = peer;
	server_end = ends[1];
	if (line_new(ends[0], SIGNER_ANSWER_CAP, &line))
		return -1;
	return pthread_create(&thread, NULL, serve, NULL);
}

static int begin_front(void **state)
{
	(void)state;
	return begin_as(ROLE_FRONT);
}

static int begin_clerk(void **state)
{
	(void)state;
	return begin_as(ROLE_CLERK);
}

static int stop(void **state)
{
	line_free(line);
	pthread_join(thread, NULL);
	return bench_end(state);
}

static void front_gets_from_ticket_to_done(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct buf facts = BUF_INIT(FACTS_MAX_BYTES), sealed = BUF_INIT(PACKAGE_MAX_BYTES + 64), opened = BUF_INIT(PACKAGE_MAX_BYTES);
	struct issued one = ISSUED_INIT, two = ISSUED_INIT;
	struct errbuf why = {""};
	uint8_t ticket[TICKET_BYTES], sha256[32];
	const uint8_t head[32] = {5};
	char serial[SERIAL_TEXT_SIZE];
	assert_int_equal(facts_write(&f, &facts), ERR_OK);
	assert_int_equal(signer_ticket(line, facts.data, facts.len, ticket, &why), ERR_OK);
	assert_int_equal(signer_issue(line, facts.data, facts.len, ticket, &one, &why), ERR_OK);
	assert_int_equal(signer_issue(line, facts.data, facts.len, ticket, &two, &why), ERR_OK);
	assert_int_equal(one.certificate.len, two.certificate.len);
	assert_memory_equal(one.certificate.data, two.certificate.data, one.certificate.len);
	assert_int_equal(signer_package(line, f.order, PACKAGE_COMPATIBLE, &one.sealed_key, &one.certificate, &sealed, sha256,
					&why),
			 ERR_OK);
	assert_int_equal(signer_unseal(line, f.order, PACKAGE_COMPATIBLE, &sealed, &opened, &why), ERR_OK);
	assert_true(opened.len > 1000);
	issued_serial(&one, serial);
	assert_int_equal(signer_done(line, f.order, serial, head), ERR_OK);
	issued_free(&two);
	two = ISSUED_INIT;
	assert_int_equal(signer_issue(line, facts.data, facts.len, ticket, &two, &why), ERR_CONFLICT);
	assert_int_equal(two.certificate.len, 0);
	const struct revocation r = {.reason = REASON_KEY_COMPROMISE, .revoked_at = 1800000000,
				     .compromised_at = 1790000000};
	struct revocation of = r;
	memcpy(of.serial, serial, sizeof of.serial);
	assert_int_equal(signer_revoke(line, &of, head, &why), ERR_OK);
	struct journal_last last;
	assert_int_equal(signer_last(line, &last, &why), ERR_OK);
	assert_string_equal(last.done_serial, serial);
	assert_string_equal(last.revoked[0].serial, serial);
	assert_int_equal(last.revoked[0].reason, REASON_KEY_COMPROMISE);
	assert_int_equal(last.revoked[0].revoked_at, 1800000000);
	assert_int_equal(last.revoked[0].compromised_at, 1790000000);
	assert_string_equal(last.revoked[1].serial, "");
	assert_int_equal(last.audit_head[0], 5);
	assert_int_equal(last.sequence, 3);
	issued_free(&one);
	issued_free(&two);
	buf_free(&facts);
	buf_free(&sealed);
	buf_free(&opened);
}

static void front_gets_a_certificate_for_a_request(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct buf facts = BUF_INIT(FACTS_MAX_BYTES), request = BUF_INIT(16384), der = BUF_INIT(16384);
	struct errbuf why = {""};
	uint8_t ticket[TICKET_BYTES];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	snprintf(f.key_type, sizeof f.key_type, "%s", FACTS_OWN_KEY);
	assert_int_equal(facts_write(&f, &facts), ERR_OK);
	assert_int_equal(signer_ticket(line, facts.data, facts.len, ticket, &why), ERR_OK);
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_int_equal(signer_sign(line, facts.data, facts.len, ticket, &request, &der, &why), ERR_OK);
	assert_true(der.len > 300);
	request.data[request.len - 1] ^= 1;
	struct buf none = BUF_INIT(16384);
	assert_int_equal(signer_sign(line, facts.data, facts.len, ticket, &request, &none, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "not signed by its own key"));
	assert_int_equal(none.len, 0);
	EVP_PKEY_free(key);
	buf_free(&facts);
	buf_free(&request);
	buf_free(&der);
}

static void a_refusal_brings_its_reason(void **state)
{
	(void)state;
	struct errbuf why = {""};
	uint8_t ticket[TICKET_BYTES] = {0};
	struct issued i = ISSUED_INIT;
	assert_int_equal(signer_issue(line, "{}", 2, ticket, &i, &why), ERR_REFUSED);
	assert_string_equal(why.text, "the order is not as it was approved");
	assert_int_equal(signer_ticket(line, "{}", 2, ticket, &why), ERR_MALFORMED);
	issued_free(&i);
}

static void clerk_makes_lists_and_reconciles(void **state)
{
	(void)state;
	enum { MANY = 5000 };
	struct crl_entry *entries = calloc(MANY, sizeof *entries);
	struct buf der = BUF_INIT(4 << 20);
	struct crl_head head;
	struct open_intent open_ones[2];
	struct errbuf why = {""};
	const uint8_t audit[32] = {5};
	uint64_t number = 0;
	size_t n = 9;
	int64_t now = clock_now();
	for (unsigned i = 0; i < MANY; i++) {
		entries[i] = (struct crl_entry){.revoked_at = now, .reason = REASON_SUPERSEDED};
		entries[i].serial[1] = (uint8_t)(i >> 8);
		entries[i].serial[2] = (uint8_t)i;
		entries[i].serial[SERIAL_BYTES - 1] = 1;
	}
	struct buf tail = BUF_INIT(CRL_PART_MAX);
	size_t len = 0;
	for (size_t i = 0; i < MANY; i++)
		len += crl_entry_size(&entries[i]);
	assert_int_equal(signer_crl_begin(line, now, now + 86400, len, &why), ERR_OK);
	assert_int_equal(signer_crl_add(line, 0, entries, MANY, &why), ERR_OK);
	assert_int_equal(signer_crl_end(line, &der, &tail, &number, &why), ERR_OK);
	assert_int_equal(crl_entries_write(entries, MANY, NULL, &der, &why), ERR_OK);
	buf_add(&der, tail.data, tail.len);
	buf_free(&tail);
	assert_int_equal(crl_read(der.data, der.len, bench.issuing.certificate, &head, &n, &why), ERR_OK);
	assert_int_equal(n, MANY);
	assert_int_equal(head.number, number);
	assert_int_equal(signer_crl_begin(line, now, now + 86400, CRL_MAX_BYTES, &why), ERR_TOO_LARGE);
	assert_int_equal(signer_crl_begin(line, now, now + 86400, SIZE_MAX, &why), ERR_TOO_LARGE);
	assert_int_equal(signer_open_intents(line, open_ones, 2, &n, &why), ERR_OK);
	assert_int_equal(n, 0);
	for (unsigned i = 0; i < 3; i++) {
		const struct journal_record r = {.op = "intent", .serial = (const char *[]){"aa", "bb", "cc"}[i],
						 .order = (const char *[]){"a", "b", "c"}[i], .not_after = now};
		assert_int_equal(journal_append(bench.signer->has.journal, &r, now), ERR_OK);
		journal_give_up(bench.signer->has.journal, r.serial);
	}
	assert_int_equal(signer_open_intents(line, open_ones, 2, &n, &why), ERR_OK);
	assert_int_equal(n, 2);
	assert_string_equal(open_ones[1].order, "b");
	assert_int_equal(open_ones[1].not_after, now);
	assert_int_equal(signer_done(line, "a", "aa", audit), ERR_MALFORMED); /* no serial */
	assert_int_equal(signer_resume(line, false, &why), ERR_OK);
	assert_int_equal(signer_resume(line, true, &why), ERR_OK);
	free(entries);
	buf_free(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refusal_brings_its_reason, begin_front, stop),
		cmocka_unit_test_setup_teardown(front_gets_from_ticket_to_done, begin_front, stop),
		cmocka_unit_test_setup_teardown(front_gets_a_certificate_for_a_request, begin_front, stop),
		cmocka_unit_test_setup_teardown(clerk_makes_lists_and_reconciles, begin_clerk, stop),
	};
	return cmocka_run_group_tests_name("signer_calls", tests, bench_open, bench_close);
}
