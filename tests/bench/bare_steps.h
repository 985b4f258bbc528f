/* bare_steps: what bare_package does for one order, step by step. One thread; every fault ends the program. */
#ifndef TESTS_BENCH_BARE_STEPS_H
#define TESTS_BENCH_BARE_STEPS_H

#include <stdbool.h>
#include <stddef.h>

enum { BARE_PACKAGE_MOST = 8192 };

/* A database, a journal and a spool in `folder`, with so many orders ("order-1" ... with the code "CODE2345"); keys and
 * certificates of an installation. */
void steps_open(const char *folder, size_t orders, const char *installation);

void step_code(const char *token, const char *form); /* two commits: the try, the claim */
void step_issue(const char *token);		     /* two lines of the journal, one commit */
bool step_ready(const char *token);
size_t step_package(const char *token, unsigned char out[BARE_PACKAGE_MOST]); /* one commit */
void step_received(const char *token, const char *form);		      /* one commit: erased */
void step_send_password(const char *token);				      /* two commits, one file, the log emptied */

#endif
