/* Tickets and issues: only what was approved is made, once, and nothing of it leaves unsealed. */
#include "tests/support/signer_bench.h"

#include "base/log.h"
#include "tests/support/interposed.h"

#include <openssl/pkcs12.h>

static bool nothing_opens;
INTERPOSE(int, 0, PKCS12_parse,
	  (PKCS12 * p12, const char *password, EVP_PKEY **key, X509 **certificate, STACK_OF(X509) * *others),
	  (p12, password, key, certificate, others), nothing_opens)

static void parse_password(const struct issued *i, struct secret **password, char to[32])
{
	struct secret *plain = NULL;
	assert_int_equal(seal_open_with(bench.courier, bench.courier_key, i->sealed_password.data, i->sealed_password.len,
					&plain),
			 ERR_OK);
	json_t *message = json_loadb((const char *)secret_peek(plain), secret_len(plain), 0, NULL);
	const char *text = json_string_value(json_object_get(json_object_get(message, "fields"), "password"));
	assert_non_null(text);
	assert_int_equal(strlen(text), PASSWORD_LENGTH);
	*password = secret_copy(text, strlen(text));
	snprintf(to, 32, "%s", json_string_value(json_object_get(message, "to")));
	assert_string_equal(json_string_value(json_object_get(message, "kind")), "password");
	json_decref(message);
	secret_free(plain);
}

static enum err unseal(const char *order, unsigned encoding, const struct buf *sealed, struct buf *answer)
{
	struct buf body = BUF_INIT(70000);
	pack_text(&body, order);
	pack_u8(&body, (uint8_t)encoding);
	pack_bytes(&body, sealed->data, sealed->len);
	enum err rc = ask(ROLE_FRONT, SIGNER_UNSEAL, &body, answer);
	buf_free(&body);
	return rc;
}

static enum err package(const char *order, unsigned encoding, const struct buf *sealed_key, const struct buf *certificate,
			struct buf *answer)
{
	struct buf body = BUF_INIT(70000);
	pack_text(&body, order);
	pack_u8(&body, (uint8_t)encoding);
	pack_bytes(&body, sealed_key->data, sealed_key->len);
	pack_bytes(&body, certificate->data, certificate->len);
	enum err rc = ask(ROLE_FRONT, SIGNER_PACKAGE, &body, answer);
	buf_free(&body);
	return rc;
}

/* The answer of UNSEAL (a bytes field) opened as PKCS#12. */
static void package_open(const struct buf *unsealed, const struct secret *password, EVP_PKEY **key, X509 **certificate,
			 STACK_OF(X509) **chain)
{
	struct unpack u = unpack_begin(unsealed->data, unsealed->len);
	size_t len;
	const uint8_t *der = unpack_bytes(&u, &len);
	assert_int_equal(unpack_end(&u), ERR_OK);
	PKCS12 *p12 = d2i_PKCS12(NULL, &der, (long)len);
	assert_non_null(p12);
	assert_int_equal(PKCS12_parse(p12, secret_string(password), key, certificate, chain), 1);
	PKCS12_free(p12);
}

static void approved_order_gives_certificate_package_and_password(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000), opened = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	struct certificate_facts facts;
	struct secret *password = NULL;
	char to[32], serial[SERIAL_TEXT_SIZE];
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	STACK_OF(X509) *chain = NULL;
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	issued_read(&answer, &i);
	assert_int_equal(certificate_read(i.certificate.data, i.certificate.len, &facts, NULL), ERR_OK);
	assert_string_equal(facts.organisation, "Sparebank");
	assert_string_equal(facts.unit, "Payments");
	assert_string_equal(facts.common_name, "e-banking");
	assert_string_equal(facts.san_uri,
			    "spiffe://counterfoil.example/org/sparebank/service/pay/client/e-banking");
	assert_in_range(facts.not_after - clock_now(), 2 * 365 * 86400 - 400, 2 * 366 * 86400);
	parse_password(&i, &password, to);
	assert_string_equal(to, "+4799999999");
	assert_int_equal(unseal(ORDER, PACKAGE_MODERN, &i.sealed_modern, &opened), ERR_OK);
	package_open(&opened, password, &key, &certificate, &chain);
	assert_int_equal(X509_check_private_key(certificate, key), 1);
	assert_int_equal(X509_verify(certificate, X509_get0_pubkey(bench.issuing.certificate)), 1);
	assert_int_equal(sk_X509_num(chain), 2);
	issued_serial(&i, serial);
	const struct journal_intent *intent = journal_state_of_order(journal_peek(bench.signer->has.journal), ORDER);
	assert_non_null(intent);
	assert_string_equal(intent->what.serial, serial);
	assert_int_equal(intent->what.not_after, facts.not_after);
	EVP_PKEY_free(key);
	X509_free(certificate);
	sk_X509_pop_free(chain, X509_free);
	secret_free(password);
	issued_free(&i);
	buf_free(&answer);
	buf_free(&opened);
}

/* The same names as `counterfoild admin new` gives: who it is, and nothing of what it may do. */
static void a_member_of_the_staff_gets_a_certificate_of_its_own(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES), answer = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	struct certificate_facts facts;
	uint8_t ticket[TICKET_BYTES];
	memcpy(f.client_name, "Kari Nordmann", 14);
	memcpy(f.staff, "staffaaaaaaaaaaa", 17);
	memcpy(f.role, "support", 8);
	facts_make_staff(&f);
	assert_int_equal(ask_ticket(&f, &text, ticket), ERR_OK);
	assert_int_equal(ask_issue(&text, ticket, &answer), ERR_OK);
	issued_read(&answer, &i);
	assert_int_equal(certificate_read(i.certificate.data, i.certificate.len, &facts, NULL), ERR_OK);
	assert_string_equal(facts.common_name, "Kari Nordmann");
	assert_string_equal(facts.organisation, bench.settings.name);
	assert_string_equal(facts.unit, "staff");
	assert_non_null(strstr(facts.san_uri, "/staff/staffaaaaaaaaaaa"));
	assert_null(strstr(facts.subject, "support"));
	issued_free(&i);
	buf_free(&text);
	buf_free(&answer);
}

static void every_key_type_of_the_profile_can_be_ordered(void **state)
{
	(void)state;
	for (int type = 0; type < KEY_TYPE_COUNT; type++) {
		struct order_facts f = bench_facts();
		struct buf text = BUF_INIT(FACTS_MAX_BYTES), answer = BUF_INIT(100000);
		struct issued i = ISSUED_INIT;
		uint8_t ticket[TICKET_BYTES];
		const char *name = key_type_name((enum key_type)type);
		snprintf(f.key_type, sizeof f.key_type, "%s", name);
		snprintf(f.order, sizeof f.order, "orderaaaaaaaaaa%c", 'a' + type);
		assert_int_equal(ask_ticket(&f, &text, ticket), ERR_OK);
		if (ask_issue(&text, ticket, &answer))
			fail_msg("%s was not made", name);
		issued_read(&answer, &i);
		assert_int_equal(package(f.order, PACKAGE_COMPATIBLE, &i.sealed_key, &i.certificate, &answer), ERR_OK);
		issued_free(&i);
		buf_free(&text);
		buf_free(&answer);
	}
}

/* What room the journal has left is for revocations. */
static void while_the_journal_has_no_room_nothing_is_issued(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	struct journal *j = bench.signer->has.journal;
	int full = open("/dev/full", O_RDWR | O_CLOEXEC), kept = dup(bench.journal);
	log_threshold(LOG_LEVEL_ALARM + 1);
	assert_true(full >= 0 && kept >= 0 && dup2(full, bench.journal) == bench.journal);
	assert_int_equal(ask_order(ORDER, &answer), ERR_FULL);
	assert_true(dup2(kept, bench.journal) == bench.journal);
	assert_int_equal(ask_order(ORDER, &answer), ERR_FULL); /* though the line would find room */
	assert_int_equal(journal_peek(j)->last.sequence, 0);
	assert_int_equal(ask_revoke("00000000000000000000000000000000000000aa", REASON_KEY_COMPROMISE, false), ERR_OK);
	journal_reserve(j);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	log_threshold(LOG_LEVEL_INFO);
	close(full);
	close(kept);
	buf_free(&answer);
}

/* It is tested when a package is first wanted, or when there is a moment. */
static void while_the_packaging_does_not_pass_its_test_nothing_is_packed(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	struct journal *j = bench.signer->has.journal;
	log_threshold(LOG_LEVEL_ALARM + 1);
	nothing_opens = true;
	signer_tick(bench.signer);
	assert_int_equal(ask_order(ORDER, &answer), ERR_CRYPTO);
	assert_int_equal(journal_peek(j)->last.sequence, 0); /* no intent */
	assert_int_equal(ask_revoke("00000000000000000000000000000000000000aa", REASON_KEY_COMPROMISE, false), ERR_OK);
	nothing_opens = false;
	signer_tick(bench.signer);
	nothing_opens = true; /* once is enough */
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	nothing_opens = false;
	log_threshold(LOG_LEVEL_INFO);
	buf_free(&answer);
}

static void the_same_order_again_gives_the_same_until_done(void **state)
{
	(void)state;
	struct buf first = BUF_INIT(100000), second = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	char serial[SERIAL_TEXT_SIZE];
	assert_int_equal(ask_order(ORDER, &first), ERR_OK);
	uint64_t sequence = journal_peek(bench.signer->has.journal)->last.sequence;
	for (int n = 0; n < 3; n++) {
		assert_int_equal(ask_order(ORDER, &second), ERR_OK);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
	}
	assert_int_equal(journal_peek(bench.signer->has.journal)->last.sequence, sequence);
	issued_read(&first, &i);
	issued_serial(&i, serial);
	assert_int_equal(ask_done(ORDER, serial), ERR_OK);
	assert_int_equal(ask_done(ORDER, serial), ERR_OK); /* said again */
	assert_int_equal(journal_peek(bench.signer->has.journal)->last.sequence, sequence + 1);
	assert_int_equal(ask_order(ORDER, &second), ERR_CONFLICT);
	bench_restart();
	assert_int_equal(ask_resume(true), ERR_OK);
	assert_int_equal(ask_order(ORDER, &second), ERR_CONFLICT);
	assert_int_equal(ask_done(ORDER, serial), ERR_OK);
	assert_int_equal(ask_order("orderbbbbbbbbbbb", &second), ERR_OK);
	issued_free(&i);
	buf_free(&first);
	buf_free(&second);
}

static void a_ticket_with_any_bit_changed_is_refused(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES), answer = BUF_INIT(100000);
	uint8_t ticket[TICKET_BYTES];
	assert_int_equal(ask_ticket(&f, &text, ticket), ERR_OK);
	for (size_t bit = 0; bit < 8 * TICKET_BYTES; bit++) {
		ticket[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ask_issue(&text, ticket, &answer), ERR_REFUSED);
		ticket[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(journal_peek(bench.signer->has.journal)->last.sequence, 0);
	assert_int_equal(ask_issue(&text, ticket, &answer), ERR_OK);
	buf_free(&text);
	buf_free(&answer);
}

static void facts_with_any_bit_changed_after_approval_are_refused(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES), answer = BUF_INIT(100000);
	uint8_t ticket[TICKET_BYTES];
	assert_int_equal(ask_ticket(&f, &text, ticket), ERR_OK);
	for (size_t bit = 0; bit < 8 * text.len; bit++) {
		text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ask_issue(&text, ticket, &answer), ERR_REFUSED);
		text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = text.len; len-- > 0;) {
		struct buf less = {.data = text.data, .len = len};
		assert_int_equal(ask_issue(&less, ticket, &answer), ERR_REFUSED);
	}
	assert_int_equal(journal_peek(bench.signer->has.journal)->last.sequence, 0);
	buf_free(&text);
	buf_free(&answer);
}

static void no_ticket_for_facts_that_are_not_canonical_or_not_permitted(void **state)
{
	(void)state;
	const struct {
		const char *name, *from, *to;
	} cases[] = {
		{"white space", "{", "{ "},
		{"another profile", "\"client\"", "\"staff\""},
		{"a CA's profile", "\"client\"", "\"issuing\""},
		{"unknown key type", "\"p256\"", "\"p521\""},
		{"a number that is none", "+4799999999", "004799999999"},
		{"a name with a control character", "Payments", "Pay\\u0007ments"},
		{"one member more", "{", "{\"a\":1,"},
		{"one member less", "\"approved_by\":\"host\",", ""},
	};
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES), answer = BUF_INIT(1000);
	assert_int_equal(facts_write(&f, &text), ERR_OK);
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct buf changed = BUF_INIT(FACTS_MAX_BYTES), body = BUF_INIT(2 * FACTS_MAX_BYTES);
		const char *at = strstr(buf_string(&text), cases[c].from);
		assert_non_null(at);
		buf_add(&changed, text.data, (size_t)((const uint8_t *)at - text.data));
		buf_text(&changed, cases[c].to);
		buf_text(&changed, at + strlen(cases[c].from));
		pack_bytes(&body, changed.data, changed.len);
		enum err rc = ask(ROLE_FRONT, SIGNER_TICKET, &body, &answer);
		if (rc != ERR_MALFORMED && rc != ERR_INVALID)
			fail_msg("%s: %s", cases[c].name, err_word(rc));
		buf_free(&changed);
		buf_free(&body);
	}
	buf_free(&text);
	buf_free(&answer);
}

static void nothing_is_issued_before_the_clerk_has_compared(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	bench_restart();
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(ask_resume(false), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(journal_peek(bench.signer->has.journal)->last.sequence, 0);
	assert_int_equal(ask_resume(true), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	buf_free(&answer);
}

static bool holds(const struct buf *b, const void *bytes, size_t len)
{
	return memmem(b->data, b->len, bytes, len) != NULL;
}

static void neither_password_nor_key_leaves_but_sealed(void **state)
{
	(void)state;
	struct buf issue = BUF_INIT(100000), other = BUF_INIT(100000), opened = BUF_INIT(100000), file = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	struct secret *password = NULL;
	char to[32];
	uint8_t scalar[32];
	BIGNUM *d = NULL;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	assert_int_equal(ask_order(ORDER, &issue), ERR_OK);
	issued_read(&issue, &i);
	parse_password(&i, &password, to);
	assert_int_equal(package(ORDER, PACKAGE_COMPATIBLE, &i.sealed_key, &i.certificate, &other), ERR_OK);
	assert_int_equal(unseal(ORDER, PACKAGE_MODERN, &i.sealed_modern, &opened), ERR_OK);
	package_open(&opened, password, &key, &certificate, NULL);
	assert_int_equal(EVP_PKEY_get_bn_param(key, "priv", &d), 1);
	assert_int_equal(BN_bn2binpad(d, scalar, 32), 32);
	assert_int_equal(file_read(bench.path, &file, NULL), ERR_OK);
	const struct buf *const seen[] = {&issue, &other, &opened, &file};
	for (size_t n = 0; n < 4; n++) {
		assert_false(holds(seen[n], secret_peek(password), PASSWORD_LENGTH));
		assert_false(holds(seen[n], secret_peek(password), 14));
		assert_false(holds(seen[n], scalar, 32));
	}
	assert_true(holds(&file, ORDER, 16)); /* the search finds what is there */
	BN_clear_free(d);
	EVP_PKEY_free(key);
	X509_free(certificate);
	secret_free(password);
	issued_free(&i);
	buf_free(&issue);
	buf_free(&other);
	buf_free(&opened);
	buf_free(&file);
}

static void compatible_package_opens_with_the_same_password(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000), sealed = BUF_INIT(100000), opened = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	struct secret *password = NULL;
	char to[32];
	uint8_t sha256[32];
	size_t len;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	issued_read(&answer, &i);
	assert_int_equal(package(ORDER, PACKAGE_COMPATIBLE, &i.sealed_key, &i.certificate, &answer), ERR_OK);
	struct unpack u = unpack_begin(answer.data, answer.len);
	const uint8_t *bytes = unpack_bytes(&u, &len);
	buf_add(&sealed, bytes, len);
	unpack_fixed(&u, sha256, 32);
	assert_int_equal(unpack_end(&u), ERR_OK);
	assert_int_equal(unseal(ORDER, PACKAGE_COMPATIBLE, &sealed, &opened), ERR_OK);
	parse_password(&i, &password, to);
	package_open(&opened, password, &key, &certificate, NULL);
	assert_int_equal(X509_check_private_key(certificate, key), 1);
	/* what is sealed for one order and encoding is of no use for another */
	assert_int_equal(unseal(ORDER, PACKAGE_MODERN, &sealed, &opened), ERR_REFUSED);
	assert_int_equal(unseal("orderbbbbbbbbbbb", PACKAGE_COMPATIBLE, &sealed, &opened), ERR_REFUSED);
	assert_int_equal(unseal(ORDER, PACKAGE_ENCODING_COUNT, &sealed, &opened), ERR_MALFORMED);
	assert_int_equal(unseal(ORDER, PACKAGE_COMPATIBLE, &i.sealed_key, &opened), ERR_REFUSED);
	assert_int_equal(package("orderbbbbbbbbbbb", PACKAGE_MODERN, &i.sealed_key, &i.certificate, &answer), ERR_REFUSED);
	EVP_PKEY_free(key);
	X509_free(certificate);
	secret_free(password);
	issued_free(&i);
	buf_free(&answer);
	buf_free(&sealed);
	buf_free(&opened);
}

static void sealed_bytes_with_any_byte_changed_are_refused(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	issued_read(&answer, &i);
	for (size_t n = 0; n < i.sealed_key.len; n++) {
		i.sealed_key.data[n] ^= 1;
		assert_int_equal(package(ORDER, PACKAGE_MODERN, &i.sealed_key, &i.certificate, &answer), ERR_REFUSED);
		i.sealed_key.data[n] ^= 1;
	}
	for (size_t n = 0; n < i.sealed_modern.len; n++) {
		i.sealed_modern.data[n] ^= 1;
		assert_int_equal(unseal(ORDER, PACKAGE_MODERN, &i.sealed_modern, &answer), ERR_REFUSED);
		i.sealed_modern.data[n] ^= 1;
	}
	issued_free(&i);
	buf_free(&answer);
}

static void a_key_is_packaged_with_its_own_certificate_only(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000), root = BUF_INIT(10000);
	struct issued one = ISSUED_INIT, two = ISSUED_INIT;
	uint8_t *der = NULL;
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	issued_read(&answer, &one);
	assert_int_equal(ask_order("orderbbbbbbbbbbb", &answer), ERR_OK);
	issued_read(&answer, &two);
	assert_int_equal(package(ORDER, PACKAGE_MODERN, &one.sealed_key, &two.certificate, &answer), ERR_REFUSED);
	int len = i2d_X509(bench.root.certificate, &der);
	buf_add(&root, der, (size_t)len);
	assert_int_equal(package(ORDER, PACKAGE_MODERN, &one.sealed_key, &root, &answer), ERR_REFUSED);
	buf_byte(&one.certificate, 0); /* bytes left over */
	assert_int_equal(package(ORDER, PACKAGE_MODERN, &one.sealed_key, &one.certificate, &answer), ERR_MALFORMED);
	OPENSSL_free(der);
	issued_free(&one);
	issued_free(&two);
	buf_free(&answer);
	buf_free(&root);
}

static void a_certificate_of_another_authority_is_not_packaged(void **state)
{
	(void)state;
	const struct authority_names names = {"Twin", "Twin Root", "Twin Issuing", "http://localhost/r", "http://localhost/c", NULL, NULL, NULL};
	struct buf answer = BUF_INIT(100000), opened = BUF_INIT(100000), twin = BUF_INIT(10000);
	struct authority other = {0};
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	struct subject subject;
	struct issued i = ISSUED_INIT;
	struct secret *password = NULL;
	char to[32];
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	assert_int_equal(authority_make_issuing(&names, &bench.root, clock_now(), &other, NULL), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	issued_read(&answer, &i);
	parse_password(&i, &password, to);
	assert_int_equal(unseal(ORDER, PACKAGE_MODERN, &i.sealed_modern, &opened), ERR_OK);
	package_open(&opened, password, &key, &certificate, NULL);
	assert_int_equal(facts_write(&f, &text), ERR_OK);
	assert_int_equal(subject_read(bench.signer, text.data, text.len, &subject, NULL), ERR_OK);
	assert_int_equal(authority_issue(&other, &subject.fields, key, NULL, &twin, NULL), ERR_OK);
	assert_int_equal(package(ORDER, PACKAGE_MODERN, &i.sealed_key, &twin, &answer), ERR_REFUSED);
	assert_int_equal(package(ORDER, PACKAGE_MODERN, &i.sealed_key, &i.certificate, &answer), ERR_OK);
	authority_clear(&other);
	EVP_PKEY_free(key);
	X509_free(certificate);
	secret_free(password);
	issued_free(&i);
	buf_free(&answer);
	buf_free(&opened);
	buf_free(&twin);
	buf_free(&text);
}

static void an_order_approved_anew_does_not_get_the_old_answer(void **state)
{
	(void)state;
	struct order_facts f = bench_facts();
	struct buf text = BUF_INIT(FACTS_MAX_BYTES), answer = BUF_INIT(100000);
	uint8_t ticket[TICKET_BYTES];
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	snprintf(f.mobile, sizeof f.mobile, "+4798888888");
	assert_int_equal(ask_ticket(&f, &text, ticket), ERR_OK);
	assert_int_equal(ask_issue(&text, ticket, &answer), ERR_UNAVAILABLE);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE); /* the first one neither: it is being reconciled */
	buf_free(&text);
	buf_free(&answer);
}

static void a_jump_of_the_clock_pauses_issuing_alone(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	for (int sign = -1; sign <= 1; sign += 2) {
		clock_inject(clock_now() + sign * (CLOCK_JUMP_SECONDS + 60));
		assert_true(signer_clock_doubted(bench.signer));
		assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
		assert_int_equal(ask_revoke("00000000000000000000000000000000000000ab", (unsigned)(sign + 1), false), ERR_OK);
		clock_inject(-1);
	}
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK); /* it is right again */
	buf_free(&answer);
}

static void an_accepted_clock_is_believed(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	struct journal *host = NULL; /* counterfoild clock-accept */
	clock_inject(clock_now() + 86400);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(journal_open(open(bench.path, O_RDWR | O_APPEND | O_CLOEXEC), "n1", &host, NULL), ERR_OK);
	assert_int_equal(journal_append(host, &(struct journal_record){.op = "clock"}, clock_now()), ERR_OK);
	journal_close(host);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	clock_inject(-1);
	assert_int_equal(ask_order("orderbbbbbbbbbbb", &answer), ERR_UNAVAILABLE);
	buf_free(&answer);
}

/* The acceptance was of another moment. */
static void a_clock_that_jumps_after_it_was_accepted_is_not_believed(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	struct journal *host = NULL;
	assert_int_equal(journal_open(open(bench.path, O_RDWR | O_APPEND | O_CLOEXEC), "n1", &host, NULL), ERR_OK);
	assert_int_equal(journal_append(host, &(struct journal_record){.op = "clock", .number = (uint64_t)clock_mono_ms()},
					clock_now()), ERR_OK);
	clock_inject(clock_now() + 86400);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(journal_append(host, &(struct journal_record){.op = "clock", .number = (uint64_t)clock_mono_ms()},
					clock_now()), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	clock_inject(-1);
	assert_int_equal(ask_order("orderbbbbbbbbbbb", &answer), ERR_UNAVAILABLE);
	journal_close(host);
	buf_free(&answer);
}

static void a_small_step_of_the_clock_does_not_pause(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	clock_inject(clock_now() + CLOCK_JUMP_SECONDS - 60);
	assert_false(signer_clock_doubted(bench.signer));
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	buf_free(&answer);
}

static void a_start_before_the_journals_time_pauses_issuing(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	assert_int_equal(ask_revoke("00000000000000000000000000000000000000ab", 1, false), ERR_OK);
	clock_inject(clock_now() - 86400);
	bench_restart();
	assert_int_equal(ask_resume(true), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	clock_inject(clock_now() + 3 * 86400); /* forwards is believed at a start */
	bench_restart();
	assert_int_equal(ask_resume(true), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	buf_free(&answer);
}

static void when_the_journal_fails_nothing_is_signed_or_acknowledged(void **state)
{
	(void)state;
	struct buf answer = BUF_INIT(100000);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	int ends[2], kept = dup(bench.journal);
	assert_true(pipe(ends) == 0 && dup2(ends[1], bench.journal) == bench.journal);
	assert_int_equal(ask_order("orderbbbbbbbbbbb", &answer), ERR_CORRUPT); /* a pipe is shorter than what was written */
	assert_true(dup2(kept, bench.journal) == bench.journal);
	assert_int_equal(ask_order("orderbbbbbbbbbbb", &answer), ERR_CORRUPT);
	assert_int_equal(ask_revoke("00000000000000000000000000000000000000ab", 1, false), ERR_CORRUPT);
	assert_int_equal(ask_done(ORDER, "00000000000000000000000000000000000000ab"), ERR_CONFLICT);
	close(kept);
	close(ends[0]);
	close(ends[1]);
	buf_free(&answer);
}

static void full_cache_drops_the_oldest(void **state)
{
	(void)state;
	struct issued_cache *c = calloc(1, sizeof *c);
	char order[17];
	for (int n = 0; n <= ISSUED_CACHE_ENTRIES; n++) {
		snprintf(order, sizeof order, "order%d", n);
		struct issued_entry *e = issued_add(c, order, order);
		e->answer = BUF_INIT(16);
		buf_text(&e->answer, order);
	}
	assert_null(issued_find(c, "order0"));
	assert_non_null(issued_find(c, "order1"));
	assert_null(issued_find(c, ""));
	issued_forget_order(c, "order1");
	issued_forget_serial(c, "order2");
	issued_forget_serial(c, "");
	assert_null(issued_find(c, "order1"));
	assert_null(issued_find(c, "order2"));
	assert_string_equal(buf_string(&issued_find(c, "order256")->answer), "order256");
	issued_forget_all(c);
	assert_null(issued_find(c, "order256"));
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(a_ticket_with_any_bit_changed_is_refused),
		bench_test(facts_with_any_bit_changed_after_approval_are_refused),
		bench_test(no_ticket_for_facts_that_are_not_canonical_or_not_permitted),
		bench_test(nothing_is_issued_before_the_clerk_has_compared),
		bench_test(neither_password_nor_key_leaves_but_sealed),
		bench_test(sealed_bytes_with_any_byte_changed_are_refused),
		bench_test(a_key_is_packaged_with_its_own_certificate_only),
		bench_test(a_certificate_of_another_authority_is_not_packaged),
		bench_test(an_order_approved_anew_does_not_get_the_old_answer),
		bench_test(a_jump_of_the_clock_pauses_issuing_alone),
		bench_test(an_accepted_clock_is_believed),
		bench_test(a_clock_that_jumps_after_it_was_accepted_is_not_believed),
		bench_test(a_small_step_of_the_clock_does_not_pause),
		bench_test(a_start_before_the_journals_time_pauses_issuing),
		bench_test(when_the_journal_fails_nothing_is_signed_or_acknowledged),
		bench_test(approved_order_gives_certificate_package_and_password),
		bench_test(a_member_of_the_staff_gets_a_certificate_of_its_own),
		bench_test(every_key_type_of_the_profile_can_be_ordered),
		bench_test(while_the_journal_has_no_room_nothing_is_issued),
		bench_test(while_the_packaging_does_not_pass_its_test_nothing_is_packed),
		bench_test(the_same_order_again_gives_the_same_until_done),
		bench_test(compatible_package_opens_with_the_same_password),
		cmocka_unit_test(full_cache_drops_the_oldest),
	};
	return cmocka_run_group_tests_name("signer_issue", tests, bench_open, bench_close);
}
