/* A wrong clock makes wrong certificates, so it pauses issuing; revocations and CRLs go on. Within a run the wall clock
 * is held against CLOCK_BOOTTIME; at a start it may only not lie before what the journal has seen. */
#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/serve.h"

#include <stdio.h>
#include <stdlib.h>

void signer_clock_begin(struct signer *s)
{
	const struct journal_state *j = journal_peek(s->has.journal);
	s->clock = (struct signer_clock){.wall = clock_now(), .mono_ms = clock_mono_ms(), .latest = j->latest,
					 .accepts = j->clock_accepts};
}

/* Seconds by which the clock is wrong, as far as can be told; 0 when it is believed. */
static int64_t clock_error(const struct signer_clock *c)
{
	int64_t now = clock_now();
	int64_t jump = (now - c->wall) - (clock_mono_ms() - c->mono_ms) / 1000;
	if (llabs(jump) > CLOCK_JUMP_SECONDS)
		return jump;
	return c->latest - now > CLOCK_JUMP_SECONDS ? now - c->latest : 0;
}

static enum err pause_issuing(struct signer_clock *c, int64_t by, struct errbuf *why)
{
	char seconds[24];
	snprintf(seconds, sizeof seconds, "%lld", (long long)by);
	if (!c->alarmed)
		log_event(LOG_LEVEL_ALARM, "clock.jumped", {"seconds", seconds});
	c->alarmed = true;
	return fail(why, ERR_UNAVAILABLE,
		    "issuing is paused: the clock jumped by %s s: run counterfoild clock-accept or restart once it is right",
		    seconds);
}

/* Believed is what the clock said when it was accepted, not what it says now: it may have jumped since. */
static void take_accepted(struct signer *s)
{
	const struct journal_state *j = journal_peek(s->has.journal);
	if (j->clock_accepts == s->clock.accepts)
		return;
	signer_clock_begin(s);
	if (j->accepted_mono_ms > 0) {
		s->clock.wall = j->accepted_at;
		s->clock.mono_ms = j->accepted_mono_ms;
	}
}

bool signer_clock_doubted(struct signer *s)
{
	take_accepted(s);
	return clock_error(&s->clock) != 0;
}

enum err signer_clock_check(struct signer *s, struct errbuf *why)
{
	int64_t by = clock_error(&s->clock);
	if (by) { /* it may have been accepted meanwhile, by a record of the other writer */
		enum err rc = journal_catch_up(s->has.journal);
		if (rc)
			return rc;
		take_accepted(s);
		by = clock_error(&s->clock);
	}
	if (by)
		return pause_issuing(&s->clock, by, why);
	s->clock.alarmed = false;
	return ERR_OK;
}
