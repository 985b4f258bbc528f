/* Who is at work on a certificate's status. Serials are random: two that share a turn seldom meet. */
#include "issuer/order/revoke.h"

#include <pthread.h>
#include <string.h>

#define TURN PTHREAD_MUTEX_INITIALIZER
static pthread_mutex_t turns[] = {TURN, TURN, TURN, TURN, TURN, TURN, TURN, TURN,
				  TURN, TURN, TURN, TURN, TURN, TURN, TURN, TURN};
#undef TURN

static pthread_mutex_t *turn_of(const char *serial)
{
	size_t len = strlen(serial);
	return &turns[len ? (unsigned char)serial[len - 1] % (sizeof turns / sizeof *turns) : 0];
}

void revoke_turn_begin(const char *serial)
{
	pthread_mutex_lock(turn_of(serial));
}

void revoke_turn_end(const char *serial)
{
	pthread_mutex_unlock(turn_of(serial));
}
