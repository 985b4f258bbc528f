/* revocations: so many certificates are revoked, others held and released, while their holders call, others ask OCSP and
 * fetch lists, and so often a process of the daemon is killed: the signer, the clerk, the front, all of it, in turn.
 *
 *   revocations BUILD COUNT KILLS
 *
 * Run it from the top of the tree. Its rows are for the campaign's report; exit status 1 when anything was violated. */
#include "tests/campaign/revocations.h"
#include "tests/campaign/quiet.h"
#include "tests/campaign/walk.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HELD_ONE_OF = 20, START_SECONDS = 90, BACK_SECONDS = 60, PROCESSES_MOST = 16,
       PATIENCE_SECONDS = 120, A_SECOND = 10 };

/* ---- deaths ---- */

static void kill_role(struct revocations *r, const char *role)
{
	pid_t all[PROCESSES_MOST], one = role[0] ? installation_child(&r->at, role) : 0;
	size_t n = role[0] ? 0 : installation_processes(&r->at, all, PROCESSES_MOST);
	if (one > 0)
		kill(one, SIGKILL);
	for (size_t i = 0; i < n; i++)
		kill(all[i], SIGKILL);
}

static bool is_back(struct revocations *r, const char *role, pid_t before)
{
	pid_t now = role[0] ? installation_child(&r->at, role) : installation_supervisor(&r->at);
	installation_tend(&r->at);
	return now > 0 && now != before && installation_is_ready(&r->at);
}

static bool die_and_come_back(struct revocations *r, const char *role)
{
	pid_t before = role[0] ? installation_child(&r->at, role) : installation_supervisor(&r->at);
	r->down = mono_us();
	kill_role(r, role);
	bool back = false;
	for (int64_t until = mono_ms() + BACK_SECONDS * 1000; !back && mono_ms() < until; pause_ms(5))
		back = is_back(r, role, before);
	r->up = mono_us();
	r->down = 0;
	if (!back)
		violated(&r->odd, NULL, "it does not come back");
	return back;
}

/* Evenly over the revocations. */
static long kill_in_turn(struct revocations *r, long kills)
{
	static const char *const roles[] = {"signer", "clerk", "front", ""};
	long n = 0;
	for (; n < kills && go_on(r); n++) {
		while (r->ended < (size_t)(n + 1) * r->dying / (size_t)(kills + 1) && go_on(r))
			pause_ms(2);
		if (!die_and_come_back(r, roles[(size_t)n % (sizeof roles / sizeof *roles)])) {
			r->stop = true;
			break;
		}
	}
	return n;
}

/* ---- the whole ---- */

static long run(struct revocations *r, long kills)
{
	static const struct job {
		void *(*work)(void *worker);
		size_t count;
	} jobs[] = {{call_all, CALLERS}, {check_all, CHECKERS}, {revoke_all, REVOKERS}, {hold_all, 1}, {watch_lists, 1}};
	struct worker workers[CALLERS + CHECKERS + REVOKERS + 2];
	pthread_t threads[sizeof workers / sizeof *workers] = {0};
	size_t n = 0;
	for (size_t j = 0; j < sizeof jobs / sizeof *jobs; j++)
		for (size_t i = 0; i < jobs[j].count; i++, n++) {
			workers[n] = (struct worker){r, i};
			if (pthread_create(&threads[n], NULL, jobs[j].work, &workers[n]) != 0)
				abort();
		}
	long killed = kill_in_turn(r, kills);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	return killed;
}

/* What was acknowledged is so: in the database, the journal, the audit chain, the last list. */
static bool ends_well(struct revocations *r, char fault[FAULT_SIZE])
{
	static const char held[] = "SELECT count(*) FROM d.certificate WHERE status = 'held'",
			  falls[] = "SELECT count(*) FROM j WHERE op = 'crl' AND number <= (SELECT max(number) FROM j e"
				    " WHERE e.op = 'crl' AND e.sequence < j.sequence)";
	if (!becomes_quiet(&r->at, r->ledger, fault))
		return false;
	long long wanted = r->holds - r->releases, had = ledger_number(r->ledger, held, NULL),
		  fallen = ledger_number(r->ledger, falls, NULL);
	if (had != wanted || fallen)
		snprintf(fault, FAULT_SIZE, "%lld on hold, wanted %lld; %lld numbers of lists do not rise", had, wanted, fallen);
	return had == wanted && !fallen;
}

static void report(const struct revocations *r, long kills, const char *fault)
{
	printf("row|revocations: calls accepted that began after the acknowledgement|%ld of %ld, %zu revoked, %ld s|%ld\n",
	       (long)r->accepted, (long)r->calls, (size_t)r->ended, (long)((mono_us() - r->began) / SECOND), (long)r->accepted);
	printf("row|revocations: OCSP not right within 1 s of it|%ld of %ld, slowest %.0f ms, %ld stale within it|%ld\n",
	       (long)r->wrong_status, (long)r->statuses, (double)r->slowest_status / 1000, (long)r->stale, (long)r->wrong_status);
	printf("row|revocations: not on the list within 60 s, or its numbers do not rise|%ld lists, slowest %.1f s|%ld\n",
	       (long)r->lists, (double)r->slowest_list / SECOND, (long)r->wrong_list);
	printf("row|revocations: holds and releases not as acknowledged|%ld and %ld|%ld\n", (long)r->holds, (long)r->releases,
	       (long)r->wrong_hold);
	printf("row|revocations: processes killed; lost or doubled at the end|%ld, %ld questions unanswered meanwhile%s%s|%ld\n",
	       kills, (long)r->unanswered, fault[0] ? "; " : "", fault, (long)r->odd + (fault[0] != 0));
}

static bool begin(struct revocations *r, const char *to, size_t count)
{
	char build[PATH_MAX], dir[PATH_MAX / 2];
	struct caller *caller = NULL;
	/* Everybody has one address here. */
	setenv("INSTALLATION_HOOK", "sed -i 's/^connections_per_address = .*/connections_per_address = 2000/;"
	       "s/^ocsp_per_address = .*/ocsp_per_address = 0/' \"$1/counterfoil.conf\"", 1);
	if (!realpath(to, build) || snprintf(dir, sizeof dir, "%.1900s/campaign", build) < 0)
		return false;
	mkdir(dir, 0700);
	snprintf(dir, sizeof dir, "%.1900s/campaign/revocations-%d", build, (int)getpid());
	if (!installation_begin(&r->at, build, dir) || !installation_ready(&r->at, START_SECONDS))
		return false;
	r->dying = count;
	r->ledger = ledger_open(&r->at);
	caller = caller_new(&r->at);
	bool made = walk_directory(caller) && holders_make(&r->all, r->ledger, &r->at, count + count / HELD_ONE_OF + 1);
	caller_free(caller);
	return made;
}

static void end(struct revocations *r, bool keep)
{
	installation_end(&r->at);
	ledger_close(r->ledger);
	holders_clear(&r->all);
	if (keep)
		printf("kept: %s\n", r->at.dir);
	else
		installation_remove(&r->at);
}

int main(int argc, char **argv)
{
	static struct revocations r;
	char fault[FAULT_SIZE] = "";
	long count = argc == 4 ? strtol(argv[2], NULL, 10) : 0, kills = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	if (count < 1 || kills < 0)
		return fputs("usage: revocations BUILD COUNT KILLS\n", stderr), 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	curl_global_init(CURL_GLOBAL_ALL);
	int64_t from = mono_us();
	if (!begin(&r, argv[1], (size_t)count))
		return fputs("revocations: no installation\n", stderr), 1;
	r.began = mono_us();
	r.until = r.began + (PATIENCE_SECONDS + count / A_SECOND) * SECOND;
	printf("%zu certificates in %.1f s\n", r.all.count, (double)(r.began - from) / SECOND);
	long killed = run(&r, kills);
	if (!go_on(&r) || r.ended < r.dying || killed < kills)
		snprintf(fault, sizeof fault, "it does not come to its end");
	else if (ends_well(&r, fault))
		fault[0] = '\0';
	report(&r, killed, fault);
	bool violation = r.accepted || r.wrong_status || r.wrong_list || r.wrong_hold || r.odd || fault[0];
	end(&r, violation);
	return violation ? 1 : 0;
}
