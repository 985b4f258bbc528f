/* poll_loop: a small event loop that an asynchronous object fits: epoll, which forgets by itself what is closed, and one
 * timer. It checks what the library asks of it: only open descriptors, none twice, and what the program keeps with each is
 * given back. */
#ifndef TESTS_POLL_LOOP_H
#define TESTS_POLL_LOOP_H

#include "client/include/counterfoil.h"

#include <stdbool.h>

enum { LOOP_FDS = 4096 };

struct poll_loop {
	counterfoil_async *async;
	int epoll, count;
	bool known[LOOP_FDS];
	int gone;              /* descriptors that were closed before it was told to let go of them */
	int64_t due;           /* milliseconds of the clock; -1: no timer */
	int fd_calls, refused; /* want_fd that watch something: so far; the number of the one that fails, 0: none */
	int timer_calls, timer_refused;
	void (*on_want)(struct poll_loop *loop); /* in every want_fd and want_timer; NULL: nothing */
};

void loop_open(struct poll_loop *loop, counterfoil_client *client);
/* The same when the object may not come to be: then there is nothing to close. */
counterfoil_code loop_try(struct poll_loop *loop, counterfoil_client *client);
/* Frees the object and sees that it left nothing behind. */
void loop_close(struct poll_loop *loop);
/* One round, which waits no longer than so many milliseconds. */
void loop_once(struct poll_loop *loop, int most);
/* Until nothing is watched and no timer set; the test ends after 20 seconds. */
void loop_run(struct poll_loop *loop);

void loop_for(struct poll_loop *loop, int milliseconds);

/* A call and how it ended. */
struct told {
	int times; /* on_done */
	counterfoil_code code;
	counterfoil_response *response;
	counterfoil_error error;
	int64_t at; /* milliseconds of the clock */
	counterfoil_async_call *call;
};

void on_told(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error);
/* The request's size is set here; the call must start. */
void loop_start(struct poll_loop *loop, counterfoil_request *request, struct told *told);
/* It ended once and so; the response is freed. NULL for no particular body. */
void expect_told(const char *what, struct told *told, counterfoil_code code, const char *body);

#endif
