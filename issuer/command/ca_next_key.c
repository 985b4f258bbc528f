#include "issuer/command/ca_next_key.h"
#include "base/clock.h"
#include "base/file.h"
#include "ca/key_uri.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/host_key.h"
#include "issuer/issuers.h"
#include "issuer/keys_unfinished.h"
#include "issuer/profiles.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum err ca_make_folder(const char *path, mode_t mode, struct errbuf *why)
{
	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0 ? file_sync_folder(path, why) : file_failed(why, "chmod", path);
	return errno == EEXIST ? ERR_OK : file_failed(why, "mkdir", path);
}

/* A key may wait since a request that a person has forgotten: it is said which one it is. */
static void say_pending(const char *path)
{
	struct stat st;
	char at[CLOCK_TEXT_SIZE];
	if (stat(path, &st) != 0)
		return;
	clock_text((int64_t)st.st_mtim.tv_sec, at);
	fprintf(stderr, "counterfoild: the key that waits for its certificate since %s is used: %s "
		"(remove it to have a new one)\n", at, path);
}

/* The request may have been lost: its key still waits. Not the one that has its final name too: it was certified. */
static enum err find_key(const struct settings *s, struct next_key *k, struct errbuf *why)
{
	struct issuer_files keys;
	char id[ISSUER_ID_SIZE], final[4096];
	enum err e = issuer_keys_pending(s, &keys, why);
	for (size_t i = 0; !e && !k->key && i < keys.count; i++) {
		snprintf(k->path, sizeof k->path, "%s", keys.at[i].path);
		e = host_key(s, k->path, NULL, &k->key, why);
		if (!e)
			e = issuer_id(k->key, id);
		if (!e)
			e = issuer_key_file(s, id, false, final);
		if (e || access(final, F_OK) != 0)
			continue;
		EVP_PKEY_free(k->key);
		k->key = NULL;
	}
	if (k->key && !e)
		say_pending(k->path);
	return e;
}

static enum err make_key(const struct settings *s, struct next_key *k, struct errbuf *why)
{
	struct profile rules;
	char id[ISSUER_ID_SIZE];
	enum err e = profiles_load(s, PROFILE_ISSUING, &rules, why);
	if (!e)
		e = key_generate(rules.key_first, &k->key);
	if (!e)
		e = issuer_id(k->key, id);
	if (e)
		return e;
	struct secret *pass = NULL;
	e = issuer_key_file(s, id, true, k->path);
	if (!e)
		e = host_key_pass(s, &pass, why);
	if (!e)
		e = host_publish_key(k->path, k->key, pass, why);
	secret_free(pass);
	return e;
}

static void say_erased(void *ctx, const char *path, enum err e, const struct errbuf *why)
{
	(void)ctx;
	fprintf(stderr, "counterfoild: %s%s\n", e ? err_why(e, why) : path,
		e ? ": left where it is" : " was left of a key whose writing was cut off: it is erased");
}

/* Nobody who has bought a token shall find out later that it is not used any more. */
enum err ca_next_key_check(const struct settings *s, bool accepted, struct errbuf *why)
{
	if (accepted || !key_uri_is(s->key_issuing))
		return ERR_OK;
	return fail(why, ERR_REFUSED,
		    "the key of the issuing CA is in a token (keys.issuing), and that of the next one would be in a file: "
		    "of a CA that is not the first no key in a token can be used. Say --key-in-file if that may be%s",
		    s->key_pass_phrase[0] ? "" : ", and set keys.pass_phrase first, by which it is encrypted");
}

/* Two of these commands at a time would make two keys. */
enum err ca_next_key_have(const struct settings *s, struct next_key *k, struct errbuf *why)
{
	enum err e = ca_make_folder(s->keys_others, 0700, why);
	if (!e)
		e = keys_folder_hold(s, &k->folder, why);
	if (!e)
		e = keys_unfinished_erase(s, k->folder, say_erased, NULL, why);
	if (!e)
		e = find_key(s, k, why);
	return e || k->key ? e : make_key(s, k, why);
}

void ca_next_key_clear(struct next_key *k)
{
	EVP_PKEY_free(k->key);
	if (k->folder >= 0)
		close(k->folder);
	*k = NEXT_KEY_NONE;
}
