/* watch: what a client looks after between calls: a file that may bring another identity, how many days the one in use has
 * left, and whether a server says that it was revoked. No thread and no descriptor of its own: the calls look, one at a
 * time and seldom, or the program by counterfoil_client_check. The program is told without a lock held, so its callback may
 * call the library. */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "client/client.h"

enum { WATCH_PATHS = 2, WATCH_DAYS = 16, MARK_PARTS = 8 };

/* A file as it stood at one moment: another content is another mark, unless it was written within the same clock tick. */
struct watch_mark {
	int64_t parts[MARK_PARTS]; /* all 0: not there */
	int64_t changed;           /* seconds */
};

struct watch {
	counterfoil_watch_options options; /* path and password_path point to paths; days to days */
	char *paths[WATCH_PATHS];          /* owned; NULL: none */
	uint32_t days[WATCH_DAYS];
	_Atomic int64_t next_look; /* clock_mono_ms; INT64_MAX: by hand */
	pthread_mutex_t looking;   /* guards all below */
	struct watch_mark marks[WATCH_PATHS];
	bool looked;
	int64_t again_at;          /* clock_mono_ms; look again then although nothing changed */
	counterfoil_error refusal; /* of what the file holds; code OK when it was taken */
};

/* Every call: look when it is time to, take the current generation, tell what is due of its age. generation_release gives
 * it back, after watch_verdict has heard how the call ended. */
struct generation *watch_take(counterfoil_client *client);
void watch_verdict(counterfoil_client *client, struct generation *generation, counterfoil_code code);

/* Another identity is in use. */
void watch_swapped(counterfoil_client *client, const counterfoil_identity *identity);

void watch_free(struct watch *watch);

/* Within watch*.c. Tell the program, when it wants to hear; error may be NULL. */
void watch_tell(const struct watch *watch, counterfoil_event_kind kind, const counterfoil_identity *identity,
		const counterfoil_error *error);
/* Tell of days left, once for each generation and number of days. */
void watch_age(const struct watch *watch, struct generation *generation);
void watch_mark(const char *path, struct watch_mark *out);
/* What the program's loader or the two files give. */
counterfoil_code watch_load(const struct watch *watch, counterfoil_identity **identity, counterfoil_error *error);

#endif
