/* async: the asynchronous form of calls: what the program's event loop watches for us, and whom it concerns.
 *
 * A call is what counterfoil_call does, cut into pieces between which the loop waits: the same request_take, generation,
 * watch, lanes, verdicts and retries. Here are the pieces' order and the bookkeeping: by descriptor, by time, and one list
 * of all.
 *
 * What reenters: `inside` counts functions of the public header under way on one object. The program's callbacks may start
 * and cancel calls, and free the object, which then happens when the outermost function leaves. It is that one that tells
 * the program of its next timer. on_done runs in the outermost ready, timer or free alone, but when the program has no timer
 * to give: then also in the outermost start or cancel. */
#ifndef CLIENT_ASYNC_H
#define CLIENT_ASYNC_H

#include "client/client.h"
#include "client/transport_cancel.h"
#include "client/transport_drive.h"

#include <stddef.h>

#define ASYNC_NO_TIME INT64_MAX

struct counterfoil_async_call {
	counterfoil_async_call *next, **from; /* in calls; from is NULL: not there */
	counterfoil_async *async;
	struct generation *generation; /* held */
	struct attempt attempt;
	struct drive drive;
	struct under_way under_way; /* when the request has a cancel */
	bool wakeable;              /* it stands there */
	void *texts;                /* the request's own copies; owned */
	counterfoil_async_done on_done;
	void *context;
	bool waiting;          /* between two tries */
	counterfoil_code stop; /* how it is to end, the sooner the better */
	int fds;               /* watched for it */
	int64_t due;           /* clock_mono_ms */
	size_t place;          /* in the queue; 0: not there */
};

/* By number of descriptor. */
struct async_fd {
	unsigned events; /* 0: not watched */
	counterfoil_async_call *call; /* NULL: the wake-up's */
	void *mine;                   /* the program's */
};

struct counterfoil_async {
	counterfoil_client *client; /* borrowed */
	counterfoil_async_options options;
	counterfoil_async_call *calls;
	size_t call_count;
	struct async_fd *fds;
	size_t fd_room;
	counterfoil_async_call **queue; /* a heap from 1 on, the earliest first; room for every call */
	size_t queue_len, queue_room;
	int64_t told; /* the timer that the program was asked for; ASYNC_NO_TIME: none */
	int wake_fd;  /* -1: not needed yet */
	size_t wakeable_count;
	int inside;
	bool asking; /* want_fd or want_timer runs */
	bool deaf;   /* the program cannot set its timer: no call may start */
	bool doomed; /* it is being freed, or will be as soon as nobody is inside */
};

/* async_queue: calls by time. */
bool queue_make_room(counterfoil_async *async, size_t calls);
void queue_put(counterfoil_async_call *call, int64_t due);
void queue_remove(counterfoil_async_call *call); /* also one that is not there */
/* Ask the program for a timer when the earliest time is another than it was told: false when it cannot. */
bool queue_tell(counterfoil_async *async);

/* async_fd: descriptors. call: NULL for the wake-up. OUT_OF_MEMORY, LOOP_FAILED. */
counterfoil_code async_want_fd(counterfoil_async *async, counterfoil_async_call *call, int fd, unsigned events);
bool async_watches_fd(const counterfoil_async *async, int fd);
void async_forget_fds(counterfoil_async_call *call); /* those that are still watched for it */
/* Whether cancelled from another thread: the loop is woken, and looks through all calls. */
counterfoil_code wake_begin(counterfoil_async_call *call, counterfoil_error *error);
void wake_end(counterfoil_async_call *call);
void wake_heard(counterfoil_async *async);

/* Start what counterfoil_async_start has found fit: a plain call; and async_answer, one whose answer is read. */
counterfoil_code async_start_plain(counterfoil_async *async, const counterfoil_async_request *request,
				   counterfoil_async_call **call, counterfoil_error *error);
counterfoil_code async_start_soap(counterfoil_async *async, const counterfoil_async_request *given,
				  counterfoil_async_call **call, counterfoil_error *error);
counterfoil_code async_start_json(counterfoil_async *async, const counterfoil_async_request *given,
				  counterfoil_async_call **call, counterfoil_error *error);

/* async_call: one call's way. Begun on COUNTERFOIL_OK, and in the list; else given back by call_drop. */
counterfoil_code call_begin(counterfoil_async_call *call, counterfoil_error *error);
/* Drive it; fd below 0: its time has come. May end it. */
void call_go(counterfoil_async_call *call, int fd, unsigned events);
void call_end(counterfoil_async_call *call, counterfoil_code why); /* now */
/* As if it had never been. */
void call_drop(counterfoil_async_call *call);

#endif
