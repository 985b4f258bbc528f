/* A clerk with a real database, a clock that stands, and a signer and a courier that say what the test wants.
 * Include it once a binary: it defines their calls. */
#ifndef TESTS_CLERK_FAKES_H
#define TESTS_CLERK_FAKES_H

#include "ca/authority.h"
#include "issuer/clerk/clerk.h"
#include "issuer/courier/courier.h"
#include "issuer/signer/signer.h"
#include "tests/support/clock_injected.h"
#include "tests/support/store_folder.h"

#include <string.h>

/* What stands in for another process does not fail when calls are made to (tests/support/failing.h). */
#ifndef FAKE_SPARED
#define FAKE_SPARED (void)0
#endif

enum { NOW = 1800000000, HOUR = 3600, DAYS = 86400 };

static struct fake {
	enum err courier_says;
	bool courier_away;                /* it gave no answer at all */
	char order[64];                   /* the first letters of the ids, as they were sent */
	int sends;
	char sent[ID_SIZE];               /* the last id */
	char key[64];                     /* and its key */
	void (*while_sending)(struct folder *f);

	struct journal_last last;
	enum err last_says;
	void (*after_last)(void); /* once */
	int resumed;                      /* 1 yes, 0 no, -1 not asked */
	struct open_intent intents[4];
	size_t intent_count;
	enum err revoke_says;
	int revokes, dones;
	void (*while_revoking)(struct folder *f);
	struct revocation revocation;     /* the last */
	char done[SERIAL_TEXT_SIZE];      /* the last */

	enum err crl_says;
	int crls;
	char crl_issuer[65];
	bool crl_lies;        /* the signature is wrong */
	bool rests;           /* what rests after a long list is not disturbed */
	size_t crl_entries;
	struct crl_signing *signing;
	struct crl_entry crl_entry[8];
	void (*while_signing)(struct clerk *c);
	struct clerk *clerk;
	struct folder *folder;
} fake;

/* base's fail() has the name of a macro of cmocka's. */
static enum err says(struct errbuf *why, enum err e, const char *text)
{
	if (e && why)
		snprintf(why->text, sizeof why->text, "%s", text);
	return e;
}

enum err courier_send(struct line *l, const struct courier_job *job, struct courier_word *said, struct errbuf *why)
{
	(void)l;
	assert_int_equal(store_begin(fake.clerk->store), ERR_OK); /* no transaction is held across the call */
	store_rollback(fake.clerk->store);
	fake.sends++;
	snprintf(fake.sent, sizeof fake.sent, "%s", job->id);
	snprintf(fake.key, sizeof fake.key, "%s", job->key);
	*said = (struct courier_word){.away = fake.courier_away};
	snprintf(said->reference, sizeof said->reference, "%s", fake.courier_says ? "" : "gateway-1");
	if (fake.sends < (int)sizeof fake.order)
		fake.order[fake.sends - 1] = job->id[0];
	if (fake.while_sending)
		fake.while_sending(fake.folder);
	return says(why, fake.courier_says, "the gateway says no");
}

enum err signer_last(struct line *l, struct journal_last *out, struct errbuf *why)
{
	(void)l, (void)why;
	*out = fake.last;
	if (fake.after_last)
		fake.after_last();
	fake.after_last = NULL;
	return fake.last_says;
}

enum err signer_resume(struct line *l, bool ok, struct errbuf *why)
{
	(void)l, (void)why;
	fake.resumed = ok;
	return ERR_OK;
}

enum err signer_open_intents(struct line *l, struct open_intent *out, size_t most, size_t *n, struct errbuf *why)
{
	(void)l, (void)why;
	assert_true(most >= fake.intent_count);
	memcpy(out, fake.intents, fake.intent_count * sizeof *out);
	*n = fake.intent_count;
	return ERR_OK;
}

enum err signer_revoke(struct line *l, const struct revocation *r, const uint8_t head[32], struct errbuf *why)
{
	(void)l, (void)head;
	assert_int_equal(store_begin(fake.clerk->store), ERR_OK);
	store_rollback(fake.clerk->store);
	fake.revokes++;
	fake.revocation = *r;
	if (fake.while_revoking)
		fake.while_revoking(fake.folder);
	return says(why, fake.revoke_says, "the signer says no");
}

enum err signer_done(struct line *l, const char *order, const char *serial, const uint8_t head[32])
{
	(void)l, (void)order, (void)head;
	fake.dones++;
	snprintf(fake.done, sizeof fake.done, "%s", serial);
	return ERR_OK;
}

/* A real list, by a CA made once. */
static struct authority *fake_ca(void)
{
	static struct authority ca;
	static const struct authority_names names = {.organisation = "Fixture Authority", .root_name = "Fixture Root"};
	if (!ca.certificate)
		assert_int_equal(authority_make_root(&names, NOW, &ca, NULL), ERR_OK);
	return &ca;
}

enum err signer_crl_begin(struct line *l, const char *issuer, const struct crl_head *times, size_t entries_len,
			  struct errbuf *why)
{
	FAKE_SPARED;
	(void)l;
	const struct crl_head head = {.number = (uint64_t)++fake.crls, .this_update = times->this_update,
				      .next_update = times->next_update};
	assert_int_equal(times->next_update - times->this_update, 24 * HOUR);
	snprintf(fake.crl_issuer, sizeof fake.crl_issuer, "%s", issuer);
	assert_int_equal(store_begin(fake.clerk->store), ERR_OK); /* no transaction is held across the call */
	store_rollback(fake.clerk->store);
	fake.crl_entries = 0;
	crl_signing_free(fake.signing);
	fake.signing = NULL;
	return crl_signing_begin(&head, entries_len, fake_ca()->certificate, fake_ca()->key, &fake.signing, why);
}

enum err signer_crl_add(struct line *l, size_t before, const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	FAKE_SPARED;
	(void)l;
	assert_int_equal(before, fake.crl_entries);
	for (size_t i = 0; i < n && before + i < 8; i++)
		fake.crl_entry[before + i] = entries[i];
	fake.crl_entries += n;
	return crl_signing_add(fake.signing, entries, n, why);
}

enum err signer_crl_end(struct line *l, struct buf *head, struct buf *tail, uint64_t *number, struct errbuf *why)
{
	FAKE_SPARED;
	(void)l;
	if (fake.while_signing)
		fake.while_signing(fake.clerk);
	if (fake.crl_says)
		return says(why, fake.crl_says, "the signer says no");
	*number = (uint64_t)fake.crls;
	enum err rc = crl_signing_end(fake.signing, head, tail, why);
	if (fake.crl_lies && tail->len)
		tail->data[tail->len - 1] ^= 1;
	return rc;
}

static const struct settings fake_settings = {
	.claim_life = DAYS, .code_tries = 5, .crl_period = HOUR, .crl_life = 24 * HOUR,
	.sms_a_day = 2000, .sms_contact_a_day = 100, .name = "Acme CA", .mail_from = "ca@acme.example", .language = "en",
	.staff_mail = ""};
static struct shared_page fake_page;

static int clerk_open(void **state)
{
	folder_open(state);
	struct folder *f = *state;
	static struct clerk clerk;
	clerk = (struct clerk){.store = f->store, .settings = &fake_settings, .shared = &fake_page,
			       .issuers = {.at = {{.certificate = fake_ca()->certificate, .name = "ca", .label = "issuing"}}, .count = 1},
			       .mailer = fake_ca()->certificate, .trusted = true};
	memset(&fake_page, 0, sizeof fake_page);
	crl_signing_free(fake.signing);
	fake = (struct fake){.resumed = -1, .clerk = &clerk, .folder = f};
	clock_inject(NOW);
	folder_sql(f->db, "INSERT INTO organisation (id, slug, name, created_at) VALUES ('g', 'acme', 'Acme', 1);"
			  "INSERT INTO service (id, organisation_id, slug, name, created_at) VALUES ('s', 'g', 'pay', 'Pay', 1);"
			  "INSERT INTO client (id, service_id, slug, name, created_at) VALUES ('c', 's', 'shop', 'Shop', 1);"
			  "INSERT INTO contact (id, organisation_id, name, email, mobile, may_order, may_receive, created_at, changed_at, language, moved_at) VALUES ('k', 'g', 'Ann', 'ann@acme.example', '+41790000001', 1, 1, 1, 1, '', NULL)");
	return 0;
}

/* printf for SQL, as somebody else's connection. */
static void __attribute__((format(printf, 1, 2))) sql(const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	folder_sql(fake.folder->db, text);
}

/* One integer or text of the database, as text; "" when there is no row or it is NULL. */
static const char *ask(const char *query)
{
	static char answer[256];
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	assert_int_equal(sqlite3_open(fake.folder->db, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, query, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	answer[0] = '\0';
	if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_text(q, 0))
		snprintf(answer, sizeof answer, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return answer;
}

#define assert_asks(query, wanted) assert_string_equal(ask(query), wanted)

static inline void add_order(const char *id, const char *state, int64_t link_until, int64_t claimed_at)
{
	sql("INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note,"
	    " ordered_by, created_at, link_hash, link_until, claim_hash, claimed_at) VALUES ('%s', 'c', 'k', '%s', 1, '{}',"
	    " X'00', 'client', 'p256', '', 'p', 1, CAST('%s' AS BLOB), %lld, X'00', NULLIF(%lld, 0))",
	    id, state, id, (long long)link_until, (long long)claimed_at);
}

static inline void add_certificate(const char *serial, const char *order, const char *status, int64_t not_after)
{
	sql("INSERT INTO certificate (serial, issuer, kind, order_id, fingerprint, subject, not_before, not_after, der,"
	    " status, revoked_at, reason, created_at) VALUES ('%s', 'ca', 'client', (SELECT id FROM orders WHERE id = '%s'),"
	    " CAST('%s' AS BLOB), 'x', 1, %lld, X'00', '%s', CASE '%s' WHEN 'valid' THEN NULL ELSE 77 END,"
	    " CASE '%s' WHEN 'revoked' THEN 1 END, 1)", serial, order, serial, (long long)not_after, status, status, status);
}

static inline void add_parcel(const char *order, const char *serial)
{
	sql("INSERT INTO parcel (order_id, serial, sealed_key, sealed_modern, sealed_password, created_at)"
	    " VALUES ('%s', '%s', X'aa', X'bb', X'cc', 1)", order, serial);
}

/* A serial as the database has it: the digit forty times. */
static inline const char *serial_of(char digit)
{
	static char texts[128][SERIAL_TEXT_SIZE];
	memset(texts[(int)digit], digit, SERIAL_TEXT_SIZE - 1);
	return texts[(int)digit];
}

#define CLERK_TEST(name) cmocka_unit_test_setup_teardown(name, clerk_open, folder_close)

#endif
