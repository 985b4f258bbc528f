/* The mail that a clerk's outbox holds, opened as the courier would. Behind clerk_fakes.h. */
#ifndef TESTS_CLERK_MAIL_H
#define TESTS_CLERK_MAIL_H

#include "delivery/message.h"
#include "delivery/seal.h"

static struct settings told;
static struct languages *languages;

/* From now on mails are made; "" is no mailbox of the staff. */
static inline void tell(const char *mailbox)
{
	told = fake_settings;
	told.staff_mail = mailbox;
	told.language = "en";
	told.name = "Acme CA";
	fake.clerk->settings = &told;
	fake.clerk->mailer = fake_ca()->certificate;
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
