/* Each allocation and each call into OpenSSL of what makes an OCSP delegate fails in turn: there is none, or one that
 * answers; and the next one is made. */
#include "tests/support/failing.h"
#include "tests/support/signer_bench.h"

#include "base/log.h"
#include "issuer/signer/signer_delegate.h"
#include "issuer/signer/signer_ocsp.h"

#include <sys/socket.h>

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 60 };

static struct {
	struct delegate delegate;
	struct errbuf why;
} made;

static enum err make(void)
{
	return delegate_new(bench.signer, &bench.signer->cas[0], &made.delegate, &made.why);
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
	failing_require(rc != ERR_OK || made.delegate.serial[0]);
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

static size_t records(void)
{
	struct buf text = BUF_INIT(1 << 20);
	size_t n = 0;
	assert_int_equal(file_read(bench.path, &text, NULL), ERR_OK);
	for (const char *at = buf_string(&text); (at = strstr(at, "\"op\":\"delegate\"")); at++)
		n++;
	buf_free(&text);
	return n;
}

/* A signer that cannot sign tries every second. */
static void attempts_that_fail_do_not_fill_the_journal(void **state)
{
	enum { DAYS_21 = 21 * 86400, TICKS = 200 };
	int ends[2];
	struct errbuf why = {""};
	(void)state;
	log_threshold((enum log_level)(LOG_LEVEL_ALARM + 1));
	bench.settings.ocsp_life = 60;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(signer_ocsp_start(bench.signer, ends[0], &bench.signer->ocsp, &why), ERR_OK);
	assert_int_equal(records(), 1);
	clock_inject(clock_now() + DAYS_21);
	for (long nth = 0; nth < TICKS; nth++) {
		failing_begin(FAILING_OPENSSL, nth, true);
		signer_ocsp_tick(bench.signer->ocsp);
		failing_end();
	}
	assert_in_range(records(), 2, 3); /* one failed behind its record, and there was a pause; or the first was made at last */
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {bench_test(every_call_of_delegate_new_fails_once),
					   bench_test(attempts_that_fail_do_not_fill_the_journal)};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
