/* CRL: a signed list of what the clerk found revoked, under a number that never comes back. */
#include "base/clock.h"
#include "base/crash.h"
#include "issuer/signer/serve.h"

#include <stdlib.h>
#include <string.h>

enum { CRL_LIFE_MOST = 31 * 86400 };

static enum err entries_read(struct unpack *u, size_t n, struct crl_entry *out, struct errbuf *why)
{
	for (size_t i = 0; i < n; i++) {
		unpack_fixed(u, out[i].serial, sizeof out[i].serial);
		out[i].revoked_at = unpack_i64(u);
		out[i].compromised_at = unpack_i64(u);
		out[i].reason = (enum crl_reason)unpack_u8(u);
		if (u->bad)
			return ERR_MALFORMED;
		if (i > 0 && memcmp(out[i - 1].serial, out[i].serial, SERIAL_BYTES) >= 0)
			return fail(why, ERR_INVALID, "entry %zu of the CRL does not rise above the one before it", i + 1);
		if (!crl_reason_name(out[i].reason))
			return fail(why, ERR_INVALID, "entry %zu of the CRL has no reason of ours", i + 1);
	}
	return unpack_end(u);
}

/* The number is journalled before the list exists: a crash leaves a gap, never two lists of one number. */
static enum err number_take(struct signer *s, uint64_t *number)
{
	uint64_t last = journal_crl_number(s->has.journal), now = (uint64_t)clock_now_us();
	*number = now > last ? now : last + 1;
	const struct journal_record r = {.op = "crl", .issuer = s->issuer_name, .number = *number};
	return journal_append(s->has.journal, &r, clock_now());
}

static enum err list_make(struct signer *s, struct crl_head *head, const struct crl_entry *entries, size_t n,
			  struct buf *answer, struct errbuf *why)
{
	const struct authority *a = &s->has.authority;
	struct buf der = BUF_INIT(SIGNER_ANSWER_CAP - 64);
	enum err rc = number_take(s, &head->number);
	crash_point(CRASH_SIGNER_CRL_NUMBERED);
	if (!rc)
		rc = crl_make(head, entries, n, a->certificate, a->key, &der, why);
	crash_point(CRASH_SIGNER_CRL_SIGNED);
	if (!rc) {
		pack_bytes(answer, der.data, der.len);
		pack_u64(answer, head->number);
	}
	buf_free(&der);
	return rc;
}

enum err signer_on_crl(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct crl_head head = {.this_update = unpack_i64(request), 0};
	head.next_update = unpack_i64(request);
	size_t n = unpack_u32(request);
	if (request->bad || n != request->left / SIGNER_ENTRY_BYTES)
		return ERR_MALFORMED;
	if (head.this_update <= 0 || head.next_update <= head.this_update ||
	    head.next_update - head.this_update > CRL_LIFE_MOST)
		return fail(why, ERR_INVALID, "a CRL lives more than 0 and at most 31 days");
	struct crl_entry *entries = calloc(n + 1, sizeof *entries);
	if (!entries)
		return ERR_MEMORY;
	enum err rc = entries_read(request, n, entries, why);
	if (!rc)
		rc = list_make(s, &head, entries, n, answer, why);
	free(entries);
	return rc;
}
