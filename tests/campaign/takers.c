/* takers: many at once, from several addresses, type the right code of one parcel; one of them gets it. Every round.
 *
 *   takers BUILD TAKERS ROUNDS
 *
 * Run it from the top of the tree. Connections are kept between the rounds; who is sent away (503) asks again until there
 * is a verdict. At last a row for the campaign's report; exit status 1 when a round had another end than one claim. */
#include "tests/campaign/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ADDRESSES = 20, TAKERS_MOST = 1500, START_SECONDS = 90, ASKS_MOST = 400, ROUND_SECONDS = 120, TELL_EVERY = 50 };

struct taker {
	CURL *curl;
	struct answer answer;
	int asks;
};

struct crowd {
	struct installation at;
	struct walk walk;
	CURLM *multi;
	struct curl_slist *headers;
	struct taker takers[TAKERS_MOST];
	int n;
	long claims, refused; /* of a round */
	long sent_away;       /* of all */
	char claim[64];
};

static void prepare_taker(struct crowd *c, int i, const char *authority)
{
	struct taker *t = &c->takers[i];
	char address[32];
	snprintf(address, sizeof address, "127.0.0.%d", 2 + i % ADDRESSES);
	t->curl = curl_easy_init();
	curl_easy_setopt(t->curl, CURLOPT_INTERFACE, address);
	curl_easy_setopt(t->curl, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
	curl_easy_setopt(t->curl, CURLOPT_CAINFO, authority);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, &t->answer);
	curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT, (long)CALL_SECONDS);
}

static void ask(struct crowd *c, struct taker *t)
{
	answer_clear(&t->answer);
	t->asks++;
	curl_multi_add_handle(c->multi, t->curl);
}

/* false: it has to ask again. */
static bool take_verdict(struct crowd *c, struct taker *t)
{
	struct answer *a = &t->answer;
	a->json = a->len ? json_loadb(a->body, a->len, 0, NULL) : NULL;
	if (a->status == 200 && answer_text(a, "claim")[0]) {
		c->claims++;
		snprintf(c->claim, sizeof c->claim, "%s", answer_text(a, "claim"));
		return true;
	}
	if (answer_is(a, 403, "expired")) {
		c->refused++;
		return true;
	}
	bool again = t->asks < ASKS_MOST && (a->status == 0 || a->status == 503);
	c->sent_away += a->status == 503;
	if (!again)
		printf("a taker's answer: %ld %.200s\n", a->status, a->body ? a->body : "");
	return !again;
}

static int collect(struct crowd *c)
{
	int done = 0, left;
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
		struct taker *t = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode rc = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		if (rc == CURLE_OK)
			curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &t->answer.status);
		curl_multi_remove_handle(c->multi, t->curl);
		if (take_verdict(c, t))
			done++;
		else
			ask(c, t);
	}
	return done;
}

static void rush(struct crowd *c)
{
	char url[192], form[32];
	int running = 0, done = 0;
	snprintf(url, sizeof url, "%s/d/%s/code", c->at.public_url, c->walk.token);
	snprintf(form, sizeof form, "code=%s", c->walk.code);
	c->claims = c->refused = 0;
	for (int i = 0; i < c->n; i++) {
		struct taker *t = &c->takers[i];
		t->asks = 0;
		curl_easy_setopt(t->curl, CURLOPT_URL, url);
		curl_easy_setopt(t->curl, CURLOPT_COPYPOSTFIELDS, form);
		ask(c, t);
	}
	for (int64_t until = mono_ms() + ROUND_SECONDS * 1000; done < c->n && mono_ms() < until;) {
		curl_multi_perform(c->multi, &running);
		done += collect(c);
		if (done < c->n)
			curl_multi_poll(c->multi, NULL, 0, 100, NULL);
	}
}

/* What the winner was told is true, and the database tells of one claim and one certificate. */
static bool one_claim(struct crowd *c, char fault[FAULT_SIZE])
{
	static const char certificates[] = "SELECT count(*) FROM d.certificate WHERE order_id = ?1 AND status <> 'revoked'";
	struct walk *w = &c->walk;
	if (c->claims != 1 || c->claims + c->refused != c->n) {
		snprintf(fault, FAULT_SIZE, "%ld claims, %ld refused, of %d takers", c->claims, c->refused, c->n);
		return false;
	}
	memcpy(w->claim, c->claim, sizeof w->claim);
	if (!walk_fetch(w)) {
		snprintf(fault, FAULT_SIZE, "the claim does not fetch: %.400s", w->fault);
		return false;
	}
	if (ledger_number(w->ledger, certificates, w->order) != 1) {
		snprintf(fault, FAULT_SIZE, "not one certificate");
		return false;
	}
	return walk_settle(w) || snprintf(fault, FAULT_SIZE, "%.500s", w->fault) < 0;
}

static bool play_round(struct crowd *c, const struct plan *plan, int round)
{
	char fault[FAULT_SIZE] = "";
	struct walk *w = &c->walk;
	*w = (struct walk){.at = &c->at, .caller = w->caller, .ledger = w->ledger, .plan = plan};
	snprintf(w->note, sizeof w->note, "takers %d", round);
	bool fine = walk_order(w);
	if (fine) {
		rush(c);
		fine = one_claim(c, fault);
	}
	if (!fine)
		printf("VIOLATION: round %d, order %s: %s%s\n", round, w->order, fault, w->fault);
	walk_clear(w);
	return fine;
}

static bool begin(struct crowd *c, char **argv)
{
	char build[PATH_MAX], dir[PATH_MAX / 2], authority[PATH_MAX];
	struct rlimit files;
	if (!realpath(argv[1], build) || snprintf(dir, sizeof dir, "%.1900s/campaign", build) < 0)
		return false;
	mkdir(dir, 0700);
	snprintf(dir, sizeof dir, "%.1900s/campaign/takers-%d", build, (int)getpid());
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (!installation_begin(&c->at, build, dir) || !installation_ready(&c->at, START_SECONDS))
		return false;
	c->walk.caller = caller_new(&c->at);
	c->walk.ledger = ledger_open(&c->at);
	c->multi = curl_multi_init();
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)(2 * c->n));
	c->headers = curl_slist_append(NULL, "Accept: application/json");
	snprintf(authority, sizeof authority, "%s/ca/root.pem", dir);
	for (int i = 0; i < c->n; i++)
		prepare_taker(c, i, authority);
	return walk_directory(c->walk.caller);
}

static void end(struct crowd *c, bool keep)
{
	for (int i = 0; i < c->n; i++) {
		curl_easy_cleanup(c->takers[i].curl);
		answer_clear(&c->takers[i].answer);
	}
	curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->headers);
	installation_end(&c->at);
	caller_free(c->walk.caller);
	ledger_close(c->walk.ledger);
	if (keep)
		printf("kept: %s\n", c->at.dir);
	else
		installation_remove(&c->at);
}

int main(int argc, char **argv)
{
	static struct crowd c;
	static const struct plan plan = {.ending = END_CANCELLED};
	int64_t began = mono_ms();
	long violations = 0;
	c.n = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
	long rounds = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	if (c.n < 1 || c.n > TAKERS_MOST || rounds < 1) {
		fputs("usage: takers BUILD TAKERS ROUNDS\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	curl_global_init(CURL_GLOBAL_ALL);
	if (!begin(&c, argv)) {
		fprintf(stderr, "takers: no installation\n");
		return 1;
	}
	for (int round = 1; round <= rounds; round++) {
		violations += !play_round(&c, &plan, round);
		if (round % TELL_EVERY == 0)
			printf("%d rounds, %ld violations, %lld s\n", round, violations, (long long)(mono_ms() - began) / 1000);
	}
	printf("row|takers of one parcel at once, one claim each time|%d takers from %d addresses x %ld rounds, %ld sent away and back,"
	       " %lld s|%ld\n", c.n, ADDRESSES, rounds, c.sent_away, (long long)(mono_ms() - began) / 1000, violations);
	end(&c, violations > 0);
	return violations ? 1 : 0;
}
