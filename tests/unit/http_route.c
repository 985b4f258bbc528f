/* The route table: what is found, what is not, and who may do what. The policy is written here a second time, in other
 * words, so that a slip in the table fails. */
#include "issuer/http/route.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

struct found {
	enum err rc;
	const struct route *route;
	char scratch[1024], allow[64];
	const char *parameter[REQUEST_PARAMETERS_MAX];
};

static struct found find(enum listener l, const char *method, const char *path)
{
	static struct found f;
	memset(&f, 0, sizeof f);
	f.rc = route_find(l, method, path, &f.route, f.scratch, f.parameter, f.allow);
	return f;
}

/* The route's own path with every parameter written as `value`, and the rest of a path as base64. */
static void concrete(const struct route *r, const char *value, char out[1024])
{
	char *to = out;
	for (const char *from = r->path; *from;) {
		if (*from != '{') {
			*to++ = *from++;
			continue;
		}
		const char *end = strchr(from, '}');
		to += sprintf(to, "%s", end[-1] == '*' ? "MF/+Aw%3d=" : value);
		from = end + 1;
	}
	*to = '\0';
}

static void every_row_is_found_by_its_own_path_and_by_no_other_listener(void **state)
{
	char path[1024];
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *r = &route_table[i];
		concrete(r, "x.y-z", path);
		assert_true(r->run && r->what && r->who);
		for (int l = 0; l < LISTENER_COUNT; l++) {
			struct found f = find((enum listener)l, r->method, path);
			if ((int)r->listener == l) {
				assert_int_equal(f.rc, ERR_OK);
				assert_ptr_equal(f.route, r);
			} else if (f.rc == ERR_OK) {
				assert_int_equal(f.route->listener, l);
			}
		}
	}
}

static void no_two_rows_answer_the_same_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++)
		for (size_t k = i + 1; k < route_count; k++)
			if (route_table[i].listener == route_table[k].listener &&
			    strcmp(route_table[i].method, route_table[k].method) == 0)
				assert_string_not_equal(route_table[i].path, route_table[k].path);
}

static void unknown_verbs_are_refused_with_what_is_allowed(void **state)
{
	static const char *const verbs[] = {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "GET ", "", "POSTX"};
	char path[1024];
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		concrete(&route_table[i], "abc", path);
		for (size_t v = 0; v < sizeof verbs / sizeof verbs[0]; v++) {
			struct found f = find(route_table[i].listener, verbs[v], path);
			assert_int_equal(f.rc, ERR_METHOD);
			assert_null(f.route);
			assert_non_null(strstr(f.allow, route_table[i].method));
		}
	}
}

static void head_is_get_and_the_other_method_is_named(void **state)
{
	(void)state;
	assert_int_equal(find(LISTENER_OPS, "HEAD", "/healthz").rc, ERR_OK);
	struct found f = find(LISTENER_OPS, "POST", "/healthz");
	assert_int_equal(f.rc, ERR_METHOD);
	assert_string_equal(f.allow, "GET, HEAD");
	f = find(LISTENER_MEMBERS, "PUT", "/v1/orders");
	assert_string_equal(f.allow, "GET, HEAD, POST");
	f = find(LISTENER_MEMBERS, "HEAD", "/v1/orders/abc/cancel");
	assert_int_equal(f.rc, ERR_METHOD);
	assert_string_equal(f.allow, "POST");
}

static void parameters_come_in_the_order_of_the_braces(void **state)
{
	(void)state;
	struct found f = find(LISTENER_MEMBERS, "GET", "/v1/clients/acme/bank/e-banking");
	assert_int_equal(f.rc, ERR_OK);
	assert_string_equal(f.parameter[0], "acme");
	assert_string_equal(f.parameter[1], "bank");
	assert_string_equal(f.parameter[2], "e-banking");
	assert_null(f.parameter[3]);
	f = find(LISTENER_PUBLIC, "GET", "/d/AbC_-123/package/modern");
	assert_int_equal(f.rc, ERR_OK);
	assert_string_equal(f.parameter[0], "AbC_-123");
	assert_string_equal(f.parameter[1], "modern");
	assert_null(f.parameter[2]);
}

static void nothing_but_the_table_is_reached(void **state)
{
	static const char *const paths[] = {
		"", "v1/me", "/v1/me/", "/v1//me", "/V1/me", "/v1/me/x", "/v1", "/v1/", "/v1/orders/", "/v1/orders/a/b",
		"/v1/orders/..", "/v1/orders/.", "/v1/orders/../audit", "/v1/orders/%2e%2e", "/v1/orders/a%00", "/v1/orders/a b",
		"/v1/orders/a;b", "/v1/orders/a\\b", "/v1/orders/\xc3\xa6", "/v1/orders/a?b", "/v1/orders/{order}", "/etc/passwd",
		"/assets/../keys/issuing.key", "/v1/orders/a\n", "/v1/orders//cancel",
	};
	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		for (int l = 0; l < LISTENER_COUNT; l++) {
			struct found f = find((enum listener)l, "GET", paths[i]);
			if (f.rc != ERR_NOT_FOUND)
				fail_msg("'%s' on %s: %s", paths[i], listener_name((enum listener)l), err_word(f.rc));
		}
}

static void a_parameter_ends_at_255_bytes(void **state)
{
	char path[2048] = "/d/";
	(void)state;
	memset(path + 3, 'a', 255);
	assert_int_equal(find(LISTENER_PUBLIC, "GET", path).rc, ERR_OK);
	path[258] = 'a';
	assert_int_equal(find(LISTENER_PUBLIC, "GET", path).rc, ERR_NOT_FOUND);
	memset(path + 3, 'a', 2000);
	assert_int_equal(find(LISTENER_PUBLIC, "GET", path).rc, ERR_NOT_FOUND);
}

static void every_byte_in_a_parameter_is_of_the_alphabet(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@+-";
	(void)state;
	for (int c = 1; c < 256; c++) {
		char path[] = "/d/aXb";
		path[4] = (char)c;
		assert_int_equal(find(LISTENER_PUBLIC, "GET", path).rc, strchr(alphabet, c) ? ERR_OK : ERR_NOT_FOUND);
	}
}

/* ---- the role matrix ---- */

static const struct {
	const char *name;
	struct identity identity;
} people[] = {
	{"administrator", {.kind = IDENTITY_STAFF, .role = "administrator"}},
	{"approver", {.kind = IDENTITY_STAFF, .role = "approver"}},
	{"support", {.kind = IDENTITY_STAFF, .role = "support"}},
	{"auditor", {.kind = IDENTITY_STAFF, .role = "auditor"}},
	{"client", {.kind = IDENTITY_CLIENT}},
	{"staff of no known role", {.kind = IDENTITY_STAFF, .role = "root"}},
	{"staff without a role", {.kind = IDENTITY_STAFF}},
	{"client that says administrator", {.kind = IDENTITY_CLIENT, .role = "administrator"}},
	{"nobody that says administrator", {.kind = IDENTITY_NONE, .role = "administrator"}},
};

static bool in(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* The path of the API that a page of the console stands for: what it shows and does is what that does. */
static const char *api_path(const struct route *r)
{
	static char path[256];
	if (strncmp(r->path, "/console/", 9) != 0)
		return r->path;
	snprintf(path, sizeof path, "/v1/%s", r->path + 9);
	return path;
}

/* The policy in words. */
static bool policy(const char *person, const struct route *r)
{
	const char *path = api_path(r);
	static const char *const clients_too[] = {"/v1/me", "/v1/services/{organisation}/{service}", NULL};
	static const char *const not_for_support[] = {"/v1/staff", "/v1/staff/{staff}", "/v1/audit", "/v1/audit/head", NULL};
	static const char *const approver_acts[] = {"/v1/orders/{order}/approve", "/v1/orders/{order}/reject", NULL};
	static const char *const support_acts[] = {"/v1/orders/{order}/resend", "/v1/orders/{order}/unlock",
						   "/v1/certificates/{serial}/revoke", "/v1/certificates/{serial}/hold",
						   "/v1/certificates/{serial}/release", NULL};
	static const char *const form_pages[] = {"/console/orders/new", "/console/certificates/{serial}/revoke", NULL}; /* nothing else */
	static const char *const everybody_of_the_staff[] = {"/v1/staff/{staff}/renew", "/v1/me/renew", NULL}; /* and the call itself: oneself */
	bool reads = strcmp(r->method, "GET") == 0 && !in(r->path, form_pages);
	if (strcmp(person, "administrator") == 0)
		return true;
	if (strcmp(person, "auditor") == 0)
		return reads || in(path, everybody_of_the_staff);
	if (strcmp(person, "approver") == 0 && in(path, everybody_of_the_staff))
		return true;
	if (strcmp(person, "support") == 0 && in(path, everybody_of_the_staff))
		return true;
	if (strcmp(person, "approver") == 0)
		return reads ? !in(path, not_for_support) : in(path, approver_acts);
	if (strcmp(person, "support") == 0)
		return reads ? !in(path, not_for_support) : in(path, support_acts);
	if (strcmp(person, "client") == 0 || strcmp(person, "client that says administrator") == 0)
		return reads && in(r->path, clients_too);
	return false;
}

static void the_whole_matrix_of_roles_is_as_the_policy_says(void **state)
{
	size_t permitted = 0;
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *r = &route_table[i];
		if (r->listener != LISTENER_MEMBERS)
			continue;
		for (size_t p = 0; p < sizeof people / sizeof people[0]; p++) {
			bool may = (r->who & route_who(LISTENER_MEMBERS, &people[p].identity)) != 0;
			if (may != policy(people[p].name, r))
				fail_msg("%s %s by %s: %s", r->method, r->path, people[p].name, may ? "permitted" : "refused");
			permitted += may;
		}
		assert_int_equal(r->who & route_who(LISTENER_MEMBERS, NULL), 0);
		assert_int_equal(r->who & WHO_ANYONE, 0);
	}
	assert_true(permitted > 40);
}

static void a_form_of_the_console_is_for_those_who_may_call_what_it_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++)
		for (size_t k = 0; k < route_count && strncmp(route_table[i].path, "/console/", 9) == 0; k++)
			if (strcmp(route_table[k].path, api_path(&route_table[i])) == 0 && strcmp(route_table[k].method, route_table[i].method) == 0)
				if ((route_table[i].who | WHO_CLIENT) != (route_table[k].who | WHO_CLIENT))
					fail_msg("%s %s is not for those whom %s is for", route_table[i].method, route_table[i].path, route_table[k].path);
}

/* What reaches beyond one organisation, by its nature. Everything else that changes something is held to the scope by order
 * life, which tests/unit/order_members.c proves. */
static void a_role_that_is_limited_takes_no_route_that_reaches_beyond(void **state)
{
	static const char *const beyond[] = {"POST /v1/organisations", "POST /v1/outbox/pause", "POST /v1/outbox/resume",
					     "GET /v1/outbox", "GET /v1/audit/head", "POST /v1/staff", "GET /v1/staff/{staff}",
					     "POST /v1/staff/{staff}", "POST /v1/staff/{staff}/suspend",
					     "POST /v1/staff/{staff}/restore", "POST /v1/staff/{staff}/remove", NULL};
	const struct identity limited = {.kind = IDENTITY_STAFF, .role = "administrator", .scope = "orgaaaaaaaaaaaaa",
					 .organisation = "acme"};
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *r = &route_table[i];
		struct errbuf why = {""};
		char row[300];
		if (r->listener != LISTENER_MEMBERS)
			continue;
		snprintf(row, sizeof row, "%s %s", r->method, api_path(r));
		enum err rc = route_permits(r, &limited, &why);
		if ((rc == ERR_REFUSED) != in(row, beyond))
			fail_msg("%s: %s", row, err_word(rc));
		assert_int_equal(route_permits(r, &people[0].identity, &why), ERR_OK);
		if (rc == ERR_REFUSED)
			assert_non_null(strstr(why.text, "limited to the organisation acme"));
	}
}

static void a_refusal_names_the_roles_that_would_do_and_the_one_that_there_is(void **state)
{
	struct route r = {.listener = LISTENER_MEMBERS, .who = WHO_ADMINISTRATOR | WHO_SUPPORT};
	struct errbuf why = {""};
	(void)state;
	assert_int_equal(route_permits(&r, &(struct identity){.kind = IDENTITY_STAFF, .role = "auditor"}, &why), ERR_REFUSED);
	assert_string_equal(why.text, "this needs the role administrator or support; yours is auditor");
	r.who |= WHO_APPROVER;
	assert_int_equal(route_permits(&r, &(struct identity){.kind = IDENTITY_CLIENT}, &why), ERR_REFUSED);
	assert_string_equal(why.text, "this needs the role administrator, approver or support; a client's certificate has none");
	r.who = WHO_ADMINISTRATOR | WHO_UNLIMITED;
	assert_int_equal(route_permits(&r, &(struct identity){.kind = IDENTITY_STAFF, .role = "support"}, &why), ERR_REFUSED);
	assert_string_equal(why.text, "this needs the role administrator; yours is support");
	json_t *list = route_roles(WHO_AUDITOR | WHO_ADMINISTRATOR | WHO_CLIENT | WHO_UNLIMITED);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "administrator");
	assert_string_equal(json_string_value(json_array_get(list, 1)), "auditor");
	json_decref(list);
}

static void elsewhere_everybody_is_anyone_and_no_certificate_adds_to_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++)
		if (route_table[i].listener != LISTENER_MEMBERS)
			assert_int_equal(route_table[i].who, WHO_ANYONE);
	for (size_t p = 0; p < sizeof people / sizeof people[0]; p++)
		assert_int_equal(route_who(LISTENER_PUBLIC, &people[p].identity), WHO_ANYONE);
}

static void what_commits_or_asks_the_signer_is_slow(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++)
		if (strcmp(route_table[i].method, "POST") == 0)
			assert_int_equal(route_table[i].lane,
					 route_table[i].listener == LISTENER_STATUS ? LANE_LATER : LANE_SLOW);
}

static void the_rest_of_a_path_is_base64_and_nothing_else(void **state)
{
	(void)state;
	struct found f = find(LISTENER_STATUS, "GET", "/ocsp/MEE%2Fab//c+d=%3D");
	assert_int_equal(f.rc, ERR_OK);
	assert_string_equal(f.parameter[0], "MEE%2Fab//c+d=%3D");
	static const char *const others[] = {"/ocsp", "/ocsp/", "/ocsp/a.b", "/ocsp/a?b", "/ocsp/a b", "/ocspabc", "/crl/a/b"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_not_equal(find(LISTENER_STATUS, "GET", others[i]).rc, ERR_OK);
	assert_int_not_equal(find(LISTENER_PUBLIC, "GET", "/ocsp/abc").rc, ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_found_by_its_own_path_and_by_no_other_listener),
		cmocka_unit_test(no_two_rows_answer_the_same_request),
		cmocka_unit_test(unknown_verbs_are_refused_with_what_is_allowed),
		cmocka_unit_test(head_is_get_and_the_other_method_is_named),
		cmocka_unit_test(parameters_come_in_the_order_of_the_braces),
		cmocka_unit_test(nothing_but_the_table_is_reached),
		cmocka_unit_test(a_parameter_ends_at_255_bytes),
		cmocka_unit_test(every_byte_in_a_parameter_is_of_the_alphabet),
		cmocka_unit_test(the_whole_matrix_of_roles_is_as_the_policy_says),
		cmocka_unit_test(a_form_of_the_console_is_for_those_who_may_call_what_it_calls),
		cmocka_unit_test(a_role_that_is_limited_takes_no_route_that_reaches_beyond),
		cmocka_unit_test(a_refusal_names_the_roles_that_would_do_and_the_one_that_there_is),
		cmocka_unit_test(elsewhere_everybody_is_anyone_and_no_certificate_adds_to_it),
		cmocka_unit_test(what_commits_or_asks_the_signer_is_slow),
		cmocka_unit_test(the_rest_of_a_path_is_base64_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
