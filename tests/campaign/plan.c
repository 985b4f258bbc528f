#include "tests/campaign/plan.h"

#include <string.h>

/* About what an order, and a start, take. */
enum { ORDER_MS = 1200, START_MS = 600 };

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static bool one_in(uint64_t *random, unsigned n)
{
	return random_next(random) % n == 0;
}

static void add(struct plan *p, uint64_t *random, enum crash_at at)
{
	if (p->kill_count == KILLS_A_ROUND)
		return;
	p->kills[p->kill_count].at = (int)at;
	p->kills[p->kill_count++].count = 1 + (long)(random_next(random) % (unsigned)crash_table[at].passes);
}

static enum crash_at any_of(uint64_t *random, const char *when, const char *or_when)
{
	for (;;) {
		enum crash_at at = (enum crash_at)(random_next(random) % CRASH_COUNT);
		if (strcmp(crash_table[at].when, when) == 0 || strcmp(crash_table[at].when, or_when) == 0)
			return at;
	}
}

static void want_revoked(struct plan *p, uint64_t *random)
{
	(void)random;
	p->ending = END_REVOKED;
}

static void want_received(struct plan *p, uint64_t *random)
{
	p->ending = one_in(random, 4) ? END_REVOKED : END_RECEIVED;
}

static void want_cancelled(struct plan *p, uint64_t *random)
{
	p->ending = END_CANCELLED;
	p->cancel_at = (enum stage)(random_next(random) % STAGES);
}

static void want_lapsed(struct plan *p, uint64_t *random)
{
	(void)random;
	p->ending = END_LAPSED;
}

static void want_race(struct plan *p, uint64_t *random)
{
	(void)random;
	p->ending = END_RACE;
	p->wrong = p->lock = p->new_code = p->resend = false; /* no code but the one that wins may be on its way */
}

static void want_wrong(struct plan *p, uint64_t *random)
{
	(void)random;
	p->wrong = true;
}

static void want_lock(struct plan *p, uint64_t *random)
{
	(void)random;
	p->lock = true;
}

static void want_new_code(struct plan *p, uint64_t *random)
{
	(void)random;
	p->new_code = true;
}

static void want_resend(struct plan *p, uint64_t *random)
{
	(void)random;
	p->resend = true;
}

static void want_compatible(struct plan *p, uint64_t *random)
{
	(void)random;
	p->compatible = true;
}

static void want_use(struct plan *p, uint64_t *random)
{
	want_received(p, random);
	p->use = true;
}

static void want_death(struct plan *p, uint64_t *random)
{
	add(p, random, any_of(random, "ANY", "ANY"));
}

static void want_signer_death(struct plan *p, uint64_t *random)
{
	add(p, random, CRASH_SIGNER_TICKET);
}

/* The signer dies with a certificate that nobody has had. */
static void want_orphan(struct plan *p, uint64_t *random)
{
	static const enum crash_at places[] = {CRASH_SIGNER_INTENT_AFTER, CRASH_SIGNER_SIGNED, CRASH_SIGNER_PACKED,
					       CRASH_SIGNER_ISSUED};
	add(p, random, places[random_next(random) % 4]);
}

/* The front dies before it can say `done`, and then the signer, which so forgets that it might still be said. */
static void want_undone(struct plan *p, uint64_t *random)
{
	add(p, random, CRASH_FRONT_CERTIFICATE_AFTER);
	add(p, random, CRASH_SIGNER_UNSEALED);
}

static void want_unsettled(struct plan *p, uint64_t *random)
{
	p->ending = END_REVOKED;
	p->unsettled = true;
	add(p, random, CRASH_FRONT_REVOKE_BEFORE);
}

static const struct want {
	const char *when;
	void (*make)(struct plan *p, uint64_t *random);
	int grace_ms;
} wants[] = {
	{"RECEIVE", want_received, 0},     {"REVOKE", want_revoked, 2000},  {"CANCEL", want_cancelled, 500},
	{"LAPSE", want_lapsed, 500},       {"RACE", want_race, 3000},       {"WRONG", want_wrong, 0},
	{"LOCK", want_lock, 0},            {"NEW_CODE", want_new_code, 0},  {"RESEND", want_resend, 0},
	{"COMPATIBLE", want_compatible, 0}, {"USE", want_use, 500},         {"DEATH", want_death, 4000},
	{"SIGNER_DEATH", want_signer_death, 4000},
	{"ORPHAN", want_orphan, 6000},     {"UNDONE", want_undone, 6000},   {"UNSETTLED", want_unsettled, 500},
};

static void dress(struct plan *p, uint64_t *random)
{
	p->wrong = one_in(random, 6);
	p->new_code = one_in(random, 10);
	p->resend = one_in(random, 12);
	p->compatible = one_in(random, 3);
	p->twice = one_in(random, 3);
	p->use = one_in(random, 6);
	p->ending = one_in(random, 6) ? END_REVOKED : one_in(random, 8) ? END_CANCELLED : END_RECEIVED;
	p->cancel_at = one_in(random, 2) ? STAGE_FETCHED : STAGE_RECEIVED;
}

static bool waits(enum crash_at at)
{
	return strcmp(crash_table[at].when, "UNSETTLED") == 0 || strcmp(crash_table[at].when, "LAPSE") == 0;
}

void plan_make(struct plan *p, uint64_t *random, bool hurried)
{
	enum crash_at at = (enum crash_at)(random_next(random) % CRASH_COUNT);
	while (hurried && waits(at))
		at = (enum crash_at)(random_next(random) % CRASH_COUNT);
	*p = (struct plan){0};
	dress(p, random);
	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
		if (strcmp(crash_table[at].when, wants[i].when) == 0) {
			wants[i].make(p, random);
			p->grace_ms = wants[i].grace_ms;
		}
	add(p, random, at);
	if (one_in(random, 4)) /* and once more while it is being put right */
		add(p, random, any_of(random, "ANY", "DEATH"));
}

/* For `done` to be left to the clerk the signer, too, has to forget the order: a power cut does that by itself. */
static void one_death_for_both(struct plan *p)
{
	if (p->kill_count < 3 || p->kills[1].at != CRASH_SIGNER_UNSEALED)
		return;
	p->kill_count--;
	memmove(&p->kills[1], &p->kills[2], (size_t)(p->kill_count - 1) * sizeof p->kills[0]);
}

void plan_cuts(struct plan *p, uint64_t *random)
{
	one_death_for_both(p);
	if (one_in(random, 4))
		p->kills[0] = (struct death){AT_A_MOMENT, (long)(random_next(random) % ORDER_MS)};
	if (p->kill_count < KILLS_A_ROUND && one_in(random, 4))
		p->kills[p->kill_count++] = (struct death){AT_A_MOMENT, (long)(random_next(random) % START_MS)};
}
