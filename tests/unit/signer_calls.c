/* The calls of signer.h over a real line, answered by a signer in another thread. */
#include "base/frame.h"
#include "tests/support/request_maker.h"
#include "tests/support/signer_bench.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>

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

/* A pool that makes a key when the test says so. */
static sem_t gate;
static enum err make_behind_gate(enum key_type type, EVP_PKEY **out)
{
	sem_wait(&gate);
	return key_generate(type, out);
}

static void pool_begin(unsigned wanted)
{
	const struct key_pool_plan plan = {
		.types = 1u << KEY_RSA2048, .wanted = wanted, .make = make_behind_gate, .rest_ms = 1000};
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	assert_int_equal(key_pool_new(&plan, &bench.signer->keys, NULL), ERR_OK);
}

struct waiting {
	struct buf facts;
	uint8_t ticket[TICKET_BYTES];
	struct issued issued;
	enum err rc;
};

static void *issue(void *arg)
{
	struct waiting *w = arg;
	do {
		w->rc = signer_issue(line, w->facts.data, w->facts.len, w->ticket, &w->issued, NULL);
	} while (w->rc == ERR_OK && !w->issued.certificate.len && poll(NULL, 0, 20) == 0);
	return NULL;
}

static bool somebody_waits(void)
{
	return key_pool_look(bench.signer->keys, KEY_RSA2048).awaited > 0;
}

/* Only then is the key made that an order waits for. */
static void others_are_answered_while_an_order_waits_for_its_key(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct waiting w = {.facts = BUF_INIT(FACTS_MAX_BYTES), .issued = ISSUED_INIT};
	struct journal_last last;
	struct certificate_facts facts;
	pthread_t waiter;
	snprintf(f.key_type, sizeof f.key_type, "rsa2048");
	assert_int_equal(facts_write(&f, &w.facts), ERR_OK);
	assert_int_equal(signer_ticket(line, w.facts.data, w.facts.len, w.ticket, NULL), ERR_OK);
	pool_begin(0);
	assert_int_equal(pthread_create(&waiter, NULL, issue, &w), 0);
	for (int n = 0; n < 1000 && !somebody_waits(); n++)
		poll(NULL, 0, 10);
	assert_true(somebody_waits());
	for (int n = 0; n < 5; n++) {
		assert_int_equal(signer_last(line, &last, NULL), ERR_OK);
		assert_int_equal(last.sequence, 0); /* nothing is journalled yet */
	}
	sem_post(&gate);
	pthread_join(waiter, NULL);
	assert_int_equal(w.rc, ERR_OK);
	assert_int_equal(certificate_read(w.issued.certificate.data, w.issued.certificate.len, &facts, NULL), ERR_OK);
	assert_int_equal(key_pool_look(bench.signer->keys, KEY_RSA2048).awaited, 1);
	assert_int_equal(signer_last(line, &last, NULL), ERR_OK);
	assert_int_equal(last.sequence, 1);
	issued_free(&w.issued);
	buf_free(&w.facts);
}

static void clerk_hears_what_is_kept_ready(void **state)
{
	(void)state;
	struct signer_keys keys;
	assert_int_equal(signer_keys(line, &keys, NULL), ERR_OK); /* without a pool */
	assert_int_equal(keys.of[KEY_RSA2048].wanted, 0);
	pool_begin(3);
	sem_post(&gate);
	sem_post(&gate);
	assert_int_equal(signer_resume(line, true, NULL), ERR_OK); /* now it may issue, and fills the pool */
	for (int n = 0; n < 3000 && keys.of[KEY_RSA2048].ready < 2; n++) {
		poll(NULL, 0, 10);
		assert_int_equal(signer_keys(line, &keys, NULL), ERR_OK);
	}
	assert_int_equal(keys.of[KEY_RSA2048].wanted, 3);
	assert_int_equal(keys.of[KEY_RSA2048].ready, 2);
	assert_int_equal(keys.of[KEY_RSA2048].made, 2);
	assert_int_equal(keys.of[KEY_RSA2048].awaited, 0);
	assert_int_equal(keys.of[KEY_RSA3072].wanted, 0);
	assert_int_equal(keys.of[KEY_P256].made, 0);
	assert_int_equal(keys.fault, ERR_OK);
	sem_post(&gate); /* so that nothing is left at the gate when this ends */
	for (int n = 0; n < 3000 && keys.of[KEY_RSA2048].ready < 3; n++) {
		poll(NULL, 0, 10);
		assert_int_equal(signer_keys(line, &keys, NULL), ERR_OK);
	}
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
	const struct crl_head times = {.this_update = now, .next_update = now + 86400};
	struct buf tail = BUF_INIT(CRL_PART_MAX);
	size_t len = 0;
	for (size_t i = 0; i < MANY; i++)
		len += crl_entry_size(&entries[i]);
	assert_int_equal(signer_crl_begin(line, bench.signer->issuer_name, &times, len, &why), ERR_OK);
	assert_int_equal(signer_crl_add(line, 0, entries, MANY, &why), ERR_OK);
	assert_int_equal(signer_crl_end(line, &der, &tail, &number, &why), ERR_OK);
	assert_int_equal(crl_entries_write(entries, MANY, NULL, &der, &why), ERR_OK);
	buf_add(&der, tail.data, tail.len);
	buf_free(&tail);
	assert_int_equal(crl_read(der.data, der.len, bench.issuing.certificate, &head, &n, &why), ERR_OK);
	assert_int_equal(n, MANY);
	assert_int_equal(head.number, number);
	assert_int_equal(signer_crl_begin(line, bench.signer->issuer_name, &times, CRL_MAX_BYTES, &why), ERR_TOO_LARGE);
	assert_int_equal(signer_crl_begin(line, bench.signer->issuer_name, &times, SIZE_MAX, &why), ERR_TOO_LARGE);
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
		cmocka_unit_test_setup_teardown(others_are_answered_while_an_order_waits_for_its_key, begin_front, stop),
		cmocka_unit_test_setup_teardown(clerk_hears_what_is_kept_ready, begin_clerk, stop),
		cmocka_unit_test_setup_teardown(clerk_makes_lists_and_reconciles, begin_clerk, stop),
	};
	return cmocka_run_group_tests_name("signer_calls", tests, bench_open, bench_close);
}
