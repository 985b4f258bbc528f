/* Staff who revoke, hold and release, and ask again whenever they were not answered. */
#include "tests/campaign/revocations.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 5, STAYS_HELD = 3 };

static const struct change {
	const char *verb, *done_before; /* what the answer says when it was done by a request that was not answered */
	enum verdict then;              /* what calls and statuses say from then on */
} revoking = {"revoke", "it was revoked already", REVOKED}, holding = {"hold", "it is on hold already", HELD},
  releasing = {"release", "it is not on hold", GOOD};

/* Until it is acknowledged; when that was, or 0. */
static int64_t insist(struct revocations *r, struct asking *a, struct holder *h, const struct change *c)
{
	for (; go_on(r); pause_ms(AGAIN_MS)) {
		long status = staff_ask(a, &r->all, h, c->verb);
		int64_t now = mono_us();
		const char *body = a->answer.body ? a->answer.body : "";
		if (status == 200 || (status == 409 && strstr(body, c->done_before)))
			return now;
		if (status == 0 || status >= 500 || status == 409) /* or somebody else is at it: the clerk, after a death */
			continue;
		snprintf(a->about, sizeof a->about, "%s: %ld %.180s", c->verb, status, body);
		violated(&r->odd, h, a->about);
		return now;
	}
	return 0;
}

static bool wait_until_seen(const struct revocations *r, const struct holder *h)
{
	while (!(atomic_load(&h->lives) && atomic_load(&h->good)) && go_on(r))
		pause_ms(1);
	return go_on(r);
}

void *revoke_all(void *worker)
{
	struct worker *w = worker;
	struct revocations *r = w->of;
	struct asking a;
	staff_begin(&a, &r->all);
	for (size_t n = w->number; n < r->dying; n += REVOKERS) {
		struct holder *h = &r->all.list[n];
		if (!wait_until_seen(r, h))
			break;
		h->asked = mono_us();
		int64_t ended = insist(r, &a, h, &revoking);
		if (!ended)
			break;
		h->ended = ended;
		r->ended++;
		ledger_promise(r->ledger, "revoked", h->serial);
	}
	asking_end(&a);
	return NULL;
}

/* ---- hold and release ---- */

struct desk {
	struct revocations *of;
	struct asking staff, status, call;
	struct holder *holder;
};

/* Whatever calls or statuses say for the first time after the acknowledgement must be this. OCSP has a second. */
static void must_be(struct desk *d, const struct change *c, int64_t since, bool status)
{
	struct revocations *r = d->of;
	enum verdict v = NOTHING;
	for (unsigned n = 0; go_on(r); n++) {
		int64_t began = mono_us();
		v = status ? status_ask(&d->status, &r->all, d->holder, n % 2) : call_again(&d->call);
		if (v != NOTHING && (v == c->then || !status || began > since + SECOND))
			break;
		pause_ms(AGAIN_MS);
	}
	if (v == c->then || !go_on(r))
		return;
	violated(&r->wrong_hold, d->holder, status ? "OCSP does not say what was acknowledged a second ago"
						   : "a call is not answered as was acknowledged");
}

static void change(struct desk *d, const struct change *c)
{
	int64_t since = insist(d->of, &d->staff, d->holder, c);
	must_be(d, c, since, false);
	must_be(d, c, since, true);
}

/* Each third stays on hold. */
static void hold_and_release(struct desk *d, size_t n)
{
	must_be(d, &releasing, mono_us(), false);
	must_be(d, &releasing, mono_us(), true);
	change(d, &holding);
	d->of->holds++;
	if (n % STAYS_HELD == 0)
		return;
	change(d, &releasing);
	d->of->releases++;
	ledger_promise(d->of->ledger, "released", d->holder->serial);
}

void *hold_all(void *worker)
{
	struct worker *w = worker;
	struct revocations *r = w->of;
	struct desk d = {.of = r};
	staff_begin(&d.staff, &r->all);
	status_begin(&d.status, &r->all);
	for (size_t n = r->dying; n < r->all.count && go_on(r); n++) {
		d.holder = &r->all.list[n];
		call_begin(&d.call, &r->all, d.holder);
		hold_and_release(&d, n - r->dying);
		asking_end(&d.call);
	}
	asking_end(&d.staff);
	asking_end(&d.status);
	return NULL;
}
