/* A set laid while memory and the library below fail at each call in turn: the link names a whole set, the old or the new. */
#include "base/file.h"
#include "client/command/install.h"
#include "tests/support/failing.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAP = 1 << 16, SAMPLE = 25 };

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static char top[] = "/tmp/client-install-failing-XXXXXX";
static counterfoil_identity *identity;
static struct install last;

static enum err lay(const char *platform)
{
	last = (struct install){.identity = identity, .replace = true};
	enum err e = platform_find(platform, &last.platform, NULL);
	snprintf(last.folder, sizeof last.folder, "%s/to", top);
	return e ? e : install_lay(&last, NULL);
}

static enum err lay_nginx(void)
{
	return lay("nginx");
}

static enum err lay_apache(void)
{
	return lay("apache");
}

/* What Java's set has beside the key store, whose sealing would be 100,000 rounds. */
static enum err lay_trust_store(void)
{
	char path[64];
	snprintf(path, sizeof path, "%s/store.p12", top);
	const counterfoil_save_options options = {.size = sizeof options, .encoding = COUNTERFOIL_ENCODING_TRUST_STORE, .replace = 1};
	return counterfoil_identity_save(identity, path, &options, NULL) ? ERR_REFUSED : ERR_OK;
}

static bool ends_with(const char *path, const char *text)
{
	struct buf bytes = BUF_INIT(CAP);
	const char *all = file_read(path, &bytes, NULL) ? NULL : buf_string(&bytes);
	bool so = all && strlen(all) > strlen(text) && strcmp(all + strlen(all) - strlen(text), text) == 0;
	buf_free(&bytes);
	return so;
}

static int remove_sets(void)
{
	char folder[64], path[8192], child[16384];
	int sets = 0;
	snprintf(folder, sizeof folder, "%s/to", top);
	DIR *all = opendir(folder);
	for (const struct dirent *entry; all && (entry = readdir(all));) {
		if (entry->d_name[0] == '.' && strlen(entry->d_name) < 3)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		DIR *set = unlink(path) == 0 ? NULL : opendir(path);
		sets += set != NULL;
		for (const struct dirent *file; set && (file = readdir(set));) {
			snprintf(child, sizeof child, "%s/%s", path, file->d_name);
			unlink(child);
		}
		if (set)
			closedir(set);
		rmdir(path);
	}
	if (all)
		closedir(all);
	return sets;
}

static void whole_or_nothing(enum err rc, bool failed)
{
	char path[8192];
	bool whole = true;
	const bool linked = last.link[0] && access(last.link, F_OK) == 0;
	for (const struct install_file *f = linked ? last.platform->files : NULL; f && f->name; f++) {
		snprintf(path, sizeof path, "%s/%s", last.link, f->name);
		whole &= f->text ? ends_with(path, "TLSv1.3;\n") || ends_with(path, "+TLSv1.3\n") : ends_with(path, "-----\n");
	}
	int sets = remove_sets();
	failing_require(whole && (rc == ERR_OK || failed));
	failing_require(rc == ERR_OK ? linked && sets == 1 : !linked && sets == 0);
}

static void refused_only_when_something_failed(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
}

static void whatever_fails_the_link_names_a_whole_set_or_is_not_there(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "nginx", .act = lay_nginx, .after = whole_or_nothing, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){.name = "apache", .act = lay_apache, .after = whole_or_nothing, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){.name = "trust store", .act = lay_trust_store, .after = refused_only_when_something_failed,
					    .without_sqlite = true}, SAMPLE);
}

static int begin(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(1 << 20);
	struct pair root = pair_make(&(struct wanted){.common_name = "Test Root", .ca = true});
	struct pair issuing = pair_make(&(struct wanted){.common_name = "Test Issuing", .ca = true, .issuer = &root});
	struct pair subject = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .extended = "clientAuth"});
	X509 *chain[] = {issuing.certificate, root.certificate};
	package_write(&(struct package){.subject = &subject, .password = password, .chain = chain, .chain_count = 2}, &der);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
							  (counterfoil_bytes){password, strlen(password)}, &identity, NULL), COUNTERFOIL_OK);
	assert_non_null(mkdtemp(top));
	buf_free(&der);
	pair_free(&subject);
	pair_free(&issuing);
	pair_free(&root);
	return 0;
}

static int end(void **state)
{
	(void)state;
	char path[64];
	counterfoil_identity_free(identity);
	snprintf(path, sizeof path, "%s/store.p12", top);
	unlink(path);
	snprintf(path, sizeof path, "%s/to", top);
	rmdir(path);
	return rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_the_link_names_a_whole_set_or_is_not_there),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
