/* Who is calling, while memory and the library below fail at each call in turn: nobody is accepted who is not otherwise. */
#include "client/include/counterfoil.h"
#include "tests/support/crl_maker.h"
#include "tests/support/failing.h"
#include "tests/support/forms.h"
#include "tests/support/test.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define URI "URI:spiffe://test.example/org/nordbank/service/document-archive/client/e-banking"

enum { CAP = 1 << 16, SAMPLE = 60 };

static struct buf ca_pem = {.cap = CAP}, good = {.cap = CAP}, revoked = {.cap = CAP}, foreign = {.cap = CAP}, over = {.cap = CAP};
static char folder[] = "/tmp/client-peer-failing-XXXXXX", list_path[64];
static int64_t now;

/* Who is presented in this piece of work. */
static const struct buf *presented;

static enum err ask(void)
{
	const counterfoil_verifier_options options = {.size = sizeof options, .trust_pem = {ca_pem.data, ca_pem.len}, .crl = list_path};
	counterfoil_verifier *verifier = NULL;
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	counterfoil_code code = counterfoil_verifier_new(&options, &verifier, &error);
	if (!code)
		code = counterfoil_verifier_peer(verifier, (counterfoil_bytes){presented->data, presented->len},
						 COUNTERFOIL_FORMAT_NGINX, now, &peer, &error);
	bool reaches = counterfoil_peer_may_reach(peer, "nordbank", "document-archive");
	counterfoil_peer_free(peer);
	counterfoil_verifier_free(verifier);
	if (reaches != (code == COUNTERFOIL_OK) || (code && !error.text[0]))
		return ERR_INTERNAL;
	return code ? ERR_REFUSED : ERR_OK;
}

static void accepted_or_refused(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
}

static void never_accepted(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc == ERR_REFUSED);
}

static void whatever_fails_nobody_is_accepted_who_is_not_otherwise(void **state)
{
	(void)state;
	const struct {
		const struct buf *who;
		struct failing_work work;
	} works[] = {
		{&good, {.name = "a good one", .after = accepted_or_refused}},
		{&revoked, {.name = "revoked", .after = never_accepted}},
		{&foreign, {.name = "another CA's", .after = never_accepted}},
		{&over, {.name = "over", .after = never_accepted}},
	};
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		struct failing_work work = works[i].work;
		presented = works[i].who;
		work.act = ask;
		work.without_sqlite = true;
		failing_each(&work, SAMPLE);
	}
}

static int begin(void **state)
{
	(void)state;
	struct pair ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	struct pair twin = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	const struct {
		struct wanted w;
		struct buf *out;
	} all[] = {
		{{.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &ca}, &good},
		{{.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &ca}, &revoked},
		{{.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &twin}, &foreign},
		{{.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &ca, .from = -9, .until = -2}, &over},
	};
	struct buf crl = BUF_INIT(CAP);
	snprintf(list_path, sizeof list_path, "%s/list.crl", mkdtemp(folder));
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct pair p = pair_make(&all[i].w);
		form_write(p.certificate, COUNTERFOIL_FORMAT_NGINX, all[i].out);
		if (all[i].out == &revoked)
			crl_write(&(struct crl_wanted){.issuer = &ca, .revoked = {&p}}, &crl);
		pair_free(&p);
	}
	form_write(ca.certificate, COUNTERFOIL_FORMAT_PEM, &ca_pem);
	assert_int_equal(file_publish(list_path, crl.data, crl.len, 0600, NULL), ERR_OK);
	now = time(NULL);
	buf_free(&crl);
	pair_free(&ca);
	pair_free(&twin);
	return 0;
}

static int end(void **state)
{
	(void)state;
	struct buf *const all[] = {&ca_pem, &good, &revoked, &foreign, &over};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
	unlink(list_path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_nobody_is_accepted_who_is_not_otherwise),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
