/* disk: orders on several installations at once, while the disk of one process becomes full, or its fsync fails, at each
 * call in turn (tests/support/disk_injected.h). What was answered must hold, what is refused must say why, to the caller
 * without a secret, in the log with its cause, and in /readyz; then the disk is well again, and so is everything else by
 * itself. But for a journal whose fsync has failed: it must go on refusing until the daemon is started anew.
 *
 *   disk BUILD full|sync SECONDS INSTALLATIONS GROWTH
 *
 * The calls are n = 1, 2, 3 ... with GROWTH 0, else each is about 1 + GROWTH/100 times the one before. When SECONDS are over no
 * further round begins, and the row says which call was the last. Run it from the top of the tree. */
#include "tests/campaign/quiet.h"
#include "tests/campaign/walk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INSTALLATIONS_MOST = 16, START_SECONDS = 90, TELL_SECONDS = 15, WELL_SECONDS = 30, HELD_MS = 150, REFUSING_MS = 1500,
       UNREACHED_MOST = 2, LOG_MOST = 1 << 20 };

static const struct spoiling {
	enum disk_kind kind;
	const char *role;
	const char *ready; /* what /readyz says then; NULL: nothing, for it is not its matter */
	const char *event, *words; /* what the log says */
} spoilings[] = {
	{DISK_FULL, "front", "the disk is full: the database cannot", "database.unwritable", "database or disk is full"},
	{DISK_FULL, "clerk", "the disk is full: the clerk", "clerk.task_failed", "database or disk is full"},
	{DISK_FULL, "signer", "the disk is full: there is no room for the journal", "journal.unwritable", "No space left"},
	{DISK_FULL, "courier", NULL, "message.refused", "No space left"},
	{DISK_FAILS, "front", "the database cannot be written", "database.unwritable", "disk I/O error (fsync)"},
	{DISK_FAILS, "clerk", "the clerk cannot use the database", "clerk.task_failed", "disk I/O error (fsync)"},
	{DISK_FAILS, "signer", "the journal failed", "journal.unwritable", "Input/output error"},
	{DISK_FAILS, "courier", NULL, "message.refused", "Input/output error"},
};
enum { SPOILINGS = sizeof spoilings / sizeof *spoilings };

static struct campaign {
	char build[PATH_MAX];
	enum disk_kind kind;
	int growth;
	int64_t began, until;
	pthread_mutex_t lock; /* over what follows */
	int next[SPOILINGS], reached[SPOILINGS], unreached[SPOILINGS], turn;
	long rounds, fired, absorbed, refused, named, violations;
} campaign = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct job {
	int number;
	struct installation at;
	struct caller *caller;
	struct ledger *ledger;
	pthread_t thread;
	bool kept;
};

/* One order, and what keeps an eye on it. */
struct round {
	struct job *job;
	const struct spoiling *spoiling;
	int nth;
	long log_from;
	bool told; /* /readyz has said it */
	_Atomic bool over;
	struct walk walk;
	char fault[FAULT_SIZE];
};

/* The next thing to spoil, each kind and process in its turn; false: nothing is left, or the time is over. */
static bool take_turn(const struct spoiling **s, int *nth)
{
	bool found = false;
	pthread_mutex_lock(&campaign.lock);
	for (int i = 0; !found && i < SPOILINGS && mono_ms() < campaign.until; i++) {
		int at = campaign.turn++ % SPOILINGS;
		if (spoilings[at].kind != campaign.kind || campaign.unreached[at] >= UNREACHED_MOST)
			continue;
		*s = &spoilings[at];
		*nth = campaign.next[at];
		campaign.next[at] += 1 + *nth * campaign.growth / 100;
		found = true;
	}
	pthread_mutex_unlock(&campaign.lock);
	return found;
}

static bool broken(struct round *r, const char *what)
{
	if (!r->fault[0])
		snprintf(r->fault, sizeof r->fault, "%s", what);
	return false;
}

static long log_size(const struct installation *i)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof path, "%s.log", i->dir);
	return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

/* Is there a line since the round began that has all three? */
static bool log_has(const struct round *r, const char *one, const char *two, const char *three)
{
	char path[PATH_MAX], line[4096];
	bool found = false;
	snprintf(path, sizeof path, "%s.log", r->job->at.dir);
	FILE *f = fopen(path, "r");
	if (f && fseek(f, r->log_from, SEEK_SET) == 0)
		while (!found && fgets(line, sizeof line, f))
			found = strstr(line, one) && strstr(line, two) && strstr(line, three);
	if (f)
		fclose(f);
	return found;
}

static bool logged(const struct round *r)
{
	char process[64];
	snprintf(process, sizeof process, "\"process\":\"%s\"", r->spoiling->role);
	return log_has(r, process, r->spoiling->event, r->spoiling->words);
}

/* 200, or 503 with the sentence. */
static bool readyz_says(const struct round *r, const char *sentence)
{
	char url[96];
	struct answer a = {0};
	snprintf(url, sizeof url, "%s/readyz", r->job->at.ops_url);
	long status = call_plain_text(url, 5000, &a);
	bool says = sentence ? status == 503 && a.body && strstr(a.body, sentence) : status == 200;
	answer_clear(&a);
	return says;
}

/* A journal whose fsync failed: there is no promise about what is on the disk, so it refuses although the disk is well. */
static bool sticks(const struct round *r)
{
	return r->spoiling->kind == DISK_FAILS && strcmp(r->spoiling->role, "signer") == 0;
}

static bool wait_told(struct round *r)
{
	const struct spoiling *s = r->spoiling;
	for (int64_t until = mono_ms() + TELL_SECONDS * 1000; mono_ms() < until; pause_ms(10)) {
		r->told = (!s->ready || readyz_says(r, s->ready)) && logged(r);
		if (r->told)
			return true;
		if (r->over && !sticks(r))
			return true; /* nobody has come to harm: it was the last call, or one that may fail */
	}
	return broken(r, logged(r) ? "/readyz does not say it" : "the log does not say it");
}

static off_t journal_size(const struct installation *i)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof path, "%s/journal", i->dir);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void stay_refusing(struct round *r)
{
	installation_spoil(&r->job->at, DISK_WELL, "", 0);
	off_t size = journal_size(&r->job->at);
	pause_ms(REFUSING_MS);
	if (!readyz_says(r, r->spoiling->ready) || journal_size(&r->job->at) != size)
		broken(r, "the journal is written after its fsync has failed");
	if (!installation_again(&r->job->at))
		broken(r, "it does not start again");
}

/* Beside the walk: wait for the failure, see that it is said, make the disk well again. */
static void *keep_watch(void *ctx)
{
	struct round *r = ctx;
	struct installation *i = &r->job->at;
	while (!atomic_load(&i->disk->failed) && !r->over)
		pause_ms(2);
	if (atomic_load(&i->disk->failed) && wait_told(r) && r->told) {
		pause_ms(HELD_MS); /* so that it is met more than once */
		if (sticks(r))
			stay_refusing(r);
	}
	if (atomic_load(&i->disk->failed))
		installation_spoil(i, DISK_WELL, "", 0);
	return NULL;
}

static bool tells_secret(const struct walk *w)
{
	const char *const secrets[] = {w->token, w->code, w->claim, w->password};
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (secrets[i][0] && strstr(w->answer.body, secrets[i]))
			return true;
	return false;
}

static void look_at_refusal(struct walk *w)
{
	struct round *r = w->looker;
	const char *code = answer_text(&w->answer, "code");
	bool named = strcmp(code, r->spoiling->kind == DISK_FULL ? "disk_full" : "io") == 0;
	if (w->answer.body && (tells_secret(w) || strstr(w->answer.body, r->job->at.dir)))
		broken(r, "a refusal tells a secret, or a file's name");
	if (w->answer.status == 500 && !named)
		broken(r, "a refusal does not say why");
	pthread_mutex_lock(&campaign.lock);
	campaign.refused++;
	campaign.named += named;
	pthread_mutex_unlock(&campaign.lock);
}

static bool ends_well(struct round *r)
{
	for (int64_t until = mono_ms() + WELL_SECONDS * 1000; !readyz_says(r, NULL); pause_ms(20))
		if (mono_ms() > until)
			return broken(r, "it does not become ready again by itself");
	return !log_has(r, "child.died", "", "") || broken(r, "a process died");
}

static void count(const struct round *r, int failed)
{
	int at = (int)(r->spoiling - spoilings);
	pthread_mutex_lock(&campaign.lock);
	campaign.rounds++;
	campaign.fired += failed > 0;
	campaign.absorbed += failed > 0 && !r->told;
	campaign.unreached[at] += failed == 0;
	if (failed && r->nth > campaign.reached[at])
		campaign.reached[at] = r->nth;
	campaign.violations += r->fault[0] != '\0';
	pthread_mutex_unlock(&campaign.lock);
	if (r->fault[0])
		printf("VIOLATION: %s, call %d, installation %d, order %s\n  %s\n  kept: %s\n", r->spoiling->role, r->nth,
		       r->job->number, r->walk.order, r->fault, r->job->at.dir);
}

static bool play_round(struct job *j, const struct spoiling *s, int nth, long number)
{
	static const struct plan plan = {.ending = END_REVOKED, .compatible = true, .use = true};
	struct round r = {.job = j, .spoiling = s, .nth = nth, .log_from = log_size(&j->at)};
	pthread_t watch;
	r.walk = (struct walk){.at = &j->at, .caller = j->caller, .ledger = j->ledger, .plan = &plan, .thorough = true,
			       .refused = look_at_refusal, .looker = &r};
	snprintf(r.walk.note, sizeof r.walk.note, "disk %d %ld", j->number, number);
	installation_spoil(&j->at, s->kind, s->role, nth);
	bool fine = pthread_create(&watch, NULL, keep_watch, &r) == 0;
	if (fine && !walk_run(&r.walk))
		broken(&r, r.walk.fault);
	r.over = true;
	if (fine)
		pthread_join(watch, NULL);
	installation_spoil(&j->at, DISK_WELL, "", 0);
	fine = ends_well(&r);
	count(&r, atomic_load(&j->at.disk->failed));
	walk_clear(&r.walk);
	return fine && !r.fault[0];
}

static void *play(void *ctx)
{
	struct job *j = ctx;
	char fault[FAULT_SIZE] = "no directory";
	const struct spoiling *s;
	int nth;
	bool fine = walk_directory(j->caller);
	for (long n = 1; fine && take_turn(&s, &nth); n++)
		j->kept |= !play_round(j, s, nth, n);
	if (!fine || (!j->kept && !becomes_quiet(&j->at, j->ledger, fault))) {
		printf("VIOLATION: installation %d at its end: %s\n  kept: %s\n", j->number, fault, j->at.dir);
		pthread_mutex_lock(&campaign.lock);
		campaign.violations++;
		pthread_mutex_unlock(&campaign.lock);
		j->kept = true;
	}
	return NULL;
}

static bool begin(struct job *j, int number)
{
	char dir[PATH_MAX / 2];
	j->number = number;
	int n = snprintf(dir, sizeof dir, "%s/campaign/disk-%d-%d", campaign.build, (int)campaign.kind, number);
	if (n < 0 || n >= (int)sizeof dir)
		return false;
	snprintf(j->at.dir, sizeof j->at.dir, "%s", dir);
	installation_remove(&j->at);
	return installation_begin(&j->at, campaign.build, dir);
}

static bool run(struct job *jobs, int n)
{
	bool ready = true;
	for (int i = 0; i < n; i++)
		ready = ready && installation_ready(&jobs[i].at, START_SECONDS);
	for (int i = 0; ready && i < n; i++) {
		jobs[i].caller = caller_new(&jobs[i].at);
		jobs[i].ledger = ledger_open(&jobs[i].at);
		ready = pthread_create(&jobs[i].thread, NULL, play, &jobs[i]) == 0;
	}
	for (int i = 0; i < n; i++) {
		if (jobs[i].thread)
			pthread_join(jobs[i].thread, NULL);
		installation_end(&jobs[i].at);
		caller_free(jobs[i].caller);
		ledger_close(jobs[i].ledger);
		if (!jobs[i].kept)
			installation_remove(&jobs[i].at);
	}
	return ready;
}

/* Processes in which nothing failed though every turn was taken: their faults do not reach them. */
static long never_met(void)
{
	long n = 0;
	for (int i = 0; i < SPOILINGS; i++)
		n += spoilings[i].kind == campaign.kind && !campaign.reached[i] && campaign.unreached[i] >= UNREACHED_MOST;
	return n;
}

static int report(bool ran)
{
	char reached[160] = "";
	campaign.violations += never_met();
	size_t len = 0;
	for (int i = 0; i < SPOILINGS; i++)
		if (spoilings[i].kind == campaign.kind && len < sizeof reached)
			len += (size_t)snprintf(reached + len, sizeof reached - len, "%s%s %d%s", len ? ", " : "", spoilings[i].role,
						campaign.reached[i],
						campaign.unreached[i] >= UNREACHED_MOST ? "" : "+");
	printf("%ld answers of 5xx, %ld of them naming the disk; %ld failures that harmed nobody\n", campaign.refused, campaign.named,
	       campaign.absorbed);
	printf("row|%s|%ld of %ld orders met it, up to call %s (+: the time was over); %ld s|%ld\n",
	       campaign.kind == DISK_FULL ? "disk full from each write on, in each process" : "fsync fails from each on, in each process",
	       campaign.fired, campaign.rounds, reached, (long)(mono_ms() - campaign.began) / 1000, campaign.violations);
	return !ran || campaign.violations || campaign.fired == 0;
}

int main(int argc, char **argv)
{
	static struct job jobs[INSTALLATIONS_MOST];
	char path[PATH_MAX + 16];
	int n = argc == 6 ? (int)strtol(argv[4], NULL, 10) : 0;
	if (n < 1 || n > INSTALLATIONS_MOST || !realpath(argv[1], campaign.build)) {
		fputs("usage: disk BUILD full|sync SECONDS INSTALLATIONS GROWTH\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	campaign.kind = strcmp(argv[2], "full") == 0 ? DISK_FULL : DISK_FAILS;
	campaign.growth = (int)strtol(argv[5], NULL, 10);
	for (int i = 0; i < SPOILINGS; i++)
		campaign.next[i] = 1;
	curl_global_init(CURL_GLOBAL_ALL);
	snprintf(path, sizeof path, "%s/campaign", campaign.build);
	mkdir(path, 0700);
	campaign.began = mono_ms();
	for (int i = 0; i < n; i++)
		if (!begin(&jobs[i], i)) {
			perror("installation");
			return 1;
		}
	campaign.until = mono_ms() + strtol(argv[3], NULL, 10) * 1000;
	return report(run(jobs, n));
}
