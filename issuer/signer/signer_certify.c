/* What ISSUE and SIGN share: whether it may be, the journal, the signature, and what was answered. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "issuer/signer/serve.h"

#include <string.h>

/* A forged order is an attack from inside: said aloud. The id is for the log only. */
static enum err ticket_check(const struct signer *s, const void *facts, size_t len, const uint8_t *ticket,
			     struct errbuf *why)
{
	struct order_facts f = {0};
	uint8_t right[TICKET_BYTES];
	enum err rc = len > FACTS_MAX_BYTES ? ERR_REFUSED : ticket_of(s, facts, len, right);
	if (!rc && secret_equal_bytes(right, ticket, sizeof right))
		return ERR_OK;
	explicit_bzero(right, sizeof right);
	if (len > FACTS_MAX_BYTES || facts_read((const char *)facts, len, &f, NULL) != ERR_OK)
		f.order[0] = '\0';
	log_event(LOG_LEVEL_ALARM, "ticket.refused", {"order", f.order});
	return fail(why, rc ? rc : ERR_REFUSED, "the order is not as it was approved");
}

static enum err issuing_permitted(struct signer *s, const char *order, struct errbuf *why)
{
	static const char *const paused[] = {
		[RESUME_AWAITED] = "the journal has not been compared with the database yet",
		[RESUME_REFUSED] = "an old database was put back: run counterfoild recover; or old files of the CAs, or the root has "
				   "revoked the CA: the log says which",
	};
	const struct journal_state *j = journal_peek(s->has.journal);
	if (s->resume != RESUME_OK)
		return fail(why, ERR_UNAVAILABLE, "issuing is paused: %s", paused[s->resume]);
	enum err rc = signer_clock_check(s, why);
	if (!rc)
		rc = signer_issuing_check(s, why);
	if (!rc)
		rc = journal_unwritable(s->has.journal, why); /* what room is left is for revocations */
	if (rc)
		return rc;
	if (journal_state_of_order(j, order))
		return fail(why, ERR_UNAVAILABLE, "the last attempt for this order is being reconciled; try again");
	if (journal_state_order_done(j, order))
		return fail(why, ERR_CONFLICT, "the certificate of this order has been made and committed");
	return ERR_OK;
}

static enum err journal_intent(void *ctx, const struct certificate_fields *f, const uint8_t tbs_hash[32])
{
	struct making *m = ctx;
	serial_text(f->serial, m->serial);
	const struct journal_record r = {
		.op = "intent",
		.issuer = m->signer->issuer_name,
		.serial = m->serial,
		.order = m->subject.facts.order,
		.not_before = f->not_before,
		.not_after = f->not_after,
		.tbs_hash = tbs_hash,
	};
	crash_point(CRASH_SIGNER_INTENT_BEFORE);
	enum err rc = journal_append(m->signer->has.journal, &r, clock_now());
	m->journalled = rc == ERR_OK;
	crash_point(CRASH_SIGNER_INTENT_AFTER);
	return rc;
}

enum err making_begin(struct making *m, const void *facts, size_t len, struct errbuf *why)
{
	enum err rc = ticket_check(m->signer, facts, len, m->ticket, why);
	return rc ? rc : subject_read(m->signer, facts, len, &m->subject, why);
}

enum err making_certify(struct making *m, struct errbuf *why)
{
	const struct issue_hook hook = {journal_intent, m};
	enum err rc = authority_certify(&m->signer->has.authority, &m->subject.fields, m->key, &hook, &m->certificate, why);
	crash_point(CRASH_SIGNER_SIGNED);
	return signer_signature(m->signer, &m->signer->cas[0], rc, why);
}

static enum err remember(struct making *m, const struct buf *answer)
{
	if (answer->err)
		return answer->err;
	struct issued_entry *e = issued_add(&m->signer->issued, m->subject.facts.order, m->serial);
	memcpy(e->ticket, m->ticket, sizeof e->ticket);
	memcpy(e->request, m->request, sizeof e->request);
	e->answer = BUF_INIT(answer->len);
	buf_add(&e->answer, answer->data, answer->len);
	return buf_check(&e->answer);
}

/* The same order, approved anew or with another request, is not the one whose answer is kept: its password went to what was
 * approved then, its certificate to another key. */
static enum err answer_again(struct making *m, struct issued_entry *e, struct buf *answer, struct errbuf *why)
{
	if (secret_equal_bytes(e->ticket, m->ticket, TICKET_BYTES) && memcmp(e->request, m->request, sizeof e->request) == 0) {
		buf_add(answer, e->answer.data, e->answer.len);
		return buf_check(answer);
	}
	journal_give_up(m->signer->has.journal, e->serial);
	issued_forget_order(&m->signer->issued, e->order);
	return fail(why, ERR_UNAVAILABLE, "the last attempt for this order is being reconciled; try again");
}

enum err making_run(struct making *m, making_step *make, struct buf *answer, struct errbuf *why)
{
	const char *order = m->subject.facts.order;
	struct issued_entry *before = issued_find(&m->signer->issued, order);
	if (before)
		return answer_again(m, before, answer, why);
	enum err rc = issuing_permitted(m->signer, order, why);
	if (rc)
		return rc;
	rc = make(m, answer, why);
	if (m->waits)
		return rc;
	crash_point(CRASH_SIGNER_PACKED);
	if (!rc)
		rc = remember(m, answer);
	crash_point(CRASH_SIGNER_ISSUED);
	if (!rc) {
		log_event(LOG_LEVEL_INFO, "certificate.made", {"order", order}, {"serial", m->serial});
		return ERR_OK;
	}
	log_event(LOG_LEVEL_ERROR, "certificate.failed", {"order", order}, {"why", err_why(rc, why)});
	if (m->journalled) { /* what may have been signed is nobody's: the clerk revokes it */
		issued_forget_order(&m->signer->issued, order);
		journal_give_up(m->signer->has.journal, m->serial);
	}
	return rc;
}

void making_clear(struct making *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->certificate);
	explicit_bzero(&m->subject, sizeof m->subject);
}
