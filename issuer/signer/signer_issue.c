/* ISSUE: key, password, certificate and package of an approved order; once, however often it is asked. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "delivery/code.h"
#include "delivery/message.h"
#include "delivery/seal.h"
#include "issuer/signer/serve.h"

#include <string.h>

struct making {
	struct signer *signer;
	struct subject subject;
	char serial[SERIAL_TEXT_SIZE];
	bool journalled;
	EVP_PKEY *key;
	X509 *certificate;
	struct secret *password;
	struct issued out;
};

void issued_free(struct issued *i)
{
	buf_free(&i->certificate);
	buf_free(&i->sealed_key);
	buf_free(&i->sealed_modern);
	buf_free(&i->sealed_password);
	explicit_bzero(i->sha256_modern, sizeof i->sha256_modern);
}

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
		[RESUME_REFUSED] = "the database lacks what the journal knows: run counterfoild recover",
	};
	const struct journal_state *j = journal_peek(s->has.journal);
	if (s->resume != RESUME_OK)
		return fail(why, ERR_UNAVAILABLE, "issuing is paused: %s", paused[s->resume]);
	enum err rc = signer_clock_check(s, why);
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

static enum err make_certificate(struct making *m, struct errbuf *why)
{
	const struct authority *issuer = &m->signer->has.authority;
	const struct issue_hook hook = {journal_intent, m};
	enum err rc = key_generate(m->subject.key_type, &m->key);
	if (!rc)
		rc = password_new(&m->password);
	if (!rc)
		rc = authority_certify(issuer, &m->subject.fields, m->key, &hook, &m->certificate, why);
	return rc ? rc : certificate_encode(m->certificate, &m->out.certificate, why);
}

/* Password, order and number travel together: the courier sends to the number inside, whatever the database says. */
static enum err seal_password(struct making *m, struct errbuf *why)
{
	const struct order_facts *f = &m->subject.facts;
	const struct message_field fields[] = {{"password", secret_string(m->password)}, {"client", f->client_name}, {0}};
	struct secret *plain = NULL;
	enum err rc = message_compose(MESSAGE_PASSWORD, f->order, f->mobile, fields, &plain, why);
	if (!rc)
		rc = seal_to(m->signer->has.courier, secret_peek(plain), secret_len(plain), &m->out.sealed_password);
	secret_free(plain);
	return rc;
}

static enum err make_parcel(struct making *m, struct errbuf *why)
{
	const struct order_facts *f = &m->subject.facts;
	const struct packing p = {f->order, f->client_name, PACKAGE_MODERN, m->key, m->certificate, m->password};
	enum err rc = package_seal(m->signer, &p, &m->out.sealed_modern, m->out.sha256_modern, why);
	if (!rc)
		rc = subject_key_seal(m->signer, f->order, m->key, m->password, &m->out.sealed_key);
	return rc ? rc : seal_password(m, why);
}

static enum err remember(struct making *m, const uint8_t *ticket, struct buf *answer)
{
	const struct issued *o = &m->out;
	pack_bytes(answer, o->certificate.data, o->certificate.len);
	pack_bytes(answer, o->sealed_key.data, o->sealed_key.len);
	pack_bytes(answer, o->sealed_modern.data, o->sealed_modern.len);
	pack_bytes(answer, o->sha256_modern, sizeof o->sha256_modern);
	pack_bytes(answer, o->sealed_password.data, o->sealed_password.len);
	if (answer->err)
		return answer->err;
	struct issued_entry *e = issued_add(&m->signer->issued, m->subject.facts.order, m->serial);
	memcpy(e->ticket, ticket, sizeof e->ticket);
	e->answer = BUF_INIT(answer->len);
	buf_add(&e->answer, answer->data, answer->len);
	return buf_check(&e->answer);
}

static enum err issue(struct making *m, const uint8_t *ticket, struct buf *answer, struct errbuf *why)
{
	const char *order = m->subject.facts.order;
	enum err rc = make_certificate(m, why);
	crash_point(CRASH_SIGNER_SIGNED);
	if (!rc)
		rc = make_parcel(m, why);
	crash_point(CRASH_SIGNER_PACKED);
	if (!rc)
		rc = remember(m, ticket, answer);
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

/* The same order, approved anew, is not the one whose answer is kept: its password went to what was approved then. */
static enum err answer_again(struct signer *s, struct issued_entry *e, const uint8_t *ticket, struct buf *answer,
			     struct errbuf *why)
{
	if (secret_equal_bytes(e->ticket, ticket, TICKET_BYTES)) {
		buf_add(answer, e->answer.data, e->answer.len);
		return buf_check(answer);
	}
	journal_give_up(s->has.journal, e->serial);
	issued_forget_order(&s->issued, e->order);
	return fail(why, ERR_UNAVAILABLE, "the last attempt for this order is being reconciled; try again");
}

static void making_clear(struct making *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->certificate);
	secret_free(m->password);
	issued_free(&m->out);
	explicit_bzero(&m->subject, sizeof m->subject);
}

enum err signer_on_issue(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct making m = {.signer = s, .out = ISSUED_INIT};
	uint8_t ticket[TICKET_BYTES];
	size_t len;
	const uint8_t *facts = unpack_bytes(request, &len);
	unpack_fixed(request, ticket, sizeof ticket);
	enum err rc = unpack_end(request);
	if (!rc)
		rc = ticket_check(s, facts, len, ticket, why);
	if (!rc)
		rc = subject_read(s, facts, len, &m.subject, why);
	if (rc)
		goto out;
	struct issued_entry *before = issued_find(&s->issued, m.subject.facts.order);
	if (before) {
		rc = answer_again(s, before, ticket, answer, why);
		goto out;
	}
	rc = issuing_permitted(s, m.subject.facts.order, why);
	if (!rc)
		rc = issue(&m, ticket, answer, why);
out:
	making_clear(&m);
	return rc;
}
