#include "issuer/signer/journal_state.h"

#include <stdlib.h>
#include <string.h>

#define COPY(to, from) memcpy((to), (from), sizeof(to))

void journal_state_begin(struct journal_state *s)
{
	memset(s, 0, sizeof *s);
	COPY(s->check, journal_check_none);
}

void journal_state_end(struct journal_state *s)
{
	free(s->intents);
	journal_state_begin(s);
}

enum err journal_state_reserve(struct journal_state *s)
{
	if (s->intent_count < s->intent_room)
		return ERR_OK;
	size_t room = s->intent_room ? 2 * s->intent_room : 16;
	struct journal_intent *more = reallocarray(s->intents, room, sizeof *more);
	if (!more)
		return ERR_MEMORY;
	s->intents = more;
	s->intent_room = room;
	return ERR_OK;
}

struct journal_intent *journal_state_of_order(const struct journal_state *s, const char *order)
{
	for (size_t i = 0; i < s->intent_count; i++)
		if (order[0] && !strcmp(s->intents[i].what.order, order))
			return &s->intents[i];
	return NULL;
}

struct journal_intent *journal_state_of_serial(const struct journal_state *s, const char *serial)
{
	for (size_t i = 0; i < s->intent_count; i++)
		if (!strcmp(s->intents[i].what.serial, serial))
			return &s->intents[i];
	return NULL;
}

bool journal_intent_stale(const struct journal_intent *i, int64_t mono_ms)
{
	return i->given_up || mono_ms - i->seen_ms > JOURNAL_STALE_MS;
}

static void close_intent(struct journal_state *s, const char *serial)
{
	struct journal_intent *i = journal_state_of_serial(s, serial);
	if (!i)
		return;
	size_t behind = s->intent_count - (size_t)(i - s->intents) - 1;
	memmove(i, i + 1, behind * sizeof *i);
	s->intent_count--;
}

bool journal_state_order_done(const struct journal_state *s, const char *order)
{
	for (size_t i = 0; i < JOURNAL_DONE_ORDERS; i++)
		if (order[0] && !strcmp(s->done_orders[i], order))
			return true;
	return false;
}

static int revoked_index(const struct journal_state *s, const char *serial)
{
	for (int i = 0; i < JOURNAL_REVOKED; i++)
		if (!strcmp(s->last.revoked[i].serial, serial))
			return i;
	return -1;
}

const struct revocation *journal_state_revoked(const struct journal_state *s, const char *serial)
{
	int i = serial[0] ? revoked_index(s, serial) : -1;
	return i >= 0 ? &s->last.revoked[i] : NULL;
}

bool journal_revoked_for_good(const struct revocation *r)
{
	return r && r->revoked_at && r->reason != REASON_HOLD;
}

static void revoked_remove(struct journal_state *s, const char *serial)
{
	int i = revoked_index(s, serial);
	if (i < 0)
		return;
	size_t behind = (size_t)(JOURNAL_REVOKED - 1 - i);
	memmove(&s->last.revoked[i], &s->last.revoked[i + 1], behind * sizeof s->last.revoked[0]);
	memset(&s->last.revoked[JOURNAL_REVOKED - 1], 0, sizeof s->last.revoked[0]);
}

static enum err apply_intent(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	enum err rc = journal_state_reserve(s);
	if (rc)
		return rc;
	struct journal_intent *i = &s->intents[s->intent_count++];
	*i = (struct journal_intent){.seen_ms = mono_ms};
	COPY(i->what.issuer, l->issuer);
	COPY(i->what.order, l->order);
	COPY(i->what.serial, l->serial);
	i->what.not_before = l->not_before;
	i->what.not_after = l->not_after;
	COPY(i->what.tbs_hash, l->tbs);
	return ERR_OK;
}

static enum err apply_done(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)mono_ms;
	close_intent(s, l->serial);
	COPY(s->last.done_serial, l->serial);
	if (!l->order[0]) /* made on the host */
		return ERR_OK;
	COPY(s->done_orders[s->done_next], l->order);
	s->done_next = (s->done_next + 1) % JOURNAL_DONE_ORDERS;
	return ERR_OK;
}

static enum err apply_revoke(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)mono_ms;
	close_intent(s, l->serial);
	if (l->reason == REASON_HOLD && journal_revoked_for_good(journal_state_revoked(s, l->serial)))
		return ERR_OK;
	revoked_remove(s, l->serial);
	struct revocation *newest = &s->last.revoked[0];
	memmove(newest + 1, newest, (JOURNAL_REVOKED - 1) * sizeof *newest);
	memset(newest, 0, sizeof *newest);
	COPY(newest->serial, l->serial);
	newest->reason = crl_reason_name((enum crl_reason)l->reason) ? (enum crl_reason)l->reason : REASON_UNSPECIFIED;
	newest->revoked_at = l->revoked_at;
	newest->compromised_at = l->compromised_at;
	return ERR_OK;
}

static enum err apply_release(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)mono_ms;
	if (!journal_revoked_for_good(journal_state_revoked(s, l->serial)))
		revoked_remove(s, l->serial);
	return ERR_OK;
}

static enum err apply_crl(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)mono_ms;
	if (l->number > 0 && (uint64_t)l->number > s->crl_number)
		s->crl_number = (uint64_t)l->number;
	return ERR_OK;
}

/* Nothing before it is open; the rest it says again, for a start that begins with it. */
static enum err apply_checkpoint(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)mono_ms;
	if (s->intent_count > 0 || l->number < 0)
		return ERR_CORRUPT;
	COPY(s->last.done_serial, l->serial);
	COPY(s->last.revoked, l->revoked);
	s->crl_number = (uint64_t)l->number;
	s->latest = l->latest;
	s->since_checkpoint = 0;
	return ERR_OK;
}

static enum err apply_clock(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)mono_ms;
	s->latest = l->at;
	s->accepted_at = l->at;
	s->accepted_mono_ms = l->number;
	s->clock_accepts++;
	return ERR_OK;
}

/* Nothing: of a recover the audit head that it carries is all, and of a delegate's certificate it is enough that it is there. */
static enum err apply_nothing(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	(void)s;
	(void)l;
	(void)mono_ms;
	return ERR_OK;
}

static const struct operation {
	const char *op;
	enum err (*apply)(struct journal_state *s, const struct journal_line *l, int64_t mono_ms);
	bool begins; /* a start may begin with it */
} operations[] = {
	{"intent", apply_intent, false},   {"done", apply_done, false},   {"revoke", apply_revoke, false},
	{"release", apply_release, false}, {"crl", apply_crl, false},     {"checkpoint", apply_checkpoint, true},
	{"clock", apply_clock, false},     {"recover", apply_nothing, false}, {"delegate", apply_nothing, false},
};

static const struct operation *operation_find(const char *op)
{
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (!strcmp(operations[i].op, op))
			return &operations[i];
	return NULL;
}

bool journal_op_known(const char *op)
{
	return operation_find(op) != NULL;
}

enum err journal_state_apply(struct journal_state *s, const struct journal_line *l, int64_t mono_ms)
{
	static const uint8_t none[32];
	const struct operation *o = operation_find(l->op);
	bool first = s->last.sequence == 0 && o && o->begins;
	if (!o || l->sequence <= 0 || l->at <= 0 || (!first && (uint64_t)l->sequence != s->last.sequence + 1))
		return ERR_CORRUPT;
	s->since_checkpoint++;
	enum err rc = o->apply(s, l, mono_ms);
	if (rc)
		return rc;
	s->last.sequence = (uint64_t)l->sequence;
	if (memcmp(l->head, none, sizeof none) != 0)
		COPY(s->last.audit_head, l->head);
	if (l->at > s->latest)
		s->latest = l->at;
	COPY(s->check, l->check);
	return ERR_OK;
}
