/* takers: many at once, from several addresses, type the right code of one parcel; one of them gets it. Every round.
 *
 *   takers BUILD TAKERS ROUNDS [killed]
 *
 * Run it from the top of the tree. Connections are kept between the rounds; who is sent away (503) asks again until there
 * is a verdict. With `killed` they then download with the one claim, and acknowledge, while a process of the daemon is killed:
 * the front, the signer, the clerk and the courier in turn (interrupted.h). At last a row for the campaign's report; exit status
 * 1 when a round had another end than one claim, and one password. */
#include "tests/campaign/interrupted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TELL_EVERY = 50 };

struct verdicts {
	long claims, refused; /* of a round */
	long sent_away;       /* of all */
	char claim[64];
};

static bool take_verdict(struct crowd *c, struct asker *t)
{
	struct verdicts *v = c->told;
	struct answer *a = &t->answer;
	if (a->status == 200 && answer_text(a, "claim")[0]) {
		v->claims++;
		snprintf(v->claim, sizeof v->claim, "%s", answer_text(a, "claim"));
		return true;
	}
	if (answer_is(a, 403, "expired")) {
		v->refused++;
		return true;
	}
	bool again = t->asks < CROWD_ASKS_MOST && (a->status == 0 || a->status == 503);
	v->sent_away += a->status == 503;
	if (!again)
		printf("a taker's answer: %ld %.200s\n", a->status, a->body ? a->body : "");
	return !again;
}

static void rush(struct crowd *c, struct verdicts *v)
{
	char form[32];
	snprintf(form, sizeof form, "code=%s", c->walk.code);
	v->claims = v->refused = 0;
	c->told = v;
	(void)crowd_ask(c, "/code", form, take_verdict); /* whoever has no verdict is missed in one_claim */
	c->told = NULL;
}

/* What the winner was told is true, and the database tells of one claim and one certificate. */
static bool one_claim(struct crowd *c, const struct verdicts *v, char fault[FAULT_SIZE])
{
	static const char certificates[] = "SELECT count(*) FROM d.certificate WHERE order_id = ?1 AND status <> 'revoked'";
	struct walk *w = &c->walk;
	if (v->claims != 1 || v->claims + v->refused != c->n) {
		snprintf(fault, FAULT_SIZE, "%ld claims, %ld refused, of %d takers", v->claims, v->refused, c->n);
		return false;
	}
	memcpy(w->claim, v->claim, sizeof w->claim);
	if (!walk_fetch(w)) {
		snprintf(fault, FAULT_SIZE, "the claim does not fetch: %.400s", w->fault);
		return false;
	}
	if (ledger_number(w->ledger, certificates, w->order) != 1) {
		snprintf(fault, FAULT_SIZE, "not one certificate");
		return false;
	}
	return true;
}

/* sum NULL: nobody is killed. */
static bool play_round(struct crowd *c, struct verdicts *v, struct interrupted *sum, int round)
{
	static const struct plan plan = {.ending = END_CANCELLED}, whole = {.ending = END_RECEIVED};
	static const char *const roles[] = {"front", "signer", "clerk", "courier"};
	char fault[FAULT_SIZE] = "";
	struct walk *w = &c->walk;
	*w = (struct walk){.at = &c->at, .caller = w->caller, .ledger = w->ledger, .plan = sum ? &whole : &plan};
	snprintf(w->note, sizeof w->note, "takers %d", round);
	bool fine = walk_order(w);
	if (fine) {
		rush(c, v);
		fine = one_claim(c, v, fault) &&
		       (sum ? interrupted_round(c, roles[(round - 1) % 4], sum, fault) : walk_settle(w));
	}
	if (!fine)
		printf("VIOLATION: round %d, order %s: %s%s\n", round, w->order, fault, w->fault);
	walk_clear(w);
	return fine;
}

static void tell(const struct crowd *c, const struct verdicts *v, const struct interrupted *sum, long rounds, long violations,
		 long long seconds)
{
	if (sum)
		printf("row|takers of one parcel, a process killed in mid-download and in mid-acknowledgement: one claim, one password"
		       "|%d takers x %ld rounds, %ld kills; %ld downloads whole, %ld cut and taken up again; %ld acknowledgements, %ld"
		       " repeated; %lld s|%ld\n", c->n, rounds, sum->kills, sum->whole, sum->cut, sum->received, sum->lost, seconds,
		       violations);
	else
		printf("row|takers of one parcel at once, one claim each time|%d takers from %d addresses x %ld rounds, %ld sent away and"
		       " back, %lld s|%ld\n", c->n, CROWD_ADDRESSES, rounds, v->sent_away, seconds, violations);
}

static long play(struct crowd *c, long rounds, bool killed)
{
	struct verdicts v = {0};
	struct interrupted sum = {0};
	long violations = 0;
	int64_t began = mono_ms();
	for (int round = 1; round <= rounds; round++) {
		violations += !play_round(c, &v, killed ? &sum : NULL, round);
		if (round % TELL_EVERY == 0)
			printf("%d rounds, %ld violations, %lld s\n", round, violations, (long long)(mono_ms() - began) / 1000);
	}
	if (killed && rounds >= 4 && (sum.cut == 0 || sum.lost == 0)) {
		puts("VIOLATION: nothing was cut");
		violations++;
	}
	tell(c, &v, killed ? &sum : NULL, rounds, violations, (long long)(mono_ms() - began) / 1000);
	return violations;
}

int main(int argc, char **argv)
{
	static struct crowd c;
	bool killed = argc == 5 && strcmp(argv[4], "killed") == 0;
	bool counted = argc == 4 || killed;
	long takers = counted ? strtol(argv[2], NULL, 10) : 0, rounds = counted ? strtol(argv[3], NULL, 10) : 0;
	if (takers < 1 || takers > CROWD_MOST || rounds < 1) {
		fputs("usage: takers BUILD TAKERS ROUNDS [killed]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	curl_global_init(CURL_GLOBAL_ALL);
	if (!crowd_begin(&c, argv[1], "takers", (int)takers)) {
		fprintf(stderr, "takers: no installation\n");
		return 1;
	}
	long violations = play(&c, rounds, killed);
	crowd_end(&c, violations > 0);
	return violations ? 1 : 0;
}
