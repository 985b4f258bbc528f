#include "tests/campaign/rounds.h"
#include "tests/campaign/quiet.h"
#include "tests/campaign/walk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INSTALLATIONS_MOST = 32, START_SECONDS = 90, TELL_PARTS = 20,
       THOROUGH_EVERY = 10, MISSED_MOST = 500, HURRY_BEFORE_END = 100 };

static struct campaign {
	struct rounds what;
	char build[PATH_MAX];
	long wanted;
	unsigned long long seed;
	_Atomic long kills, orders, violations, missed;
	_Atomic long at[CRASH_COUNT + 1]; /* the last: at a moment */
	int64_t began;
} campaign;

struct job {
	int number;
	struct installation at;
	struct caller *caller;
	struct ledger *ledger;
	struct mains *mains;
	pthread_t thread;
	bool kept;
};

static const char *place_name(int at)
{
	return at == AT_A_MOMENT ? "a moment" : crash_table[at].name;
}

static const char *plan_text(const struct plan *p, int killed, char out[256])
{
	size_t len = 0;
	out[0] = '\0';
	for (int i = 0; i < p->kill_count && len < 200; i++)
		len += (size_t)snprintf(out + len, 256 - len, "%s%s:%ld%s", i ? ", " : "", place_name(p->kills[i].at),
					p->kills[i].count, i < killed ? "" : " (still to come)");
	return out;
}

static void violation(struct job *j, long round, const char *where, const char *order, const char *fault)
{
	atomic_fetch_add(&campaign.violations, 1);
	j->kept = true;
	printf("VIOLATION: seed %llu, installation %d, round %ld, order %s, at %s\n  %s\n  kept: %s\n", campaign.seed, j->number,
	       round, order, where, fault, j->at.dir);
}

static void count(const struct walk *w)
{
	for (int i = 0; i < w->killed; i++) {
		atomic_fetch_add(&campaign.at[w->plan->kills[i].at], 1);
		long n = atomic_fetch_add(&campaign.kills, 1) + 1;
		if (n % (campaign.wanted / TELL_PARTS + 1) == 0)
			printf("%ld %s, %ld orders, %ld violations, %lld s\n", n, campaign.what.unit, (long)campaign.orders,
			       (long)campaign.violations, (long long)(mono_ms() - campaign.began) / 1000);
	}
	atomic_fetch_add(&campaign.missed, w->plan->kill_count - w->killed);
}

static bool play_round(struct job *j, uint64_t *random, long round)
{
	struct plan plan;
	char text[256];
	plan_make(&plan, random, campaign.wanted - campaign.kills < HURRY_BEFORE_END);
	if (j->mains)
		plan_cuts(&plan, random);
	struct walk w = {.at = &j->at, .caller = j->caller, .ledger = j->ledger, .plan = &plan,
			 .mains = j->mains, .thorough = round % THOROUGH_EVERY == 0};
	snprintf(w.note, sizeof w.note, "%s %llu %d %ld", campaign.what.name, campaign.seed, j->number, round);
	bool fine = walk_run(&w);
	atomic_fetch_add(&campaign.orders, 1);
	count(&w);
	if (!fine)
		violation(j, round, plan_text(&plan, w.killed, text), w.order, w.fault);
	walk_clear(&w);
	return fine;
}

static void *play(void *ctx)
{
	struct job *j = ctx;
	char fault[FAULT_SIZE] = "";
	uint64_t random = campaign.seed * 0x100000001b3 + (uint64_t)j->number;
	bool fine = walk_directory(j->caller);
	if (!fine)
		violation(j, 0, "the start", "-", "no directory");
	/* Some of the planned do not come about; when most do not, nothing ends anybody here. */
	long missed_most = campaign.wanted + MISSED_MOST;
	for (long round = 1; fine && campaign.kills < campaign.wanted && campaign.missed < missed_most; round++)
		fine = play_round(j, &random, round);
	if (fine && !becomes_quiet(&j->at, j->ledger, fault))
		violation(j, 0, "the end", "-", fault);
	return NULL;
}

static bool begin(struct job *j, int number)
{
	char dir[PATH_MAX / 2];
	j->number = number;
	int n = snprintf(dir, sizeof dir, "%s/campaign/%s-%llu-%d", campaign.build, campaign.what.name, campaign.seed, number);
	if (n < 0 || n >= (int)sizeof dir)
		return false;
	snprintf(j->at.dir, sizeof j->at.dir, "%s", dir);
	installation_remove(&j->at);
	return installation_begin(&j->at, campaign.build, dir);
}

static bool open_job(struct job *j)
{
	if (!installation_ready(&j->at, START_SECONDS)) {
		violation(j, 0, "the start", "-", "it does not become ready");
		return false;
	}
	j->caller = caller_new(&j->at);
	j->ledger = ledger_open(&j->at);
	if (campaign.what.power)
		j->mains = mains_new(&j->at, j->ledger);
	return pthread_create(&j->thread, NULL, play, j) == 0;
}

static void end(struct job *j)
{
	mains_free(j->mains);
	caller_free(j->caller);
	ledger_close(j->ledger);
	installation_end(&j->at);
	if (campaign.what.power && !mains_unmount(&j->at))
		perror(j->at.dir);
	if (!j->kept)
		installation_remove(&j->at);
}

static void run(struct job *jobs, int n)
{
	bool running[INSTALLATIONS_MOST] = {false};
	for (int i = 0; i < n; i++)
		running[i] = open_job(&jobs[i]);
	for (int i = 0; i < n; i++)
		if (running[i])
			pthread_join(jobs[i].thread, NULL);
	for (int i = 0; i < n; i++)
		end(&jobs[i]);
}

/* Places at which nobody has died are said: a campaign that does not reach them proves less than it seems. */
static int places_reached(void)
{
	int reached = 0, missing = 0;
	for (int at = 0; at < CRASH_COUNT; at++) {
		reached += campaign.at[at] > 0;
		if (!campaign.at[at])
			printf("%s %s", missing++ ? "" : "nobody died at:", crash_table[at].name);
	}
	printf("\n%ld planned %s did not come about\n", (long)campaign.missed, campaign.what.unit);
	return reached;
}

static int report(void)
{
	char moments[48] = "";
	int reached = places_reached();
	campaign.violations += campaign.kills < campaign.wanted;
	if (campaign.what.power)
		snprintf(moments, sizeof moments, " and %ld at any moment", (long)campaign.at[AT_A_MOMENT]);
	printf("row|%s|%ld %s at %d of %d places%s, %ld orders, seed %llu, %ld s|%ld\n", campaign.what.title,
	       (long)campaign.kills, campaign.what.unit, reached, CRASH_COUNT, moments, (long)campaign.orders, campaign.seed,
	       (long)(mono_ms() - campaign.began) / 1000, (long)campaign.violations);
	return campaign.violations ? 1 : 0;
}

static bool begin_all(struct job *jobs, int n)
{
	char path[PATH_MAX + 16];
	snprintf(path, sizeof path, "%s/campaign", campaign.build);
	mkdir(path, 0700);
	if (campaign.what.power && !mains_prepare())
		return false;
	for (int i = 0; i < n; i++)
		if (!begin(&jobs[i], i))
			return false;
	return true;
}

int rounds_main(const struct rounds *r, int argc, char **argv)
{
	static struct job jobs[INSTALLATIONS_MOST];
	int n = argc > 4 ? (int)strtol(argv[4], NULL, 10) : r->installations;
	campaign.wanted = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	if (argc < 4 || argc > 5 || campaign.wanted < 1 || n < 1 || n > INSTALLATIONS_MOST ||
	    !realpath(argv[1], campaign.build)) {
		fprintf(stderr, "usage: %s BUILD COUNT SEED [INSTALLATIONS]\n", r->name);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	campaign.what = *r;
	campaign.seed = strtoull(argv[3], NULL, 10);
	campaign.began = mono_ms();
	curl_global_init(CURL_GLOBAL_ALL);
	printf("seed %llu: %ld %s on %d installations\n", campaign.seed, campaign.wanted, r->unit, n);
	if (!begin_all(jobs, n)) {
		perror("installation");
		return 1;
	}
	run(jobs, n);
	return report();
}
