/* DONE, OPEN_INTENTS, LAST, RESUME: journal and database held against each other. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/encode.h"
#include "base/log.h"
#include "issuer/signer/serve.h"

#include <stdio.h>
#include <string.h>

/* Does this `done` go with what is open? An intent is closed by its own order and serial only. */
static enum err done_fits(const struct journal_state *j, const char *order, const char *serial, struct errbuf *why)
{
	const struct journal_intent *by_serial = journal_state_of_serial(j, serial);
	const struct journal_intent *by_order = journal_state_of_order(j, order);
	if (by_serial && strcmp(by_serial->what.order, order) != 0)
		return fail(why, ERR_CONFLICT, "certificate %s is of another order", serial);
	if (by_order && strcmp(by_order->what.serial, serial) != 0)
		return fail(why, ERR_CONFLICT, "order %s has another certificate", order);
	return ERR_OK;
}

enum err signer_on_done(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	const struct journal_state *j = journal_peek(s->has.journal);
	char order[17], serial[SERIAL_TEXT_SIZE];
	uint8_t head[32], bytes[SERIAL_BYTES];
	(void)answer;
	unpack_text(request, order, sizeof order);
	unpack_text(request, serial, sizeof serial);
	unpack_fixed(request, head, sizeof head);
	enum err rc = unpack_end(request);
	if (!rc && (strlen(serial) != SERIAL_TEXT_SIZE - 1 || hex_decode(serial, bytes, sizeof bytes) != ERR_OK))
		rc = ERR_MALFORMED;
	if (!rc)
		rc = done_fits(j, order, serial, why);
	if (rc)
		return rc;
	issued_forget_order(&s->issued, order);
	bool known = journal_state_order_done(j, order) || !strcmp(j->last.done_serial, serial);
	if (known && !journal_state_of_serial(j, serial))
		return ERR_OK; /* said again */
	const struct journal_intent *intent = journal_state_of_serial(j, serial);
	char issuer[ISSUER_NAME_SIZE];
	snprintf(issuer, sizeof issuer, "%s", intent ? intent->what.issuer : "");
	const struct journal_record r = {
		.op = "done", .issuer = issuer, .serial = serial, .order = order, .audit_head = head};
	crash_point(CRASH_SIGNER_DONE_BEFORE);
	rc = journal_append(s->has.journal, &r, clock_now());
	crash_point(CRASH_SIGNER_DONE_AFTER);
	return rc;
}

enum err signer_on_open_intents(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	const struct journal_state *j = journal_peek(s->has.journal);
	struct buf list = BUF_INIT((size_t)SIGNER_INTENTS_MOST * 256);
	uint32_t most = unpack_u32(request), n = 0;
	(void)why;
	enum err rc = unpack_end(request);
	if (!rc)
		rc = journal_catch_up(s->has.journal);
	if (rc)
		return rc;
	if (most > SIGNER_INTENTS_MOST)
		most = SIGNER_INTENTS_MOST;
	for (size_t i = 0; i < j->intent_count && n < most; i++) {
		const struct open_intent *what = &j->intents[i].what;
		if (!journal_intent_stale(&j->intents[i], clock_mono_ms()))
			continue;
		issued_forget_order(&s->issued, what->order); /* the clerk decides about it now */
		journal_give_up(s->has.journal, what->serial);
		pack_text(&list, what->issuer);
		pack_text(&list, what->order);
		pack_text(&list, what->serial);
		pack_i64(&list, what->not_before);
		pack_i64(&list, what->not_after);
		pack_bytes(&list, what->tbs_hash, sizeof what->tbs_hash);
		n++;
	}
	rc = buf_check(&list);
	pack_u32(answer, n);
	buf_add(answer, list.data, list.len);
	buf_free(&list);
	return rc;
}

static void pack_revocation(struct buf *answer, const struct revocation *r)
{
	pack_text(answer, r->serial);
	pack_u8(answer, (uint8_t)r->reason);
	pack_i64(answer, r->revoked_at);
	pack_i64(answer, r->compromised_at);
}

enum err signer_on_last(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct journal_last last;
	(void)why;
	enum err rc = unpack_end(request);
	if (!rc)
		rc = journal_catch_up(s->has.journal);
	if (rc)
		return rc;
	journal_last_known(s->has.journal, &last);
	pack_text(answer, last.done_serial);
	for (size_t i = 0; i < JOURNAL_REVOKED; i++)
		pack_revocation(answer, &last.revoked[i]);
	pack_u64(answer, last.sequence);
	pack_bytes(answer, last.audit_head, sizeof last.audit_head);
	pack_u8(answer, (uint8_t)journal_unwritable(s->has.journal, NULL));
	pack_u8(answer, (uint8_t)((signer_issuing_check(s, NULL) ? SIGNER_AWAY_ISSUING : 0) |
				  (signer_ocsp_check(s, NULL) ? SIGNER_AWAY_OCSP : 0) |
				  (signer_clock_doubted(s) ? SIGNER_CLOCK_DOUBTED : 0)));
	return ERR_OK;
}

enum err signer_on_resume(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	uint8_t ok = unpack_u8(request);
	(void)answer;
	(void)why;
	if (unpack_end(request) || ok > 1)
		return ERR_MALFORMED;
	if (!ok && s->resume != RESUME_REFUSED)
		log_event(LOG_LEVEL_ALARM, "issuing.paused", {"why", "the clerk says so: its own alarm says why"});
	s->resume = ok ? RESUME_OK : RESUME_REFUSED;
	if (ok && s->keys)
		key_pool_fill(s->keys);
	crash_point(CRASH_SIGNER_RESUMED);
	return ERR_OK;
}
