/* key_wait: how long a call may keep its thread while the signer makes a key of RSA for its order. Few may, and not for long,
 * so that a thread is always left for those who revoke; whoever may not is told that the file is being made, and asks again.
 * All zero is ready for use. Any thread. */
#ifndef ISSUER_KEY_WAIT_H
#define ISSUER_KEY_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>

enum {
	KEY_WAITERS_MOST = 3, /* of the front's workers */
	KEY_WAIT_MS = 10000,
};

struct key_wait {
	_Atomic unsigned waiters;
	_Atomic bool ended;
};

/* False: enough wait already, or it has ended. Else leave it again. */
bool key_wait_enter(struct key_wait *w);
/* A moment between two questions. False: it has ended. */
bool key_wait_pause(struct key_wait *w);
void key_wait_leave(struct key_wait *w);
/* Nobody waits from now on: the process is about to stop. */
void key_wait_end(struct key_wait *w);
bool key_wait_ended(const struct key_wait *w);

#endif
