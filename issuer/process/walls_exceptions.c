/* What the run-time of a sanitizer must be let do, in builds that have one: symbolise, look for leaks at the end. */
#include "issuer/process/walls.h"

#include <seccomp.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const int walls_exceptions[] = {
	SCMP_SYS(open),   SCMP_SYS(openat), SCMP_SYS(clone),       SCMP_SYS(ptrace),    SCMP_SYS(process_vm_readv),
	SCMP_SYS(fork),   SCMP_SYS(kill),   SCMP_SYS(personality), SCMP_SYS(setrlimit), SCMP_SYS(prlimit64),
	SCMP_SYS(prctl),  SCMP_SYS(tkill),  SCMP_SYS(execve),      SCMP_SYS(socketpair),
};
const size_t walls_exception_count = sizeof walls_exceptions / sizeof *walls_exceptions;
#else
const int walls_exceptions[] = {-1};
const size_t walls_exception_count = 0;
#endif
