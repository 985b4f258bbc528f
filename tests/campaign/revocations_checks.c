/* Holders who go on calling over the connections that they have, and others who ask for their status: both again and again
 * until they hear of the end. */
#include "tests/campaign/revocations.h"

#include <stdlib.h>

enum { WINDOW = 8, ROUND_MS = 1, UNHEARD_SECONDS = 120 };

/* Of those a worker looks at, in their order. */
struct seat {
	struct holder *holder; /* NULL: free */
	struct asking asking;
	int64_t first; /* when the first question after the end was begun */
	unsigned asked;
};

struct post {
	struct revocations *of;
	struct seat seats[WINDOW];
	size_t next, step;
};

typedef void seat_round(struct revocations *r, struct seat *s);

static bool unheard(const struct revocations *r, const struct holder *h)
{
	int64_t since = atomic_load(&h->ended);
	if (since && r->up > since)
		since = r->up;
	return since && mono_us() - since > (int64_t)UNHEARD_SECONDS * SECOND;
}

static bool work(struct post *p, seat_round *round)
{
	bool busy = p->next < p->of->dying;
	for (size_t i = 0; i < WINDOW; i++) {
		struct seat *s = &p->seats[i];
		if (!s->holder && p->next < p->of->dying) {
			*s = (struct seat){.holder = &p->of->all.list[p->next]};
			p->next += p->step;
		}
		if (s->holder)
			round(p->of, s);
		busy = busy || s->holder;
	}
	return busy;
}

static void *work_until_done(void *worker, size_t step, seat_round *round)
{
	struct worker *w = worker;
	struct post p = {.of = w->of, .next = w->number, .step = step};
	while (work(&p, round) && go_on(p.of))
		pause_ms(ROUND_MS);
	for (size_t i = 0; i < WINDOW; i++)
		if (p.seats[i].asking.curl)
			asking_end(&p.seats[i].asking);
	return NULL;
}

static void leave(struct seat *s)
{
	asking_end(&s->asking);
	s->holder = NULL;
}

/* ---- calls ---- */

static void take_accepted(struct revocations *r, struct holder *h, int64_t began)
{
	int64_t ended = atomic_load(&h->ended);
	if (ended && began > ended)
		violated(&r->accepted, h, "a call was accepted that began after the acknowledgement");
	h->lives = true;
}

static void take_refused(struct revocations *r, struct seat *s, int64_t began)
{
	struct holder *h = s->holder;
	int64_t ended = atomic_load(&h->ended);
	if (!atomic_load(&h->asked))
		violated(&r->odd, h, "refused as revoked, and nobody had asked for it");
	if (!ended || began < ended)
		return;
	leave(s);
}

static void call_round(struct revocations *r, struct seat *s)
{
	struct holder *h = s->holder;
	if (!s->asking.curl)
		call_begin(&s->asking, &r->all, h);
	int64_t began = mono_us();
	enum verdict v = call_again(&s->asking);
	r->calls++;
	if (v == GOOD) {
		take_accepted(r, h, began);
	} else if (v == REVOKED) {
		take_refused(r, s, began);
	} else if (v != NOTHING || unheard(r, h)) {
		violated(&r->odd, h, v == ODD ? s->asking.about : v == HELD ? "refused as held" : "a call had no answer");
		leave(s);
	} else {
		r->unanswered++;
	}
}

void *call_all(void *worker)
{
	return work_until_done(worker, CALLERS, call_round);
}

/* ---- statuses ---- */

static void take_good(struct revocations *r, struct seat *s, int64_t began, bool nonce)
{
	struct holder *h = s->holder;
	int64_t ended = atomic_load(&h->ended);
	if (ended && began > ended + SECOND)
		violated(&r->wrong_status, h, "OCSP says good, asked more than a second after the acknowledgement");
	r->stale += ended && began > ended;
	if (!nonce)
		h->good = true; /* and an answer is kept ready */
}

/* While a process is dead nobody is owed an answer. */
static void take_revoked(struct revocations *r, struct seat *s)
{
	struct holder *h = s->holder;
	int64_t now = mono_us(), owed = s->first > r->up ? s->first : r->up;
	if (!atomic_load(&h->asked))
		violated(&r->odd, h, "OCSP says revoked, and nobody had asked for it");
	if (!s->first)
		return;
	if (!r->down && now > owed)
		keep_slowest(&r->slowest_status, now - owed);
	if (!r->down && now - owed > SECOND)
		violated(&r->wrong_status, h, "OCSP took more than a second");
	leave(s);
}

static void status_round(struct revocations *r, struct seat *s)
{
	struct holder *h = s->holder;
	if (!atomic_load(&h->lives))
		return;
	if (!s->asking.curl)
		status_begin(&s->asking, &r->all);
	bool nonce = s->asked++ % 2 == 1;
	int64_t began = mono_us(), ended = atomic_load(&h->ended);
	if (ended && !s->first)
		s->first = began;
	enum verdict v = status_ask(&s->asking, &r->all, h, nonce);
	r->statuses++;
	if (v == GOOD) {
		take_good(r, s, began, nonce);
	} else if (v == REVOKED) {
		take_revoked(r, s);
	} else if (v != NOTHING || unheard(r, h)) {
		violated(&r->odd, h, v == ODD ? s->asking.about : v == HELD ? "OCSP says held" : "OCSP has no answer");
		leave(s);
	} else {
		r->unanswered++;
	}
}

void *check_all(void *worker)
{
	return work_until_done(worker, CHECKERS, status_round);
}
