/* The recipient's pages, made by their own handlers on the bench of order life: each in every language, and nothing in them
 * is markup that came from outside. */
#include "tests/support/order_bench.h"

#include "issuer/http/head.h"
#include "issuer/http/page.h"

static struct front front;
static struct head head;

/* What a browser would ask, and what it gets; the reply is the caller's to clear. */
static struct reply ask(route_handler *handler, const char *method, const struct parcel *p, const char *path, const char *form)
{
	struct buf body = BUF_INIT(1024);
	struct reply r = REPLY_INIT;
	char whole[128];
	snprintf(whole, sizeof whole, "/d/%s%s", p->token, path);
	struct request q = {.listener = LISTENER_PUBLIC, .method = method, .path = whole, .parameter = {p->token, "modern"},
			    .address = "127.0.0.1", .id = "0123456789abcdef", .body = &body,
			    .content_type = form ? "application/x-www-form-urlencoded" : "", .lookup = &head};
	buf_text(&body, form ? form : "");
	handler(&front, &q, &r);
	buf_free(&body);
	return r;
}

/* The head of every request until the next: a browser's language, and the claim when there is one. */
static void browse(const char *language, const struct parcel *p)
{
	head = (struct head){.method = "GET"};
	if (language) {
		const struct head_field f = {"Accept-Language", language, strlen("Accept-Language"), strlen(language)};
		head_add(&head, &f);
	}
	if (p && p->claim[0]) {
		static char bearer[64];
		snprintf(bearer, sizeof bearer, "Bearer %s", p->claim);
		const struct head_field f = {"Authorization", bearer, strlen("Authorization"), strlen(bearer)};
		head_add(&head, &f);
	}
}

/* Tags close before the next one opens, so no value has broken out of an attribute; no place is left unfilled. */
static void looks_whole(const char *html, const char *tag)
{
	char lang[24];
	bool inside = false;
	snprintf(lang, sizeof lang, "<html lang=\"%s\">", tag);
	if (!strstr(html, lang))
		fail_msg("not in %s: %.200s", tag, html);
	for (const char *at = html; *at; at++) {
		if (*at == '<' && inside)
			fail_msg("a tag within a tag: %.80s", at);
		inside = *at == '<' || (inside && *at != '>');
	}
	assert_null(strstr(html, "{{"));
	assert_null(strstr(html, "}}"));
	assert_null(strstr(html, BENCH_MOBILE));
	assert_null(strstr(html, "1234</"));
}

static void expect(struct reply r, int status, const char *tag, const char *words)
{
	const char *html = buf_string(&r.body);
	assert_int_equal(r.status, status);
	assert_string_equal(r.content_type, "text/html; charset=utf-8");
	looks_whole(html, tag);
	if (!strstr(html, words))
		fail_msg("%s: \"%s\" is not in %s", tag, words, html);
	reply_clear(&r);
}

static void expect_way(struct reply r, const char *suffix)
{
	assert_int_equal(r.status, 303);
	const char *end = r.location + strlen(r.location) - strlen(suffix);
	assert_true(end >= r.location);
	assert_string_equal(end, suffix);
	reply_clear(&r);
}

/* A form that costs something leads to the link's page, whose address says what happened: a reload sends nothing again. */
static void expect_said(struct reply r, const struct parcel *p, const char *word, const char *tag, const char *words)
{
	char query[24], suffix[32];
	snprintf(query, sizeof query, "%s", word);
	snprintf(suffix, sizeof suffix, "?said=%s", word);
	expect_way(r, suffix);
	head.query[0] = (struct head_pair){"said", query};
	head.queries = 1;
	expect(ask(page_intro, "GET", p, "", NULL), 200, tag, words);
	head.queries = 0;
}

static const struct {
	const char *tag, *intro, *wrong, *one, *empty, *empty_digits, *digits, *sent, *locked, *file, *not_whole, *done, *first, *dead;
} languages[] = {
	{"en", "You have <strong>5</strong> tries.", "<strong>4</strong> tries are left", "One try is left", "Type the code from the SMS",
	 "Type the last four digits", "Those are not the last four digits", "A new code is on its way", "to unlock it", "Which system will use it?",
	 "not arrived whole", "What you now answer for", "Type the code first", "This link is not in use"},
	{"nb", "Du har <strong>5</strong> forsøk.", "<strong>4</strong> forsøk igjen", "ett forsøk igjen", "Skriv inn koden fra SMS-en",
	 "Skriv inn de fire siste sifrene", "Det er ikke de fire siste sifrene", "En ny kode er på vei", "om å låse opp", "Hvilket system skal bruke den?",
	 "ikke kommet hel frem", "Dette har du nå ansvar for", "Skriv inn koden først", "Denne lenken er ikke i bruk"},
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

static void every_page_is_there_in_every_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < LANGUAGES; i++) {
		const char *tag = languages[i].tag;
		struct parcel p;
		bench_order(&p);
		browse(tag, NULL);
		expect(ask(page_intro, "GET", &p, "", NULL), 200, tag, languages[i].intro);
		expect(ask(page_code, "POST", &p, "/code", "code="), 422, tag, languages[i].empty);
		expect(ask(page_new_code, "POST", &p, "/new-code", "digits="), 422, tag, languages[i].empty_digits);
		expect_said(ask(page_code, "POST", &p, "/code", "code=22222222"), &p, "wrong-code", tag, languages[i].wrong);
		expect(ask(page_new_code, "POST", &p, "/new-code", "digits=0000"), 403, tag, languages[i].digits);
		expect_said(ask(page_new_code, "POST", &p, "/new-code", "digits=1234"), &p, "new-code", tag, languages[i].sent);
		expect(ask(page_file, "GET", &p, "/file", NULL), 403, tag, languages[i].first);
		expect(ask(page_received, "POST", &p, "/received", ""), 403, tag, languages[i].first);
		expect(ask(page_prepare, "POST", &p, "/prepare", ""), 403, tag, languages[i].first);
		expect(ask(page_package, "GET", &p, "/package/modern", NULL), 403, tag, languages[i].first);
		bench_read_code(&p);
		bench_claim(&p);
		browse(tag, &p);
		assert_ok(bench_prepare(&p));
		expect(ask(page_file, "GET", &p, "/file", NULL), 200, tag, languages[i].file);
		expect(ask(page_received, "POST", &p, "/received",
			   "sha256=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
		       409, tag, languages[i].not_whole);
		assert_ok(bench_fetch(&p, PACKAGE_COMPATIBLE, NULL));
		expect(ask(page_file, "GET", &p, "/file", NULL), 200, tag, languages[i].file);
		assert_ok(bench_receive(&p, NULL));
		expect_way(ask(page_file, "GET", &p, "/file", NULL), "/done");
		expect(ask(page_done, "GET", &p, "/done", NULL), 200, tag, languages[i].done);
		browse(tag, NULL);
		expect(ask(page_intro, "GET", &p, "", NULL), 404, tag, languages[i].dead);
		expect(ask(page_home, "GET", &p, "", NULL), 200, tag, "<h1>");
	}
}

static void what_is_being_made_or_fails_is_told_calmly(void **state)
{
	static const char *const making[] = {"One moment: your file is being made", "Et øyeblikk: filen din lages nå"};
	static const char *const later[] = {"Not now, but nothing is lost", "Ikke nå, men ingenting er tapt"};
	(void)state;
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct parcel p;
		bench_order(&p);
		bench_claim(&p);
		browse(languages[i].tag, &p);
		expect(ask(page_file, "GET", &p, "/file", NULL), 200, languages[i].tag, making[i]);
		fake.fail[SIGNER_ISSUE] = ERR_UNAVAILABLE;
		expect_way(ask(page_prepare, "POST", &p, "/prepare", ""), "/file");
		fake.fail[SIGNER_ISSUE] = ERR_INTERNAL;
		struct reply r = ask(page_prepare, "POST", &p, "/prepare", "");
		assert_null(strstr(buf_string(&r.body), "made to fail")); /* that is for the log */
		assert_non_null(strstr(buf_string(&r.body), "<code>0123456789abcdef</code>"));
		expect(r, 500, languages[i].tag, later[i]);
		fake.fail[SIGNER_ISSUE] = ERR_OK;
		assert_ok(bench_prepare(&p));
		fake.fail[SIGNER_PACKAGE] = ERR_UNAVAILABLE;
		r = ask(page_package, "GET", &p, "/package/compatible", NULL);
		assert_int_equal(r.retry_after, r.status == 503 ? 2 : 0);
		reply_clear(&r);
		fake.fail[SIGNER_PACKAGE] = ERR_OK;
	}
}

static void the_last_try_is_told_and_a_locked_parcel_says_whom_to_ask(void **state)
{
	(void)state;
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct parcel p;
		int left = 0;
		bench_order(&p);
		browse(languages[i].tag, NULL);
		for (int n = 0; n < 3; n++)
			assert_err(bench_try(&p, "22222222", &left), ERR_WRONG_CODE);
		expect_said(ask(page_code, "POST", &p, "/code", "code=22222222"), &p, "wrong-code", languages[i].tag,
			    languages[i].one);
		expect(ask(page_code, "POST", &p, "/code", "code=22222222"), 423, languages[i].tag, languages[i].locked);
		expect(ask(page_intro, "GET", &p, "", NULL), 423, languages[i].tag, languages[i].locked);
	}
}

static void the_code_counts_down_and_then_only_a_new_one_helps(void **state)
{
	(void)state;
	struct parcel p;
	bench_order(&p);
	browse("en", NULL);
	char command[128];
	snprintf(command, sizeof command, "<code>counterfoil collect https://collect.example.org/d/%s</code>", p.token);
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", command);
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "in <strong>60</strong> seconds");
	bench_clock(bench.now + 45);
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "in <strong>15</strong> seconds");
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "for <strong>29</strong> more minutes");
	bench_clock(bench.now + 15);
	struct reply r = ask(page_intro, "GET", &p, "", NULL);
	assert_null(strstr(buf_string(&r.body), "id=\"wait\""));
	reply_clear(&r);
	bench_clock(bench.now + 1800 - 60 - 30);
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "less than a minute more");
	bench_clock(bench.now + 31);
	r = ask(page_intro, "GET", &p, "", NULL);
	assert_null(strstr(buf_string(&r.body), "id=\"code\""));
	assert_non_null(strstr(buf_string(&r.body), "id=\"digits\""));
	assert_non_null(strstr(buf_string(&r.body), "Ask for a new one below"));
	reply_clear(&r);
	bench_clock(BENCH_NOW);
}

static void names_are_text_on_every_page(void **state)
{
	(void)state;
	static const char *const canaries[] = {"<script>alert(1)</script>", "{{token}} {{>alert}} {{_gone.lead}}", "\"><img src=x onerror=a>",
					       "' onmouseover='a", "&lt;b&gt;"};
	for (size_t c = 0; c < COUNT(canaries); c++)
		for (size_t i = 0; i < LANGUAGES; i++) {
			struct parcel p = {0};
			struct faults faults = {0};
			struct errbuf why = {""};
			struct buf escaped = BUF_INIT(256);
			char slug[16];
			snprintf(slug, sizeof slug, "canary-%zu-%zu", c, i);
			bench_add(DIRECTORY_CLIENT, json_pack("{s:s, s:s, s:s, s:s}", "organisation", "sparebank", "service", "pay",
							      "slug", slug, "name", canaries[c]));
			json_t *body = bench_order_body();
			json_object_set_new(body, "client", json_string(slug));
			assert_ok(order_new(&bench.desk, &bench_staff, body, p.id, &faults, &why));
			json_decref(body);
			bench_read_mail(&p);
			bench_sql("UPDATE code SET handed_over_at = %lld WHERE order_id = %Q", (long long)bench.now, p.id);
			template_escape_html(&escaped, canaries[c]);
			browse(languages[i].tag, NULL);
			struct reply r = ask(page_intro, "GET", &p, "", NULL);
			const char *html = buf_string(&r.body);
			if (!strstr(html, buf_string(&escaped)) || strstr(html, "<script>") || strstr(html, "<img"))
				fail_msg("\"%s\" in %s", canaries[c], html);
			assert_null(strstr(html, "onmouseover='"));
			reply_clear(&r);
			buf_free(&escaped);
		}
}

static void the_language_is_the_addresss_the_browsers_the_contacts(void **state)
{
	(void)state;
	struct parcel p;
	char query[] = "nb";
	bench_order(&p);
	browse("de-DE, fr;q=0.5", NULL);
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "<a href=\"?lang=nb\" lang=\"nb\" hreflang=\"nb\">Norsk</a>");
	browse(NULL, NULL);
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "<h1>");
	bench.settings.language = "nb"; /* of who has none */
	expect(ask(page_home, "GET", &p, "", NULL), 200, "nb", "<h1>");
	bench.settings.language = "en";
	browse("en", NULL);
	head.query[0] = (struct head_pair){"lang", query};
	head.queries = 1;
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "nb", "/code?lang=nb\"");
	char hostile[] = "nb\"><script>";
	head.query[0] = (struct head_pair){"lang", hostile};
	expect(ask(page_intro, "GET", &p, "", NULL), 200, "en", "/code\"");
}

static void every_dead_link_is_the_same_page(void **state)
{
	(void)state;
	struct parcel cancelled, unknown = {.token = "AAAAAAAAAAAAAAAAAAAAAA"}, odd = {.token = "x"};
	bench_reach(&cancelled, ORDER_CANCELLED);
	browse("nb", NULL);
	struct reply a = ask(page_intro, "GET", &cancelled, "", NULL), b = ask(page_intro, "GET", &unknown, "", NULL),
		     c = ask(page_intro, "GET", &odd, "", NULL);
	assert_int_equal(a.status, 404);
	assert_string_equal(buf_string(&a.body), buf_string(&b.body));
	assert_string_equal(buf_string(&a.body), buf_string(&c.body));
	assert_int_equal(c.status, 404);
	reply_clear(&a);
	reply_clear(&b);
	reply_clear(&c);
}

static int begin(void **state)
{
	int rc = bench_begin(state);
	front = (struct front){.desk = bench.desk};
	return rc;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, bench_end)

static void a_key_of_ones_own_has_its_pages_in_every_language(void **state)
{
	static const struct {
		const char *tag, *page, *refused, *intro;
	} own[] = {
		{"en", "it never leaves your machine", "The request was not taken", "The key never leaves that machine"},
		{"nb", "den forlater aldri maskinen din", "Forespørselen ble ikke godtatt", "Nøkkelen forlater aldri maskinen"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		const char *tag = own[i].tag;
		struct parcel p;
		bench_order_with(&p, "key_type", json_string(FACTS_OWN_KEY));
		browse(tag, NULL);
		expect(ask(page_intro, "GET", &p, "", NULL), 200, tag, own[i].intro);
		expect(ask(page_request, "GET", &p, "/request", NULL), 403, tag, languages[i].first);
		expect(ask(page_request_take, "POST", &p, "/request", "request=x"), 403, tag, languages[i].first);
		expect(ask(page_certificate, "GET", &p, "/certificate", NULL), 403, tag, languages[i].first);
		bench_claim(&p);
		browse(tag, &p);
		expect(ask(page_file, "GET", &p, "/file", NULL), 200, tag, own[i].page);
		expect(ask(page_request, "GET", &p, "/request", NULL), 200, tag, own[i].page);
		expect(ask(page_request_take, "POST", &p, "/request", "request=%3Cb%3E"), 400, tag, own[i].refused);
		expect(ask(page_request_take, "POST", &p, "/request", "request="), 422, tag, own[i].refused);
		bench_order_with(&p, "own_key", json_true()); /* either way */
		bench_claim(&p);
		browse(tag, &p);
		expect(ask(page_request, "GET", &p, "/request", NULL), 200, tag, own[i].page);
		assert_ok(bench_prepare(&p));
		expect_way(ask(page_request, "GET", &p, "/request", NULL), "/file");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_page_is_there_in_every_language),
		TEST(a_key_of_ones_own_has_its_pages_in_every_language),
		TEST(what_is_being_made_or_fails_is_told_calmly),
		TEST(the_last_try_is_told_and_a_locked_parcel_says_whom_to_ask),
		TEST(the_code_counts_down_and_then_only_a_new_one_helps),
		TEST(names_are_text_on_every_page),
		TEST(the_language_is_the_addresss_the_browsers_the_contacts),
		TEST(every_dead_link_is_the_same_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
