/* ocsp_responder: a small OCSP responder inside the test, on a port of the kernel's choice, one thread for all who ask. */
#ifndef TESTS_OCSP_RESPONDER_H
#define TESTS_OCSP_RESPONDER_H

#include "tests/support/ocsp_maker.h"

#include <pthread.h>
#include <stdatomic.h>

struct ocsp_responder {
	struct ocsp_wanted says; /* about whatever is asked, when it has no subject; change it by responder_says */
	bool without_nonce;      /* what was asked is not echoed */
	const char *instead;     /* this head and body instead of an answer; NULL: none */
	size_t padding;          /* bytes behind the answer */
	int slow_ms;             /* before each answer */
	void (*spare)(void);     /* what its thread does first; NULL: nothing */

	int port; /* filled by start */
	char url[64];
	atomic_int asked; /* whole questions that were understood */
	int listener, wake[2];
	pthread_mutex_t lock; /* guards says */
	pthread_t thread;
};

void responder_start(struct ocsp_responder *r);
void responder_stop(struct ocsp_responder *r); /* twice is once */
void responder_says(struct ocsp_responder *r, const struct ocsp_wanted *says);

#endif
