/* edits: so many threads of the staff, with certificates of their own, make so many operations at once: changes of the
 * directory with and without the tag of what they saw, orders with the same and with different keys, approvals, cancels.
 *
 *   edits BUILD THREADS OPERATIONS
 *
 * Run it from the top of the tree. No update is lost, no order doubled, no answer is a server's fault, and the audit chain is
 * whole at the end. Its rows are for the campaign's report; exit status 1 when anything was violated. */
#include "tests/campaign/edits.h"
#include "tests/campaign/quiet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_SECONDS = 90 };

static bool begin(struct edits *e, const char *to)
{
	char build[PATH_MAX], dir[PATH_MAX / 2];
	(void)setenv("INSTALLATION_HOOK", "sed -i 's/^connections_per_address = .*/connections_per_address = 2000/' \"$1/counterfoil.conf\"", 1);
	if (!realpath(to, build) || snprintf(dir, sizeof dir, "%.1900s/campaign", build) < 0)
		return false;
	(void)mkdir(dir, 0700); /* or it is there */
	snprintf(dir, sizeof dir, "%.1900s/campaign/edits-%d", build, (int)getpid());
	if (!installation_begin(&e->at, build, dir) || !installation_ready(&e->at, START_SECONDS))
		return false;
	e->ledger = ledger_open(&e->at);
	pthread_mutex_init(&e->mutex, NULL);
	return edits_prepare(e);
}

static void run(struct edits *e, size_t threads)
{
	struct editor editors[THREADS_MOST];
	pthread_t ids[THREADS_MOST];
	for (size_t i = 0; i < threads; i++) {
		editors[i] = (struct editor){e, i};
		if (pthread_create(&ids[i], NULL, edit_all, &editors[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

static void report(const struct edits *e, size_t threads, int64_t took_ms, const char *fault)
{
	printf("row|edits: updates lost|%ld operations by %zu threads and %d certificates in %.1f s, slowest %.0f ms; %ld changes made, %ld"
	       " refused as stale|%ld\n", (long)e->ended, threads, STAFF_MOST, (double)took_ms / 1000, (double)e->slowest_us / 1000,
	       (long)e->changed, (long)e->stale, (long)e->lost);
	printf("row|edits: orders doubled|%ld made, %ld shown again by their key, %ld keys of another request refused; %ld approvals, %ld"
	       " cancelled, %ld too late|%ld\n", (long)e->made, (long)e->repeated, (long)e->conflicts, (long)e->approved,
	       (long)e->cancelled, (long)e->late, (long)e->doubled);
	printf("row|edits: answers that fail, or are not as told at the end|%s|%ld\n", fault[0] ? fault : "none; the audit chain is whole",
	       (long)e->failed + e->odd + (fault[0] != 0));
}

static void end(struct edits *e, bool keep)
{
	installation_end(&e->at);
	ledger_close(e->ledger);
	pthread_mutex_destroy(&e->mutex);
	if (keep)
		printf("kept: %s\n", e->at.dir);
	else
		installation_remove(&e->at);
}

int main(int argc, char **argv)
{
	static struct edits e;
	char fault[FAULT_SIZE] = "";
	size_t threads = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	e.most = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	if (threads < 1 || threads > THREADS_MOST || e.most < 1 || e.most > ORDERS_MOST)
		return fputs("usage: edits BUILD THREADS OPERATIONS\n", stderr), 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	curl_global_init(CURL_GLOBAL_ALL);
	if (!begin(&e, argv[1]))
		return fputs("edits: no installation\n", stderr), 1;
	int64_t from = mono_ms();
	run(&e, threads);
	int64_t took = mono_ms() - from;
	if (edits_check(&e, fault) && becomes_quiet(&e.at, e.ledger, fault))
		fault[0] = '\0';
	report(&e, threads, took, fault);
	bool violation = e.lost || e.doubled || e.failed || e.odd || fault[0];
	end(&e, violation);
	return violation ? 1 : 0;
}
