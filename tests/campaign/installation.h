/* installation: a whole daemon of one's own on loopback, as the campaign's programs drive it.
 *
 * It runs under tests/support/installation, which makes it, runs it, and runs it again as long as DIR.again is there. */
#ifndef TESTS_CAMPAIGN_INSTALLATION_H
#define TESTS_CAMPAIGN_INSTALLATION_H

#include "tests/support/disk_injected.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct installation {
	char build[PATH_MAX], dir[PATH_MAX / 2];
	char public_url[64], members_url[64], status_url[64], ops_url[64];
	char password[64]; /* of the administrator's file */
	pid_t pid;         /* of the script */
	int crash;         /* the file of tests/support/crash_injected.h */
	pthread_mutex_t *files;
	struct disk_order *disk; /* tests/support/disk_injected.h */
};

/* Made in dir, which must not be there yet, with the daemon of test binaries. Call it before there are threads. */
bool installation_begin(struct installation *i, const char *build, const char *dir);
/* Its numbers are known, and it says that it is ready. */
bool installation_ready(struct installation *i, int seconds);
/* The same, asked once, for a moment. */
bool installation_is_ready(struct installation *i);
/* Whoever ends is started again. To be called at least as often as the daemon as a whole may end. */
void installation_tend(const struct installation *i);
/* The process ids of the supervisor and of a role ("signer"), or 0. */
pid_t installation_supervisor(const struct installation *i);
pid_t installation_child(const struct installation *i, const char *role);
/* The processes of its daemon, the supervisor first; how many they are. */
size_t installation_processes(const struct installation *i, pid_t *out, size_t most);
/* While the files are held, from outside, nobody takes them away (tests/campaign/mains.h). May be held twice by a thread. */
void installation_hold(const struct installation *i);
void installation_release(const struct installation *i);
/* An orderly stop and a start. */
bool installation_again(struct installation *i);
void installation_end(struct installation *i);
/* It and everything beside it. */
void installation_remove(const struct installation *i);

/* A shell command whose $1, $2 and $3 are the rest; true when its exit status is 0. */
bool shell(const char *command, const char *one, const char *two, const char *three);

/* Let the process that passes the place `name` the count-th time die there; "" for none. */
void installation_arm(const struct installation *i, const char *name, long count);
bool installation_armed(const struct installation *i);

/* From now on the nth call of that kind in a role's process fails, and all after it; role "" or DISK_WELL: none. */
void installation_spoil(const struct installation *i, enum disk_kind kind, const char *role, int nth);

void pause_ms(int milliseconds);
int64_t mono_ms(void);

#endif
