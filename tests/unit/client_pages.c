/* A list taken whole, page by page, of a server that is honest and of ones that are not. */
#include "client/command/pages.h"
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SIZE = 65536 };

static char targets[4096];

/* The cursor says which page it is: "a" and "b" are honest, "n1", "n2", ... go on for ever, 500 items each. */
static bool answer(SSL *ssl, const struct seen *q, struct tls_server *server)
{
	static char page[PAGE_SIZE];
	const char *cursor = strstr(q->path, "before=");
	(void)server;
	cursor = cursor ? cursor + strlen("before=") : "";
	snprintf(targets + strlen(targets), sizeof targets - strlen(targets), "%.80s\n", cursor[0] == 'n' ? "" : q->path);
	if (strcmp(cursor, "a") == 0)
		return tls_reply(ssl, 200, NULL, "{\"items\":[{\"id\":\"3\"},{\"id\":\"4\"}],\"next\":\"b\"}");
	if (strcmp(cursor, "b") == 0)
		return tls_reply(ssl, 200, NULL, "{\"items\":[{\"id\":\"5\"}],\"next\":null}");
	if (strcmp(cursor, "same") == 0)
		return tls_reply(ssl, 200, NULL, "{\"items\":[],\"next\":\"same\"}");
	if (strcmp(cursor, "odd") == 0)
		return tls_reply(ssl, 200, NULL, "{\"items\":{},\"next\":null}");
	if (cursor[0] != 'n')
		return tls_reply(ssl, 404, "Content-Type: application/problem+json\r\n", "{\"code\":\"not_found\"}");
	size_t len = (size_t)snprintf(page, sizeof page, "{\"next\":\"n%d\",\"items\":[0", (int)strtol(cursor + 1, NULL, 10) + 1);
	for (int i = 1; i < 500; i++)
		len += (size_t)snprintf(page + len, sizeof page - len, ",%d", i);
	snprintf(page + len, sizeof page - len, "]}");
	return tls_reply(ssl, 200, NULL, page);
}

static struct call_stage stage = {.server.answer = answer};

static int open_stage(void **state)
{
	int rc = stage_setup(state);
	if (rc == 0)
		stage_open(&stage, NULL);
	return rc;
}

static int close_stage(void **state)
{
	stage_close(&stage);
	return stage_teardown(state);
}

/* The rest of a list whose first page ends with that cursor. */
static enum err follow(const char *next, json_t **list, struct errbuf *why)
{
	static const char *const words[] = {"order", "list", "--all", "--state", "locked"};
	struct arguments given;
	struct session s = {.client = stage.client};
	assert_int_equal(arguments_parse(5, words, &given, NULL), ERR_OK);
	snprintf(s.server, sizeof s.server, "https://localhost:%d", stage.server.port);
	targets[0] = '\0';
	*list = next ? json_pack("{s:[{s:s}], s:s}", "items", "id", "1", "next", next) : json_pack("{s:[{s:s}], s:n}", "items", "id", "1", "next");
	assert_non_null(*list);
	return pages_follow(&s, &given, *list, why);
}

static void a_server_that_goes_on_for_ever_or_in_circles_is_left(void **state)
{
	(void)state;
	static const struct {
		const char *next, *says;
		enum err e;
	} cases[] = {
		{"same", "names the same next page again", ERR_MALFORMED},
		{"odd", "the next page is no list", ERR_MALFORMED},
		{"gone", "there is no such thing", ERR_NOT_FOUND},
		{"n1", "more than 100000", ERR_TOO_LARGE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *list = NULL;
		struct errbuf why = {0};
		enum err e = follow(cases[i].next, &list, &why);
		if (e != cases[i].e || !strstr(why.text, cases[i].says))
			fail_msg("%s: wanted %s [%s], had %s [%s]", cases[i].next, err_word(cases[i].e), cases[i].says, err_word(e), why.text);
		assert_true(json_array_size(json_object_get(list, "items")) < 101000);
		json_decref(list);
	}
}

static void pages_are_put_together_in_order(void **state)
{
	(void)state;
	json_t *list = NULL;
	struct errbuf why = {0};
	if (follow("a", &list, &why))
		fail_msg("%s", why.text);
	char *text = json_dumps(list, JSON_COMPACT);
	assert_string_equal(text, "{\"items\":[{\"id\":\"1\"},{\"id\":\"3\"},{\"id\":\"4\"},{\"id\":\"5\"}],\"next\":null}");
	assert_string_equal(targets, "/v1/orders?state=locked&limit=500&before=a\n/v1/orders?state=locked&limit=500&before=b\n");
	free(text);
	json_decref(list);
	assert_int_equal(follow(NULL, &list, &why), ERR_OK);
	assert_string_equal(targets, "");
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_goes_on_for_ever_or_in_circles_is_left),
		cmocka_unit_test(pages_are_put_together_in_order),
	};
	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
