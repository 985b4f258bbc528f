/* file_steps: every call that changes a file or a folder, one by one. Linked into a test binary it stands between the
 * program and the C library: the n-th such call fails, or is the last thing the process does. */
#ifndef TESTS_FILE_STEPS_H
#define TESTS_FILE_STEPS_H

enum file_steps_end { FILE_STEPS_PASS, FILE_STEPS_FAIL, FILE_STEPS_KILL };

/* From now on calls are counted; number `nth` (from 1) fails with `error`, or kills the process before it is made. */
void file_steps_begin(enum file_steps_end end, long nth, int error);
/* How many there were. */
long file_steps_end(void);

#endif
