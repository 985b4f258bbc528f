/* `counterfoild clock-accept`: an operator has looked at the clock, and it is right. The running daemon reads it in the journal
 * when the next certificate is asked for. */
#include "base/clock.h"
#include "issuer/command/command.h"
#include "issuer/command/host_books.h"

#include <stdio.h>
#include <sys/stat.h>

/* What the clock says, and the latest time that the journal has seen before. */
struct times {
	int64_t now, mono_ms;
	char now_text[CLOCK_TEXT_SIZE], latest_text[CLOCK_TEXT_SIZE];
};

static void read_times(const struct host_books *b, struct times *t)
{
	t->now = clock_now();
	t->mono_ms = clock_mono_ms();
	clock_text(t->now, t->now_text);
	clock_text(journal_peek(b->journal)->latest, t->latest_text);
}

static enum err record(const struct host_books *b, const struct times *t, uint8_t head[AUDIT_HASH_BYTES])
{
	char detail[96];
	snprintf(detail, sizeof detail, "it says %s; the journal's latest was %s", t->now_text, t->latest_text);
	const struct audit_event event = {.what = "clock.accepted", .object = b->settings->node, .detail = detail};
	enum err e = store_begin(b->store);
	if (!e)
		e = audit_append(b->store, &host_actor, &event, t->now, head);
	if (!e)
		e = store_commit(b->store);
	if (e)
		store_rollback(b->store);
	return e;
}

static enum err accept_clock(const struct settings *s, struct times *t, struct errbuf *why)
{
	struct host_books b = {.settings = s};
	uint8_t head[AUDIT_HASH_BYTES];
	enum err e = host_books_open(&b, s, why);
	if (!e)
		e = host_books_agree(b.store, b.journal, why);
	if (!e) {
		read_times(&b, t);
		e = record(&b, t, head);
	}
	if (!e) {
		const struct journal_record accepted = {
			.op = "clock", .issuer = b.issuer, .number = (uint64_t)t->mono_ms, .audit_head = head};
		e = journal_append(b.journal, &accepted, t->now);
	}
	host_books_close(&b);
	return e;
}

int command_clock_accept(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_row rows[] = {{.name = "config", .value = &config}, {0}};
	struct operands none = {.most = 0};
	struct settings *s = NULL;
	struct errbuf why = {""};
	struct times t;
	umask(077);
	enum err e = options_parse(argc, argv, rows, &none, &why);
	if (!e && !config)
		e = fail(&why, ERR_USAGE, "clock-accept needs --config FILE");
	if (!e && settings_load(config, &s, &why) != ERR_OK)
		e = ERR_USAGE;
	if (!e)
		e = accept_clock(s, &t, &why);
	if (!e)
		fprintf(stderr, "counterfoild: the clock is believed: it says %s; the latest time in the journal was %s\n",
			t.now_text, t.latest_text);
	settings_free(s);
	return e ? command_failed(e, &why) : 0;
}
