/* `counterfoild recover`: for the day on which an old database had to be put back. */
#include "issuer/command/recover.h"
#include "base/clock.h"
#include "issuer/command/command.h"
#include "issuer/process/run_lock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err copy_first(const struct recovery *r, struct errbuf *why)
{
	char path[4096 + 64], now[CLOCK_TEXT_SIZE];
	clock_text(r->now, now);
	snprintf(path, sizeof path, "%s.before-recover-%s", r->books->settings->database, now);
	enum err e = store_copy(r->books->store, path, why);
	if (!e)
		fprintf(stderr, "counterfoild: the database as it was is in %s; remove it once all is well\n", path);
	return e;
}

/* What somebody may hold and has to be given anew. An orphan that was never handed out is nobody's loss. */
static void list_lost(const struct recovery *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct history_entry *lost = r->steps[i].entry;
		char until[CLOCK_TEXT_SIZE];
		if (r->steps[i].action != RECOVER_LOST || !lost->done)
			continue;
		clock_text(lost->not_after ? lost->not_after : r->books->issuing_until, until);
		printf("%s %s %s %s\n", lost->serial, lost->order[0] ? lost->order : "-", until, crl_reason_name(lost->reason));
	}
}

static void say(size_t n, const char *what, const char *more)
{
	if (n)
		fprintf(stderr, "counterfoild: %s: %zu%s\n", what, n, more);
}

static void report(const struct recovery *r)
{
	say(r->counts[RECOVER_LOST], "certificates issued after the backup",
	    "; they are revoked now. Standard output lists those that somebody may hold (serial, order, end, reason): order anew");
	say(r->counts[RECOVER_REVOKE], "certificates revoked after the backup, and now again", "");
	say(r->counts[RECOVER_HOLD], "certificates put on hold after the backup, and now again", "");
	say(r->counts[RECOVER_RELEASE], "certificates released after the backup, and now again", "");
	say(r->cancelled, "orders cancelled, because their certificate was issued after the backup", "");
	say(r->open, "orders open as they were at the backup", "; one that was cancelled since is open again");
	fputs("counterfoild: journal and database agree. Orders, contacts and staff are as they were at the backup: look through "
	      "them. Start the daemon\n", stderr);
}

static enum err apply(struct recovery *r, struct errbuf *why)
{
	uint8_t head[AUDIT_HASH_BYTES];
	enum err e = copy_first(r, why);
	if (!e)
		e = recovery_journal(r, why);
	if (!e)
		e = recovery_commit(r, head, why);
	if (e)
		return e;
	list_lost(r);
	e = recovery_agree(r, head, why);
	if (!e && (fflush(stdout) != 0 || ferror(stdout)))
		e = fail(why, ERR_IO, "all is recovered, but the list was not written: the audit has it, as certificate.orphaned");
	return e;
}

static enum err recover(const struct settings *s, struct errbuf *why)
{
	struct host_books books = {.settings = s};
	struct recovery r = {.books = NULL};
	enum err e = host_books_open(&books, s, why);
	if (!e)
		e = recovery_plan(&r, &books, clock_now(), why);
	if (!e && !recovery_due(&r))
		fputs("counterfoild: journal and database agree: there is nothing to recover\n", stderr);
	else if (!e)
		e = apply(&r, why);
	if (!e && recovery_due(&r))
		report(&r);
	recovery_clear(&r);
	host_books_close(&books);
	return e;
}

/* The daemon must stand still: what it holds in memory would be written over this. */
static enum err alone(const char *config, struct errbuf *why)
{
	struct settings_source source;
	struct settings *s = NULL;
	int lock = -1;
	enum err e = settings_read(config, &source, why);
	if (!e)
		e = settings_parse((const char *)source.text.data, source.text.len, config, source.folder, &s, why);
	if (e)
		e = ERR_USAGE;
	if (!e)
		e = run_lock_take(source.folder, &lock, why);
	if (!e)
		e = recover(s, why);
	if (lock >= 0)
		close(lock);
	settings_free(s);
	settings_source_clear(&source);
	return e;
}

int command_recover(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_row rows[] = {{.name = "config", .value = &config}, {0}};
	struct operands none = {.most = 0};
	struct errbuf why = {""};
	umask(077);
	enum err e = options_parse(argc, argv, rows, &none, &why);
	if (!e && !config)
		e = fail(&why, ERR_USAGE, "recover needs --config FILE");
	if (!e)
		e = alone(config, &why);
	return e ? command_failed(e, &why) : 0;
}
