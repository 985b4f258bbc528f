/* The issuing CAs: which one issues, which one stands ready, and what those that have retired still have to say. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/crl.h"
#include "issuer/command/ca.h"
#include "issuer/command/check.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/host_key.h"
#include "issuer/issuers_missing.h"
#include "issuer/profiles.h"
#include "issuer/root_list.h"
#include "issuer/store/store.h"

#include <inttypes.h>

enum { DAY = 86400, EARLY = 180 * DAY };

struct living {
	int64_t count, last;
};

static enum err take_living(void *ctx, const struct row *r)
{
	*(struct living *)ctx = (struct living){row_integer(r, 0), row_integer(r, 1)};
	return ERR_OK;
}

static enum err count_living(const struct settings *s, const char *issuer, struct living *out)
{
	struct store *store = NULL;
	enum err e = store_open(s->database, STORE_READ_ONLY, &store, NULL);
	if (!e)
		e = store_one(store, STATEMENT_ISSUER_LIVING, STORE_VALUES(value_integer(clock_now()), value_text(issuer)), take_living, out);
	store_close(store);
	return e;
}

static void say_key(struct check *c, const struct issuer *issuer)
{
	struct errbuf why = {""};
	EVP_PKEY *key = NULL;
	enum err e = host_issuer_key(c->settings, issuer->id, X509_get0_pubkey(issuer->certificate), &key, &why);
	if (e)
		check_say(c, CHECK_FAULT, "%s: %s", issuer->label, err_why(e, &why));
	EVP_PKEY_free(key);
}

/* None lives longer than its CA: towards its end they become shorter, and then there are none. */
static void say_room(struct check *c, const struct issuer *present)
{
	struct profile client;
	char until[CLOCK_TEXT_SIZE];
	int64_t left = present->until - clock_now();
	clock_text(present->until, until);
	if (left <= 0 || profiles_load(c->settings, PROFILE_CLIENT, &client, NULL) != ERR_OK)
		return; /* both were said */
	if (left < client.life)
		check_say(c, CHECK_WARNING, "%s: it ends in %" PRId64 " days, and so does what it issues, which could live %" PRId64
			  ": change over to a new one (counterfoild ca new-issuing)", present->label, left / DAY, client.life / DAY);
	else if (left < client.life + EARLY)
		check_say(c, CHECK_WARNING, "%s: from %" PRId64 " days on what it issues will end with it, on %.10s: prepare a new one "
			  "(counterfoild ca new-issuing)", present->label, (left - client.life) / DAY, until);
}

static void say_retired(struct check *c, const struct issuer *issuer)
{
	struct living l = {0, 0};
	char last[CLOCK_TEXT_SIZE], key[4096];
	if (count_living(c->settings, issuer->name, &l) != ERR_OK || issuer_key_path(c->settings, issuer->id, key) != ERR_OK)
		return; /* check_store says what is wrong with the database */
	clock_text(l.last, last);
	if (clock_now() > l.last + c->settings->crl_period)
		check_say(c, CHECK_NOTE, "%s has retired, and all that it issued has expired: %s/%s.pem and its key, %s, may be removed",
			  issuer->label, c->settings->ca_others, issuer->id, key);
	else
		check_say(c, CHECK_OK, "%s has retired, and says what is revoked until %.10s: %" PRId64 " certificates live", issuer->label,
			  last, l.count);
}

static void say_one(struct check *c, const struct issuer *issuer)
{
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	clock_text(issuer->from, from);
	clock_text(issuer->until, until);
	if (issuer->standing == ISSUER_RETIRED)
		say_retired(c, issuer);
	else
		check_say(c, CHECK_OK, "%s %s (its certificate: %.10s to %.10s)", issuer->label,
			  issuer->standing == ISSUER_PRESENT ? "issues" : "stands ready to be the next", from, until);
	if (issuer->standing == ISSUER_PRESENT)
		say_room(c, issuer);
	else
		say_key(c, issuer); /* the present one's was looked at */
}

static void say_revoked(struct check *c, X509 *root, const struct issuer *issuer)
{
	struct errbuf why = {""};
	if (ca_check_unrevoked(root, issuer->certificate, c->settings, &why) == ERR_REVOKED)
		check_say(c, issuer->standing == ISSUER_RETIRED ? CHECK_NOTE : CHECK_FAULT, "%s: the root has revoked it: nobody believes "
			  "what it signs", issuer->label);
}

static void say_missing(struct check *c, const struct issuers *all)
{
	static struct issuers_missing missing; /* one thread */
	struct store *store = NULL;
	char last[CLOCK_TEXT_SIZE];
	enum err e = store_open(c->settings->database, STORE_READ_ONLY, &store, NULL);
	if (!e)
		e = issuers_missing(store, all, clock_now(), &missing);
	store_close(store);
	if (e)
		return; /* check_store says what is wrong with the database */
	for (size_t i = 0; i < missing.count; i++) {
		clock_text(missing.at[i].last, last);
		check_say(c, CHECK_FAULT, "an issuing CA is missing whose certificates live until %.10s, and no list says which of them are "
			  "revoked: put %s/%s.pem and %s/%s.key back", last, c->settings->ca_others, missing.at[i].id,
			  c->settings->keys_others, missing.at[i].id);
	}
	if (missing.next_has_issued)
		check_say(c, CHECK_FAULT, "the CA that stands ready to be the next has issued already: older files of the CAs were put "
			  "back: put those of now back");
}

static void say_unfinished(struct check *c, const struct issuers *all)
{
	char path[4096];
	if (issuer_unfinished(c->settings, all, path))
		check_say(c, CHECK_WARNING, "%s: the change over to it was cut off, and %s is still there: counterfoild ca activate ends it",
			  all->at[0].label, path);
}

/* Of the newest list that was served; 0: none is known. */
static int64_t number_noted(const struct settings *s)
{
	struct store *store = NULL;
	int64_t number = 0;
	enum err e = store_open(s->database, STORE_READ_ONLY, &store, NULL);
	if (!e)
		e = store_integer(store, STATEMENT_ROOT_LIST_KNOWN, NULL, 0, &number);
	store_close(store);
	return e ? 0 : number;
}

#define MEND_LIST "put that one back, or make the next (counterfoild ca root-crl)"

static void say_older(struct check *c, X509 *root, uint64_t number, struct root_list *kept)
{
	const char *path = c->settings->ca_root_crl;
	uint64_t served = number;
	if (root_list_kept_in(c->settings->database, root, kept) == ERR_OK && kept->head.number > number)
		served = kept->head.number;
	if (served > number)
		check_say(c, CHECK_FAULT, "%s: an older list, number %" PRIu64 ", was put back; number %" PRIu64
			  ", which the database keeps, is served instead: " MEND_LIST, path, number, served);
	int64_t noted = number_noted(c->settings);
	if (noted > 0 && served < (uint64_t)noted)
		check_say(c, CHECK_FAULT, "%s: an older list, number %" PRIu64 ", was put back; number %" PRId64
			  " was served, and the database does not keep it, so what the root has revoked since is trusted again: "
			  MEND_LIST, path, number, noted);
}

/* check_chain says what is wrong with a list that is none of the root's. */
static void say_list(struct check *c, X509 *root)
{
	struct root_list *kept = NULL;
	struct buf bytes = BUF_INIT(ROOT_LIST_MOST);
	struct crl_head head = {.number = 0};
	size_t entries = 0;
	enum err e = root_list_new(&kept);
	if (!e)
		e = file_read(c->settings->ca_root_crl, &bytes, NULL);
	if (!e)
		e = crl_read(bytes.data, bytes.len, root, &head, &entries, NULL);
	if (!e)
		say_older(c, root, head.number, kept);
	root_list_free(kept);
	buf_free(&bytes);
}

void check_issuers(struct check *c)
{
	struct issuers all;
	struct errbuf why = {""};
	X509 *root = NULL;
	enum err e = issuers_load(c->settings, &all, &why);
	if (e)
		check_say(c, CHECK_FAULT, "issuing CAs: %s", err_why(e, &why));
	if (!e)
		say_unfinished(c, &all);
	bool rooted = host_read_certificate(c->settings->ca_root, &root, NULL) == ERR_OK;
	for (size_t i = 0; !e && i < all.count; i++) {
		say_one(c, &all.at[i]);
		if (rooted)
			say_revoked(c, root, &all.at[i]);
	}
	if (!e)
		say_missing(c, &all);
	if (rooted)
		say_list(c, root);
	X509_free(root);
	issuers_clear(&all);
}
