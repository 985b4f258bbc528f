/* transport_drive: one try that an event loop drives. The loop is asked to watch descriptors and the time, and says when
 * something came of it; nothing here waits.
 *
 * A try runs in a lane of the transport, with the lane's own multi handle and the one connection that it keeps: what holds
 * of a lane in use by a thread holds here too. One thread at a time. */
#ifndef CLIENT_TRANSPORT_DRIVE_H
#define CLIENT_TRANSPORT_DRIVE_H

#include "client/transport.h"

/* What a try asks of the loop. */
struct drive_loop {
	/* events: COUNTERFOIL_WANT_*. Anything but COUNTERFOIL_OK ends the try with that code. */
	counterfoil_code (*want_fd)(void *context, int fd, unsigned events);
	void (*want_timer)(void *context, int64_t milliseconds); /* one at a time; below 0: none */
	void (*forget_fds)(void *context); /* whatever is still watched for it */
};

struct drive {
	const struct drive_loop *loop; /* set by the caller, as is */
	void *context;
	struct transport *transport; /* of the try under way */
	struct lane *lane;           /* NULL: none is */
	int result;                  /* CURLcode */
};

/* Starts nothing yet but a timer. COUNTERFOIL_OK: drive_end must follow. */
counterfoil_code drive_begin(struct drive *drive, struct transport *transport, struct attempt *attempt,
			     counterfoil_error *error);
/* Something came of fd (events may be 0: not known what), or the time with fd below 0. True: the try is over. */
bool drive_go(struct drive *drive, int fd, unsigned events);
/* It is to end with this code: no callback of the request runs any more but the one that runs now. */
void drive_stop(struct drive *drive, counterfoil_code why);
/* The end of a try, over or not. *response is made on COUNTERFOIL_OK only. Not while drive_go runs. */
counterfoil_code drive_end(struct drive *drive, counterfoil_response **response, counterfoil_error *error);

#endif
