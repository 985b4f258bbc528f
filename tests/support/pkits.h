/* pkits: the tests of pkits.def, and their files as Debian ships them (python3-cryptography-vectors). */
#ifndef TESTS_PKITS_H
#define TESTS_PKITS_H

#include "tests/support/test.h"

#include "base/file.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PKITS_FOLDER "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"
#define PKITS_NOW INT64_C(1795313618) /* 2026-11-22T02:13:38Z; they live from 2010 to 2030 */

enum pkits_expected { VALID, PATH, LISTED };

static const struct pkits {
	const char *number;
	enum pkits_expected expected;
	const char *leaf, *path, *more;
} pkits[] = {
#define PKITS(number, expected, leaf, path, more) {number, expected, leaf, path, more},
#include "tests/support/pkits.def"
#undef PKITS
};

enum { PKITS_COUNT = sizeof pkits / sizeof pkits[0], PKITS_NAME_SIZE = 80, PKITS_PATH_MAX = 8 };

/* What NIST takes for valid and we refuse, and why that is right. Nothing may be the other way round. */
struct pkits_exception {
	const char *number, *reason;
};

/* Whether it went as it should; otherwise it says so. The reason is that of an exception, NULL when there is none. */
static inline bool pkits_agrees(const struct pkits *t, bool valid, bool accepted, const char *why, const char *reason)
{
	bool wanted = valid && !reason;
	assert_true(valid || !reason);
	if (accepted != wanted)
		print_message("PKITS %s %s: wanted %s, was %s: %s\n", t->number, t->leaf, wanted ? "accepted" : "refused",
			      accepted ? "accepted" : "refused", why);
	return accepted == wanted;
}

static inline const char *pkits_reason(const struct pkits_exception *known, size_t n, const char *number)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(known[i].number, number) == 0)
			return known[i].reason;
	return NULL;
}

static inline void pkits_say(const char *what, const struct pkits_exception *known, size_t n)
{
	print_message("PKITS, %s: %d tests, as NIST expects but for these:\n", what, (int)PKITS_COUNT);
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;
		while (at < PKITS_COUNT && strcmp(pkits[at].number, known[i].number) != 0)
			at++;
		assert_true(at < PKITS_COUNT); /* or its exception stands for nothing */
		print_message("  %s refused: %s\n", known[i].number, known[i].reason);
	}
}

/* The next of the names in a row; false at the end. */
static inline bool pkits_word(const char **row, char word[PKITS_NAME_SIZE])
{
	*row += strspn(*row, " ");
	size_t len = strcspn(*row, " ");
	if (len == 0)
		return false;
	assert_true(len < PKITS_NAME_SIZE);
	snprintf(word, PKITS_NAME_SIZE, "%.*s", (int)len, *row);
	*row += len;
	return true;
}

/* False when there is none: a CA without a list. */
static inline bool pkits_read(const char *name, const char *suffix, struct buf *der)
{
	char path[256];
	struct errbuf why = {""};
	bool list = strcmp(suffix, ".crl") == 0;
	snprintf(path, sizeof path, "%s/%s/%s%s", PKITS_FOLDER, list ? "crls" : "certs", name, suffix);
	enum err rc = file_read(path, der, &why);
	if (rc && !(list && rc == ERR_NOT_FOUND))
		fail_msg("%s (of the Debian package python3-cryptography-vectors: make deps)\n", why.text);
	return !rc;
}

#endif
