/* `counterfoild ca root-crl`: a fresh list of what the root has revoked; and one that was made elsewhere, taken in. */
#include "base/clock.h"
#include "base/file.h"
#include "issuer/command/ca.h"
#include "issuer/command/host_issue.h"
#include "issuer/root_list.h"

#include <inttypes.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MOST = ROOT_LIST_MOST, DAY = 86400, DAYS = 365, DAYS_MOST = 1827, CLOCK_SKEW = 300, PUBLIC_MODE = 0644 };

static enum err read_list(const char *path, X509 *root, struct root_list *out, struct errbuf *why)
{
	struct buf bytes = BUF_INIT(LIST_MOST);
	struct errbuf reason = {""};
	enum err e = file_read(path, &bytes, why);
	if (!e && (e = crl_entries_read(&bytes, root, &out->head, &out->entries, &out->der, &reason)))
		fail(why, e, "%s: %s", path, err_why(e, &reason));
	buf_free(&bytes);
	return e;
}

/* The installation's, into `out`: an older file that was put back takes nothing back. `kept` gets the one that was
 * served when that is newer than the file's, else nothing. */
static enum err read_own(const struct settings *s, X509 *root, struct root_list *out, struct root_list *kept,
			 struct errbuf *why)
{
	enum err e = read_list(s->ca_root_crl, root, out, why);
	if (e)
		return e;
	e = root_list_kept_in(s->database, root, kept);
	if (e == ERR_MEMORY)
		return e;
	if (e || kept->head.number <= out->head.number) {
		buf_clear(&kept->der);
		return ERR_OK;
	}
	fprintf(stderr,
		"counterfoild: %s is an older list (%" PRIu64 ") than was served: %" PRIu64
		" counts, which the database keeps\n",
		s->ca_root_crl, out->head.number, kept->head.number);
	buf_clear(&out->der);
	buf_add(&out->der, kept->der.data, kept->der.len);
	out->head = kept->head;
	out->entries = kept->entries;
	return buf_check(&out->der);
}

/* ---- a new list ---- */

static enum err check_old(const struct root_list *old, const char *path, int64_t now, struct errbuf *why)
{
	char at[CLOCK_TEXT_SIZE], today[CLOCK_TEXT_SIZE];
	clock_text(old->head.this_update, at);
	clock_text(now, today);
	if (old->head.this_update > now + CLOCK_SKEW)
		return fail(why, ERR_CONFLICT, "%s is from %s, and this machine's clock says %s: set it right first", path, at, today);
	return ERR_OK;
}

/* Only what the root has issued can stand in its list. */
static enum err read_revoked(const struct ca_wishes *w, X509 *root, struct crl_entry *out, struct errbuf *why)
{
	X509 *x = NULL;
	enum err e = host_read_certificate(w->revoke, &x, why);
	if (!e && X509_cmp(x, root) == 0)
		e = fail(why, ERR_INVALID, "%s is the root itself: no list can revoke that", w->revoke);
	if (!e && (X509_check_issued(root, x) != X509_V_OK || X509_verify(x, X509_get0_pubkey(root)) != 1))
		e = fail(why, ERR_REFUSED, "%s was not issued by this root", w->revoke);
	if (!e && certificate_serial(x, out->serial) != ERR_OK)
		e = fail(why, ERR_INVALID, "%s has no serial number that a list may have", w->revoke);
	if (!e)
		ca_say_certificate("the root is to revoke", x);
	X509_free(x);
	return e;
}

static enum err read_reason(const char *word, enum crl_reason *out, struct errbuf *why)
{
	if (crl_reason_from_name(word ? word : "unspecified", out) == ERR_OK && *out != REASON_HOLD)
		return ERR_OK;
	return fail(why, ERR_USAGE, "--reason %.40s: wanted unspecified, keyCompromise, cACompromise, affiliationChanged, "
		    "superseded or cessationOfOperation", word ? word : "");
}

static enum err add_revoked(const struct ca_wishes *w, const struct settings *s, X509 *root, struct root_list *l,
			    struct errbuf *why)
{
	static struct crl_entries added; /* one thread */
	struct crl_entry entry = {.revoked_at = clock_now()};
	char at[CLOCK_TEXT_SIZE];
	if (!w->revoke)
		return w->reason ? fail(why, ERR_USAGE, "--reason belongs to --revoke CERTIFICATE") : ERR_OK;
	enum err e = read_reason(w->reason, &entry.reason, why);
	if (!e)
		e = read_revoked(w, root, &entry, why);
	if (e)
		return e;
	const struct crl_entry *before = crl_entries_find(&l->entries, entry.serial);
	if (before) {
		clock_text(before->revoked_at, at);
		return fail(why, ERR_CONFLICT, "%s was revoked already, on %s (%s)", w->revoke, at, crl_reason_name(before->reason));
	}
	e = crl_entries_add(&l->entries, &entry);
	if (!e)
		e = crl_entries_add(&added, &entry);
	if (!e && s)
		ca_say_revoked(s, &added, NULL);
	return e ? fail(why, e, "the list has no room: it has %zu entries", l->entries.count) : ERR_OK;
}

static enum err read_days(const char *text, int64_t *out, struct errbuf *why)
{
	char *end = NULL;
	long days = text ? strtol(text, &end, 10) : DAYS;
	if ((text && (!*text || *end)) || days < 1 || days > DAYS_MOST)
		return fail(why, ERR_USAGE, "--days %.20s: wanted 1 to %d", text ? text : "", DAYS_MOST);
	*out = days * DAY;
	return ERR_OK;
}

static uint64_t number_after(uint64_t last)
{
	uint64_t now = (uint64_t)clock_now_us();
	return now > last ? now : last + 1;
}

static void report(const char *path, const struct crl_head *head, size_t entries)
{
	char until[CLOCK_TEXT_SIZE];
	clock_text(head->next_update, until);
	fprintf(stderr, "counterfoild: %s: list %" PRIu64 " of the root, good until %.10s, %zu certificate%s revoked\n", path,
		head->number, until, entries, entries == 1 ? "" : "s");
}

static bool says_all_of(const struct root_list *fresh, const struct root_list *old, char serial[SERIAL_TEXT_SIZE])
{
	for (size_t i = 0; i < old->entries.count; i++) {
		const struct crl_entry *was = &old->entries.at[i], *is = crl_entries_find(&fresh->entries, was->serial);
		serial_text(was->serial, serial);
		if (!is || is->revoked_at != was->revoked_at)
			return false;
	}
	return true;
}

/* Where a list goes, and the number of the one that it takes the place of. */
struct output {
	const char *path;
	bool replaces;
	uint64_t last;
};

/* Nothing is replaced but a list of this root's, and only by one that takes no revocation back. */
static enum err look_at_output(const char *path, X509 *root, const struct root_list *l, struct output *out,
			       struct errbuf *why)
{
	char serial[SERIAL_TEXT_SIZE];
	struct errbuf reason = {""};
	*out = (struct output){.path = path};
	if (ca_check_free(path, NULL) == ERR_OK)
		return ERR_OK;
	struct root_list *there = NULL;
	enum err e = root_list_new(&there);
	if (e)
		return e;
	e = read_list(path, root, there, &reason);
	if (e)
		e = fail(why, ERR_EXISTS, "%s is there, and is not replaced: it is not the root's list (%s)", path, err_why(e, &reason));
	else if (!says_all_of(l, there, serial))
		e = fail(why, ERR_REFUSED, "%s says that %s is revoked, and the new list would not: begin with that one (--crl)", path,
			 serial);
	out->replaces = true;
	out->last = there->head.number;
	root_list_free(there);
	return e;
}

/* Nor does the file have to be the newest that was served. */
static enum err look_at_kept(const struct settings *s, X509 *root, const struct root_list *l, struct root_list *kept,
			     struct output *to, struct errbuf *why)
{
	char serial[SERIAL_TEXT_SIZE];
	if (strcmp(to->path, s->ca_root_crl) != 0)
		return ERR_OK;
	enum err e = root_list_kept_in(s->database, root, kept);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	if (!says_all_of(l, kept, serial))
		return fail(why, ERR_REFUSED, "the list that was served last says that %s is revoked, and the new one "
			    "would not: begin without --crl", serial);
	to->last = kept->head.number > to->last ? kept->head.number : to->last;
	return ERR_OK;
}

/* What is made is read again before it is kept (crl_make), and replaces the old one by a rename. */
static enum err make(const struct authority *root, const struct root_list *l, int64_t life, const struct output *out,
		     struct errbuf *why)
{
	struct buf der = BUF_INIT(LIST_MOST);
	int64_t now = clock_now();
	const struct crl_head head = {.number = number_after(out->last > l->head.number ? out->last : l->head.number), .this_update = now, .next_update = now + life};
	enum err e = crl_make(&head, l->entries.at, l->entries.count, root->certificate, root->key, &der, why);
	if (!e)
		e = out->replaces ? file_publish(out->path, der.data, der.len, PUBLIC_MODE, why)
				  : file_publish_new(out->path, der.data, der.len, PUBLIC_MODE, why);
	if (!e)
		report(out->path, &head, l->entries.count);
	buf_free(&der);
	return e;
}

static enum err renew(const struct ca_wishes *w, const struct settings *s, struct root_list *l, struct errbuf *why)
{
	struct authority root = {.certificate = NULL};
	struct root_list *kept = NULL;
	X509 *certificate = NULL;
	struct output to;
	const char *old = w->crl ? w->crl : s ? s->ca_root_crl : NULL, *out = w->out ? w->out : s ? s->ca_root_crl : NULL;
	int64_t life = 0;
	if (!old || !out)
		return fail(why, ERR_USAGE, "without --config, root-crl needs --root FILE, --crl OLD and --out NEW");
	enum err e = read_days(w->days, &life, why);
	if (!e)
		e = ca_root_read(w->root, s, &certificate, why);
	if (!e)
		e = root_list_new(&kept);
	if (!e)
		e = w->crl || !s ? read_list(old, certificate, l, why) : read_own(s, certificate, l, kept, why);
	if (!e)
		e = check_old(l, old, clock_now(), why);
	if (!e)
		e = add_revoked(w, s, certificate, l, why);
	if (!e)
		e = look_at_output(out, certificate, l, &to, why);
	if (!e && s && w->crl)
		e = look_at_kept(s, certificate, l, kept, &to, why);
	if (!e)
		e = ca_root_open(w, s, &root, why); /* last: before a person is asked, all else is right */
	if (!e)
		e = make(&root, l, life, &to, why);
	root_list_free(kept);
	X509_free(certificate);
	authority_clear(&root);
	return e;
}

/* ---- one that was made elsewhere ---- */

static enum err check_new(const struct root_list *fresh, const struct root_list *old, const char *path, int64_t now,
			  struct errbuf *why)
{
	char serial[SERIAL_TEXT_SIZE], at[CLOCK_TEXT_SIZE];
	if (fresh->head.number == old->head.number)
		return fail(why, ERR_EXISTS, "%s is the list that is here already (%" PRIu64 ")", path, old->head.number);
	if (fresh->head.number < old->head.number)
		return fail(why, ERR_REFUSED, "%s has the number %" PRIu64 ", and the list here %" PRIu64 ": it is an older one", path,
			    fresh->head.number, old->head.number);
	clock_text(fresh->head.this_update, at);
	if (fresh->head.this_update > now + CLOCK_SKEW || fresh->head.this_update < old->head.this_update)
		return fail(why, ERR_REFUSED, "%s is from %s: later than this machine's clock says, or before the list here", path, at);
	clock_text(fresh->head.next_update, at);
	if (fresh->head.next_update <= now)
		return fail(why, ERR_EXPIRED, "%s ended on %s", path, at);
	if (!says_all_of(fresh, old, serial))
		return fail(why, ERR_REFUSED, "%s does not say, as the list here does, that %s is revoked", path, serial);
	return ERR_OK;
}

/* The one that was served goes back into its file. */
static bool same(const struct root_list *fresh, const struct root_list *kept)
{
	return fresh->der.len == kept->der.len && memcmp(fresh->der.data, kept->der.data, fresh->der.len) == 0;
}

static enum err install(const struct ca_wishes *w, const struct settings *s, struct root_list *old, struct errbuf *why)
{
	struct root_list *fresh = NULL, *kept = NULL;
	X509 *root = NULL;
	enum err e = root_list_new(&fresh);
	if (!e)
		e = root_list_new(&kept);
	if (!e)
		e = ca_root_read(NULL, s, &root, why);
	if (!e)
		e = read_own(s, root, old, kept, why);
	if (!e)
		e = read_list(w->install, root, fresh, why);
	if (!e && !same(fresh, kept))
		e = check_new(fresh, old, w->install, clock_now(), why);
	if (!e)
		e = file_publish(s->ca_root_crl, fresh->der.data, fresh->der.len, PUBLIC_MODE, why);
	if (!e) {
		report(s->ca_root_crl, &fresh->head, fresh->entries.count);
		ca_say_revoked(s, &fresh->entries, &old->entries);
	}
	root_list_free(fresh);
	root_list_free(kept);
	X509_free(root);
	return e;
}

static enum err check_install(const struct ca_wishes *w, struct errbuf *why)
{
	if (!w->install)
		return ERR_OK;
	if (!w->config)
		return fail(why, ERR_USAGE, "--install takes a list into an installation: --config FILE says which");
	if (w->root || w->root_key || w->root_pass_fd || w->crl || w->out || w->revoke || w->reason || w->days)
		return fail(why, ERR_USAGE, "--install FILE stands alone with --config");
	return ERR_OK;
}

enum err ca_root_crl(const struct ca_wishes *w, struct errbuf *why)
{
	struct ca_place place = {.settings = NULL};
	struct root_list *list = NULL;
	enum err e = root_list_new(&list);
	if (!e)
		e = check_install(w, why);
	if (!e && w->config)
		e = ca_place_open(w->config, &place, why);
	if (!e)
		e = w->install && place.settings ? install(w, place.settings, list, why) : renew(w, place.settings, list, why);
	if (!e && place.settings && !w->out)
		ca_tell_daemon(&place);
	root_list_free(list);
	ca_place_close(&place);
	return e;
}
