/* collect against a server that cuts, lies, refuses and stops half-way: what is saved, what is acknowledged, what is kept. */
#include "base/encode.h"
#include "base/file.h"
#include "client/command/collect.h"
#include "client/command/text.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN "Zm9vYmFyYmF6cXV4cXV1eA"
static const char claim_text[] = "c1a1mc1a1mc1a1mc1a1mXY";

static struct pair ca, server_pair;
static char folder[] = "/tmp/client-collect-XXXXXX";

/* How the server behaves in one test, and what it has seen. */
struct play {
	const char *file_name, *package;
	bool lying_hash, etag_only, not_ready_once;
	int cuts;             /* downloads that break off */
	int faults_package, faults_received; /* answers with status 500 */
	int codes, packages, receipts, prepared, bad_bearers;
	char acknowledged[80];
};

static void hash_of(const char *text, char out[SHA256_TEXT])
{
	assert_int_equal(sha256_text(text, strlen(text), out), ERR_OK);
}

static bool problem(SSL *ssl, int status, const char *code)
{
	char body[128];
	snprintf(body, sizeof body, "{\"code\":\"%s\",\"detail\":\"as the test wants\"}", code);
	return tls_reply(ssl, status, "Content-Type: application/problem+json\r\n", body);
}

static bool say_state(SSL *ssl, struct play *play, bool with_claim)
{
	char body[512];
	bool ready = !play->not_ready_once || play->prepared > 1;
	snprintf(body, sizeof body, "{%s%s%s\"ready\":%s,\"file_name\":\"%s\"}", with_claim ? "\"claim\":\"" : "",
		 with_claim ? claim_text : "", with_claim ? "\"," : "", ready ? "true" : "false", ready ? play->file_name : "");
	return tls_reply(ssl, 200, "Content-Type: application/json\r\n", body);
}

static bool give_package(SSL *ssl, struct play *play)
{
	char headers[256], hash[SHA256_TEXT];
	play->packages++;
	if (play->faults_package-- > 0)
		return problem(ssl, 500, "internal");
	if (play->cuts-- > 0) {
		tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n");
		tls_say(ssl, play->package);
		return false;
	}
	hash_of(play->lying_hash ? "something else" : play->package, hash);
	snprintf(headers, sizeof headers, "%s%s%s\r\n", play->etag_only ? "ETag: \"" : "X-Content-SHA256: ", hash,
		 play->etag_only ? "\"" : "");
	return tls_reply(ssl, 200, headers, play->package);
}

static bool answer(SSL *ssl, const struct seen *q, struct tls_server *s)
{
	struct play *play = s->context;
	char bearer[80];
	snprintf(bearer, sizeof bearer, "\r\nAuthorization: Bearer %s\r\n", claim_text);
	if (strcmp(q->path, "/d/" TOKEN) == 0)
		return tls_reply(ssl, 200, NULL, "{\"client\":\"e-banking\",\"state\":\"offered\",\"link_until\":\"2030-01-01T00:00:00Z\"}");
	if (strcmp(q->path, "/d/" TOKEN "/code") == 0) {
		play->codes++;
		return strcmp(q->body, "code=ABCD%2DEFGH") == 0 ? say_state(ssl, play, true) : problem(ssl, 403, "wrong_code");
	}
	if (!strstr(q->head, bearer)) {
		play->bad_bearers++;
		return problem(ssl, 403, "refused");
	}
	if (strcmp(q->path, "/d/" TOKEN "/prepare") == 0) {
		play->prepared++;
		return say_state(ssl, play, false);
	}
	if (strcmp(q->path, "/d/" TOKEN "/package/modern") == 0)
		return give_package(ssl, play);
	if (strcmp(q->path, "/d/" TOKEN "/received") == 0) {
		if (play->faults_received-- > 0)
			return problem(ssl, 500, "internal");
		play->receipts++;
		snprintf(play->acknowledged, sizeof play->acknowledged, "%s", q->body);
		return tls_reply(ssl, 200, NULL, "{\"received\":true}");
	}
	return problem(ssl, 404, "not_found");
}

static int descriptor_with(const char *text)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	return ends[0];
}

static const char *password_flag = "--no-password";

/* collect, in the test's folder. code NULL: none is given. out NULL: the server's name. */
static enum err collect(struct tls_server *s, const char *code, const char *out)
{
	char url[128], fd_text[16];
	int fd = descriptor_with(code ? code : "");
	int before[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)}, null = open("/dev/null", O_WRONLY);
	snprintf(url, sizeof url, "https://localhost:%d/d/" TOKEN, s->port);
	snprintf(fd_text, sizeof fd_text, "%d", fd);
	const char *words[12] = {"collect", url, "--ca", "ca.pem", password_flag, "--code-fd", fd_text, out ? "--out" : NULL, out};
	struct arguments a;
	struct errbuf why = {0};
	assert_int_equal(arguments_parse(out ? 9 : 7, words, &a, NULL), ERR_OK);
	fflush(NULL);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	enum err e = run_collect(&a, &why);
	dup2(before[0], STDOUT_FILENO);
	dup2(before[1], STDERR_FILENO);
	close(before[0]);
	close(before[1]);
	close(null);
	close(fd);
	if (strstr(why.text, TOKEN) || strstr(why.text, claim_text))
		fail_msg("the token or the claim is in: %s", why.text);
	return e;
}

static void start(struct tls_server *s, struct play *play)
{
	*s = (struct tls_server){.certificate = &server_pair, .answer = answer, .context = play};
	play->package = play->package ? play->package : "0123456789 the package";
	play->file_name = play->file_name ? play->file_name : "e-banking-20281122.p12";
	tls_server_start(s);
}

static void expect_file(const char *path, const char *want)
{
	struct buf bytes = BUF_INIT(4096);
	struct stat st;
	assert_int_equal(file_read(path, &bytes, NULL), ERR_OK);
	assert_string_equal(buf_string(&bytes), want);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	buf_free(&bytes);
}

static int files_here(void)
{
	int count = 0;
	static const char *const names[] = {"ca.pem", "out.p12", "out.p12.claim", "e-banking-20281122.p12", "certificate.p12"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		count += access(names[i], F_OK) == 0;
	return count;
}

static int clean(void **state)
{
	(void)state;
	static const char *const names[] = {"out.p12", "out.p12.claim", "e-banking-20281122.p12", "certificate.p12"};
	struct link link;
	char path[PATH_SIZE];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(names[i]);
	if (link_parse("https://h/d/" TOKEN, &link, NULL) == ERR_OK && claim_path(&link, NULL, path) == ERR_OK)
		unlink(path);
	return 0;
}

static void a_whole_parcel_is_saved_then_acknowledged_and_the_claim_forgotten(void **state)
{
	(void)state;
	for (int named = 0; named < 2; named++) {
		struct play play = {.etag_only = named};
		struct tls_server s;
		char want[80] = "sha256=";
		start(&s, &play);
		assert_int_equal(collect(&s, "ABCD-EFGH\n", named ? "out.p12" : NULL), ERR_OK);
		tls_server_stop(&s);
		expect_file(named ? "out.p12" : "e-banking-20281122.p12", play.package);
		hash_of(play.package, want + 7);
		assert_string_equal(play.acknowledged, want);
		assert_int_equal(play.receipts, 1);
		assert_int_equal(play.bad_bearers, 0);
		assert_int_equal(files_here(), 2 + named);
	}
}

static void what_is_not_ready_is_waited_for(void **state)
{
	(void)state;
	struct play play = {.not_ready_once = true};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_OK);
	tls_server_stop(&s);
	assert_int_equal(play.prepared, 2);
	expect_file("out.p12", play.package);
}

static void a_wrong_code_is_one_try_and_leaves_nothing(void **state)
{
	(void)state;
	struct play play = {0};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(collect(&s, "AAAA-AAAA", "out.p12"), ERR_WRONG_CODE);
	tls_server_stop(&s);
	assert_int_equal(play.codes, 1);
	assert_int_equal(files_here(), 1);
}

static void a_file_that_exists_is_never_overwritten_and_no_code_is_used_up(void **state)
{
	(void)state;
	struct play play = {0};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(file_publish("out.p12", "mine", 4, 0600, NULL), ERR_OK);
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_EXISTS);
	assert_int_equal(play.codes, 0);
	expect_file("out.p12", "mine");
	assert_int_equal(file_publish("e-banking-20281122.p12", "mine", 4, 0600, NULL), ERR_OK);
	assert_int_equal(collect(&s, "ABCD-EFGH", NULL), ERR_EXISTS);
	expect_file("e-banking-20281122.p12", "mine");
	assert_int_equal(play.receipts, 0);
	unlink("out.p12");
	assert_int_equal(collect(&s, NULL, "out.p12"), ERR_OK); /* taken up under another name, by the same claim */
	assert_int_equal(play.codes, 1);
	tls_server_stop(&s);
}

static void a_download_that_breaks_off_is_fetched_again_by_the_same_claim(void **state)
{
	(void)state;
	struct play play = {.cuts = 1};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_OK);
	tls_server_stop(&s);
	assert_int_equal(play.codes, 1);
	assert_int_equal(play.packages, 2);
	expect_file("out.p12", play.package);
}

static void a_package_of_another_hash_is_neither_saved_nor_acknowledged(void **state)
{
	(void)state;
	struct play play = {.lying_hash = true};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_CORRUPT);
	assert_int_equal(play.receipts, 0);
	assert_int_not_equal(access("out.p12", F_OK), 0);
	play.lying_hash = false;
	assert_int_equal(collect(&s, NULL, "out.p12"), ERR_OK);
	assert_int_equal(play.codes, 1);
	tls_server_stop(&s);
}

static void a_run_stopped_anywhere_is_taken_up_without_a_code(void **state)
{
	(void)state;
	struct play play = {.faults_package = 1, .faults_received = 1};
	struct tls_server s;
	struct stat st;
	start(&s, &play);
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_INTERNAL); /* at the download */
	assert_int_equal(stat("out.p12.claim", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(collect(&s, NULL, "out.p12"), ERR_INTERNAL); /* at the receipt */
	expect_file("out.p12", play.package);
	assert_int_equal(play.packages, 2);
	assert_int_equal(collect(&s, NULL, "out.p12"), ERR_OK);
	assert_int_equal(play.packages, 2); /* the file lay there whole: only acknowledged */
	assert_int_equal(play.codes, 1);
	assert_int_equal(play.receipts, 1);
	assert_int_not_equal(access("out.p12.claim", F_OK), 0);
	tls_server_stop(&s);
}

static void a_file_damaged_between_two_runs_is_not_acknowledged(void **state)
{
	(void)state;
	struct play play = {.faults_received = 1};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_INTERNAL);
	assert_int_equal(file_publish("out.p12", "0123456789 the pack", 19, 0600, NULL), ERR_OK);
	assert_int_equal(collect(&s, NULL, "out.p12"), ERR_EXISTS);
	assert_int_equal(play.receipts, 0);
	tls_server_stop(&s);
}

static void a_file_that_does_not_open_is_saved_and_acknowledged_all_the_same(void **state)
{
	(void)state;
	struct play play = {0};
	struct tls_server s;
	start(&s, &play);
	assert_int_equal(file_publish("password", "x\n", 2, 0600, NULL), ERR_OK);
	password_flag = "--password-file=password";
	assert_int_equal(collect(&s, "ABCD-EFGH", "out.p12"), ERR_INVALID);
	password_flag = "--no-password";
	tls_server_stop(&s);
	expect_file("out.p12", play.package);
	assert_int_equal(play.receipts, 1);
	assert_int_not_equal(access("out.p12.claim", F_OK), 0);
	unlink("password");
}

static void names_from_the_server_stay_in_the_folder(void **state)
{
	(void)state;
	static const char *const evil[] = {"../x.p12", "/tmp/x.p12", ".p12", ".hidden.p12", "x.sh", "a/b.p12", "a b.p12", "x.p12\\n.p12"};
	for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
		struct play play = {.file_name = evil[i]};
		struct tls_server s;
		start(&s, &play);
		if (collect(&s, "ABCD-EFGH", NULL) != ERR_OK)
			fail_msg("%s: not collected", evil[i]);
		tls_server_stop(&s);
		expect_file("certificate.p12", play.package);
		clean(NULL);
	}
	assert_true(file_name_is_fit("e-banking-20281122.p12", ".p12"));
	assert_true(file_name_is_fit("e-banking-20281122.pem", ".pem"));
	assert_false(file_name_is_fit("e-banking-20281122.pem", ".p12"));
}

static void links_are_read_whole_or_refused_without_being_repeated(void **state)
{
	(void)state;
	static const char *const good[] = {"https://h/d/" TOKEN, "  https://h/d/" TOKEN "\n", "https://h/d/" TOKEN "/", "HTTPS://h:1/d/" TOKEN};
	static const char *const bad[] = {
		"", "h/d/" TOKEN, "http://h/d/" TOKEN, "https://h/d/" TOKEN "x", "https://h/d/Zm9vYmFyYmF6cXV4cXV1e", "https://h/" TOKEN,
		"https://h/d/" TOKEN "?x=1", "https://h/d/" TOKEN "#x", "https://h/d/" TOKEN "/code", "https://h/d/" TOKEN " x",
		"https:///d/" TOKEN, "https://h/d/Zm9vYmFyYmF6cXV4cXV1e=", "https:/d/" TOKEN};
	struct link link;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(link_parse(good[i], &link, NULL), ERR_OK);
		assert_string_equal(link.token, TOKEN);
	}
	assert_string_equal(link.server, "HTTPS://h:1");
	assert_int_equal(link_parse("https://h/prefix/d/" TOKEN, &link, NULL), ERR_OK);
	assert_string_equal(link.server, "https://h/prefix");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errbuf why = {0};
		if (link_parse(bad[i], &link, &why) != ERR_USAGE)
			fail_msg("%s: taken", bad[i]);
		if (strstr(why.text, "Zm9v"))
			fail_msg("the link is repeated: %s", why.text);
	}
}

static void claims_of_another_link_or_readable_by_others_are_not_used(void **state)
{
	(void)state;
	struct link link, other;
	struct claim claim = {.text = "c1a1m", .path = "out.p12.claim"}, found;
	assert_int_equal(link_parse("https://h/d/" TOKEN, &link, NULL), ERR_OK);
	assert_int_equal(link_parse("https://h/d/Xm9vYmFyYmF6cXV4cXV1eA", &other, NULL), ERR_OK);
	assert_int_equal(claim_find(&link, "out.p12", &found, NULL), ERR_NOT_FOUND);
	assert_int_equal(claim_keep(&link, &claim, NULL), ERR_OK);
	assert_int_equal(claim_find(&link, "out.p12", &found, NULL), ERR_OK);
	assert_string_equal(found.text, "c1a1m");
	assert_int_equal(claim_find(&other, "out.p12", &found, NULL), ERR_NOT_FOUND);
	assert_string_equal(found.text, "");
	assert_int_equal(chmod("out.p12.claim", 0640), 0);
	assert_int_equal(claim_find(&link, "out.p12", &found, NULL), ERR_REFUSED);
	static const char *const damaged[] = {"", "{", "{}", "[]", "{\"token_sha256\":1}",
					      "{\"token_sha256\":\"x\",\"claim\":\"a b\",\"sha256\":\"\"}"};
	for (size_t i = 1; i < sizeof damaged / sizeof *damaged; i++) {
		assert_int_equal(file_publish("out.p12.claim", damaged[i], strlen(damaged[i]), 0600, NULL), ERR_OK);
		assert_int_equal(claim_find(&link, "out.p12", &found, NULL), ERR_CORRUPT);
	}
	static const char room[64]; /* made for a claim by one that was killed then: no code had been used */
	assert_int_equal(file_publish("out.p12.claim", room, sizeof room, 0600, NULL), ERR_OK);
	assert_int_equal(claim_find(&link, "out.p12", &found, NULL), ERR_NOT_FOUND);
	snprintf(claim.path, sizeof claim.path, "out.p12.claim");
	claim_forget(&claim);
	assert_int_not_equal(access("out.p12.claim", F_OK), 0);
}

static int begin(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("ALL_PROXY");
	unsetenv("COUNTERFOIL_CA");
	text_begin();
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	server_pair = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .extended = "serverAuth"});
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return 1;
	setenv("XDG_CONFIG_HOME", folder, 1);
	FILE *pem = fopen("ca.pem", "w");
	PEM_write_X509(pem, ca.certificate);
	return fclose(pem);
}

static int end(void **state)
{
	clean(state);
	unlink("ca.pem");
	pair_free(&ca);
	pair_free(&server_pair);
	return chdir("/") != 0 || rmdir(folder) != 0;
}

enum { STACK_SIZE = 1 << 20 };

/* Without a CA's certificate nothing is asked of anybody. */
static void *collect_without_a_ca(void *result)
{
	const char *words[] = {"collect", "https://localhost:1/d/" TOKEN, "--ca", "none.pem", "--no-password", "--out", "out.p12"};
	struct arguments a;
	struct errbuf why;
	enum err *e = result;
	*e = arguments_parse(sizeof words / sizeof *words, words, &a, &why);
	if (!*e)
		*e = run_collect(&a, &why);
	return NULL;
}

static void a_claim_is_wiped_also_when_there_is_nobody_to_ask(void **state)
{
	(void)state;
	struct link link;
	struct claim claim;
	pthread_attr_t attributes;
	pthread_t thread;
	enum err e = ERR_OK;
	assert_int_equal(link_parse("https://localhost:1/d/" TOKEN, &link, NULL), ERR_OK);
	assert_int_equal(claim_find(&link, "out.p12", &claim, NULL), ERR_NOT_FOUND);
	claim = (struct claim){0};
	memcpy(claim.text, claim_text, sizeof claim_text);
	assert_int_equal(claim_path(&link, "out.p12", claim.path), ERR_OK);
	assert_int_equal(claim_keep(&link, &claim, NULL), ERR_OK);
	void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	assert_true(stack != MAP_FAILED);
	pthread_attr_init(&attributes);
	assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_SIZE), 0);
	assert_int_equal(pthread_create(&thread, &attributes, collect_without_a_ca, &e), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	assert_int_not_equal(e, ERR_OK);
	assert_null(memmem(stack, STACK_SIZE, claim_text, strlen(claim_text)));
	assert_non_null(memmem(stack, STACK_SIZE, TOKEN, strlen(TOKEN))); /* the search finds what was there */
	munmap(stack, STACK_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_whole_parcel_is_saved_then_acknowledged_and_the_claim_forgotten, clean),
		cmocka_unit_test_teardown(what_is_not_ready_is_waited_for, clean),
		cmocka_unit_test_teardown(a_wrong_code_is_one_try_and_leaves_nothing, clean),
		cmocka_unit_test_teardown(a_file_that_exists_is_never_overwritten_and_no_code_is_used_up, clean),
		cmocka_unit_test_teardown(a_download_that_breaks_off_is_fetched_again_by_the_same_claim, clean),
		cmocka_unit_test_teardown(a_package_of_another_hash_is_neither_saved_nor_acknowledged, clean),
		cmocka_unit_test_teardown(a_run_stopped_anywhere_is_taken_up_without_a_code, clean),
		cmocka_unit_test_teardown(a_file_damaged_between_two_runs_is_not_acknowledged, clean),
		cmocka_unit_test_teardown(a_file_that_does_not_open_is_saved_and_acknowledged_all_the_same, clean),
		cmocka_unit_test_teardown(names_from_the_server_stay_in_the_folder, clean),
		cmocka_unit_test(links_are_read_whole_or_refused_without_being_repeated),
		cmocka_unit_test_teardown(claims_of_another_link_or_readable_by_others_are_not_used, clean),
		cmocka_unit_test_teardown(a_claim_is_wiped_also_when_there_is_nobody_to_ask, clean),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
