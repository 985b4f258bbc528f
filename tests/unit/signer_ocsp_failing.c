/* Each allocation and each call into OpenSSL of what makes an OCSP delegate fails in turn: there is none, or one that
 * answers; and the next one is made. */
#include "tests/support/failing.h"
#include "tests/support/signer_bench.h"

#include "issuer/signer/signer_delegate.h"

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 60 };

static struct {
	struct delegate delegate;
	struct errbuf why;
} made;

static enum err make(void)
{
	return delegate_new(bench.signer, &made.delegate, &made.why);
}

static bool answers(void)
{
	const struct ocsp_single single = {.serial = {0x5e}, .serial_len = 1};
	const struct ocsp_answer a = {
		.singles = &single, .count = 1, .this_update = clock_now(), .next_update = clock_now() + 60};
	struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	bool fine = ocsp_answer_make(made.delegate.responder, &a, &der) == ERR_OK && der.len > 0;
	buf_free(&der);
	return fine;
}

static void forget(void)
{
	ocsp_responder_free(made.delegate.responder);
	made.delegate = (struct delegate){.responder = NULL};
}

/* The journal may know of a delegate that never came to be, never the other way round. */
static void after_make(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (made.delegate.responder != NULL));
	failing_require(rc != ERR_OK || answers());
	forget();
	failing_require(make() == ERR_OK && answers());
	forget();
	failing_require(journal_walk(bench.journal, NULL, NULL, NULL) == ERR_OK);
}

static void every_call_of_delegate_new_fails_once(void **state)
{
	(void)state;
	const struct failing_work work = {.name = "delegate_new", .act = make, .after = after_make, .without_sqlite = true};
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {bench_test(every_call_of_delegate_new_fails_once)};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
