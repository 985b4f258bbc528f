/* The calling side of signer.h: fields into a body, an answer into fields. */
#include "base/pack.h"
#include "issuer/signer/serve.h"

#include <string.h>

enum { BODY_CAP = 256 << 10 };

static const int deadline_ms[SIGNER_OPERATION_COUNT] = {
	[SIGNER_TICKET] = 5000,   [SIGNER_ISSUE] = 20000,  [SIGNER_PACKAGE] = 10000,      [SIGNER_UNSEAL] = 10000,
	[SIGNER_DONE] = 10000,    [SIGNER_REVOKE] = 10000, [SIGNER_OPEN_INTENTS] = 10000, [SIGNER_LAST] = 10000,
	[SIGNER_RESUME] = 10000,  [SIGNER_CRL_BEGIN] = 10000, [SIGNER_CRL_ADD] = 10000, [SIGNER_CRL_END] = 10000,    [SIGNER_SIGN] = 10000,
	[SIGNER_KEYS] = 10000,
};

/* One request and its answer. */
struct talk {
	struct buf body, answer;
	struct unpack reply;
};

static struct talk talk_begin(size_t cap)
{
	return (struct talk){.body = BUF_INIT(cap), .answer = BUF_INIT(cap)};
}

/* On ERR_OK the reply is to be read and talk_end called; otherwise everything is freed. */
static enum err talk_send(struct talk *t, struct line *l, enum signer_operation op, struct errbuf *why)
{
	enum err rc = buf_check(&t->body);
	if (!rc)
		rc = line_call(l, (uint16_t)op, &t->body, &t->answer, deadline_ms[op], why);
	buf_free(&t->body);
	if (rc)
		buf_free(&t->answer);
	else
		t->reply = unpack_begin(t->answer.data, t->answer.len);
	return rc;
}

/* ERR_MALFORMED when the reply was not exactly what was read. */
static enum err talk_end(struct talk *t)
{
	enum err rc = unpack_end(&t->reply);
	buf_free(&t->answer);
	return rc;
}

static void take_bytes(struct talk *t, struct buf *out)
{
	size_t len;
	const uint8_t *bytes = unpack_bytes(&t->reply, &len);
	if (bytes)
		buf_add(out, bytes, len);
}

enum err signer_ticket(struct line *l, const void *facts, size_t len, uint8_t ticket[TICKET_BYTES], struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_bytes(&t.body, facts, len);
	enum err rc = talk_send(&t, l, SIGNER_TICKET, why);
	if (rc)
		return rc;
	unpack_fixed(&t.reply, ticket, TICKET_BYTES);
	return talk_end(&t);
}

enum err signer_issue(struct line *l, const void *facts, size_t len, const uint8_t ticket[TICKET_BYTES], struct issued *out,
		      struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_bytes(&t.body, facts, len);
	pack_bytes(&t.body, ticket, TICKET_BYTES);
	enum err rc = talk_send(&t, l, SIGNER_ISSUE, why);
	if (rc)
		return rc;
	if (t.answer.len == 0) /* its key is being made */
		return talk_end(&t);
	struct buf *const parts[] = {&out->certificate, &out->sealed_key, &out->sealed_modern, &out->sealed_password};
	take_bytes(&t, &out->certificate);
	take_bytes(&t, &out->sealed_key);
	take_bytes(&t, &out->sealed_modern);
	unpack_fixed(&t.reply, out->sha256_modern, sizeof out->sha256_modern);
	take_bytes(&t, &out->sealed_password);
	rc = talk_end(&t);
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = buf_check(parts[i]);
	return rc;
}

enum err signer_sign(struct line *l, const void *facts, size_t len, const uint8_t ticket[TICKET_BYTES],
		     const struct buf *request, struct buf *certificate, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_bytes(&t.body, facts, len);
	pack_bytes(&t.body, ticket, TICKET_BYTES);
	pack_bytes(&t.body, request->data, request->len);
	enum err rc = talk_send(&t, l, SIGNER_SIGN, why);
	if (rc)
		return rc;
	take_bytes(&t, certificate);
	rc = talk_end(&t);
	return rc ? rc : buf_check(certificate);
}

enum err signer_package(struct line *l, const char *order, enum package_encoding encoding, const struct buf *sealed_key,
			const struct buf *certificate, struct buf *sealed, uint8_t sha256[32], struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_text(&t.body, order);
	pack_u8(&t.body, (uint8_t)encoding);
	pack_bytes(&t.body, sealed_key->data, sealed_key->len);
	pack_bytes(&t.body, certificate->data, certificate->len);
	enum err rc = talk_send(&t, l, SIGNER_PACKAGE, why);
	if (rc)
		return rc;
	take_bytes(&t, sealed);
	unpack_fixed(&t.reply, sha256, 32);
	rc = talk_end(&t);
	return rc ? rc : buf_check(sealed);
}

enum err signer_unseal(struct line *l, const char *order, enum package_encoding encoding, const struct buf *sealed,
		       struct buf *package, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_text(&t.body, order);
	pack_u8(&t.body, (uint8_t)encoding);
	pack_bytes(&t.body, sealed->data, sealed->len);
	enum err rc = talk_send(&t, l, SIGNER_UNSEAL, why);
	if (rc)
		return rc;
	take_bytes(&t, package);
	rc = talk_end(&t);
	return rc ? rc : buf_check(package);
}

enum err signer_done(struct line *l, const char *order, const char *serial, const uint8_t audit_head[32])
{
	struct talk t = talk_begin(BODY_CAP);
	pack_text(&t.body, order);
	pack_text(&t.body, serial);
	pack_bytes(&t.body, audit_head, 32);
	enum err rc = talk_send(&t, l, SIGNER_DONE, NULL);
	return rc ? rc : talk_end(&t);
}

enum err signer_revoke(struct line *l, const struct revocation *r, const uint8_t audit_head[32], struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_text(&t.body, r->issuer);
	pack_text(&t.body, r->serial);
	pack_u8(&t.body, (uint8_t)r->reason);
	pack_i64(&t.body, r->revoked_at);
	pack_i64(&t.body, r->compromised_at);
	pack_u8(&t.body, r->release);
	pack_bytes(&t.body, audit_head, 32);
	enum err rc = talk_send(&t, l, SIGNER_REVOKE, why);
	return rc ? rc : talk_end(&t);
}

enum err signer_resume(struct line *l, bool ok, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_u8(&t.body, ok);
	enum err rc = talk_send(&t, l, SIGNER_RESUME, why);
	return rc ? rc : talk_end(&t);
}

enum err signer_crl_begin(struct line *l, const char *issuer, const struct crl_head *times, size_t entries_len,
			  struct errbuf *why)
{
	if (entries_len > CRL_MAX_BYTES)
		return fail(why, ERR_TOO_LARGE, "a CRL of %zu octets is larger than the signer takes", entries_len);
	struct talk t = talk_begin(BODY_CAP);
	pack_text(&t.body, issuer);
	pack_i64(&t.body, times->this_update);
	pack_i64(&t.body, times->next_update);
	pack_u32(&t.body, (uint32_t)entries_len);
	enum err rc = talk_send(&t, l, SIGNER_CRL_BEGIN, why);
	return rc ? rc : talk_end(&t);
}

static enum err add_part(struct line *l, size_t before, const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	pack_u32(&t.body, (uint32_t)before);
	pack_u32(&t.body, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		pack_bytes(&t.body, entries[i].serial, sizeof entries[i].serial);
		pack_i64(&t.body, entries[i].revoked_at);
		pack_i64(&t.body, entries[i].compromised_at);
		pack_u8(&t.body, (uint8_t)entries[i].reason);
	}
	enum err rc = talk_send(&t, l, SIGNER_CRL_ADD, why);
	return rc ? rc : talk_end(&t);
}

enum err signer_crl_add(struct line *l, size_t before, const struct crl_entry *entries, size_t n, struct errbuf *why)
{
	enum err rc = ERR_OK;
	for (size_t at = 0; !rc && at < n; at += SIGNER_ENTRIES_MOST)
		rc = add_part(l, before + at, entries + at, n - at < SIGNER_ENTRIES_MOST ? n - at : SIGNER_ENTRIES_MOST, why);
	return rc;
}

enum err signer_crl_end(struct line *l, struct buf *head, struct buf *tail, uint64_t *number, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	enum err rc = talk_send(&t, l, SIGNER_CRL_END, why);
	if (rc)
		return rc;
	take_bytes(&t, head);
	take_bytes(&t, tail);
	*number = unpack_u64(&t.reply);
	rc = talk_end(&t);
	if (!rc)
		rc = buf_check(head);
	return rc ? rc : buf_check(tail);
}

enum err signer_open_intents(struct line *l, struct open_intent *out, size_t most, size_t *n, struct errbuf *why)
{
	struct talk t = talk_begin((size_t)SIGNER_INTENTS_MOST * 256);
	*n = 0;
	pack_u32(&t.body, most > UINT32_MAX ? UINT32_MAX : (uint32_t)most);
	enum err rc = talk_send(&t, l, SIGNER_OPEN_INTENTS, why);
	if (rc)
		return rc;
	size_t count = unpack_u32(&t.reply);
	for (size_t i = 0; i < count && i < most && !t.reply.bad; i++) {
		unpack_text(&t.reply, out[i].issuer, sizeof out[i].issuer);
		unpack_text(&t.reply, out[i].order, sizeof out[i].order);
		unpack_text(&t.reply, out[i].serial, sizeof out[i].serial);
		out[i].not_before = unpack_i64(&t.reply);
		out[i].not_after = unpack_i64(&t.reply);
		unpack_fixed(&t.reply, out[i].tbs_hash, sizeof out[i].tbs_hash);
	}
	rc = talk_end(&t); /* more than asked for is left over: ERR_MALFORMED */
	*n = rc ? 0 : count;
	return rc;
}

static void take_revocation(struct talk *t, struct revocation *out)
{
	unpack_text(&t->reply, out->serial, sizeof out->serial);
	out->reason = (enum crl_reason)unpack_u8(&t->reply);
	out->revoked_at = unpack_i64(&t->reply);
	out->compromised_at = unpack_i64(&t->reply);
}

enum err signer_last(struct line *l, struct journal_last *out, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	memset(out, 0, sizeof *out);
	enum err rc = talk_send(&t, l, SIGNER_LAST, why);
	if (rc)
		return rc;
	unpack_text(&t.reply, out->done_serial, sizeof out->done_serial);
	for (size_t i = 0; i < JOURNAL_REVOKED; i++)
		take_revocation(&t, &out->revoked[i]);
	out->sequence = unpack_u64(&t.reply);
	unpack_fixed(&t.reply, out->audit_head, sizeof out->audit_head);
	out->fault = (enum err)unpack_u8(&t.reply);
	out->away = unpack_u8(&t.reply);
	return talk_end(&t);
}

enum err signer_keys(struct line *l, struct signer_keys *out, struct errbuf *why)
{
	struct talk t = talk_begin(BODY_CAP);
	memset(out, 0, sizeof *out);
	enum err rc = talk_send(&t, l, SIGNER_KEYS, why);
	if (rc)
		return rc;
	for (unsigned type = 0; type < KEY_TYPE_COUNT; type++) {
		struct key_pool_state *state = &out->of[type];
		state->wanted = unpack_u32(&t.reply);
		state->ready = unpack_u32(&t.reply);
		state->made = unpack_u64(&t.reply);
		state->awaited = unpack_u64(&t.reply);
	}
	out->fault = (enum err)unpack_u8(&t.reply);
	return talk_end(&t);
}
