/* walls: what a role can no longer do. Two tables: files and networks by landlock, system calls by seccomp.
 *
 * The file walls stand from a child's birth, before it has a second thread; the filter is put up by child_confine over
 * all threads at once. Landlock degrades by what the kernel has; seccomp must be there. */
#ifndef ISSUER_WALLS_H
#define ISSUER_WALLS_H

#include "issuer/process/child.h"

/* 0 when the kernel has none (or it is switched off). */
int walls_landlock_abi(void);
bool walls_seccomp_there(void);

/* No core dump, and no other process of this user may trace this one or take its descriptors. */
enum err walls_hide(struct errbuf *why) MUST_CHECK;
/* What the walls tell apart: the roles, and of the courier the one whose channels reach a network. That one may make
 * connections: by TCP to the ports of its channels alone (where landlock has that, and seccomp keeps it to connect() and to
 * TCP and UDP), by UDP to ask for names. */
enum wall_kind { WALLS_COURIER_OUT = ROLE_COUNT, WALLS_COUNT };
unsigned walls_kind(enum role role, const struct settings *s);

/* Restrict the calling thread and all it will start; needs no_new_privs. ERR_OK also where landlock is missing. */
enum err walls_files(enum role role, const struct settings *s, struct errbuf *why) MUST_CHECK;
/* Filter every thread of this process. `kind` is walls_kind's. */
enum err walls_filter(unsigned kind, struct errbuf *why) MUST_CHECK;

/* Calls that the run-time of a sanitizer needs; none in other builds. */
extern const int walls_exceptions[];
extern const size_t walls_exception_count;

#endif
