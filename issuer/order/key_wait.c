#include "issuer/order/key_wait.h"

#include <poll.h>
#include <stddef.h>

enum { PAUSE_MS = 20 };

bool key_wait_ended(const struct key_wait *w)
{
	return atomic_load(&w->ended);
}

bool key_wait_enter(struct key_wait *w)
{
	bool room = atomic_fetch_add(&w->waiters, 1) < KEY_WAITERS_MOST;
	if (room && !key_wait_ended(w))
		return true;
	key_wait_leave(w);
	return false;
}

bool key_wait_pause(struct key_wait *w)
{
	if (!key_wait_ended(w))
		poll(NULL, 0, PAUSE_MS);
	return !key_wait_ended(w);
}

void key_wait_leave(struct key_wait *w)
{
	atomic_fetch_sub(&w->waiters, 1);
}

void key_wait_end(struct key_wait *w)
{
	atomic_store(&w->ended, true);
}
