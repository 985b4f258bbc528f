/* The mail that a clerk's outbox holds, opened as the courier would. Behind clerk_fakes.h. */
#ifndef TESTS_CLERK_MAIL_H
#define TESTS_CLERK_MAIL_H

#include "delivery/message.h"
#include "delivery/seal.h"
#include "issuer/order/facts.h"

#define REMINDED "orderaaaaaaaaaaa"

static struct settings told;
static struct languages *languages;

/* From now on the staff has this mailbox, "" for none, and recipients are reminded a day before. */
static inline void tell(const char *mailbox)
{
	told = fake_settings;
	told.staff_mail = mailbox;
	told.reminder = DAYS;
	fake.clerk->settings = &told;
}

static inline enum err take_sealed(void *ctx, const struct row *r)
{
	size_t len = 0;
	const uint8_t *bytes = row_blob(r, 4, &len);
	buf_add(ctx, bytes, len);
	return buf_check(ctx);
}

/* The next that is due by NOW; it stays there. */
static inline struct message waiting_mail(void)
{
	struct buf sealed = BUF_INIT(65536);
	struct secret *plain = NULL;
	struct message m;
	struct errbuf why = {""};
	assert_int_equal(store_begin(fake.clerk->store), ERR_OK);
	assert_int_equal(store_one(fake.clerk->store, STATEMENT_MESSAGE_LEASE,
				   STORE_VALUES(value_integer(NOW + 60), value_integer(NOW)), take_sealed, &sealed), ERR_OK);
	store_rollback(fake.clerk->store);
	assert_int_equal(seal_open_with(fake_ca()->certificate, fake_ca()->key, sealed.data, sealed.len, &plain), ERR_OK);
	if (message_open(plain, languages, &m, &why) != ERR_OK)
		fail_msg("%s", why.text);
	secret_free(plain);
	buf_free(&sealed);
	return m;
}

static inline void add_link_mail(const char *id, int64_t created_at, const char *state)
{
	sql("INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts, sent_at)"
	    " VALUES ('%s', '" REMINDED "', 'link', 'mail', '%s', %lld, 1, 1, 1, %lld)", id, state, (long long)created_at,
	    (long long)created_at + 60);
}

/* Offered a week before its end, which is a day from NOW; the contact is in Norwegian, and elsewhere by now. */
static inline void add_offered(void)
{
	struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	struct order_facts f = {.approved_at = NOW - 6 * DAYS};
	snprintf(f.order, sizeof f.order, REMINDED);
	snprintf(f.organisation_slug, sizeof f.organisation_slug, "acme");
	snprintf(f.organisation_name, sizeof f.organisation_name, "Acme");
	snprintf(f.service_slug, sizeof f.service_slug, "pay");
	snprintf(f.service_name, sizeof f.service_name, "Pay");
	snprintf(f.client_slug, sizeof f.client_slug, "shop");
	snprintf(f.client_name, sizeof f.client_name, "Shop");
	snprintf(f.contact, sizeof f.contact, "contactaaaaaaaaa");
	snprintf(f.contact_name, sizeof f.contact_name, "Ann");
	snprintf(f.email, sizeof f.email, "ann@approved.example");
	snprintf(f.mobile, sizeof f.mobile, "+41790000001");
	snprintf(f.language, sizeof f.language, "nb");
	snprintf(f.profile, sizeof f.profile, "client");
	snprintf(f.key_type, sizeof f.key_type, "p256");
	snprintf(f.approved_by, sizeof f.approved_by, "staffaaaaaaaaaaa");
	assert_int_equal(facts_write(&f, &text), ERR_OK);
	sql("INSERT INTO staff (id, name, role, status, created_at, email) VALUES ('p', 'Ola Orderer', 'administrator', 'active', 1, NULL)");
	add_order(REMINDED, "offered", NOW + DAYS, 0);
	sql("UPDATE orders SET facts = '%s' WHERE id = '" REMINDED "'", buf_string(&text));
	add_link_mail("l1", NOW - 6 * DAYS, "sent");
	buf_free(&text);
}

static inline int languages_set_up(void **state)
{
	(void)state;
	log_threshold(LOG_LEVEL_ALARM);
	return languages_new(&languages, NULL) == ERR_OK ? 0 : -1;
}

static inline int languages_tear_down(void **state)
{
	(void)state;
	languages_free(languages);
	return 0;
}

#endif
