/* Who may ask what, and who answers it. */
#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/packing.h"
#include "issuer/signer/signer_ocsp.h"

#include <openssl/err.h>

static const struct operation {
	const char *word;
	unsigned peers; /* bits 1u << enum role */
} operations[SIGNER_OPERATION_COUNT] = {
#define X(name, text, who) [SIGNER_##name] = {.word = (text), .peers = (who)},
	SIGNER_OPERATIONS(X)
#undef X
};

static signer_handler *const handlers[SIGNER_OPERATION_COUNT] = {
	[SIGNER_TICKET] = signer_on_ticket,
	[SIGNER_ISSUE] = signer_on_issue,
	[SIGNER_SIGN] = signer_on_sign,
	[SIGNER_PACKAGE] = signer_on_package,
	[SIGNER_UNSEAL] = signer_on_unseal,
	[SIGNER_DONE] = signer_on_done,
	[SIGNER_REVOKE] = signer_on_revoke,
	[SIGNER_CRL_BEGIN] = signer_on_crl_begin,
	[SIGNER_CRL_ADD] = signer_on_crl_add,
	[SIGNER_CRL_END] = signer_on_crl_end,
	[SIGNER_OPEN_INTENTS] = signer_on_open_intents,
	[SIGNER_LAST] = signer_on_last,
	[SIGNER_RESUME] = signer_on_resume,
	[SIGNER_KEYS] = signer_on_keys,
};

int signer_permitted(enum role peer, uint16_t op)
{
	return op < SIGNER_OPERATION_COUNT && (unsigned)peer < ROLE_COUNT && (operations[op].peers & 1u << peer) != 0;
}

/* Said once, and once that it is over. */
static void note_journal(struct signer *s)
{
	struct errbuf why = {""};
	enum err e = journal_unwritable(s->has.journal, &why);
	const char *file = s->has.settings->journal;
	if (e && e != s->journal_fault)
		log_event(LOG_LEVEL_ALARM, "journal.unwritable", {"file", file}, {"error", err_word(e)}, {"why", why.text});
	if (!e && s->journal_fault)
		log_event(LOG_LEVEL_WARNING, "journal.writable", {"file", file});
	s->journal_fault = e;
}

enum err signer_answer(void *ctx, enum role peer, const struct frame *request, struct buf *answer, struct errbuf *why)
{
	if (!signer_permitted(peer, request->op))
		return ERR_REFUSED;
	struct signer *s = ctx;
	struct unpack body = unpack_begin(request->body, request->len);
	enum err rc = handlers[request->op](ctx, &body, answer, why);
	if (!rc)
		rc = buf_check(answer);
	if (rc)
		buf_clear(answer);
	if (!why->text[0] && journal_unwritable(s->has.journal, NULL) == rc)
		rc = journal_unwritable(s->has.journal, why); /* whoever asked hears it too */
	note_journal(s);
	if (err_http_status(rc) == 500) /* ours, not the caller's */
		log_event(LOG_LEVEL_ALARM, "signer.failed", {"operation", operations[request->op].word},
			  {"error", err_word(rc)}, {"why", err_why(rc, why)});
	ERR_clear_error();
	return rc;
}

void signer_tick(void *ctx)
{
	struct signer *s = ctx;
	enum err rc = journal_checkpoint(s->has.journal, clock_now());
	if (rc && rc != s->checkpoint_failed)
		log_event(LOG_LEVEL_ALARM, "journal.checkpoint_failed", {"error", err_word(rc)});
	s->checkpoint_failed = rc;
	journal_reserve(s->has.journal);
	if (s->ocsp)
		signer_ocsp_tick(s->ocsp);
	enum err tested = packaging_check(s, NULL);
	(void)tested; /* said there */
	note_journal(s);
}
