/* Who is at work on a certificate's status. Serials are random: two that share a turn seldom meet. */
#include "issuer/order/revoke.h"

#include <pthread.h>
#include <string.h>

enum { TURNS = 16 };
#define FOUR_TURNS PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER
static pthread_mutex_t turns[TURNS] = {FOUR_TURNS, FOUR_TURNS, FOUR_TURNS, FOUR_TURNS};

static pthread_mutex_t *turn_of(const char *serial)
{
	size_t len = strlen(serial);
	return &turns[len ? (unsigned char)serial[len - 1] % TURNS : 0];
}

void revoke_turn_begin(const char *serial)
{
	pthread_mutex_lock(turn_of(serial));
}

void revoke_turn_end(const char *serial)
{
	pthread_mutex_unlock(turn_of(serial));
}
