/* Which descriptors each role gets: one table. A role that has no bit in a row never sees what the row names. */
#include "base/file.h"
#include "base/log.h"
#include "base/pack.h"
#include "ca/key_uri.h"
#include "issuer/issuers.h"
#include "issuer/languages.h"
#include "issuer/process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNER 1u << ROLE_SIGNER
#define FRONT 1u << ROLE_FRONT
#define COURIER 1u << ROLE_COURIER
#define CLERK 1u << ROLE_CLERK
#define TOKEN 1u << ROLE_TOKEN

enum source {
	KEY,      /* private file, opened once: a key changed on the disk must not meet children that have the old one */
	TLS_KEY,  /* the same, opened anew on reload */
	PUBLIC,   /* certificate or CRL, opened anew on reload */
	PROFILE,  /* opened once, as keys are, and not writable by others */
	TEXTS,    /* a folder's files as one text in memory, read once; none when its setting is empty */
	JOURNAL,  /* opened anew for each child, for a flock belongs to the open file: a dead child must not leave it locked. Never
		   * made: an empty one knows of no revocation, and cannot tell an old database from the right one */
	LISTENER, /* by index */
	KICK,
	TRIAL,    /* kept open here: what is on it outlives a child */
	PACKETS, /* by index: the ends of the OCSP pair. Kept open here: what waits in it outlives a child */
};

static const struct grant_row {
	const char *name;
	enum source source;
	unsigned roles;
	size_t place; /* offset of the path in struct settings, or the listener's index */
} rows[] = {
	{"key.issuing", KEY, SIGNER, offsetof(struct settings, key_issuing)},
	{"key.ocsp", KEY, SIGNER, offsetof(struct settings, key_ocsp)},
	{"key.pass_phrase", KEY, SIGNER, offsetof(struct settings, key_pass_phrase)},
	{"key.parcel", KEY, SIGNER, offsetof(struct settings, key_parcel)},
	{"key.ticket", KEY, SIGNER, offsetof(struct settings, key_ticket)},
	{"key.code", KEY, FRONT, offsetof(struct settings, key_code)},
	{"key.courier", KEY, COURIER, offsetof(struct settings, key_courier)},
	{"token.pin", TLS_KEY, TOKEN, offsetof(struct settings, token_pin)},
	{"token.trial", TRIAL, TOKEN, 0},
	{"key.public", TLS_KEY, FRONT, offsetof(struct settings, public_key)},
	{"key.members", TLS_KEY, FRONT, offsetof(struct settings, members_key)},
	{"file.public", PUBLIC, FRONT, offsetof(struct settings, public_certificate)},
	{"file.members", PUBLIC, FRONT, offsetof(struct settings, members_certificate)},
	{"file.root", PUBLIC, SIGNER | FRONT, offsetof(struct settings, ca_root)},
	{"file.root_crl", PUBLIC, FRONT, offsetof(struct settings, ca_root_crl)},
	{"file.issuing", PUBLIC, SIGNER | FRONT | CLERK, offsetof(struct settings, ca_issuing)},
	{"file.courier", PUBLIC, SIGNER | FRONT | COURIER | CLERK, offsetof(struct settings, courier_certificate)},
	{"key.mail_password", KEY, COURIER, offsetof(struct settings, mail_password)},
	{"file.mail_ca", PUBLIC, COURIER, offsetof(struct settings, mail_ca)},
	{"key.sms_secret", KEY, COURIER, offsetof(struct settings, sms_secret)},
	{"key.sms_signing", KEY, COURIER, offsetof(struct settings, sms_signing)},
	{"key.sms_receipts", KEY, FRONT | COURIER, offsetof(struct settings, sms_receipts)},
	{"file.sms_ca", PUBLIC, COURIER, offsetof(struct settings, sms_ca)},
	{"profile.client", PROFILE, SIGNER, offsetof(struct settings, profile_client)},
	{"profile.staff", PROFILE, SIGNER, offsetof(struct settings, profile_staff)},
	{"profile.ocsp", PROFILE, SIGNER, offsetof(struct settings, profile_ocsp)},
	{LANGUAGES_GRANT, TEXTS, FRONT | COURIER, offsetof(struct settings, languages)},
	{"journal", JOURNAL, SIGNER, offsetof(struct settings, journal)},
	{"listen.public", LISTENER, FRONT, 0},
	{"listen.members", LISTENER, FRONT, 1},
	{"listen.status", LISTENER, FRONT, 2},
	{"listen.ops", LISTENER, FRONT, 3},
	{"kick", KICK, FRONT | CLERK, 0},
	{"ocsp.signer", PACKETS, SIGNER, 0},
	{"ocsp.front", PACKETS, FRONT, 1},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *path_of(const struct grant_row *row, const struct settings *s)
{
	return *(const char *const *)(const void *)((const char *)s + row->place);
}

static enum err io_fault(struct errbuf *why, const char *name, const char *path)
{
	return fail(why, ERR_USAGE, "%s: %s: %s", name, path, strerror(errno));
}

static enum err check_file(const struct grant_row *row, int fd, const char *path, struct errbuf *why)
{
	struct stat st;
	bool private = row->source == KEY || row->source == TLS_KEY || row->source == JOURNAL;
	if (fstat(fd, &st) != 0)
		return io_fault(why, row->name, path);
	if (!S_ISREG(st.st_mode))
		return fail(why, ERR_USAGE, "%s: %s is not a regular file", row->name, path);
	if (private && (st.st_mode & (S_IRWXG | S_IRWXO)))
		return fail(why, ERR_USAGE, "%s: %s may be read or written by others: chmod 600 %s", row->name, path, path);
	if (row->source == PROFILE && (st.st_mode & (S_IWGRP | S_IWOTH)))
		return fail(why, ERR_USAGE, "%s: %s may be written by others: chmod 644 %s", row->name, path, path);
	return ERR_OK;
}

static enum err open_file(const struct grant_row *row, const struct settings *s, int *out, struct errbuf *why)
{
	const char *path = path_of(row, s);
	if (row->source == TEXTS)
		return languages_grant(path, out, why);
	int flags = row->source == JOURNAL ? O_RDWR | O_APPEND : O_RDONLY;
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return io_fault(why, row->name, path);
	enum err e = check_file(row, fd, path, why);
	if (e)
		close(fd);
	else
		*out = fd;
	return e;
}

static bool kept(const struct grant_row *row)
{
	return row->source == KEY || row->source == TLS_KEY || row->source == PUBLIC || row->source == PROFILE ||
	       row->source == TEXTS;
}

static bool is_file(const struct grant_row *row)
{
	return kept(row) || row->source == JOURNAL;
}

/* The first CA's key may be taken away with it, when each that is left has a file of its own. */
static bool over(const struct grant_row *row, const struct settings *s)
{
	return row->source == KEY && row->place == offsetof(struct settings, key_issuing) && access(path_of(row, s), F_OK) != 0 &&
	       errno == ENOENT && !issuer_key_shared(s);
}

/* The built-in profile has no file, nor has a key in a token, nor a part that no channel needs; some settings may be empty. */
static bool there(const struct grant_row *row, const struct settings *s)
{
	return !is_file(row) || (path_of(row, s)[0] && !key_uri_is(path_of(row, s)) && !over(row, s));
}

enum err grants_open(struct supervisor *s, struct errbuf *why)
{
	s->granted = malloc(ROWS * sizeof *s->granted);
	if (!s->granted)
		return ERR_MEMORY;
	for (size_t i = 0; i < ROWS; i++)
		s->granted[i] = -1;
	enum err e = ERR_OK;
	for (size_t i = 0; i < ROWS && !e; i++)
		if (kept(&rows[i]) && there(&rows[i], s->settings))
			e = open_file(&rows[i], s->settings, &s->granted[i], why);
	return e ? e : others_open(s->settings, &s->others, why);
}

static void replace_others(struct supervisor *s, struct others *fresh, bool *changed)
{
	*changed = !others_same(&s->others, fresh);
	others_close(&s->others);
	s->others = *fresh;
	fresh->count = 0;
}

/* The number of the root's list that the front serves; 0: none is known. */
static int64_t list_served(const struct supervisor *s)
{
	int64_t number = 0;
	ssize_t n = pread(s->shared, &number, sizeof number, offsetof(struct shared_page, root_list_number));
	return n == sizeof number ? number : 0;
}

enum err grants_reopen(struct supervisor *s, bool *others_changed, struct errbuf *why)
{
	int fresh[ROWS];
	struct others others = {.count = 0};
	enum err e = ERR_OK;
	for (size_t i = 0; i < ROWS; i++) {
		fresh[i] = -1;
		if (!e && (rows[i].source == TLS_KEY || rows[i].source == PUBLIC) && there(&rows[i], s->settings))
			e = open_file(&rows[i], s->settings, &fresh[i], why);
	}
	if (!e)
		e = others_open(s->settings, &others, why);
	if (!e)
		e = reload_look(s->settings, list_served(s), why);
	if (!e)
		replace_others(s, &others, others_changed);
	for (size_t i = 0; i < ROWS; i++) {
		if (fresh[i] < 0)
			continue;
		int old = e ? fresh[i] : s->granted[i];
		if (!e)
			s->granted[i] = fresh[i];
		close(old);
	}
	return e;
}

void grants_close(struct supervisor *s)
{
	for (size_t i = 0; s->granted && i < ROWS; i++)
		if (s->granted[i] >= 0)
			close(s->granted[i]);
	free(s->granted);
	s->granted = NULL;
	others_close(&s->others);
}

static enum err send_named(struct process *p, const char *name, int fd)
{
	struct buf body = BUF_INIT(256);
	pack_text(&body, name);
	enum err e = buf_check(&body);
	if (!e)
		e = process_say(p, CONTROL_GRANT, &body, fd);
	buf_free(&body);
	return e;
}

static enum err send_row(struct supervisor *s, struct process *p, size_t i, struct errbuf *why)
{
	if (kept(&rows[i]) && s->granted[i] < 0)
		return ERR_OK; /* it was not there at the start, and nothing needed it */
	int fd = kept(&rows[i])                 ? s->granted[i]
		 : rows[i].source == LISTENER ? s->listeners[rows[i].place]
		 : rows[i].source == PACKETS  ? s->ocsp[rows[i].place]
		 : rows[i].source == TRIAL    ? s->trial
					      : s->kick;
	bool own = rows[i].source == JOURNAL;
	enum err e = own ? open_file(&rows[i], s->settings, &fd, why) : ERR_OK;
	if (e)
		return e;
	e = send_named(p, rows[i].name, fd);
	if (own)
		close(fd);
	return e;
}

static enum err send_others(struct supervisor *s, struct process *p)
{
	unsigned role = 1u << p->role;
	enum err e = ERR_OK;
	for (size_t i = 0; i < s->others.count && !e; i++)
		if (role & (s->others.at[i].key ? SIGNER : (SIGNER | FRONT | CLERK)))
			e = send_named(p, s->others.at[i].name, s->others.at[i].fd);
	return e;
}

enum err grants_send(struct supervisor *s, struct process *p, struct errbuf *why)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < ROWS && !e; i++)
		if (rows[i].roles & 1u << p->role)
			e = send_row(s, p, i, why);
	return e ? e : send_others(s, p);
}

void grants_look(const struct settings *s, grant_seen *each, void *ctx)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct errbuf why = {""};
		int fd = -1;
		if (!kept(&rows[i]) || !there(&rows[i], s))
			continue;
		enum err e = open_file(&rows[i], s, &fd, &why);
		if (fd >= 0)
			close(fd);
		each(ctx, rows[i].name, path_of(&rows[i], s), e, &why);
	}
}
