#include "tests/support/test.h"

#include "base/encode.h"
#include "issuer/order/facts.h"

#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static const struct order_facts good = {
	.order = "orderaaaaaaaaaaa",
	.organisation_slug = "sparebank",
	.organisation_name = "M\xc3\xbcller & \"S\xc3\xb6hne\" AG",
	.service_slug = "pay",
	.service_name = "Payments",
	.client_slug = "e-banking",
	.client_name = "E-Banking",
	.contact = "contactaaaaaaaaa",
	.contact_name = "Kari Nordmann",
	.email = "kari@example.org",
	.mobile = "+4799991234",
	.profile = "client",
	.key_type = "p256",
	.approved_by = "staffaaaaaaaaaaa",
	.approved_at = 1795313618,
};

static struct buf text_of(const struct order_facts *f)
{
	struct buf b = BUF_INIT(FACTS_MAX_BYTES + 1);
	assert_int_equal(facts_write(f, &b), ERR_OK);
	assert_non_null(buf_string(&b));
	return b;
}

static void facts_survive_the_round_trip(void **unused)
{
	struct order_facts back;
	struct errbuf why = {{0}};
	struct buf b = text_of(&good);
	(void)unused;
	if (facts_read((const char *)b.data, b.len, &back, &why))
		fail_msg("%s", why.text);
	struct buf again = text_of(&back);
	assert_string_equal(buf_string(&again), buf_string(&b));
	assert_int_equal(back.approved_at, good.approved_at);
	assert_string_equal(back.organisation_name, good.organisation_name);
	assert_int_equal(strncmp((const char *)b.data, "{\"approved_at\":1795313618,\"approved_by\":", 40), 0);
	buf_free(&b);
	buf_free(&again);
}

static void facts_cut_at_any_length_are_refused(void **unused)
{
	struct order_facts back;
	struct buf b = text_of(&good);
	(void)unused;
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(facts_read((const char *)b.data, len, &back, NULL), ERR_MALFORMED);
	buf_free(&b);
}

/* A flipped bit is refused, or it is another order in its own one spelling: two texts never read as the same facts. */
static void a_flipped_bit_is_refused_or_other_facts(void **unused)
{
	struct buf b = text_of(&good);
	size_t refused = 0;
	(void)unused;
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		struct order_facts back = {0};
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum err e = facts_read((const char *)b.data, b.len, &back, NULL);
		refused += e != ERR_OK;
		if (e == ERR_OK) {
			struct buf again = text_of(&back);
			assert_int_equal(again.len, b.len);
			assert_memory_equal(again.data, b.data, b.len);
			buf_free(&again);
		}
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(refused > b.len * 4); /* every structural byte */
	buf_free(&b);
}

static enum err read_object(json_t *object, size_t flags)
{
	struct order_facts back;
	char *text = json_dumps(object, flags);
	enum err e = facts_read(text, strlen(text), &back, NULL);
	free(text);
	return e;
}

/* Its name stands once, and what a client has is not there; nor has a client anything of a member's. */
static void a_member_of_the_staff_has_members_of_its_own(void **unused)
{
	static const struct {
		const char *name, *member, *value; /* NULL: without it */
		enum err wanted;
	} cases[] = {
		{"a client's name", "client_name", "E-Banking", ERR_MALFORMED},
		{"a contact", "contact", "contactaaaaaaaaa", ERR_MALFORMED},
		{"no role", "role", NULL, ERR_MALFORMED},
		{"a role that there is not", "role", "root", ERR_INVALID},
		{"nobody's", "staff", "", ERR_INVALID},
		{"no name", "name", NULL, ERR_MALFORMED},
		{"an empty limit", "scope", "", ERR_INVALID},
		{"a client after all", "profile", "client", ERR_MALFORMED},
		{"a limit", "scope", "orgaaaaaaaaaaaaa", ERR_OK},
	};
	struct order_facts f = good, back;
	(void)unused;
	memcpy(f.client_name, "Ola Nordmann", 13);
	memcpy(f.staff, "memberaaaaaaaaaa", 17);
	memcpy(f.role, "approver", 9);
	facts_make_staff(&f);
	struct buf b = text_of(&f), client = text_of(&good);
	assert_int_equal(facts_read((const char *)b.data, b.len, &back, NULL), ERR_OK);
	assert_true(facts_of_staff(&back));
	assert_string_equal(back.client_name, "Ola Nordmann");
	assert_string_equal(back.contact_name, "Ola Nordmann");
	assert_string_equal(back.client_slug, FACTS_STAFF);
	assert_string_equal(back.organisation_name, "");
	assert_string_equal(back.contact, "");
	assert_null(strstr(buf_string(&client), "staff\":"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *object = json_loads(buf_string(&b), 0, NULL);
		if (cases[i].value)
			json_object_set_new(object, cases[i].member, json_string(cases[i].value));
		else
			json_object_del(object, cases[i].member);
		enum err e = read_object(object, JSON_SORT_KEYS | JSON_COMPACT);
		if (e != cases[i].wanted)
			fail_msg("%s: %s, wanted %s", cases[i].name, err_word(e), err_word(cases[i].wanted));
		json_decref(object);
	}
	buf_free(&b);
	buf_free(&client);
}

static void every_member_is_needed_and_has_its_type(void **unused)
{
	struct buf b = text_of(&good);
	const char *name;
	json_t *value;
	(void)unused;
	json_t *object = json_loads(buf_string(&b), 0, NULL);
	assert_int_equal(json_object_size(object), 15);
	assert_int_equal(read_object(object, JSON_SORT_KEYS | JSON_COMPACT), ERR_OK);
	json_object_foreach(object, name, value) {
		json_t *less = json_copy(object);
		json_object_del(less, name);
		assert_int_equal(read_object(less, JSON_SORT_KEYS | JSON_COMPACT), ERR_MALFORMED);
		json_object_set_new(less, "stranger", json_string("x"));
		assert_int_equal(read_object(less, JSON_SORT_KEYS | JSON_COMPACT), ERR_MALFORMED);
		json_object_del(less, "stranger");
		json_object_set_new(less, name, json_true());
		assert_int_equal(read_object(less, JSON_SORT_KEYS | JSON_COMPACT), ERR_MALFORMED);
		json_object_set_new(less, name, json_is_integer(value) ? json_integer(0) : json_string(""));
		assert_int_equal(read_object(less, JSON_SORT_KEYS | JSON_COMPACT), ERR_INVALID);
		json_decref(less);
	}
	json_decref(object);
	buf_free(&b);
}

/* What was approved before there was a choice leaves none; and the choice has one spelling. */
static void whether_a_request_may_be_brought_is_part_of_the_facts(void **unused)
{
	struct order_facts with = good, back;
	(void)unused;
	assert_false(facts_take_request(&good));
	memcpy(with.own_key, FACTS_MAY, sizeof FACTS_MAY);
	assert_true(facts_take_request(&with));
	struct buf b = text_of(&with), none = text_of(&good);
	assert_non_null(strstr(buf_string(&b), ",\"own_key\":\"may\","));
	assert_null(strstr(buf_string(&none), "own_key"));
	assert_int_equal(facts_read((const char *)b.data, b.len, &back, NULL), ERR_OK);
	assert_string_equal(back.own_key, FACTS_MAY);
	json_t *object = json_loads(buf_string(&none), 0, NULL);
	static const char *const bad[] = {"", "no", "must", "May"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_object_set_new(object, "own_key", json_string(bad[i]));
		assert_int_not_equal(read_object(object, JSON_SORT_KEYS | JSON_COMPACT), ERR_OK);
	}
	json_decref(object);
	buf_free(&b);
	buf_free(&none);
}

/* Orders of before there were languages have none: their text, under its ticket, stays what it was. */
static void only_a_language_may_lack(void **unused)
{
	struct order_facts with = good, back;
	(void)unused;
	memcpy(with.language, "nb", sizeof "nb");
	struct buf b = text_of(&with), none = text_of(&good);
	assert_non_null(strstr(buf_string(&b), ",\"language\":\"nb\",\"mobile\":"));
	assert_null(strstr(buf_string(&none), "language"));
	assert_int_equal(facts_read((const char *)b.data, b.len, &back, NULL), ERR_OK);
	assert_string_equal(back.language, "nb");
	assert_int_equal(facts_read((const char *)none.data, none.len, &back, NULL), ERR_OK);
	assert_string_equal(back.language, "");
	static const char *const bad[] = {"", "n", "NB", "nb_NO", "nb-", "nb ", "../nb", "nb-NO-and-far-too-long"};
	json_t *object = json_loads(buf_string(&b), 0, NULL);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_object_set_new(object, "language", json_string(bad[i]));
		if (read_object(object, JSON_SORT_KEYS | JSON_COMPACT) != ERR_INVALID)
			fail_msg("taken: \"%s\"", bad[i]);
	}
	json_object_set_new(object, "language", json_null());
	assert_int_equal(read_object(object, JSON_SORT_KEYS | JSON_COMPACT), ERR_MALFORMED);
	json_decref(object);
	buf_free(&b);
	buf_free(&none);
}

static void another_spelling_of_the_same_order_is_refused(void **unused)
{
	struct buf b = text_of(&good);
	struct order_facts back;
	char twice[FACTS_MAX_BYTES + 64];
	(void)unused;
	json_t *object = json_loads(buf_string(&b), 0, NULL);
	assert_int_equal(read_object(object, JSON_SORT_KEYS | JSON_INDENT(1)), ERR_MALFORMED);
	assert_int_equal(read_object(object, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENSURE_ASCII), ERR_MALFORMED);
	json_object_set_new(object, "order", json_string(good.order)); /* the same, in another place */
	json_t *moved = json_object();
	json_object_set(moved, "service_slug", json_object_get(object, "service_slug"));
	json_object_update(moved, object);
	assert_int_equal(read_object(moved, JSON_COMPACT), ERR_MALFORMED);
	snprintf(twice, sizeof twice, "{\"approved_at\":1795313618,%s", buf_string(&b) + 1);
	assert_int_equal(facts_read(twice, strlen(twice), &back, NULL), ERR_MALFORMED);
	snprintf(twice, sizeof twice, "%s ", buf_string(&b));
	assert_int_equal(facts_read(twice, strlen(twice), &back, NULL), ERR_MALFORMED);
	json_decref(object);
	json_decref(moved);
	buf_free(&b);
}

static void values_are_checked_again_both_ways(void **unused)
{
	static const struct {
		const char *name, *member, *value;
	} cases[] = {
		{"a number without country", "mobile", "99991234"},
		{"a number with a space", "mobile", "+47 99991234"},
		{"two addresses", "email", "a@example.org,b@example.org"},
		{"a header line", "email", "a@example.org\r\nBcc: b@example.org"},
		{"a slug with a slash", "client_slug", "e/banking"},
		{"a slug in capitals", "service_slug", "PAY"},
		{"a name with a line", "client_name", "a\nb"},
		{"a name that turns", "organisation_name", "a\xe2\x80\xae" "b"},
		{"another profile", "profile", "issuing"},
		{"no such profile", "profile", "root2"},
		{"a weak key", "key_type", "rsa1024"},
		{"an id too short", "order", "abc"},
		{"an id too long", "order", "orderaaaaaaaaaaaa"},
		{"a stranger's approval", "approved_by", "nobody"},
		{"three approvals", "approved_by", "aaaaaaaaaaaaaaaa+bbbbbbbbbbbbbbbb+cccccccccccccc"},
	};
	struct buf b = text_of(&good);
	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *object = json_loads(buf_string(&b), 0, NULL);
		json_object_set_new(object, cases[i].member, json_string(cases[i].value));
		enum err e = read_object(object, JSON_SORT_KEYS | JSON_COMPACT);
		if (e != ERR_INVALID)
			fail_msg("%s: %s", cases[i].name, err_word(e));
		json_decref(object);
	}
	struct order_facts bad = good;
	memcpy(bad.mobile, "99991234", sizeof "99991234");
	struct buf out = BUF_INIT(FACTS_MAX_BYTES);
	assert_int_equal(facts_write(&bad, &out), ERR_INVALID);
	buf_free(&out);
	buf_free(&b);
}

static void what_is_too_large_is_refused_unread(void **unused)
{
	static char big[FACTS_MAX_BYTES + 1];
	struct order_facts back;
	(void)unused;
	memset(big, ' ', sizeof big);
	assert_int_equal(facts_read(big, sizeof big, &back, NULL), ERR_MALFORMED);
	struct buf small = BUF_INIT(64);
	assert_int_equal(facts_write(&good, &small), ERR_TOO_LARGE);
	buf_free(&small);
}

/* ---- orders that others approve ---- */

/* Its digest is that of the rest. */
static struct order_facts approved(const char *approvals, const char *approved_by)
{
	struct order_facts f = good;
	uint8_t digest[FACTS_DIGEST_BYTES];
	snprintf(f.approvals, sizeof f.approvals, "%s", approvals);
	snprintf(f.ordered_by, sizeof f.ordered_by, "%s", "ordereraaaaaaaaa");
	snprintf(f.approved_by, sizeof f.approved_by, "%s", approved_by);
	assert_int_equal(facts_digest(&f, digest), ERR_OK);
	hex_encode(digest, sizeof digest, f.digest);
	return f;
}

#define ONE "approveraaaaaaaa"
#define OTHER "approverbbbbbbbb"

static enum err written(const struct order_facts *f)
{
	struct buf out = BUF_INIT(FACTS_MAX_BYTES + 1);
	enum err e = facts_write(f, &out);
	buf_free(&out);
	return e;
}

static void what_was_approved_names_so_many_others_and_their_digest(void **unused)
{
	static const struct {
		const char *name, *approvals, *approved_by;
		enum err wanted;
	} cases[] = {
		{"one", "1", ONE, ERR_OK},
		{"two", "2", ONE "+" OTHER, ERR_OK},
		{"one of two", "2", ONE, ERR_INVALID},
		{"two for one", "1", ONE "+" OTHER, ERR_INVALID},
		{"one twice", "2", ONE "+" ONE, ERR_INVALID},
		{"the orderer", "1", "ordereraaaaaaaaa", ERR_INVALID},
		{"the orderer second", "2", ONE "+ordereraaaaaaaaa", ERR_INVALID},
		{"the orderer first", "2", "ordereraaaaaaaaa+" ONE, ERR_INVALID},
		{"nobody", "1", "", ERR_INVALID},
		{"half a name", "2", ONE "+", ERR_INVALID},
		{"a stranger", "1", "root", ERR_INVALID},
		{"none wanted", "0", ONE, ERR_INVALID},
		{"three wanted", "3", ONE, ERR_INVALID},
	};
	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct order_facts f = approved("1", ONE), back;
		uint8_t digest[FACTS_DIGEST_BYTES];
		snprintf(f.approvals, sizeof f.approvals, "%s", cases[i].approvals);
		snprintf(f.approved_by, sizeof f.approved_by, "%s", cases[i].approved_by);
		if (facts_digest(&f, digest) == ERR_OK)
			hex_encode(digest, sizeof digest, f.digest);
		if (written(&f) != cases[i].wanted)
			fail_msg("%s: %s", cases[i].name, err_word(written(&f)));
		if (cases[i].wanted != ERR_OK)
			continue;
		struct buf b = text_of(&f);
		assert_int_equal(facts_read((const char *)b.data, b.len, &back, NULL), ERR_OK);
		assert_string_equal(back.approved_by, f.approved_by);
		buf_free(&b);
	}
	struct order_facts f = good; /* of an order that nobody else approves, nothing of all this is said */
	memcpy(f.approved_by, ONE "+" OTHER, sizeof ONE "+" OTHER);
	assert_int_equal(written(&f), ERR_INVALID);
	f = good;
	memcpy(f.kind, "renewal", sizeof "renewal");
	assert_int_equal(written(&f), ERR_INVALID);
}

static void what_was_changed_after_it_is_not_what_was_approved(void **unused)
{
	static const struct {
		const char *member, *value;
	} changes[] = {
		{"order", "orderbbbbbbbbbbb"}, {"organisation_slug", "sparebanken"}, {"organisation_name", "Sparebank"},
		{"service_slug", "paid"}, {"service_name", "Payment"}, {"client_slug", "f-banking"}, {"client_name", "F-Banking"},
		{"contact", "contactbbbbbbbbb"}, {"contact_name", "Per"}, {"email", "mallory@example.org"},
		{"mobile", "+4799991235"}, {"language", "nb"}, {"key_type", "p384"}, {"own_key", "may"}, {"approvals", "2"},
		{"ordered_by", "ordererbbbbbbbbb"}, {"kind", "renewal"}, {"renews", "00112233445566778899aabbccddeeff00112233"},
		{"due", "2026-12-01"},
		{"note", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
		{"digest", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
	};
	struct order_facts f = approved("1", ONE);
	struct buf b = text_of(&f);
	(void)unused;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		json_t *object = json_loads(buf_string(&b), 0, NULL);
		json_object_set_new(object, changes[i].member, json_string(changes[i].value));
		if (read_object(object, JSON_SORT_KEYS | JSON_COMPACT) != ERR_INVALID)
			fail_msg("taken: another %s", changes[i].member);
		json_decref(object);
	}
	buf_free(&b);
}

static void the_digest_is_of_the_request_and_anybody_can_make_it(void **unused)
{
	struct order_facts f = approved("2", ONE "+" OTHER), back;
	struct buf b = text_of(&f), request = BUF_INIT(FACTS_MAX_BYTES + 1);
	uint8_t digest[FACTS_DIGEST_BYTES], again[FACTS_DIGEST_BYTES];
	(void)unused;
	assert_int_equal(facts_write_request(&f, &request), ERR_OK);
	json_t *object = json_loads(buf_string(&b), 0, NULL);
	json_object_del(object, "digest");
	json_object_set_new(object, "approved_by", json_string(""));
	json_object_set_new(object, "approved_at", json_integer(0));
	char *text = json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT);
	assert_string_equal(text, buf_string(&request));
	SHA256((const uint8_t *)text, strlen(text), digest);
	assert_int_equal(facts_digest(&f, again), ERR_OK);
	assert_memory_equal(digest, again, sizeof digest);
	assert_int_equal(facts_read(text, strlen(text), &back, NULL), ERR_INVALID);
	assert_int_equal(facts_read_request(text, strlen(text), &back, NULL), ERR_OK);
	assert_null(facts_differ(&f, &back));
	assert_string_equal(back.approved_by, "");
	assert_int_equal(facts_read_request((const char *)b.data, b.len, &back, NULL), ERR_INVALID);
	free(text);
	json_decref(object);
	buf_free(&b);
	buf_free(&request);
}

static void the_first_difference_is_named(void **unused)
{
	struct order_facts other = good;
	(void)unused;
	assert_null(facts_differ(&good, &other));
	memcpy(other.approved_by, ONE, sizeof ONE);
	other.approved_at++;
	assert_null(facts_differ(&good, &other));
	memcpy(other.mobile, "+4799991235", sizeof "+4799991235");
	assert_string_equal(facts_differ(&good, &other), "mobile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_survive_the_round_trip),
		cmocka_unit_test(a_member_of_the_staff_has_members_of_its_own),
		cmocka_unit_test(facts_cut_at_any_length_are_refused),
		cmocka_unit_test(a_flipped_bit_is_refused_or_other_facts),
		cmocka_unit_test(every_member_is_needed_and_has_its_type),
		cmocka_unit_test(only_a_language_may_lack),
		cmocka_unit_test(whether_a_request_may_be_brought_is_part_of_the_facts),
		cmocka_unit_test(another_spelling_of_the_same_order_is_refused),
		cmocka_unit_test(values_are_checked_again_both_ways),
		cmocka_unit_test(what_is_too_large_is_refused_unread),
		cmocka_unit_test(what_was_approved_names_so_many_others_and_their_digest),
		cmocka_unit_test(what_was_changed_after_it_is_not_what_was_approved),
		cmocka_unit_test(the_digest_is_of_the_request_and_anybody_can_make_it),
		cmocka_unit_test(the_first_difference_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
