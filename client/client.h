/* client: what the parts of the library that make calls see of a client. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/generation.h"
#include "client/proxy.h"

#include <pthread.h>

struct watch;

struct counterfoil_client {
	struct transport_settings settings; /* identity and trust are each generation's own */
	struct proxy proxy;
	X509_STORE *trust;                  /* held; NULL: each identity's file has its own */
	pthread_mutex_t lock;               /* guards current */
	struct generation *current;
	_Atomic(struct watch *) watch; /* NULL: nothing is watched; set once */
};

/* The current generation, held: everything a call does, it does with this one. Never NULL; generation_release gives it back. */
struct generation *client_take(counterfoil_client *client);

/* Dates first: nothing is sent with a certificate whose time is over. */
counterfoil_code client_may_call(const struct generation *generation, counterfoil_error *error);

/* Put an identity in the place of the current one: checked first; refused, the current one goes on. *swapped tells
 * whether it was another one. */
counterfoil_code client_swap(counterfoil_client *client, const counterfoil_identity *identity, bool *swapped,
			     counterfoil_error *error);

#endif
