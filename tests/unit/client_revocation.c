/* A CA's lists, kept and read again: when, for how long, and from whom. */
#include "client/revocation.h"
#include "tests/support/crl_maker.h"
#include "tests/support/test.h"

#include "base/file.h"
#include "client/transport.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CAP = 1 << 16 };

static struct pair ca, subject;
static STACK_OF(X509) *issuers, *chain;
static char folder[] = "/tmp/client-revocation-XXXXXX", path[64];

static void put(const struct crl_wanted *wanted)
{
	struct crl_wanted w = *wanted;
	struct buf crl = BUF_INIT(CAP);
	w.issuer = &ca;
	crl_write(&w, &crl);
	assert_int_equal(file_publish(path, crl.data, crl.len, 0600, NULL), ERR_OK);
	buf_free(&crl);
}

static struct revocation *lists_at(const char *source, uint32_t refresh_ms, uint32_t keep_ms)
{
	struct revocation *r = revocation_new(&(struct revocation_settings){
		.source = source, .issuers = issuers, .refresh_ms = refresh_ms, .keep_ms = keep_ms, .timeout_ms = 2000});
	assert_non_null(r);
	return r;
}

static counterfoil_revocation ask(struct revocation *r)
{
	char why[REVOCATION_WHY_SIZE];
	return revocation_of(r, chain, time(NULL), why);
}

static void a_list_is_read_again_when_it_is_due_and_not_before(void **state)
{
	(void)state;
	put(&(struct crl_wanted){0});
	struct revocation *at_once = lists_at(path, 0, 1000000), *later = lists_at(path, 1000000, 1000000);
	assert_int_equal(ask(at_once), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(ask(later), COUNTERFOIL_REVOCATION_GOOD);
	put(&(struct crl_wanted){.revoked = {&subject}});
	assert_int_equal(ask(at_once), COUNTERFOIL_REVOCATION_REVOKED);
	assert_int_equal(ask(later), COUNTERFOIL_REVOCATION_GOOD);
	revocation_free(at_once);
	revocation_free(later);
}

static void an_older_list_does_not_replace_a_newer_one(void **state)
{
	(void)state;
	put(&(struct crl_wanted){.revoked = {&subject}, .from = -60, .until = 600});
	struct revocation *r = lists_at(path, 0, 1000000);
	assert_int_equal(ask(r), COUNTERFOIL_REVOCATION_REVOKED);
	put(&(struct crl_wanted){.from = -61, .until = 600});
	assert_int_equal(ask(r), COUNTERFOIL_REVOCATION_REVOKED);
	put(&(struct crl_wanted){.from = -59, .until = 600});
	assert_int_equal(ask(r), COUNTERFOIL_REVOCATION_GOOD);
	revocation_free(r);
}

static void a_list_that_cannot_be_read_again_is_kept_for_its_time_only(void **state)
{
	(void)state;
	put(&(struct crl_wanted){0});
	struct revocation *kept = lists_at(path, 0, 1000000), *dropped = lists_at(path, 0, 1);
	assert_int_equal(ask(kept), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(ask(dropped), COUNTERFOIL_REVOCATION_GOOD);
	unlink(path);
	nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL); /* past the one millisecond that it is kept */
	assert_int_equal(ask(kept), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(ask(dropped), COUNTERFOIL_REVOCATION_UNKNOWN);
	put(&(struct crl_wanted){0});
	assert_int_equal(ask(dropped), COUNTERFOIL_REVOCATION_GOOD);
	revocation_free(kept);
	revocation_free(dropped);
}

static void a_list_is_read_again_at_the_latest_when_it_may_no_longer_be_kept(void **state)
{
	(void)state;
	put(&(struct crl_wanted){0});
	struct revocation *r = lists_at(path, 1000000, 50);
	assert_int_equal(ask(r), COUNTERFOIL_REVOCATION_GOOD);
	nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL); /* past the time that it is kept */
	assert_int_equal(ask(r), COUNTERFOIL_REVOCATION_GOOD);
	revocation_free(r);
}

static void of_several_in_one_file_each_is_its_own_issuers(void **state)
{
	(void)state;
	struct buf pem = BUF_INIT(CAP);
	char why[REVOCATION_WHY_SIZE] = "";
	crl_write(&(struct crl_wanted){.issuer = &subject, .pem = true}, &pem);
	assert_null(revocation_lists_read((counterfoil_bytes){pem.data, pem.len}, issuers, why));
	assert_non_null(strstr(why, "no CA"));
	crl_write(&(struct crl_wanted){.issuer = &ca, .revoked = {&subject}, .pem = true}, &pem);
	struct revocation_lists *lists = revocation_lists_read((counterfoil_bytes){pem.data, pem.len}, issuers, why);
	assert_non_null(lists);
	assert_int_equal(revocation_lists_of(lists, chain, time(NULL), why), COUNTERFOIL_REVOCATION_REVOKED);
	revocation_lists_free(lists);
	buf_free(&pem);
}

static void a_list_by_rsa_pss_counts_as_its_digest_does(void **state)
{
	(void)state;
	struct pair pss = pair_make(&(struct wanted){.common_name = "PSS CA", .ca = true, .key = "RSA-PSS"});
	STACK_OF(X509) *its = sk_X509_new_null();
	sk_X509_push(its, pss.certificate);
	const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha1()};
	for (int i = 0; i < 2; i++) {
		struct buf der = BUF_INIT(CAP);
		char why[REVOCATION_WHY_SIZE] = "";
		crl_write(&(struct crl_wanted){.issuer = &pss, .digest = digests[i]}, &der);
		struct revocation_lists *lists = revocation_lists_read((counterfoil_bytes){der.data, der.len}, its, why);
		if ((lists != NULL) != (i == 0))
			fail_msg("%s: %s", EVP_MD_get0_name(digests[i]), lists ? "it counts" : why);
		revocation_lists_free(lists);
		buf_free(&der);
	}
	sk_X509_free(its);
	pair_free(&pss);
}

static void as_many_lists_as_are_permitted_are_read_and_no_more(void **state)
{
	(void)state;
	struct buf pem = BUF_INIT(CAP);
	char why[REVOCATION_WHY_SIZE] = "";
	for (int n = 1; n <= REVOCATION_LISTS_MAX; n++) {
		const bool last = n == REVOCATION_LISTS_MAX;
		crl_write(&(struct crl_wanted){.issuer = &ca, .revoked = {last ? &subject : NULL}, .from = n - 60, .until = 600,
					       .pem = true}, &pem);
	}
	struct revocation_lists *lists = revocation_lists_read((counterfoil_bytes){pem.data, pem.len}, issuers, why);
	if (!lists)
		fail_msg("%d lists: %s", REVOCATION_LISTS_MAX, why);
	assert_int_equal(revocation_lists_of(lists, chain, time(NULL), why), COUNTERFOIL_REVOCATION_REVOKED);
	revocation_lists_free(lists);
	crl_write(&(struct crl_wanted){.issuer = &ca, .pem = true}, &pem);
	assert_null(revocation_lists_read((counterfoil_bytes){pem.data, pem.len}, issuers, why));
	assert_string_equal(why, "it holds more than 8 lists");
	buf_free(&pem);
}

static void a_list_with_any_bit_flipped_or_cut_is_no_list(void **state)
{
	(void)state;
	struct buf crl = BUF_INIT(CAP);
	char why[REVOCATION_WHY_SIZE];
	crl_write(&(struct crl_wanted){.issuer = &ca, .revoked = {&subject}}, &crl);
	for (size_t bit = 0; bit < 8 * crl.len; bit++) {
		crl.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (revocation_lists_read((counterfoil_bytes){crl.data, crl.len}, issuers, why))
			fail_msg("bit %zu of byte %zu flipped: still a list", bit % 8, bit / 8);
		crl.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < crl.len; len++)
		assert_null(revocation_lists_read((counterfoil_bytes){crl.data, len}, issuers, why));
	buf_byte(&crl, 0);
	assert_null(revocation_lists_read((counterfoil_bytes){crl.data, crl.len}, issuers, why));
	buf_free(&crl);
}

/* A web server of one thread that says the same to all who come, `more` over and over until they have gone. */
struct web {
	int fd, port;
	const char *head;
	struct buf body;
	const char *more;
	atomic_int asked;
	pthread_t thread;
};

static void *serve(void *data)
{
	struct web *w = data;
	int fd;
	while ((fd = accept(w->fd, NULL, NULL)) >= 0) {
		char request[4096];
		if (recv(fd, request, sizeof request, 0) > 0)
			w->asked++;
		send(fd, w->head, strlen(w->head), MSG_NOSIGNAL);
		if (w->body.len)
			send(fd, w->body.data, w->body.len, MSG_NOSIGNAL);
		while (w->more && send(fd, w->more, strlen(w->more), MSG_NOSIGNAL) > 0)
			;
		shutdown(fd, SHUT_WR);
		while (recv(fd, request, sizeof request, 0) > 0)
			;
		close(fd);
	}
	return NULL;
}

/* On a port of its own; what the kernel takes is answered by nobody yet. */
static void web_listen(struct web *w)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(w->fd, 8), 0);
	assert_int_equal(getsockname(w->fd, (struct sockaddr *)&address, &len), 0);
	w->port = ntohs(address.sin_port);
}

static void web_start(struct web *w)
{
	web_listen(w);
	assert_int_equal(pthread_create(&w->thread, NULL, serve, w), 0);
}

static void web_stop(struct web *w)
{
	shutdown(w->fd, SHUT_RDWR);
	pthread_join(w->thread, NULL);
	close(w->fd);
	buf_free(&w->body);
}

static void a_list_comes_over_http_once_for_many_questions(void **state)
{
	(void)state;
	struct web w = {.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", .body = BUF_INIT(CAP)};
	char url[64];
	crl_write(&(struct crl_wanted){.issuer = &ca, .revoked = {&subject}}, &w.body);
	web_start(&w);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/crl/issuing.crl", w.port);
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* a proxy is a choice, not something found lying about */
	struct revocation *r = lists_at(url, 1000000, 1000000);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(r), COUNTERFOIL_REVOCATION_REVOKED);
	assert_int_equal(w.asked, 1);
	unsetenv("http_proxy");
	revocation_free(r);
	web_stop(&w);
}

static void a_server_that_means_ill_ends_in_an_error_of_its_own(void **state)
{
	(void)state;
	static char line[32768]; /* headers or body without end, 32 kB at a time */
	memset(line, 'a', sizeof line - 1);
	memcpy(line, "X: ", 3);
	memcpy(line + sizeof line - 3, "\r\n", 3);
	const struct {
		const char *name, *head, *more;
		counterfoil_code want;
	} cases[] = {
		{"not found", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", NULL, COUNTERFOIL_BROKEN},
		{"elsewhere", "HTTP/1.1 302 Go\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", NULL, COUNTERFOIL_BROKEN},
		{"no HTTP", "220 mail\r\n", NULL, COUNTERFOIL_UNREACHABLE},
		{"cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", NULL, COUNTERFOIL_UNREACHABLE},
		{"headers without end", "HTTP/1.1 200 OK\r\n", line, COUNTERFOIL_TOO_LARGE},
		{"a body without end", "HTTP/1.1 200 OK\r\n\r\n", line, COUNTERFOIL_TOO_LARGE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct web w = {.head = cases[i].head, .more = cases[i].more};
		struct buf body = BUF_INIT(100000);
		counterfoil_error error;
		char url[64];
		web_start(&w);
		snprintf(url, sizeof url, "http://127.0.0.1:%d/", w.port);
		const struct transport_question file = {.url = url, .timeout_ms = 20000};
		counterfoil_code had = transport_fetch(&file, &body, &error);
		if (had != cases[i].want)
			fail_msg("%s: wanted %s, had %s (%s)", cases[i].name, counterfoil_code_word(cases[i].want),
				 counterfoil_code_word(had), error.text);
		assert_true(body.len <= 100000);
		buf_free(&body);
		web_stop(&w);
	}
}

static void who_says_nothing_is_left_in_time(void **state)
{
	(void)state;
	struct web w = {.head = ""};
	struct buf body = BUF_INIT(100);
	char url[64];
	web_listen(&w);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/", w.port);
	const struct transport_question file = {.url = url, .timeout_ms = 50};
	assert_int_equal(transport_fetch(&file, &body, NULL), COUNTERFOIL_TIMEOUT);
	close(w.fd);
}

static atomic_int revoked;

static void *ask_often(void *r)
{
	for (int i = 0; i < 100; i++)
		revoked += ask(r) == COUNTERFOIL_REVOCATION_REVOKED;
	return NULL;
}

static void threads_ask_while_it_is_read_again_each_time(void **state)
{
	(void)state;
	pthread_t threads[4];
	put(&(struct crl_wanted){.revoked = {&subject}});
	struct revocation *r = lists_at(path, 0, 1000000);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, r), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(revoked, 400);
	revocation_free(r);
}

static int begin(void **state)
{
	(void)state;
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	subject = pair_make(&(struct wanted){.common_name = "e-banking", .extended = "clientAuth", .issuer = &ca});
	issuers = sk_X509_new_null();
	chain = sk_X509_new_null();
	sk_X509_push(issuers, ca.certificate);
	sk_X509_push(chain, subject.certificate);
	sk_X509_push(chain, ca.certificate);
	snprintf(path, sizeof path, "%s/list.crl", mkdtemp(folder));
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	sk_X509_free(issuers);
	sk_X509_free(chain);
	pair_free(&ca);
	pair_free(&subject);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_again_when_it_is_due_and_not_before),
		cmocka_unit_test(an_older_list_does_not_replace_a_newer_one),
		cmocka_unit_test(a_list_that_cannot_be_read_again_is_kept_for_its_time_only),
		cmocka_unit_test(a_list_is_read_again_at_the_latest_when_it_may_no_longer_be_kept),
		cmocka_unit_test(of_several_in_one_file_each_is_its_own_issuers),
		cmocka_unit_test(as_many_lists_as_are_permitted_are_read_and_no_more),
		cmocka_unit_test(a_list_by_rsa_pss_counts_as_its_digest_does),
		cmocka_unit_test(a_list_with_any_bit_flipped_or_cut_is_no_list),
		cmocka_unit_test(a_list_comes_over_http_once_for_many_questions),
		cmocka_unit_test(a_server_that_means_ill_ends_in_an_error_of_its_own),
		cmocka_unit_test(who_says_nothing_is_left_in_time),
		cmocka_unit_test(threads_ask_while_it_is_read_again_each_time),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
