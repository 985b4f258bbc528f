/* The guard: every shape that two parsers could read differently is refused before anything else is asked. */
#include "issuer/http/guard.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct head *h, const char *name, const char *value)
{
	head_add(h, &(struct head_field){name, value, strlen(name), strlen(value)});
}

struct shape {
	const char *name;
	const char *method, *target, *version;
	const char *fields[9]; /* name, value, ... */
	enum err wanted;
};

static void fill(struct head *h, const struct shape *s)
{
	memset(h, 0, sizeof *h);
	h->method = s->method ? s->method : "GET";
	h->target = s->target ? s->target : "/v1/me";
	h->version = s->version ? s->version : "HTTP/1.1";
	for (size_t i = 0; s->fields[i]; i += 2)
		add(h, s->fields[i], s->fields[i + 1]);
}

#define HOST "Host", "ca.example:9443"

static const struct shape shapes[] = {
	/* What must pass, so that a guard that refuses everything fails. */
	{.name = "plain get", .fields = {HOST}},
	{.name = "head", .method = "HEAD", .fields = {HOST}},
	{.name = "post with length", .method = "POST", .fields = {HOST, "Content-Length", "12"}},
	{.name = "post chunked", .method = "POST", .fields = {HOST, "Transfer-Encoding", "chunked"}},
	{.name = "get with length zero", .fields = {HOST, "Content-Length", "0"}},
	{.name = "http 1.0 with host", .version = "HTTP/1.0", .fields = {HOST}},
	{.name = "host without port", .fields = {"Host", "localhost"}},
	{.name = "host ipv6", .fields = {"host", "[::1]:8443"}},
	{.name = "root", .target = "/", .fields = {HOST}},
	{.name = "query", .target = "/v1/orders?state=offered&limit=10", .fields = {HOST}},
	{.name = "encoded query", .target = "/v1/contacts?q=a%40b+c%C3%A6", .fields = {HOST}},
	{.name = "at and tilde in path", .target = "/v1/contacts/a.b+c@x-y.example~_", .fields = {HOST}},
	{.name = "three dots are a name", .target = "/d/...", .fields = {HOST}},
	{.name = "cookies", .fields = {HOST, "Cookie", "a=1; __Host-claim=xyz;  b=\"q\""}},
	{.name = "continue", .method = "POST", .fields = {HOST, "Content-Length", "1", "Expect", "100-continue"}},
	{.name = "obs-text in a value", .fields = {HOST, "User-Agent", "caf\xe9"}},

	/* Smuggling. */
	{.name = "two lengths", .method = "POST", .fields = {HOST, "Content-Length", "5", "Content-Length", "6"}, .wanted = ERR_MALFORMED},
	{.name = "two equal lengths", .method = "POST", .fields = {HOST, "Content-Length", "5", "content-length", "5"}, .wanted = ERR_MALFORMED},
	{.name = "list of lengths", .method = "POST", .fields = {HOST, "Content-Length", "5, 5"}, .wanted = ERR_MALFORMED},
	{.name = "length with te", .method = "POST", .fields = {HOST, "Content-Length", "5", "Transfer-Encoding", "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "length before colon space", .method = "POST", .fields = {HOST, "Content-Length ", "5"}, .wanted = ERR_MALFORMED},
	{.name = "te before colon space", .method = "POST", .fields = {HOST, "Transfer-Encoding ", "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "te before colon tab", .method = "POST", .fields = {HOST, "Transfer-Encoding\t", "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "te vertical tab", .method = "POST", .fields = {HOST, "Transfer-Encoding", "\x0b" "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "te xchunked", .method = "POST", .fields = {HOST, "Transfer-Encoding", "xchunked"}, .wanted = ERR_MALFORMED},
	{.name = "te Chunked", .method = "POST", .fields = {HOST, "Transfer-Encoding", "Chunked"}, .wanted = ERR_MALFORMED},
	{.name = "te chunked, identity", .method = "POST", .fields = {HOST, "Transfer-Encoding", "chunked, identity"}, .wanted = ERR_MALFORMED},
	{.name = "te identity", .method = "POST", .fields = {HOST, "Transfer-Encoding", "identity"}, .wanted = ERR_MALFORMED},
	{.name = "te empty", .method = "POST", .fields = {HOST, "Transfer-Encoding", ""}, .wanted = ERR_MALFORMED},
	{.name = "te twice", .method = "POST", .fields = {HOST, "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "te in 1.0", .method = "POST", .version = "HTTP/1.0", .fields = {HOST, "Transfer-Encoding", "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "length plus sign", .method = "POST", .fields = {HOST, "Content-Length", "+5"}, .wanted = ERR_MALFORMED},
	{.name = "length minus", .method = "POST", .fields = {HOST, "Content-Length", "-5"}, .wanted = ERR_MALFORMED},
	{.name = "length hex", .method = "POST", .fields = {HOST, "Content-Length", "0x5"}, .wanted = ERR_MALFORMED},
	{.name = "length empty", .method = "POST", .fields = {HOST, "Content-Length", ""}, .wanted = ERR_MALFORMED},
	{.name = "length huge", .method = "POST", .fields = {HOST, "Content-Length", "99999999999999999999"}, .wanted = ERR_MALFORMED},
	{.name = "get with body", .fields = {HOST, "Content-Length", "5"}, .wanted = ERR_MALFORMED},
	{.name = "get chunked", .fields = {HOST, "Transfer-Encoding", "chunked"}, .wanted = ERR_MALFORMED},
	{.name = "head with body", .method = "HEAD", .fields = {HOST, "Content-Length", "1"}, .wanted = ERR_MALFORMED},
	{.name = "odd expectation", .method = "POST", .fields = {HOST, "Content-Length", "1", "Expect", "200-ok"}, .wanted = ERR_MALFORMED},

	/* Host. */
	{.name = "no host", .fields = {"Accept", "*/*"}, .wanted = ERR_MALFORMED},
	{.name = "no host in 1.0", .version = "HTTP/1.0", .wanted = ERR_MALFORMED},
	{.name = "two hosts", .fields = {HOST, HOST}, .wanted = ERR_MALFORMED},
	{.name = "empty host", .fields = {"Host", ""}, .wanted = ERR_MALFORMED},
	{.name = "host with path", .fields = {"Host", "a/b"}, .wanted = ERR_MALFORMED},
	{.name = "host with user", .fields = {"Host", "evil@ca.example"}, .wanted = ERR_MALFORMED},
	{.name = "host with space", .fields = {"Host", "a b"}, .wanted = ERR_MALFORMED},
	{.name = "host list", .fields = {"Host", "a,b"}, .wanted = ERR_MALFORMED},
	{.name = "host quotes", .fields = {"Host", "\"a\""}, .wanted = ERR_MALFORMED},
	{.name = "host port empty", .fields = {"Host", "a:"}, .wanted = ERR_MALFORMED},
	{.name = "host port words", .fields = {"Host", "a:http"}, .wanted = ERR_MALFORMED},
	{.name = "host port long", .fields = {"Host", "a:123456"}, .wanted = ERR_MALFORMED},
	{.name = "host only port", .fields = {"Host", ":80"}, .wanted = ERR_MALFORMED},
	{.name = "host bracket open", .fields = {"Host", "[::1"}, .wanted = ERR_MALFORMED},

	/* Names and values. */
	{.name = "empty name", .fields = {HOST, "", "x"}, .wanted = ERR_MALFORMED},
	{.name = "name with space", .fields = {HOST, "X Y", "x"}, .wanted = ERR_MALFORMED},
	{.name = "name with bracket", .fields = {HOST, "X(Y", "x"}, .wanted = ERR_MALFORMED},
	{.name = "name with high byte", .fields = {HOST, "X\xe6", "x"}, .wanted = ERR_MALFORMED},
	{.name = "value with cr", .fields = {HOST, "X", "a\rb"}, .wanted = ERR_MALFORMED},
	{.name = "value with lf", .fields = {HOST, "X", "a\nb"}, .wanted = ERR_MALFORMED},
	{.name = "value with delete", .fields = {HOST, "X", "a\x7f"}, .wanted = ERR_MALFORMED},
	{.name = "two content types", .method = "POST", .fields = {HOST, "Content-Type", "a/b", "Content-Type", "c/d"}, .wanted = ERR_MALFORMED},
	{.name = "two cookies", .fields = {HOST, "Cookie", "a=1", "Cookie", "a=2"}, .wanted = ERR_MALFORMED},
	{.name = "two keys", .fields = {HOST, "Idempotency-Key", "a", "Idempotency-Key", "b"}, .wanted = ERR_MALFORMED},
	{.name = "two preconditions", .fields = {HOST, "If-Match", "\"1\"", "If-Match", "\"2\""}, .wanted = ERR_MALFORMED},
	{.name = "two origins", .fields = {HOST, "Origin", "null", "Origin", "null"}, .wanted = ERR_MALFORMED},

	/* Request line. */
	{.name = "http 2.0", .version = "HTTP/2.0", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "http 1.2", .version = "HTTP/1.2", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "http 0.9", .version = "HTTP/0.9", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "no version", .version = "", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "delete", .method = "DELETE", .fields = {HOST}, .wanted = ERR_METHOD},
	{.name = "options", .method = "OPTIONS", .fields = {HOST}, .wanted = ERR_METHOD},
	{.name = "trace", .method = "TRACE", .fields = {HOST}, .wanted = ERR_METHOD},
	{.name = "lower case get", .method = "get", .fields = {HOST}, .wanted = ERR_METHOD},
	{.name = "no method", .method = "", .fields = {HOST}, .wanted = ERR_METHOD},

	/* Path and query. */
	{.name = "absolute form", .target = "https://ca.example/v1/me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "asterisk form", .target = "*", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "empty target", .target = "", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "nul encoded", .target = "/v1/me%00", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "slash encoded", .target = "/v1%2fme", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "dot encoded", .target = "/v1/%2e%2e/me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "letter encoded", .target = "/v1/%6de", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "dot dot", .target = "/v1/../me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "dot dot last", .target = "/v1/..", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "dot", .target = "/./v1/me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "dot last", .target = "/v1/.", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "two slashes", .target = "//v1/me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "two slashes inside", .target = "/v1//me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "backslash", .target = "/v1\\me", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "space in path", .target = "/v1/m e", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "tab in path", .target = "/v1/m\te", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "high byte in path", .target = "/v1/m\xc3\xa6", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "fragment", .target = "/v1/me#x", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query nul", .target = "/v1/orders?a=%00", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query bad escape", .target = "/v1/orders?a=%4", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query bad digits", .target = "/v1/orders?a=%zz", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query not utf-8", .target = "/v1/orders?a=%ff", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query twice", .target = "/v1/orders?a=1&a=2", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query twice in disguise", .target = "/v1/orders?a=1&%61=2", .fields = {HOST}, .wanted = ERR_MALFORMED},
	{.name = "query space", .target = "/v1/orders?a=1 2", .fields = {HOST}, .wanted = ERR_MALFORMED},
};

static void every_shape_gets_its_verdict(void **state)
{
	static struct head h;
	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct errbuf why = {""};
		fill(&h, &shapes[i]);
		enum err had = guard_check(&h, &why);
		if (had != shapes[i].wanted)
			fail_msg("%s: wanted %s, had %s (%s)", shapes[i].name, err_word(shapes[i].wanted), err_word(had), why.text);
		if (had != ERR_OK && !why.text[0])
			fail_msg("%s: refused without a reason", shapes[i].name);
	}
}

static void what_is_too_long_is_refused_and_one_byte_less_is_not(void **state)
{
	static struct head h;
	static const struct {
		const char *name, *prefix;
		size_t most;
		bool field;
	} bounds[] = {
		{"path", "/", HEAD_PATH_MAX, false},
		{"query", "/?a=", HEAD_QUERY_MAX + 2, false},
		{"X-Long", "", HEAD_VALUE_MAX, true},
		{"Cookie", "", HEAD_COOKIES_MAX, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
		for (size_t over = 0; over < 2; over++) {
			char *text = calloc(1, bounds[i].most + 2);
			memset(text, 'a', bounds[i].most + over);
			memcpy(text, bounds[i].prefix, strlen(bounds[i].prefix));
			fill(&h, &(struct shape){.target = bounds[i].field ? "/" : text, .fields = {HOST}});
			if (bounds[i].field)
				add(&h, bounds[i].name, text);
			enum err had = guard_check(&h, NULL);
			if (had != (over ? ERR_MALFORMED : ERR_OK))
				fail_msg("%s, over %zu: had %s", bounds[i].name, over, err_word(had));
			free(text);
		}
	}
}

static void a_single_long_cookie_is_refused(void **state)
{
	static struct head h;
	char cookie[HEAD_VALUE_MAX + 4] = "a=";
	(void)state;
	memset(cookie + 2, 'b', HEAD_VALUE_MAX + 1);
	fill(&h, &(struct shape){.fields = {HOST}});
	add(&h, "Cookie", cookie);
	assert_int_equal(guard_check(&h, NULL), ERR_MALFORMED);
	cookie[HEAD_VALUE_MAX + 2] = '\0';
	fill(&h, &(struct shape){.fields = {HOST}});
	add(&h, "Cookie", cookie);
	assert_int_equal(guard_check(&h, NULL), ERR_OK);
}

static void more_fields_than_fit_are_refused_not_cut(void **state)
{
	static struct head h;
	(void)state;
	fill(&h, &(struct shape){.fields = {HOST}});
	for (int i = 1; i < HEAD_FIELDS_MAX; i++)
		add(&h, "X-Many", "y");
	assert_int_equal(guard_check(&h, NULL), ERR_OK);
	add(&h, "Content-Length", "5");
	assert_int_equal(guard_check(&h, NULL), ERR_MALFORMED);
}

static void a_nul_inside_a_name_or_a_value_is_refused(void **state)
{
	static struct head h;
	(void)state;
	fill(&h, &(struct shape){.fields = {HOST}});
	head_add(&h, &(struct head_field){"X", "a\0b", 1, 3});
	assert_int_equal(guard_check(&h, NULL), ERR_MALFORMED);
	fill(&h, &(struct shape){.fields = {HOST}});
	head_add(&h, &(struct head_field){"X\0Y", "a", 3, 1});
	assert_int_equal(guard_check(&h, NULL), ERR_MALFORMED);
}

static void every_flipped_bit_of_a_framing_header_is_refused_or_another_header(void **state)
{
	static struct head h;
	(void)state;
	for (size_t bit = 0; bit < 8 * 17; bit++) {
		char name[] = "Transfer-Encoding";
		name[bit / 8] = (char)(name[bit / 8] ^ (1 << bit % 8));
		fill(&h, &(struct shape){.method = "POST", .fields = {HOST, "Content-Length", "3"}});
		head_add(&h, &(struct head_field){name, "chunked", 17, 7});
		/* Bit 5 of a letter is its case: still the same header. Else it is no token, or one that frames nothing. */
		bool same = strcasecmp(name, "Transfer-Encoding") == 0;
		enum err had = guard_check(&h, NULL);
		if (same && had == ERR_OK)
			fail_msg("bit %zu: Content-Length with %s passed", bit, name);
		if (!same && had == ERR_OK)
			assert_int_equal(head_count(&h, "Transfer-Encoding"), 0);
	}
}

static void query_and_cookies_are_read(void **state)
{
	static struct head h;
	(void)state;
	fill(&h, &(struct shape){.target = "/x?b=c+d%2Be&empty&%C3%A6=1", .fields = {HOST, "Cookie", "one=1; two=2=2; one=3"}});
	assert_int_equal(guard_check(&h, NULL), ERR_OK);
	assert_string_equal(h.path, "/x");
	assert_string_equal(head_query(&h, "b"), "c d+e");
	assert_string_equal(head_query(&h, "empty"), "");
	assert_string_equal(head_query(&h, "\xc3\xa6"), "1");
	assert_null(head_query(&h, "B"));
	assert_string_equal(head_cookie(&h, "one"), "1");
	assert_string_equal(head_cookie(&h, "two"), "2=2");
	assert_null(head_cookie(&h, "three"));
}

static void a_form_of_another_site_is_refused(void **state)
{
	static struct head h;
	static const struct {
		const char *name;
		const char *fields[9];
		bool null_is_ours;
		enum err wanted;
	} cases[] = {
		{"no browser", {HOST}, false, ERR_OK},
		{"own origin", {HOST, "Origin", "https://ca.example:9443"}, false, ERR_OK},
		{"other origin", {HOST, "Origin", "https://evil.example"}, false, ERR_REFUSED},
		{"other port", {HOST, "Origin", "https://ca.example"}, false, ERR_REFUSED},
		{"plain origin", {HOST, "Origin", "http://ca.example:9443"}, false, ERR_REFUSED},
		{"prefix", {HOST, "Origin", "https://ca.example:9443.evil.example"}, false, ERR_REFUSED},
		{"null", {HOST, "Origin", "null"}, false, ERR_REFUSED},
		{"null under no-referrer", {HOST, "Origin", "null"}, true, ERR_OK},
		{"null, vouched for", {HOST, "Origin", "null", "Sec-Fetch-Site", "same-origin"}, false, ERR_OK},
		{"null, cross site", {HOST, "Origin", "null", "Sec-Fetch-Site", "cross-site"}, true, ERR_REFUSED},
		{"other origin, vouched for", {HOST, "Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, true, ERR_REFUSED},
		{"own origin, vouched for", {HOST, "Origin", "https://ca.example:9443", "Sec-Fetch-Site", "same-origin"}, false, ERR_OK},
		{"same site is not same origin", {HOST, "Sec-Fetch-Site", "same-site"}, true, ERR_REFUSED},
		{"typed", {HOST, "Sec-Fetch-Site", "none"}, false, ERR_OK},
		{"nonsense", {HOST, "Sec-Fetch-Site", "Same-Origin"}, false, ERR_REFUSED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct shape s = {.method = "POST"};
		memcpy(s.fields, cases[i].fields, sizeof s.fields);
		fill(&h, &s);
		enum err had = guard_origin(&h, "https", cases[i].null_is_ours, NULL);
		if (had != cases[i].wanted)
			fail_msg("%s: wanted %s, had %s", cases[i].name, err_word(cases[i].wanted), err_word(had));
	}
}

static void accept_decides_between_pages_and_json(void **state)
{
	static struct head h;
	static const struct {
		const char *accept;
		bool html, json;
	} cases[] = {
		{"text/html,application/xhtml+xml,*/*;q=0.8", true, false}, {"application/json", false, true},
		{"application/json, text/html", false, true}, {"text/html, application/json", true, false},
		{"application/problem+json", false, true}, {"*/*", false, false}, {"", false, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fill(&h, &(struct shape){.fields = {HOST, "Accept", cases[i].accept}});
		if (head_prefers_html(&h) != cases[i].html || head_prefers_json(&h) != cases[i].json)
			fail_msg("Accept: %s", cases[i].accept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_gets_its_verdict),
		cmocka_unit_test(what_is_too_long_is_refused_and_one_byte_less_is_not),
		cmocka_unit_test(a_single_long_cookie_is_refused),
		cmocka_unit_test(more_fields_than_fit_are_refused_not_cut),
		cmocka_unit_test(a_nul_inside_a_name_or_a_value_is_refused),
		cmocka_unit_test(every_flipped_bit_of_a_framing_header_is_refused_or_another_header),
		cmocka_unit_test(query_and_cookies_are_read),
		cmocka_unit_test(a_form_of_another_site_is_refused),
		cmocka_unit_test(accept_decides_between_pages_and_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
