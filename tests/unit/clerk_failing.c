/* Each allocation and each call into OpenSSL and SQLite fails in turn while a revocation list is made, and while it is made
 * ready to be served. A list is published whole or not at all, and the next round makes it. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "issuer/http/crl_edition.h"
#include "tests/support/clerk_fakes.h"

enum { SAMPLE = 60, LISTED = 3 };

static struct {
	int64_t now, lists;
	uint64_t generation;
	struct crl_edition *edition;
	struct crl_part small;
} at = {.now = NOW};

static void before_list(void)
{
	clock_inject(++at.now);
	at.lists = strtoll(ask("SELECT COALESCE(MAX(number), 0) FROM crl"), NULL, 10);
	at.generation = fake_page.crl_generation;
	fake.clerk->crl[0].made = false;
}

static enum err list_it(void)
{
	struct errbuf why = {{0}};
	return clerk_crl(fake.clerk, at.now, &why);
}

static enum err look(void *ctx, const struct row *r)
{
	struct crl_head head = {0};
	size_t len = 0, n = 0;
	const uint8_t *der = row_blob(r, 3, &len);
	*(bool *)ctx = crl_read(der, len, fake_ca()->certificate, &head, &n, NULL) == ERR_OK && n == LISTED &&
		       head.this_update == at.now;
	return ERR_OK;
}

static bool newest_is_this(void)
{
	bool whole = false;
	return store_one(fake.clerk->store, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text("ca")), look, &whole) == ERR_OK && whole;
}

/* What is in the database is announced, and the other way round, unless the commit's own answer was lost. */
static void after_list(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (fake_page.crl_generation == at.generation + 1));
	if (rc != ERR_OK) {
		fake.clerk->crl[0].rests_until = 0;
		before_list();
		failing_require(list_it() == ERR_OK);
	}
	failing_require(newest_is_this());
	failing_require(strtoll(ask("SELECT MAX(number) FROM crl"), NULL, 10) > at.lists);
}

static void a_list_is_published_whole_or_not_at_all(void **state)
{
	static const struct failing_work work = {.name = "clerk_crl", .before = before_list, .act = list_it, .after = after_list};
	(void)state;
	for (int i = 0; i < LISTED; i++)
		add_certificate(serial_of((char)('1' + i)), "", i == 1 ? "held" : "revoked", NOW + DAYS);
	failing_each(&work, SAMPLE);
}

static const struct buf der = {.data = (uint8_t *)(uintptr_t)"a list", .len = 6};

static enum err edit_it(void)
{
	static const struct crl_head head = {.number = 1, .this_update = 1, .next_update = 2};
	enum err rc = crl_edition_new(&head, &der, (const struct buf *const[]){&der}, 1, &at.edition);
	return rc ? rc : crl_edition_compress(at.edition, CRL_BUNDLE, &at.small);
}

static void after_edition(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((at.small.bytes.len > 0) == (rc == ERR_OK));
	failing_require(!at.edition || at.edition->form[CRL_DER].bytes.len == der.len);
	crl_edition_give_back(at.edition);
	buf_free(&at.small.bytes);
	at.edition = NULL;
}

static void an_edition_is_whole_or_none(void **state)
{
	static const struct failing_work work = {.name = "crl_edition", .act = edit_it, .after = after_edition, .without_sqlite = true,
						 .without_openssl = true};
	(void)state;
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_list_is_published_whole_or_not_at_all),
		cmocka_unit_test(an_edition_is_whole_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
