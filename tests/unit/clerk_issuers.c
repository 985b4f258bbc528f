/* The issuing CAs held against the books: one that is missing, and one that was put back. */
#include "base/log.h"
#include "tests/support/clerk_fakes.h"

static void round_at(int64_t now)
{
	struct errbuf why = {0};
	clock_inject(now);
	if (clerk_issuers(fake.clerk, now, &why) != ERR_OK || clerk_reconcile(fake.clerk, now, &why) != ERR_OK)
		fail_msg("%s", why.text);
}

static void add_other(enum issuer_standing standing)
{
	fake.clerk->issuers.at[1] = (struct issuer){.certificate = fake_ca()->certificate, .name = "other", .label = "issuing-other",
						    .standing = standing, .until = NOW + 3000 * DAYS};
	fake.clerk->issuers.count = 2;
}

static void add_of(const char *issuer, char digit, int64_t until)
{
	add_certificate(serial_of(digit), "", "valid", until);
	sql("UPDATE certificate SET issuer = '%s' WHERE serial = '%s'", issuer, serial_of(digit));
}

static void the_newest_is(char digit)
{
	memcpy(fake.last.done_serial, serial_of(digit), SERIAL_TEXT_SIZE);
}

static void a_ca_that_is_not_here_is_missed_until_its_last_certificate_ends(void **state)
{
	(void)state;
	add_of("ca", '1', NOW + DAYS);
	round_at(NOW);
	assert_int_equal(fake_page.issuers_missing, 0);
	assert_asks("SELECT COUNT(*) FROM certificate", "1");
	add_of("gone", '2', NOW + DAYS);
	add_of("gone", '3', NOW - DAYS);
	add_of("lost", '4', NOW + 2 * DAYS);
	add_of("", '5', NOW + 2 * DAYS);
	add_of("over", '6', NOW - 1);
	round_at(NOW);
	assert_int_equal(fake_page.issuers_missing, 2);
	assert_int_equal(fake.clerk->missing_said_count, 2);
	assert_string_equal(fake.clerk->missing_said[0], "gone");
	round_at(NOW + DAYS);
	assert_int_equal(fake_page.issuers_missing, 2);
	assert_int_equal(fake.clerk->missing_said_count, 2); /* said once */
	round_at(NOW + DAYS + 1);
	assert_int_equal(fake_page.issuers_missing, 1);
	add_other(ISSUER_RETIRED);
	sql("UPDATE certificate SET issuer = 'other' WHERE issuer = 'lost'");
	round_at(NOW + DAYS + 1);
	assert_int_equal(fake_page.issuers_missing, 0);
	assert_int_equal(fake_page.issuer_fault, ISSUER_SOUND);
}

static void an_old_database_misses_nobody(void **state)
{
	(void)state;
	add_of("gone", '2', NOW + DAYS);
	fake.clerk->trusted = false;
	assert_int_equal(clerk_issuers(fake.clerk, NOW, NULL), ERR_OK);
	assert_int_equal(fake_page.issuers_missing, 0);
}

/* After a change the newest is the former one's, too: who is present is what tells them apart. */
static void a_former_ca_that_was_put_back_issues_nothing(void **state)
{
	static const struct {
		enum issuer_standing other;
		int resumed;
	} rounds[] = {{ISSUER_RETIRED, 1}, {ISSUER_NEXT, 0}, {ISSUER_RETIRED, 1}};
	(void)state;
	add_other(ISSUER_RETIRED);
	add_of("other", '1', NOW + DAYS);
	the_newest_is('1');
	for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
		fake.clerk->issuers.at[1].standing = rounds[i].other;
		round_at(NOW);
		assert_int_equal(fake.resumed, rounds[i].resumed);
		const char *fault = issuer_fault_because(&fake_page);
		assert_true(rounds[i].resumed ? !fault : fault && strstr(fault, "put back"));
		assert_int_equal(fake_page.issuing_paused, ISSUING_OPEN); /* everybody is let in, and lists are made */
		assert_true(fake.clerk->trusted);
	}
}

static void nor_does_it_when_the_newer_one_is_not_here_at_all(void **state)
{
	(void)state;
	add_of("gone", '1', NOW + DAYS);
	the_newest_is('1');
	round_at(NOW);
	assert_int_equal(fake.resumed, 0);
	assert_int_equal(fake_page.issuer_fault, ISSUER_FORMER);
	assert_int_equal(fake_page.issuers_missing, 1);
	round_at(NOW + DAYS + 1); /* it was here and was taken away when it was over */
	assert_int_equal(fake.resumed, 1);
}

static void a_ca_that_the_root_has_revoked_issues_nothing(void **state)
{
	(void)state;
	add_other(ISSUER_RETIRED);
	fake_page.issuers_revoked = 2; /* a former one may be */
	round_at(NOW);
	assert_int_equal(fake.resumed, 1);
	fake_page.issuers_revoked = 1;
	assert_non_null(strstr(issuer_fault_because(&fake_page), "the root has revoked"));
	round_at(NOW);
	assert_int_equal(fake.resumed, 0);
	assert_int_equal(fake_page.issuer_fault, ISSUER_REVOKED);
	fake_page.issuers_revoked = 0;
	round_at(NOW);
	assert_int_equal(fake.resumed, 1);
	assert_null(issuer_fault_because(&fake_page));
}

static void a_list_of_the_root_that_is_older_than_one_before_is_told_of(void **state)
{
	(void)state;
	round_at(NOW); /* the front has said nothing yet */
	assert_asks("SELECT COUNT(*) FROM meta WHERE name = 'root_list_number'", "0");
	fake_page.root_list_number = 7;
	round_at(NOW);
	fake_page.root_list_number = 1790000000000001;
	round_at(NOW);
	assert_int_equal(fake_page.root_list_newer, 0);
	assert_asks("SELECT value FROM meta WHERE name = 'root_list_number'", "1790000000000001");
	fake_page.root_list_number = 1790000000000000;
	round_at(NOW);
	assert_int_equal(fake_page.root_list_newer, 1790000000000001);
	assert_asks("SELECT value FROM meta WHERE name = 'root_list_number'", "1790000000000001");
	fake_page.root_list_number = 1790000000000002;
	round_at(NOW);
	assert_int_equal(fake_page.root_list_newer, 0);
	fake_page.root_list_file = 1790000000000001; /* the newest is served, and the file is an older one */
	round_at(NOW);
	assert_int_equal(fake_page.root_list_newer, 1790000000000002);
	fake_page.root_list_file = 1790000000000002;
	round_at(NOW);
	assert_int_equal(fake_page.root_list_newer, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_ca_that_is_not_here_is_missed_until_its_last_certificate_ends),
		CLERK_TEST(an_old_database_misses_nobody),
		CLERK_TEST(a_former_ca_that_was_put_back_issues_nothing),
		CLERK_TEST(nor_does_it_when_the_newer_one_is_not_here_at_all),
		CLERK_TEST(a_ca_that_the_root_has_revoked_issues_nothing),
		CLERK_TEST(a_list_of_the_root_that_is_older_than_one_before_is_told_of),
	};
	log_threshold(LOG_LEVEL_ALARM + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
