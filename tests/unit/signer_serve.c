/* Who may ask the signer what, what it makes of garbage, and how journal and database are held against each other. */
#include "tests/support/signer_bench.h"

static const char serial_a[] = "00000000000000000000000000000000000000aa";
static const char serial_b[] = "00000000000000000000000000000000000000bb";

static uint64_t sequence(void)
{
	return journal_peek(bench.signer->has.journal)->last.sequence;
}

static void operations_of_other_peers_are_not_permitted(void **state)
{
	(void)state;
	const struct {
		enum signer_operation op;
		bool front, clerk;
	} rows[] = {
		{SIGNER_NONE, false, false},	     {SIGNER_TICKET, true, false},  {SIGNER_ISSUE, true, false},
		{SIGNER_SIGN, true, false},
		{SIGNER_PACKAGE, true, false},	     {SIGNER_UNSEAL, true, false},  {SIGNER_DONE, true, true},
		{SIGNER_REVOKE, true, true},	     {SIGNER_CRL_BEGIN, false, true}, {SIGNER_OPEN_INTENTS, false, true},
		{SIGNER_CRL_ADD, false, true},	     {SIGNER_CRL_END, false, true},
		{SIGNER_LAST, true, true},	     {SIGNER_RESUME, false, true},
		{SIGNER_KEYS, false, true},
		{SIGNER_OPERATION_COUNT, false, false}, {(enum signer_operation)0xffff, false, false},
	};
	struct buf none = BUF_INIT(1), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int peer = 0; peer < ROLE_COUNT; peer++) {
			int wanted = (peer == ROLE_FRONT && rows[i].front) || (peer == ROLE_CLERK && rows[i].clerk);
			if (signer_permitted((enum role)peer, (uint16_t)rows[i].op) != wanted)
				fail_msg("operation %d of %s", rows[i].op, role_name((enum role)peer));
			if (!wanted)
				assert_int_equal(ask((enum role)peer, rows[i].op, &none, &answer), ERR_REFUSED);
		}
	assert_false(signer_permitted(ROLE_COUNT, SIGNER_LAST));
	assert_false(signer_permitted((enum role)40, SIGNER_LAST));
	buf_free(&answer);
}

static const struct crl_entry two[] = {{.serial = {1}, .revoked_at = 1800000000, .reason = REASON_KEY_COMPROMISE},
				       {.serial = {2}, .revoked_at = 1800000000, .reason = REASON_KEY_COMPROMISE}};

/* A whole body of each operation, of the right shape. */
static void body_of(enum signer_operation op, struct buf *b)
{
	static const uint8_t zeros[TICKET_BYTES];
	buf_clear(b);
	switch (op) {
	case SIGNER_TICKET: {
		struct order_facts f = bench_facts();
		struct buf text = BUF_INIT(FACTS_MAX_BYTES);
		assert_int_equal(facts_write(&f, &text), ERR_OK);
		pack_bytes(b, text.data, text.len);
		buf_free(&text);
		return;
	}
	case SIGNER_ISSUE:
		body_of(SIGNER_TICKET, b);
		pack_bytes(b, zeros, TICKET_BYTES);
		return;
	case SIGNER_SIGN:
		body_of(SIGNER_ISSUE, b);
		pack_text(b, "request");
		return;
	case SIGNER_PACKAGE:
		pack_text(b, ORDER);
		pack_u8(b, 0);
		pack_text(b, "sealed");
		pack_text(b, "certificate");
		return;
	case SIGNER_UNSEAL:
		pack_text(b, ORDER);
		pack_u8(b, 0);
		pack_text(b, "sealed");
		return;
	case SIGNER_DONE:
		pack_text(b, ORDER);
		pack_text(b, serial_a);
		pack_bytes(b, zeros, 32);
		return;
	case SIGNER_REVOKE:
		pack_text(b, "");
		pack_text(b, serial_a);
		pack_u8(b, 1);
		pack_i64(b, 1800000000);
		pack_i64(b, 0);
		pack_u8(b, 0);
		pack_bytes(b, zeros, 32);
		return;
	case SIGNER_CRL_BEGIN:
		list_begin_body(clock_now(), clock_now() + 86400, 2 * crl_entry_size(&two[0]), b);
		return;
	case SIGNER_CRL_ADD:
		list_part_body(0, two, 2, b);
		return;
	case SIGNER_OPEN_INTENTS:
		pack_u32(b, 16);
		return;
	case SIGNER_RESUME:
		pack_u8(b, 1);
		return;
	default:
		return;
	}
}

static void a_body_cut_at_any_length_or_with_more_is_malformed(void **state)
{
	(void)state;
	struct buf body = BUF_INIT(10000), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	for (int op = SIGNER_TICKET; op < SIGNER_OPERATION_COUNT; op++) {
		enum role peer = signer_permitted(ROLE_CLERK, (uint16_t)op) ? ROLE_CLERK : ROLE_FRONT;
		body_of((enum signer_operation)op, &body);
		for (size_t len = 0; len < body.len; len++) {
			const struct buf cut = {.data = body.data, .len = len};
			if (ask(peer, (enum signer_operation)op, &cut, &answer) != ERR_MALFORMED)
				fail_msg("operation %d cut at %zu of %zu", op, len, body.len);
		}
		buf_byte(&body, 0);
		if (ask(peer, (enum signer_operation)op, &body, &answer) != ERR_MALFORMED)
			fail_msg("operation %d with a byte more", op);
	}
	assert_int_equal(sequence(), 0);
	buf_free(&body);
	buf_free(&answer);
}

static void no_byte_changed_in_a_body_breaks_the_signer(void **state)
{
	(void)state;
	struct buf body = BUF_INIT(10000), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	for (int op = SIGNER_PACKAGE; op < SIGNER_OPERATION_COUNT; op++) {
		enum role peer = signer_permitted(ROLE_CLERK, (uint16_t)op) ? ROLE_CLERK : ROLE_FRONT;
		body_of((enum signer_operation)op, &body);
		for (size_t i = 0; i < body.len; i++) {
			body.data[i] ^= 0xff;
			enum err rc = ask(peer, (enum signer_operation)op, &body, &answer);
			body.data[i] ^= 0xff;
			if (err_http_status(rc) == 500)
				fail_msg("operation %d byte %zu: %s", op, i, err_word(rc));
		}
	}
	assert_int_equal(journal_walk(bench.journal, NULL, NULL, NULL), ERR_OK);
	buf_free(&body);
	buf_free(&answer);
}

static size_t open_intents(struct open_intent *out, size_t most)
{
	struct buf body = BUF_INIT(16), answer = BUF_INIT(100000);
	pack_u32(&body, (uint32_t)most);
	assert_int_equal(ask(ROLE_CLERK, SIGNER_OPEN_INTENTS, &body, &answer), ERR_OK);
	struct unpack u = unpack_begin(answer.data, answer.len);
	size_t n = unpack_u32(&u);
	assert_true(n <= most);
	for (size_t i = 0; i < n; i++) {
		unpack_text(&u, out[i].issuer, sizeof out[i].issuer);
		unpack_text(&u, out[i].order, sizeof out[i].order);
		unpack_text(&u, out[i].serial, sizeof out[i].serial);
		out[i].not_before = unpack_i64(&u);
		out[i].not_after = unpack_i64(&u);
		unpack_fixed(&u, out[i].tbs_hash, sizeof out[i].tbs_hash);
	}
	assert_int_equal(unpack_end(&u), ERR_OK);
	buf_free(&body);
	buf_free(&answer);
	return n;
}

static void an_orphan_is_listed_revoked_and_the_order_issued_anew(void **state)
{
	(void)state;
	struct open_intent open_ones[4];
	struct buf answer = BUF_INIT(100000);
	struct issued i = ISSUED_INIT;
	char first[SERIAL_TEXT_SIZE], second[SERIAL_TEXT_SIZE];
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	issued_read(&answer, &i);
	issued_serial(&i, first);
	issued_free(&i);
	bench_restart(); /* the front died with the answer, the signer too */
	assert_int_equal(ask_resume(true), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(open_intents(open_ones, 4), 1);
	assert_string_equal(open_ones[0].order, ORDER);
	assert_string_equal(open_ones[0].serial, first);
	assert_int_equal(ask_revoke(first, REASON_CESSATION, false), ERR_OK);
	assert_int_equal(open_intents(open_ones, 4), 0);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	i = ISSUED_INIT;
	issued_read(&answer, &i);
	issued_serial(&i, second);
	assert_string_not_equal(first, second);
	issued_free(&i);
	buf_free(&answer);
}

static void a_stale_intent_that_is_listed_is_withdrawn_from_issue(void **state)
{
	(void)state;
	struct open_intent open_ones[4];
	struct buf answer = BUF_INIT(100000);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	assert_int_equal(open_intents(open_ones, 4), 0); /* the front is still at it */
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	journal_state_of_order(journal_peek(bench.signer->has.journal), ORDER)->seen_ms -= JOURNAL_STALE_MS + 1;
	assert_int_equal(open_intents(open_ones, 0), 0);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK); /* not listed: not withdrawn */
	assert_int_equal(open_intents(open_ones, 4), 1);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(ask_done(ORDER, open_ones[0].serial), ERR_OK); /* the database had it after all */
	assert_int_equal(ask_order(ORDER, &answer), ERR_CONFLICT);
	buf_free(&answer);
}

static void an_issue_that_fails_after_its_intent_is_listed_at_once(void **state)
{
	(void)state;
	struct open_intent open_ones[2];
	struct buf answer = BUF_INIT(100000);
	X509 *keyless = X509_new(); /* nothing can be sealed to it */
	bench.signer->has.courier = keyless;
	enum err rc = ask_order(ORDER, &answer);
	bench.signer->has.courier = bench.courier;
	X509_free(keyless);
	assert_int_not_equal(rc, ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_UNAVAILABLE);
	assert_int_equal(open_intents(open_ones, 2), 1);
	assert_int_equal(ask_revoke(open_ones[0].serial, REASON_CESSATION, false), ERR_OK);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	buf_free(&answer);
}

static void done_closes_only_its_own_intent(void **state)
{
	(void)state;
	struct open_intent one;
	struct buf answer = BUF_INIT(100000);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	assert_int_equal(journal_open_intents(bench.signer->has.journal, &one, 1), 1);
	assert_int_equal(ask_done(ORDER, serial_a), ERR_CONFLICT);
	assert_int_equal(ask_done("orderbbbbbbbbbbb", one.serial), ERR_CONFLICT);
	assert_int_equal(ask_done(ORDER, "aa"), ERR_MALFORMED);
	assert_int_equal(ask_done(ORDER, "0000000000000000000000000000000000000 aa"), ERR_MALFORMED);
	assert_int_equal(journal_open_intents(bench.signer->has.journal, &one, 1), 1);
	assert_int_equal(ask_done(ORDER, one.serial), ERR_OK);
	assert_int_equal(journal_open_intents(bench.signer->has.journal, &one, 1), 0);
	buf_free(&answer);
}

static void a_certificate_revoked_before_its_done_is_not_given_again(void **state)
{
	(void)state;
	struct open_intent one;
	struct buf answer = BUF_INIT(100000), again = BUF_INIT(100000);
	assert_int_equal(ask_order(ORDER, &answer), ERR_OK);
	assert_int_equal(journal_open_intents(bench.signer->has.journal, &one, 1), 1);
	assert_int_equal(ask_revoke(one.serial, 1, false), ERR_OK);
	assert_int_equal(ask_order(ORDER, &again), ERR_OK);
	assert_true(answer.len != again.len || memcmp(answer.data, again.data, again.len) != 0);
	buf_free(&answer);
	buf_free(&again);
}

static void a_revocation_is_durable_before_it_is_acknowledged(void **state)
{
	(void)state;
	struct buf file = BUF_INIT(100000);
	assert_int_equal(ask_revoke(serial_a, REASON_KEY_COMPROMISE, false), ERR_OK);
	assert_int_equal(file_read(bench.path, &file, NULL), ERR_OK);
	assert_non_null(strstr(buf_string(&file), "\"op\":\"revoke\""));
	assert_non_null(strstr(buf_string(&file), serial_a));
	assert_int_equal(sequence(), 1);
	assert_int_equal(ask_revoke(serial_a, REASON_KEY_COMPROMISE, false), ERR_OK); /* said again */
	assert_int_equal(sequence(), 1);
	assert_int_equal(ask_revoke(serial_b, REASON_HOLD, false), ERR_OK);
	assert_int_equal(ask_revoke(serial_b, REASON_HOLD, true), ERR_OK); /* released */
	assert_int_equal(sequence(), 3);
	assert_int_equal(ask_revoke(serial_b, REASON_HOLD, false), ERR_OK);
	assert_int_equal(ask_revoke(serial_b, REASON_CESSATION, false), ERR_OK); /* held, then for good */
	assert_int_equal(sequence(), 5);
	assert_int_equal(ask_revoke(serial_b, REASON_HOLD, true), ERR_CONFLICT); /* no release of that, */
	assert_int_equal(ask_revoke(serial_b, REASON_HOLD, false), ERR_CONFLICT); /* and nothing less */
	assert_int_equal(sequence(), 5);
	struct journal_last last;
	journal_last_known(bench.signer->has.journal, &last);
	assert_string_equal(last.revoked[1].serial, serial_a);
	assert_string_equal(last.revoked[0].serial, serial_b);
	assert_int_equal(last.revoked[0].reason, REASON_CESSATION);
	assert_string_equal(last.revoked[2].serial, "");
	buf_free(&file);
}

static void what_is_no_revocation_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask_revoke(serial_a, 7, false), ERR_INVALID);
	assert_int_equal(ask_revoke(serial_a, 255, false), ERR_INVALID);
	assert_int_equal(ask_revoke("", 1, false), ERR_MALFORMED);
	assert_int_equal(ask_revoke("aa", 1, false), ERR_MALFORMED);
	assert_int_equal(ask_revoke("00000000000000000000000000000000000000AA", 1, false), ERR_MALFORMED);
	assert_int_equal(ask_revoke("zz000000000000000000000000000000000000aa", 1, false), ERR_MALFORMED);
	assert_int_equal(sequence(), 0);
}

static enum err ask_crl(int64_t this_update, int64_t next_update, const struct crl_entry *entries, unsigned n,
			struct crl_head *head, size_t *count)
{
	struct buf der = BUF_INIT(10000);
	uint64_t number = 0;
	enum err rc = ask_list(this_update, next_update, entries, n, &der, &number);
	if (!rc) {
		assert_int_equal(crl_read(der.data, der.len, bench.issuing.certificate, head, count, NULL), ERR_OK);
		assert_int_equal(head->number, number);
		assert_int_equal(journal_crl_number(bench.signer->has.journal), number);
	}
	buf_free(&der);
	return rc;
}

static struct crl_entry entry(uint8_t serial, unsigned reason)
{
	struct crl_entry e = {.revoked_at = 1700000000, .reason = (enum crl_reason)reason};
	e.serial[SERIAL_BYTES - 1] = serial;
	return e;
}

static void crl_numbers_rise_even_when_the_clock_goes_back(void **state)
{
	(void)state;
	const struct crl_entry entries[] = {entry(1, 1), entry(2, 0), entry(200, 6)};
	struct crl_head head;
	size_t count = 9;
	uint64_t last = 0;
	int64_t now = clock_now();
	for (int round = 0; round < 6; round++) {
		if (round == 2)
			clock_inject(now - 86400);
		if (round == 4)
			bench_restart();
		assert_int_equal(ask_crl(now, now + 86400, entries, round % 2 ? 3 : 0, &head, &count), ERR_OK);
		assert_int_equal(count, round % 2 ? 3 : 0);
		assert_true(head.number > last);
		assert_true(head.number >= (uint64_t)now * 1000000);
		last = head.number;
	}
}

static void a_list_that_is_not_one_is_refused(void **state)
{
	(void)state;
	const struct crl_entry twice[] = {entry(1, 1), entry(1, 1)}, falling[] = {entry(2, 1), entry(1, 1)},
			       reason[] = {entry(1, 7)}, removed[] = {entry(1, 8)}, good[] = {entry(1, 1)};
	int64_t now = clock_now();
	assert_int_equal(ask_crl(now, now + 86400, twice, 2, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(now, now + 86400, falling, 2, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(now, now + 86400, reason, 1, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(now, now + 86400, removed, 1, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(now, now, good, 1, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(now, now + 400 * 86400, good, 1, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(0, 86400, good, 1, NULL, NULL), ERR_INVALID);
	assert_int_equal(ask_crl(INT64_MIN, INT64_MAX, good, 1, NULL, NULL), ERR_INVALID);
	assert_int_equal(sequence(), 0); /* no number was spent */
}

/* What a moment that was missed leaves behind must never be signed. */
static void a_part_lost_twice_or_of_another_list_ends_the_list(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t before[3]; /* of each part, one entry long */
		unsigned parts;
		enum err at_last; /* of the last part */
		bool restarts;
	} cases[] = {
		{"none was begun", {0}, 0, ERR_OK, true},
		{"one is missing", {0, 2}, 2, ERR_CONFLICT, false},
		{"one comes twice", {0, 0}, 2, ERR_CONFLICT, false},
		{"one comes too early", {1}, 1, ERR_CONFLICT, false},
		{"the last never comes", {0}, 1, ERR_OK, false},
		{"the signer is another", {0}, 1, ERR_OK, true},
	};
	const struct crl_entry entries[] = {entry(1, 1), entry(2, 1), entry(3, 1)};
	struct buf body = BUF_INIT(10000), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum err rc = ERR_OK;
		buf_clear(&body);
		list_begin_body(clock_now(), clock_now() + 86400, 3 * crl_entry_size(entries), &body);
		assert_int_equal(ask(ROLE_CLERK, SIGNER_CRL_BEGIN, &body, &answer), ERR_OK);
		for (unsigned p = 0; p < cases[i].parts; p++) {
			buf_clear(&body);
			list_part_body(cases[i].before[p], &entries[cases[i].before[p]], 1, &body);
			rc = ask(ROLE_CLERK, SIGNER_CRL_ADD, &body, &answer);
		}
		if (rc != cases[i].at_last)
			fail_msg("%s: %s", cases[i].name, err_word(rc));
		if (cases[i].restarts)
			bench_restart();
		buf_clear(&body);
		rc = ask(ROLE_CLERK, SIGNER_CRL_END, &body, &answer);
		if (rc != ERR_CONFLICT && rc != ERR_INVALID)
			fail_msg("%s: signed: %s", cases[i].name, err_word(rc));
	}
	struct crl_head head;
	size_t count = 0;
	assert_int_equal(ask_crl(clock_now(), clock_now() + 86400, entries, 3, &head, &count), ERR_OK);
	assert_int_equal(count, 3);
	assert_int_equal(ask(ROLE_CLERK, SIGNER_CRL_END, &body, &answer), ERR_CONFLICT); /* and once alone */
	buf_free(&body);
	buf_free(&answer);
}

static void last_tells_what_the_database_must_know(void **state)
{
	(void)state;
	struct buf none = BUF_INIT(1), answer = BUF_INIT(4096);
	char serial[SERIAL_TEXT_SIZE];
	uint8_t head[32];
	assert_int_equal(ask_done(ORDER, serial_b), ERR_OK);
	assert_int_equal(ask_revoke(serial_a, 1, false), ERR_OK);
	assert_int_equal(ask(ROLE_FRONT, SIGNER_LAST, &none, &answer), ERR_OK);
	struct unpack u = unpack_begin(answer.data, answer.len);
	unpack_text(&u, serial, sizeof serial);
	assert_string_equal(serial, serial_b);
	for (int i = 0; i < 16; i++) {
		unpack_text(&u, serial, sizeof serial);
		assert_string_equal(serial, i ? "" : serial_a);
		assert_int_equal(unpack_u8(&u), i ? REASON_UNSPECIFIED : REASON_KEY_COMPROMISE);
		assert_int_equal(unpack_i64(&u) != 0, i == 0);
		assert_int_equal(unpack_i64(&u), 0);
	}
	assert_int_equal(unpack_u64(&u), 2);
	unpack_fixed(&u, head, sizeof head);
	assert_int_equal(unpack_u8(&u), ERR_OK); /* nothing is wrong with the journal */
	assert_int_equal(unpack_u8(&u), 0);      /* no key is away */
	assert_int_equal(unpack_end(&u), ERR_OK);
	assert_int_equal(head[0], 7);
	buf_free(&answer);
}

static void the_tick_writes_a_checkpoint_when_nothing_is_open(void **state)
{
	(void)state;
	char serial[SERIAL_TEXT_SIZE];
	for (unsigned n = 0; n < 256; n++) {
		signer_tick(bench.signer);
		snprintf(serial, sizeof serial, "%040x", n + 1);
		assert_int_equal(ask_revoke(serial, 1, false), ERR_OK);
	}
	assert_int_equal(sequence(), 256);
	signer_tick(bench.signer);
	signer_tick(bench.signer);
	assert_int_equal(sequence(), 257);
}

static void parts_that_do_not_belong_together_are_refused(void **state)
{
	(void)state;
	for (int c = 0; c < 4; c++) {
		struct signer *s = NULL;
		struct errbuf why = {""};
		const uint8_t key[32] = {1};
		struct signer_parts p = {.settings = &bench.settings,
					 .authority = {.certificate = bench.issuing.certificate, .key = bench.issuing.key},
					 .root = c == 0 ? bench.issuing.certificate : bench.root.certificate,
					 .courier = bench.courier, .parcel_key = secret_copy(key, c == 1 ? 31 : 32),
					 .ticket_key = secret_copy(key, c == 2 ? 16 : 32)};
		if (c == 3)
			p.authority.key = bench.root.key;
		X509_up_ref(p.authority.certificate);
		EVP_PKEY_up_ref(p.authority.key);
		X509_up_ref(p.root);
		X509_up_ref(p.courier);
		assert_int_equal(journal_open(open(bench.path, O_RDWR | O_APPEND | O_CLOEXEC), "n1", &p.journal, NULL), ERR_OK);
		if (signer_new(&p, &s, &why) == ERR_OK)
			fail_msg("case %d was taken", c);
		assert_null(s);
		assert_true(why.text[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(operations_of_other_peers_are_not_permitted),
		bench_test(a_body_cut_at_any_length_or_with_more_is_malformed),
		bench_test(no_byte_changed_in_a_body_breaks_the_signer),
		bench_test(parts_that_do_not_belong_together_are_refused),
		bench_test(what_is_no_revocation_is_refused),
		bench_test(a_list_that_is_not_one_is_refused),
		bench_test(an_issue_that_fails_after_its_intent_is_listed_at_once),
		bench_test(done_closes_only_its_own_intent),
		bench_test(a_certificate_revoked_before_its_done_is_not_given_again),
		bench_test(an_orphan_is_listed_revoked_and_the_order_issued_anew),
		bench_test(a_stale_intent_that_is_listed_is_withdrawn_from_issue),
		bench_test(a_revocation_is_durable_before_it_is_acknowledged),
		bench_test(a_part_lost_twice_or_of_another_list_ends_the_list),
		bench_test(crl_numbers_rise_even_when_the_clock_goes_back),
		bench_test(last_tells_what_the_database_must_know),
		bench_test(the_tick_writes_a_checkpoint_when_nothing_is_open),
	};
	return cmocka_run_group_tests_name("signer_serve", tests, bench_open, bench_close);
}
