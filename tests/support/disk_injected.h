/* disk_injected: a disk that fills up, or fails, at the n-th call of one process.
 *
 * Linked into the test daemon it stands between everything in it (SQLite too) and the system's calls on regular files. The
 * file named by COUNTERFOIL_TEST_DISK is mapped as the process starts, before it shuts itself in; whoever else maps it says
 * when what fails. make lint proves that no released binary has this. */
#ifndef TESTS_DISK_INJECTED_H
#define TESTS_DISK_INJECTED_H

#include <stdatomic.h>

enum disk_kind {
	DISK_WELL,
	DISK_FULL,  /* write, pwrite, ftruncate, fallocate, mkostemp, rename: ENOSPC; the first write is a short one */
	DISK_FAILS, /* fsync, fdatasync: EIO */
};

/* kind is set last, and DISK_WELL while the rest is being set. */
struct disk_order {
	_Atomic int kind;     /* enum disk_kind */
	_Atomic int nth;      /* from which call on, counted from 1 */
	_Atomic int seen;     /* calls of that kind since it was said */
	_Atomic int failed;   /* of these */
	char role[16];        /* "signer" */
};

#endif
