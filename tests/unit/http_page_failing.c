/* A page is made whole, or a plain word says that it was not. */
#include "tests/support/failing.h"
#include "tests/support/order_bench.h"

#include "issuer/http/head.h"
#include "issuer/http/page.h"

static struct front front;
static struct head head;
static struct reply reply;
static struct parcel parcel;

static enum err work(void)
{
	static const struct buf none;
	struct request q = {.listener = LISTENER_PUBLIC, .method = "GET", .path = "/d/x/file", .parameter = {parcel.token},
			    .address = "127.0.0.1", .id = "0123456789abcdef", .body = &none, .content_type = "", .lookup = &head};
	reply = REPLY_INIT;
	page_intro(&front, &q, &reply);
	return reply.status == 200 ? ERR_OK : ERR_MEMORY;
}

static void after(enum err rc, bool failed)
{
	const char *text = buf_string(&reply.body);
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK || reply.status == 404 || reply.status >= 500);
	failing_require(rc != ERR_OK || (strstr(text, "id=\"code\"") && strstr(text, "</html>")));
	reply_clear(&reply);
}

static void a_page_is_whole_or_none(void **state)
{
	(void)state;
	front = (struct front){.desk = bench.desk};
	bench_order(&parcel);
	failing_each(&(struct failing_work){.name = "page_intro", .act = work, .after = after, .without_openssl = true}, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_page_is_whole_or_none, bench_begin, bench_end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
