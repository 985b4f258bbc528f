/* CRL: a signed list of what the clerk found revoked, under a number that never comes back. It goes by in parts, of which
 * nothing stays here but the hash: however long it is, those who ask in between wait for one part alone. */
#include "base/clock.h"
#include "base/crash.h"
#include "issuer/signer/serve.h"

#include <string.h>

enum { CRL_LIFE_MOST = 31 * 86400 };

static void list_forget(struct signer_list *l)
{
	crl_signing_free(l->signing);
	*l = (struct signer_list){0};
}

static enum err begun(const struct signer_list *l, struct errbuf *why)
{
	return l->signing ? ERR_OK : fail(why, ERR_CONFLICT, "no list was begun, or it is spoilt");
}

static uint64_t number_next(const struct signer *s)
{
	uint64_t last = journal_crl_number(s->has.journal), now = (uint64_t)clock_now_us();
	return now > last ? now : last + 1;
}

enum err signer_on_crl_begin(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	char issuer[ISSUER_NAME_SIZE];
	unpack_text(request, issuer, sizeof issuer);
	struct crl_head head = {.this_update = unpack_i64(request), 0};
	head.next_update = unpack_i64(request);
	size_t entries_len = unpack_u32(request);
	(void)answer;
	if (unpack_end(request))
		return ERR_MALFORMED;
	if (head.this_update <= 0 || head.next_update <= head.this_update ||
	    head.next_update - head.this_update > CRL_LIFE_MOST)
		return fail(why, ERR_INVALID, "a CRL lives more than 0 and at most 31 days");
	list_forget(&s->list);
	const struct signer_ca *ca = signer_ca_named(s, issuer);
	if (!ca)
		return fail(why, ERR_NOT_FOUND, "no CA of this name signs here");
	enum err rc = signer_ca_check(s, ca, why); /* no number for a list that nobody would sign */
	if (rc)
		return rc;
	s->list.ca = ca;
	head.number = s->list.number = number_next(s);
	return crl_signing_begin(&head, entries_len, ca->authority->certificate, ca->authority->key, &s->list.signing, why);
}

struct part {
	size_t before, n;
	struct crl_entry entries[SIGNER_ENTRIES_MOST];
};

static enum err part_read(struct unpack *u, struct part *p)
{
	p->before = unpack_u32(u);
	p->n = unpack_u32(u);
	if (u->bad || p->n > SIGNER_ENTRIES_MOST)
		return ERR_MALFORMED;
	for (size_t i = 0; i < p->n; i++) {
		struct crl_entry *e = &p->entries[i];
		unpack_fixed(u, e->serial, sizeof e->serial);
		e->revoked_at = unpack_i64(u);
		e->compromised_at = unpack_i64(u);
		e->reason = (enum crl_reason)unpack_u8(u);
	}
	return unpack_end(u);
}

enum err signer_on_crl_add(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	static struct part part; /* one thread */
	struct signer_list *l = &s->list;
	(void)answer;
	if (part_read(request, &part))
		return ERR_MALFORMED;
	enum err rc = begun(l, why);
	if (!rc && part.before != l->entries)
		rc = fail(why, ERR_CONFLICT, "%zu entries of the list came, and not %zu", l->entries, part.before);
	if (!rc)
		rc = crl_signing_add(l->signing, part.entries, part.n, why);
	if (rc)
		list_forget(l);
	else
		l->entries += part.n;
	return rc;
}

/* The number is journalled before the list exists: a crash leaves a gap, never two lists of one number. */
static enum err number_take(struct signer *s)
{
	const struct journal_record r = {.op = "crl", .issuer = s->list.ca->name, .number = s->list.number};
	if (s->list.number <= journal_crl_number(s->has.journal)) /* the journal's other writer made a list */
		return ERR_CONFLICT;
	enum err rc = journal_append(s->has.journal, &r, clock_now());
	crash_point(CRASH_SIGNER_CRL_NUMBERED);
	return rc;
}

static enum err list_end(struct signer *s, struct buf *answer, struct errbuf *why)
{
	struct buf head = BUF_INIT(CRL_PART_MAX), tail = BUF_INIT(CRL_PART_MAX);
	enum err rc = signer_ca_check(s, s->list.ca, why);
	if (!rc)
		rc = number_take(s);
	if (!rc)
		rc = signer_signature(s, s->list.ca, crl_signing_end(s->list.signing, &head, &tail, why), why);
	crash_point(CRASH_SIGNER_CRL_SIGNED);
	if (!rc) {
		pack_bytes(answer, head.data, head.len);
		pack_bytes(answer, tail.data, tail.len);
		pack_u64(answer, s->list.number);
	}
	buf_free(&head);
	buf_free(&tail);
	return rc;
}

enum err signer_on_crl_end(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	if (unpack_end(request))
		return ERR_MALFORMED;
	enum err rc = begun(&s->list, why);
	if (!rc)
		rc = list_end(s, answer, why);
	list_forget(&s->list);
	return rc;
}
