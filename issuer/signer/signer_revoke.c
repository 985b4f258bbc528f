/* REVOKE: in the journal, durably, before anybody is told. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "issuer/signer/serve.h"

#include <string.h>

static enum err serial_check(const char *serial)
{
	uint8_t bytes[SERIAL_BYTES];
	char text[SERIAL_TEXT_SIZE];
	enum err rc = serial_from_text(serial, bytes);
	if (rc)
		return rc;
	serial_text(bytes, text);
	return strcmp(text, serial) ? ERR_MALFORMED : ERR_OK;
}

static enum err revocation_read(struct unpack *u, struct revocation *r, uint8_t head[32], struct errbuf *why)
{
	memset(r, 0, sizeof *r);
	unpack_text(u, r->issuer, sizeof r->issuer);
	unpack_text(u, r->serial, sizeof r->serial);
	r->reason = (enum crl_reason)unpack_u8(u);
	r->revoked_at = unpack_i64(u);
	r->compromised_at = unpack_i64(u);
	uint8_t release = unpack_u8(u);
	unpack_fixed(u, head, 32);
	r->release = release != 0;
	enum err rc = unpack_end(u);
	if (rc || release > 1)
		return ERR_MALFORMED;
	if (serial_check(r->serial))
		return fail(why, ERR_MALFORMED, "a serial number has 40 lower-case hexadecimal digits");
	if (r->issuer[0] && (strlen(r->issuer) != sizeof r->issuer - 1 || strspn(r->issuer, "0123456789abcdef") != sizeof r->issuer - 1))
		return fail(why, ERR_MALFORMED, "an issuer is told by 64 lower-case hexadecimal digits");
	if (!crl_reason_name(r->reason) || r->revoked_at <= 0 || r->compromised_at < 0)
		return fail(why, ERR_INVALID, "not a reason or a time of a revocation");
	return ERR_OK;
}

/* With another reason or another date of compromise it is another one, and goes on record. */
static bool said_again(const struct revocation *known, const struct revocation *r)
{
	return known && known->revoked_at && known->reason == r->reason && known->compromised_at == r->compromised_at;
}

enum err signer_on_revoke(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct revocation r;
	uint8_t head[32];
	(void)answer;
	enum err rc = revocation_read(request, &r, head, why);
	if (rc)
		return rc;
	issued_forget_serial(&s->issued, r.serial);
	const struct revocation *known = journal_state_revoked(journal_peek(s->has.journal), r.serial);
	if ((r.release || r.reason == REASON_HOLD) && journal_revoked_for_good(known))
		return fail(why, ERR_CONFLICT, "the journal has it as revoked already (%s)", crl_reason_name(known->reason));
	if (!r.release && said_again(known, &r))
		return ERR_OK;
	const struct journal_record record = {
		.op = r.release ? "release" : "revoke",
		.issuer = r.issuer,
		.serial = r.serial,
		.reason = (int)r.reason,
		.revoked_at = r.revoked_at,
		.compromised_at = r.compromised_at,
		.audit_head = head,
	};
	crash_point(CRASH_SIGNER_REVOKE_BEFORE);
	rc = journal_append(s->has.journal, &record, clock_now());
	crash_point(CRASH_SIGNER_REVOKE_AFTER);
	if (!rc)
		log_event(LOG_LEVEL_INFO, r.release ? "certificate.released" : "certificate.revoked", {"serial", r.serial},
			  {"reason", crl_reason_name(r.reason)});
	return rc;
}
