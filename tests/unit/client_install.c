/* install: which files, who may read them, and that a server never sees a half of a set, whatever fails or ends it. */
#include "base/file.h"
#include "client/command/install.h"
#include "tests/support/file_steps.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAP = 1 << 16, STEPS_MAX = 400 };

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static char top[] = "/tmp/client-install-XXXXXX";
static struct pair root, issuing;
static counterfoil_identity *first, *second; /* of one client, before and after its renewal */
static struct secret *secret;

static struct install wanted(const char *platform, const counterfoil_identity *identity, const char *folder)
{
	struct install i = {.identity = identity, .password = secret};
	assert_int_equal(platform_find(platform, &i.platform, NULL), ERR_OK);
	snprintf(i.folder, sizeof i.folder, "%s/%s", top, folder);
	return i;
}

static int count_entries(const char *path)
{
	int n = 0;
	DIR *folder = opendir(path);
	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return folder ? n - 2 : -1;
}

static void remove_tree(const char *path)
{
	char child[8192];
	struct stat st;
	DIR *folder = lstat(path, &st) == 0 && S_ISDIR(st.st_mode) ? opendir(path) : NULL;
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
		remove_tree(child);
	}
	if (folder)
		closedir(folder);
	remove(path);
}

static bool is_private(const char *path, mode_t mode)
{
	struct stat st;
	return stat(path, &st) == 0 && (st.st_mode & 07777) == mode && st.st_uid == geteuid();
}

/* The certificate that comes first in a PEM file and the key in another: of one pair, or not whole. */
static bool pair_in(const char *set, const char *certificate_file, const char *key_file, const counterfoil_identity *identity)
{
	char path[8192];
	snprintf(path, sizeof path, "%s/%s", set, certificate_file);
	BIO *in = BIO_new_file(path, "r");
	X509 *x = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	snprintf(path, sizeof path, "%s/%s", set, key_file);
	in = BIO_new_file(path, "r");
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	counterfoil_bytes want = counterfoil_identity_certificate(identity, 0);
	unsigned char *der = NULL;
	int len = x ? i2d_X509(x, &der) : -1;
	bool same = len >= 0 && (size_t)len == want.len && memcmp(der, want.data, want.len) == 0 && key &&
		    X509_check_private_key(x, key) == 1;
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
	return same;
}

/* Every file of the platform is there, private, and not empty. */
static bool is_whole(const struct platform *p, const char *set)
{
	char path[8192];
	struct stat st;
	int files = 0;
	for (const struct install_file *f = p->files; f->name; f++, files++) {
		snprintf(path, sizeof path, "%s/%s", set, f->name);
		if (!is_private(path, 0600) || stat(path, &st) != 0 || st.st_size == 0)
			return false;
	}
	return is_private(set, 0700) && count_entries(set) == files;
}

static int certificates_in(const char *set, const char *name)
{
	char path[8192];
	int n = 0;
	snprintf(path, sizeof path, "%s/%s", set, name);
	BIO *in = BIO_new_file(path, "r");
	for (X509 *x; in && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)); n++)
		X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return n;
}

static void each_platform_has_its_files_private_and_of_one_pair(void **state)
{
	(void)state;
	static const struct {
		const char *platform, *certificate, *key;
		int certificates; /* in that file */
	} cases[] = {{"nginx", "chain.pem", "key.pem", 2}, {"apache", "client.pem", "client.pem", 1},
		     {"haproxy", "client.pem", "client.pem", 2}, {"pem", "cert.pem", "key.pem", 1}, {"java", NULL, NULL, 0}};
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		struct install i = wanted(cases[n].platform, first, "each");
		assert_int_equal(install_lay(&i, NULL), ERR_OK);
		assert_true(is_whole(i.platform, i.link));
		assert_string_equal(i.previous, "");
		if (cases[n].certificate) {
			assert_true(pair_in(i.link, cases[n].certificate, cases[n].key, first));
			assert_int_equal(certificates_in(i.link, cases[n].certificate), cases[n].certificates);
			assert_int_equal(certificates_in(i.link, "ca.pem"), 2);
		}
	}
	struct install i = wanted("java", first, "each");
	char path[8192];
	snprintf(path, sizeof path, "%s/java/keystore.p12", i.folder);
	counterfoil_identity *again = NULL;
	assert_int_equal(counterfoil_identity_from_file(path, (counterfoil_bytes){password, strlen(password)}, &again, NULL), COUNTERFOIL_OK);
	counterfoil_identity_free(again);
}

/* The chain is in the order that TLS wants, though the file has the root first. */
static void the_chain_goes_from_issuer_to_issuer_without_the_root(void **state)
{
	(void)state;
	struct install i = wanted("nginx", first, "order");
	char path[8192];
	assert_int_equal(install_lay(&i, NULL), ERR_OK);
	snprintf(path, sizeof path, "%s/chain.pem", i.link);
	BIO *in = BIO_new_file(path, "r");
	X509 *leaf = PEM_read_bio_X509(in, NULL, NULL, NULL), *next = PEM_read_bio_X509(in, NULL, NULL, NULL);
	assert_non_null(leaf);
	assert_int_equal(X509_cmp(next, issuing.certificate), 0);
	X509_free(leaf);
	X509_free(next);
	BIO_free(in);
}

static void settings_name_the_set_itself_and_the_server_names_the_link(void **state)
{
	(void)state;
	static const char *const platforms_with[] = {"nginx", "apache", "java"};
	static const char *const files[] = {"proxy.conf", "proxy.conf", "java.options"};
	for (size_t n = 0; n < 3; n++) {
		struct install i = wanted(platforms_with[n], first, "settings");
		struct buf text = BUF_INIT(CAP), settings = BUF_INIT(CAP);
		char path[8192];
		assert_int_equal(install_lay(&i, NULL), ERR_OK);
		snprintf(path, sizeof path, "%s/%s", i.link, files[n]);
		assert_int_equal(file_read(path, &text, NULL), ERR_OK);
		snprintf(path, sizeof path, "%s/", i.set);
		assert_non_null(strstr(buf_string(&text), path));
		snprintf(path, sizeof path, "%s/", i.link); /* not by what may change in between */
		assert_null(strstr(buf_string(&text), path));
		assert_null(strstr(buf_string(&text), "{}"));
		platform_text(i.platform->settings, i.link, &settings);
		assert_non_null(strstr(buf_string(&settings), path));
		buf_free(&text);
		buf_free(&settings);
	}
}

static void what_is_installed_stays_until_told_otherwise(void **state)
{
	(void)state;
	struct install i = wanted("nginx", first, "again"), next = wanted("nginx", second, "again");
	assert_int_equal(install_lay(&i, NULL), ERR_OK);
	assert_int_equal(install_lay(&next, NULL), ERR_EXISTS);
	assert_true(pair_in(i.link, "chain.pem", "key.pem", first));
	assert_int_equal(count_entries(i.folder), 2);
	next = wanted("nginx", second, "again");
	next.replace = true;
	assert_int_equal(install_lay(&next, NULL), ERR_OK);
	assert_true(pair_in(next.link, "chain.pem", "key.pem", second));
	assert_string_equal(next.previous, i.set);
	assert_true(pair_in(i.set, "chain.pem", "key.pem", first)); /* the old one is still there */
	next = wanted("nginx", second, "again");
	next.replace = true;
	assert_int_equal(install_lay(&next, NULL), ERR_OK); /* the same once more: a set of its own */
	assert_true(is_whole(next.platform, next.link));
	assert_int_equal(count_entries(i.folder), 4);
}

static void a_place_that_is_not_safe_is_refused(void **state)
{
	(void)state;
	struct install i = wanted("nginx", first, "open");
	assert_int_equal(mkdir(i.folder, 0700), 0);
	assert_int_equal(chmod(i.folder, 0770), 0);
	assert_int_equal(install_lay(&i, NULL), ERR_REFUSED);
	assert_int_equal(count_entries(i.folder), 0);
	i = wanted("nginx", first, "taken");
	assert_int_equal(install_lay(&i, NULL), ERR_OK);
	i = wanted("pem", first, "taken");
	char path[8192];
	snprintf(path, sizeof path, "%s/pem", i.folder);
	assert_int_equal(mkdir(path, 0700), 0);
	i.replace = true;
	assert_int_equal(install_lay(&i, NULL), ERR_REFUSED); /* no link, and not ours to replace */
	snprintf(path, sizeof path, "%s/file", top);
	assert_int_equal(file_publish(path, "x", 1, 0600, NULL), ERR_OK);
	i = wanted("pem", first, "file");
	assert_int_not_equal(install_lay(&i, NULL), ERR_OK);
	static const char *const odd[] = {"", "a b", "a;b", "a\"b", "a'b", "a\nb", "a$b", "a{b", "a\\b", "a#b", "a*b"};
	for (size_t n = 0; n < sizeof odd / sizeof *odd; n++)
		assert_int_equal(install_folder_fit(odd[n], NULL), ERR_USAGE);
	assert_int_equal(install_folder_fit("/etc/counterfoil/e-banking_1.d", NULL), ERR_OK);
}

static void make_with_mode(char out[4096], const char *name, mode_t mode)
{
	snprintf(out, 4096, "%s/%s", top, name);
	assert_int_equal(mkdir(out, 0700), 0);
	assert_int_equal(chmod(out, mode), 0);
}

static void a_place_below_what_others_may_write_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		mode_t mode;
		uid_t owner; /* for root's tests: nobody else can give a folder away */
		enum err want;
	} cases[] = {
		{"below-all", 0777, 0, ERR_REFUSED},	      {"below-group", 0770, 0, ERR_REFUSED},
		{"below-group-sticky", 01770, 0, ERR_OK}, {"below-all-sticky", 01777, 0, ERR_OK},
		{"below-mine", 0755, 0, ERR_OK},	      {"below-anothers", 0755, 65534, ERR_REFUSED},
	};
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		char path[4096], place[256];
		if (cases[n].owner && geteuid() != 0)
			continue;
		make_with_mode(path, cases[n].name, cases[n].mode);
		if (cases[n].owner)
			assert_int_equal(chown(path, cases[n].owner, (gid_t)-1), 0);
		snprintf(place, sizeof place, "%s/a/b", cases[n].name);
		struct install i = wanted("nginx", first, place);
		struct errbuf why = {0};
		enum err e = install_lay(&i, &why);
		if (e != cases[n].want || (e && !strstr(err_why(e, &why), path)))
			fail_msg("%s: wanted %s, had %s: %s", cases[n].name, err_word(cases[n].want), err_word(e), err_why(e, &why));
		assert_int_equal(count_entries(i.folder), e ? 0 : 2);
	}
}

static void a_link_by_another_is_left_alone(void **state)
{
	(void)state;
	static const char *const targets[] = {"/etc", "elsewhere", "../nginx-1", "nginx-1/..", "nginx", "nginxx-1", "pem-1"};
	struct install i = wanted("nginx", first, "foreign");
	char link[8192], now[256];
	assert_int_equal(mkdir(i.folder, 0700), 0);
	snprintf(link, sizeof link, "%s/nginx", i.folder);
	for (size_t n = 0; n < sizeof targets / sizeof *targets; n++) {
		assert_int_equal(symlink(targets[n], link), 0);
		for (int replace = 0; replace < 2; replace++) {
			i = wanted("nginx", first, "foreign");
			i.replace = replace;
			if (install_lay(&i, NULL) != ERR_REFUSED)
				fail_msg("a link to %s is taken", targets[n]);
		}
		ssize_t len = readlink(link, now, sizeof now - 1);
		assert_int_equal(len, strlen(targets[n]));
		assert_int_equal(count_entries(i.folder), 1);
		unlink(link);
	}
}

static void two_at_a_time_do_not_meet(void **state)
{
	(void)state;
	struct install i = wanted("nginx", first, "locked");
	assert_int_equal(mkdir(i.folder, 0700), 0);
	int fd = open(i.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(install_lay(&i, NULL), ERR_CONFLICT);
	close(fd);
	i = wanted("nginx", first, "locked");
	assert_int_equal(install_lay(&i, NULL), ERR_OK);
}

static counterfoil_identity *identity_of(const struct wanted *who, X509 *const *chain, size_t chain_count)
{
	struct buf der = BUF_INIT(1 << 20);
	counterfoil_identity *identity = NULL;
	struct pair subject = pair_make(who);
	package_write(&(struct package){.subject = &subject, .password = password, .chain = chain, .chain_count = chain_count}, &der);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
							  (counterfoil_bytes){password, strlen(password)}, &identity, NULL), COUNTERFOIL_OK);
	buf_free(&der);
	pair_free(&subject);
	return identity;
}

static void what_no_server_could_use_is_refused_and_leaves_nothing(void **state)
{
	(void)state;
	struct pair impostor = pair_make(&(struct wanted){.common_name = "Test Issuing", .ca = true, .issuer = &root});
	X509 *whole[] = {root.certificate, issuing.certificate}, *no_root[] = {issuing.certificate};
	X509 *wrong[] = {root.certificate, impostor.certificate};
	const struct {
		const char *name;
		struct wanted who;
		X509 *const *chain;
		size_t count;
		enum err want;
	} cases[] = {
		{"over", {.common_name = "e", .issuer = &issuing, .from = -2L * DAY, .until = -DAY}, whole, 2, ERR_EXPIRED},
		{"not begun", {.common_name = "e", .issuer = &issuing, .from = DAY, .until = 2L * DAY}, whole, 2, ERR_EXPIRED},
		{"no CA", {.common_name = "e", .issuer = &issuing}, NULL, 0, ERR_INVALID},
		{"no root", {.common_name = "e", .issuer = &issuing}, no_root, 1, ERR_INVALID},
		{"another CA of that name", {.common_name = "e", .issuer = &issuing}, wrong, 2, ERR_INVALID},
		{"of a server", {.common_name = "e", .issuer = &issuing, .extended = "serverAuth"}, whole, 2, ERR_INVALID},
	};
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		counterfoil_identity *identity = identity_of(&cases[n].who, cases[n].chain, cases[n].count);
		for (const struct platform *p = platforms; p->word; p++) {
			struct install i = wanted(p->word, identity, "refused");
			enum err e = install_lay(&i, NULL);
			if (e != cases[n].want || count_entries(i.folder) > 0)
				fail_msg("%s on %s: %s", cases[n].name, p->word, err_word(e));
		}
		counterfoil_identity_free(identity);
	}
	pair_free(&impostor);
}

/* A key that Apache's proxy cannot read is refused for Apache alone. */
static void a_key_without_the_form_that_apache_wants_is_refused_there(void **state)
{
	(void)state;
	X509 *whole[] = {root.certificate, issuing.certificate};
	counterfoil_identity *identity = identity_of(&(struct wanted){.common_name = "e", .issuer = &issuing, .key = "ED25519"}, whole, 2);
	struct install i = wanted("apache", identity, "ed25519");
	assert_int_not_equal(install_lay(&i, NULL), ERR_OK);
	assert_int_equal(count_entries(i.folder), 0);
	i = wanted("nginx", identity, "ed25519");
	assert_int_equal(install_lay(&i, NULL), ERR_OK);
	counterfoil_identity_free(identity);
}

/* Whatever the link names now is one whole set of one identity. */
static const counterfoil_identity *linked(const struct platform *p, const char *link)
{
	assert_true(is_whole(p, link));
	assert_true(pair_in(link, "chain.pem", "key.pem", first) || pair_in(link, "chain.pem", "key.pem", second));
	return pair_in(link, "chain.pem", "key.pem", first) ? first : second;
}

static void whatever_step_fails_the_link_names_a_whole_set(void **state)
{
	(void)state;
	struct install old = wanted("nginx", first, "failing");
	assert_int_equal(install_lay(&old, NULL), ERR_OK);
	long steps = 0;
	bool placed = false, placed_and_failed = false;
	for (long nth = 1; !placed && nth < STEPS_MAX; nth++) {
		struct install next = wanted("nginx", second, "failing");
		next.replace = true;
		file_steps_begin(FILE_STEPS_FAIL, nth, nth % 2 ? ENOSPC : EIO);
		struct errbuf why = {0};
		enum err e = install_lay(&next, &why);
		steps = file_steps_end();
		const counterfoil_identity *now = linked(old.platform, old.link);
		placed = now == second;
		if (!e)
			assert_true(placed); /* never said to be done when it is not */
		placed_and_failed |= e && placed;
		assert_int_equal(e && placed, strstr(why.text, "names the new set already") != NULL);
		if (e && !placed) /* no key of an attempt stays behind */
			assert_int_equal(count_entries(old.folder), 2);
	}
	assert_true(placed_and_failed); /* by the last step, which makes it last */
	assert_true(steps > 15); /* a figure that a loop of nothing would not reach */
}

/* Once without a set before it, once over one. */
static void killed_at_any_step_the_link_names_a_whole_set_or_nothing(void **state)
{
	(void)state;
	for (int over = 0; over < 2; over++) {
		int status = 0, killed = 0;
		for (long nth = 1; nth < STEPS_MAX; nth++) {
			struct install old = wanted("nginx", first, "killed"), next = wanted("nginx", second, "killed");
			remove_tree(old.folder);
			if (over)
				assert_int_equal(install_lay(&old, NULL), ERR_OK);
			next.replace = over;
			pid_t child = fork();
			if (child == 0) {
				file_steps_begin(FILE_STEPS_KILL, nth, 0);
				_exit(install_lay(&next, NULL) ? 1 : 0);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			if (!WIFSIGNALED(status))
				break;
			killed++;
			char link[8192];
			snprintf(link, sizeof link, "%s/killed/nginx", top);
			bool there = access(link, F_OK) == 0;
			assert_true(there || !over);
			if (there)
				linked(old.platform, link);
			next = wanted("nginx", second, "killed"); /* the next run takes away what this one left */
			next.replace = true;
			assert_int_equal(install_lay(&next, NULL), ERR_OK);
			char left[8192];
			snprintf(left, sizeof left, "%s/.counterfoil-unfinished", next.folder);
			assert_int_equal(access(left, F_OK), -1);
			assert_ptr_equal(linked(next.platform, next.link), second);
		}
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		assert_true(killed > 15);
	}
}

static int begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(top));
	root = pair_make(&(struct wanted){.common_name = "Test Root", .ca = true});
	issuing = pair_make(&(struct wanted){.common_name = "Test Issuing", .ca = true, .issuer = &root});
	X509 *chain[] = {root.certificate, issuing.certificate};
	const struct wanted who = {.common_name = "e-banking", .issuer = &issuing, .extended = "clientAuth"};
	first = identity_of(&who, chain, 2);
	second = identity_of(&who, chain, 2);
	secret = secret_copy(password, strlen(password));
	return secret ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	counterfoil_identity_free(first);
	counterfoil_identity_free(second);
	secret_free(secret);
	pair_free(&root);
	pair_free(&issuing);
	remove_tree(top);
	return access(top, F_OK) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_platform_has_its_files_private_and_of_one_pair),
		cmocka_unit_test(the_chain_goes_from_issuer_to_issuer_without_the_root),
		cmocka_unit_test(settings_name_the_set_itself_and_the_server_names_the_link),
		cmocka_unit_test(what_is_installed_stays_until_told_otherwise),
		cmocka_unit_test(a_place_that_is_not_safe_is_refused),
		cmocka_unit_test(a_place_below_what_others_may_write_is_refused),
		cmocka_unit_test(a_link_by_another_is_left_alone),
		cmocka_unit_test(two_at_a_time_do_not_meet),
		cmocka_unit_test(what_no_server_could_use_is_refused_and_leaves_nothing),
		cmocka_unit_test(a_key_without_the_form_that_apache_wants_is_refused_there),
		cmocka_unit_test(whatever_step_fails_the_link_names_a_whole_set),
		cmocka_unit_test(killed_at_any_step_the_link_names_a_whole_set_or_nothing),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
