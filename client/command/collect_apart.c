/* The names of a run with --key: no two may be the same file, or one would be taken for the other, or written over it. */
#include "client/command/collect_key.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool same_inode(const char *a, const char *b)
{
	struct stat one, two;
	return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* The folder into `folder`; what remains is its name there. */
static const char *split(const char *path, char folder[PATH_SIZE])
{
	const char *slash = strrchr(path, '/');
	snprintf(folder, PATH_SIZE, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	return slash ? slash + 1 : path;
}

bool own_key_same_place(const char *a, const char *b)
{
	char of_a[PATH_SIZE], of_b[PATH_SIZE];
	const char *name_a = split(a, of_a), *name_b = split(b, of_b);
	return same_inode(a, b) || (strcmp(name_a, name_b) == 0 && same_inode(of_a, of_b));
}

enum err own_key_apart(const char *key, const struct link *link, const char *out, struct errbuf *why)
{
	char request[PATH_SIZE], claim[PATH_SIZE] = "";
	int n = snprintf(request, sizeof request, "%s.csr", key);
	if (n < 0 || n >= (int)sizeof request || claim_path(link, out, claim))
		return fail(why, ERR_USAGE, "the path given to --key or --out is too long");
	if (out && (own_key_same_place(key, out) || own_key_same_place(request, out)))
		return fail(why, ERR_USAGE, "--out %.200s is the name of the key or of its request: give the certificate another", out);
	if (own_key_same_place(key, claim) || own_key_same_place(request, claim))
		return fail(why, ERR_USAGE, "--key %.200s is where the claim is kept until the end: give the key another name", key);
	return ERR_OK;
}
