/* An identity from every place that it may be in, and out of PEM: what each gives, and what it refuses. */
#include "base/file.h"
#include "client/include/counterfoil.h"
#include "tests/support/pem_maker.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_OF_P256 = 48 }; /* base64 of what comes before the private number */

#define PASSWORD "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N"

static struct pair root, issuing, ec, rsa, ed25519;
static char folder[] = "/tmp/client-load-XXXXXX";
static struct buf text = {.cap = 1 << 21}, key_text = {.cap = 1 << 21}, p12 = {.cap = 1 << 16};

static counterfoil_place in(const struct buf *bytes)
{
	return (counterfoil_place){.data = {bytes->data, bytes->len}};
}

static counterfoil_place word(const char *bytes)
{
	return (counterfoil_place){.data = {bytes, strlen(bytes)}};
}

static counterfoil_identity_options of(counterfoil_place file)
{
	return (counterfoil_identity_options){.size = sizeof(counterfoil_identity_options), .file = file};
}

/* The code; loaded, it is e-banking's, with so many certificates behind it. */
static counterfoil_code load(const counterfoil_identity_options *options, size_t others, counterfoil_error *error)
{
	counterfoil_identity *made = (counterfoil_identity *)&root;
	counterfoil_code code = counterfoil_identity_load(options, &made, error);
	if (code) {
		assert_null(made);
		return code;
	}
	assert_string_equal(counterfoil_identity_fact(made, COUNTERFOIL_FACT_COMMON_NAME), "e-banking");
	assert_int_equal(counterfoil_identity_certificate(made, others).data != NULL, true);
	assert_null(counterfoil_identity_certificate(made, others + 1).data);
	counterfoil_identity_free(made);
	return code;
}

static void fresh(void)
{
	buf_clear(&text);
	buf_clear(&key_text);
}

static void path_of(const char *name, const void *bytes, size_t len, char path[64])
{
	snprintf(path, 64, "%s/%s", folder, name);
	assert_int_equal(file_publish(path, bytes, len, 0600, NULL), ERR_OK);
}

static void each_kind_of_key_is_read(void **state)
{
	(void)state;
	const struct {
		const struct pair *subject;
		enum pem_key form;
		const char *password;
		counterfoil_code want;
	} kinds[] = {
		{&ec, PEM_PKCS8, NULL, COUNTERFOIL_OK},
		{&ec, PEM_PKCS8_SEALED, PASSWORD, COUNTERFOIL_OK},
		{&ec, PEM_PKCS8_SEALED, "x", COUNTERFOIL_WRONG_PASSWORD},
		{&ec, PEM_PKCS8_SEALED, NULL, COUNTERFOIL_WRONG_PASSWORD},
		{&ec, PEM_PKCS8_DES, PASSWORD, COUNTERFOIL_OLD_ENCRYPTION},
		{&ec, PEM_PKCS8_COSTLY, PASSWORD, COUNTERFOIL_TOO_COSTLY},
		{&ec, PEM_TRADITIONAL, NULL, COUNTERFOIL_OK},
		{&ec, PEM_TRADITIONAL_SEALED, PASSWORD, COUNTERFOIL_OLD_ENCRYPTION},
		{&rsa, PEM_PKCS8, NULL, COUNTERFOIL_OK},
		{&rsa, PEM_TRADITIONAL, NULL, COUNTERFOIL_OK},
		{&ed25519, PEM_PKCS8, NULL, COUNTERFOIL_OK},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		for (int apart = 0; apart < 2; apart++) {
			fresh();
			struct buf *where = apart ? &key_text : &text;
			pem_add_certificate(&text, kinds[i].subject->certificate);
			pem_add_certificate(&text, issuing.certificate);
			pem_add_certificate(&text, root.certificate);
			pem_add_key(where, kinds[i].subject->key, kinds[i].form, PASSWORD);
			counterfoil_identity_options o = of(in(&text));
			if (apart)
				o.key = in(&key_text);
			if (kinds[i].password)
				o.password = word(kinds[i].password);
			counterfoil_error error;
			if (load(&o, 2, &error) != kinds[i].want)
				fail_msg("kind %zu, apart %d: %s", i, apart, error.text);
		}
	}
}

static void the_order_of_the_blocks_does_not_matter(void **state)
{
	(void)state;
	fresh();
	buf_text(&text, "Bag Attributes\n    friendlyName: x\n");
	pem_add_certificate(&text, root.certificate);
	pem_add_key(&text, ec.key, PEM_PKCS8, NULL);
	pem_add_certificate(&text, issuing.certificate);
	buf_text(&text, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
	pem_add_certificate(&text, ec.certificate);
	pem_add_certificate(&text, ec.certificate); /* twice is once */
	counterfoil_identity_options o = of(in(&text));
	assert_int_equal(load(&o, 2, NULL), COUNTERFOIL_OK);
}

static void what_is_no_identity_is_refused_with_its_reason(void **state)
{
	(void)state;
	static const char damaged[] = "-----BEGIN CERTIFICATE-----\nMIIB!!!!\n-----END CERTIFICATE-----\n",
			  other_shell[] = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
			  cut[] = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0waw\n";
	const struct {
		const char *name, *tail;
		const X509 *certificate;
		EVP_PKEY *key, *second;
		counterfoil_code want;
	} kinds[] = {
		{"no key", "", ec.certificate, NULL, NULL, COUNTERFOIL_NO_KEY},
		{"another key", "", ec.certificate, rsa.key, NULL, COUNTERFOIL_NO_KEY},
		{"a key alone", "", NULL, ec.key, NULL, COUNTERFOIL_NO_KEY},
		{"two keys", "", ec.certificate, ec.key, rsa.key, COUNTERFOIL_SEVERAL_KEYS},
		{"a damaged certificate behind", damaged, ec.certificate, ec.key, NULL, COUNTERFOIL_NOT_PEM},
		{"another program's key", other_shell, ec.certificate, NULL, NULL, COUNTERFOIL_UNSUPPORTED},
		{"cut in the key", cut, ec.certificate, NULL, NULL, COUNTERFOIL_NOT_PEM},
		{"text", "Dear customer,\n-----BEGIN of nothing\n", NULL, NULL, NULL, COUNTERFOIL_NO_KEY},
		{"text alone", "Dear customer,\n", NULL, NULL, NULL, COUNTERFOIL_NOT_PKCS12},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		fresh();
		if (kinds[i].certificate)
			pem_add_certificate(&text, kinds[i].certificate);
		if (kinds[i].key)
			pem_add_key(&text, kinds[i].key, PEM_PKCS8, NULL);
		if (kinds[i].second)
			pem_add_key(&text, kinds[i].second, PEM_PKCS8, NULL);
		buf_text(&text, kinds[i].tail);
		counterfoil_identity_options o = of(in(&text));
		counterfoil_error error;
		counterfoil_code code = load(&o, 0, &error);
		if (code != kinds[i].want || error.code != code || !error.text[0])
			fail_msg("%s: had %s: %s", kinds[i].name, counterfoil_code_word(code), error.text);
	}
}

/* Each certificate cut or altered anywhere: never another identity. */
static void no_bit_of_a_certificate_may_change(void **state)
{
	(void)state;
	fresh();
	pem_add_key(&text, ec.key, PEM_PKCS8, NULL);
	size_t begin = text.len;
	pem_add_certificate(&text, ec.certificate);
	counterfoil_identity_options o = of(in(&text));
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	for (size_t cut = 0; cut < text.len - 1; cut++) {
		o.file.data.len = cut;
		assert_int_not_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	}
	o.file.data.len = text.len;
	/* In the key: before its private number stands nothing that would make it another one. */
	for (size_t at = 0; at < begin; at++) {
		if (text.data[at] == '\n')
			continue;
		text.data[at] ^= 0x04;
		counterfoil_code code = load(&o, 0, NULL);
		text.data[at] ^= 0x04;
		if (code == COUNTERFOIL_OK && at >= strlen("-----BEGIN PRIVATE KEY-----\n") + HEAD_OF_P256)
			fail_msg("the key with byte %zu altered was taken", at);
	}
}

static void too_much_is_refused(void **state)
{
	(void)state;
	counterfoil_identity_options o;
	fresh();
	pem_add_key(&text, ec.key, PEM_PKCS8, NULL);
	for (int i = 0; i < 65; i++)
		pem_add_certificate(&text, ec.certificate);
	o = of(in(&text));
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_TOO_LARGE);
	fresh();
	pem_add_key(&text, ec.key, PEM_PKCS8, NULL);
	pem_add_certificate(&text, ec.certificate);
	while (text.len < (1 << 20))
		buf_text(&text, "# a line of no meaning, of which there are too many\n");
	o = of(in(&text));
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_TOO_LARGE);
	char path[64];
	path_of("large.pem", text.data, text.len, path);
	o = of((counterfoil_place){.path = path});
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_TOO_LARGE);
}

/* It would load at once, and sign for minutes. */
static void a_key_whose_numbers_outgrow_it_is_refused(void **state)
{
	(void)state;
	EVP_PKEY *giant = pem_with_giant_factors(rsa.key, 32768);
	const struct pair subject = {.key = giant, .certificate = rsa.certificate};
	struct buf der = BUF_INIT(1 << 17);
	counterfoil_error error;
	fresh();
	pem_add_certificate(&text, rsa.certificate);
	pem_add_key(&text, giant, PEM_PKCS8, NULL);
	counterfoil_identity_options o = of(in(&text));
	assert_int_equal(load(&o, 0, &error), COUNTERFOIL_UNSUPPORTED);
	assert_non_null(strstr(error.text, "8192 bits"));
	package_write(&(struct package){.subject = &subject, .password = PASSWORD}, &der);
	o = of(in(&der));
	o.password = word(PASSWORD);
	assert_int_equal(load(&o, 0, &error), COUNTERFOIL_UNSUPPORTED);
	buf_free(&der);
	EVP_PKEY_free(giant);
}

static int64_t asked;

static int64_t answer(void *context, void *into, size_t most)
{
	asked++;
	if (!context)
		return -1;
	assert_true(most >= strlen(context));
	memcpy(into, context, strlen(context));
	return (int64_t)strlen(context);
}

static int64_t too_long(void *context, void *into, size_t most)
{
	(void)context, (void)into;
	return (int64_t)most + 1;
}

static void a_pipe_with(const char *bytes, int out[2])
{
	assert_int_equal(pipe(out), 0);
	assert_int_equal(write(out[1], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static void the_password_comes_by_each_way(void **state)
{
	(void)state;
	static char right[] = PASSWORD;
	char path[64], left[8] = "";
	counterfoil_identity_options o = of(in(&p12));
	o.password = word(PASSWORD);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	path_of("password", PASSWORD "\r\nsecond line\n", strlen(PASSWORD "\r\nsecond line\n"), path);
	o.password = (counterfoil_place){.path = path};
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	o.password = (counterfoil_place){0};
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_WRONG_PASSWORD);
	int ends[2];
	a_pipe_with(PASSWORD "\nnext", ends);
	o.password_fd = &ends[0];
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	assert_int_equal(read(ends[0], left, sizeof left), 4); /* what is behind the line is left */
	assert_memory_equal(left, "next", 4);
	close(ends[1]);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_WRONG_PASSWORD); /* the end: an empty line */
	close(ends[0]);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_FILE_UNREADABLE);
	o.password_fd = NULL;
	asked = 0;
	o.ask = answer;
	o.context = right;
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	assert_int_equal(asked, 1);
	o.context = NULL;
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_STOPPED);
	o.ask = too_long;
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_STOPPED);
}

static void a_password_that_nothing_needs_is_not_asked_for(void **state)
{
	(void)state;
	fresh();
	pem_add_certificate(&text, ec.certificate);
	pem_add_key(&key_text, ec.key, PEM_PKCS8, NULL);
	counterfoil_identity_options o = of(in(&text));
	o.key = in(&key_text);
	o.ask = answer;
	asked = 0;
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	assert_int_equal(asked, 0);
}

static void a_long_password_is_refused(void **state)
{
	(void)state;
	char line[1100], path[64];
	int ends[2];
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	counterfoil_identity_options o = of(in(&p12));
	path_of("long", line, strlen(line), path);
	o.password = (counterfoil_place){.path = path};
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_TOO_LARGE);
	o.password = (counterfoil_place){0};
	a_pipe_with(line, ends);
	o.password_fd = &ends[0];
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_TOO_LARGE);
	close(ends[0]);
	close(ends[1]);
}

static void credentials_of_systemd_are_found(void **state)
{
	(void)state;
	char path[64];
	path_of("e-banking", p12.data, p12.len, path);
	path_of("secret", PASSWORD "\n", strlen(PASSWORD "\n"), path);
	counterfoil_identity_options o = of((counterfoil_place){.credential = "e-banking"});
	o.password = (counterfoil_place){.credential = "secret"};
	counterfoil_error error;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(load(&o, 0, &error), COUNTERFOIL_BAD_INPUT);
	assert_non_null(strstr(error.text, "LoadCredential=e-banking:"));
	setenv("CREDENTIALS_DIRECTORY", "relative", 1);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_OK);
	o.password.credential = "none";
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_FILE_UNREADABLE);
	static const char *const bad[] = {"", ".", "..", "../secret", "a/b"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		o = of((counterfoil_place){.credential = bad[i]});
		assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void options_that_say_two_things_are_refused(void **state)
{
	(void)state;
	static const int zero = 0;
	counterfoil_identity_options o = of((counterfoil_place){0});
	assert_int_equal(load(NULL, 0, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	o = of((counterfoil_place){.path = "x", .credential = "x"});
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	o = of(in(&p12));
	o.password = word("x");
	o.password_fd = &zero;
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	o = of(in(&p12));
	o.ask = answer;
	o.password = word("x");
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	o = of(in(&p12));
	o.size--;
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_BAD_INPUT);
	fresh();
	pem_add_key(&key_text, ec.key, PEM_PKCS8, NULL);
	o = of(in(&p12));
	o.key = in(&key_text);
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_NOT_PEM); /* PKCS#12 has its own key */
	o = of((counterfoil_place){.path = "/no/such/file"});
	assert_int_equal(load(&o, 0, NULL), COUNTERFOIL_FILE_UNREADABLE);
	assert_int_equal(counterfoil_identity_load(&o, NULL, NULL), COUNTERFOIL_BAD_INPUT);
}

static int make(void **state)
{
	(void)state;
	root = pair_make(&(struct wanted){.common_name = "Root", .ca = true});
	issuing = pair_make(&(struct wanted){.common_name = "Issuing", .ca = true, .issuer = &root});
	ec = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing});
	rsa = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .key = "RSA2048"});
	ed25519 = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .key = "ED25519"});
	package_write(&(struct package){.subject = &ec, .password = PASSWORD}, &p12);
	return mkdtemp(folder) ? 0 : -1;
}

static int clear(void **state)
{
	(void)state;
	static const char *const names[] = {"large.pem", "password", "long", "e-banking", "secret"};
	struct pair *const pairs[] = {&root, &issuing, &ec, &rsa, &ed25519};
	char path[64];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		pair_free(pairs[i]);
	buf_free(&text);
	buf_free(&key_text);
	buf_free(&p12);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_key_is_read),
		cmocka_unit_test(the_order_of_the_blocks_does_not_matter),
		cmocka_unit_test(what_is_no_identity_is_refused_with_its_reason),
		cmocka_unit_test(no_bit_of_a_certificate_may_change),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(a_key_whose_numbers_outgrow_it_is_refused),
		cmocka_unit_test(the_password_comes_by_each_way),
		cmocka_unit_test(a_password_that_nothing_needs_is_not_asked_for),
		cmocka_unit_test(a_long_password_is_refused),
		cmocka_unit_test(credentials_of_systemd_are_found),
		cmocka_unit_test(options_that_say_two_things_are_refused),
	};
	return cmocka_run_group_tests(tests, make, clear);
}
