#include "client/async.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static bool make_room(counterfoil_async *async, size_t fds)
{
	if (fds <= async->fd_room)
		return true;
	size_t room = fds + fds / 2 + 16;
	struct async_fd *larger = reallocarray(async->fds, room, sizeof *larger);
	if (!larger)
		return false;
	memset(larger + async->fd_room, 0, (room - async->fd_room) * sizeof *larger);
	async->fds = larger;
	async->fd_room = room;
	return true;
}

/* The table stays where it is: what could make it grow is refused while the program is asked. */
static int ask(counterfoil_async *async, int fd, unsigned events)
{
	async->asking = true;
	int failed = async->options.want_fd(async->options.context, fd, events, &async->fds[fd].mine);
	async->asking = false;
	return failed;
}

static void forget(counterfoil_async *async, int fd)
{
	counterfoil_async_call *call = async->fds[fd].call;
	ask(async, fd, COUNTERFOIL_WANT_NOTHING);
	async->fds[fd] = (struct async_fd){0};
	if (call)
		call->fds--;
}

bool async_watches_fd(const counterfoil_async *async, int fd)
{
	return (size_t)fd < async->fd_room && async->fds[fd].events;
}

counterfoil_code async_want_fd(counterfoil_async *async, counterfoil_async_call *call, int fd, unsigned events)
{
	bool watched = async_watches_fd(async, fd), its_own = watched && async->fds[fd].call == call;
	if (watched && (events == COUNTERFOIL_WANT_NOTHING ? its_own : !its_own)) {
		forget(async, fd); /* another's: its descriptor was closed unsaid, and the number is given anew */
		watched = false;
	}
	if (events == COUNTERFOIL_WANT_NOTHING)
		return COUNTERFOIL_OK;
	if (!make_room(async, (size_t)fd + 1))
		return COUNTERFOIL_OUT_OF_MEMORY;
	if (ask(async, fd, events)) {
		if (!watched)
			async->fds[fd] = (struct async_fd){0};
		return COUNTERFOIL_LOOP_FAILED;
	}
	async->fds[fd].events = events;
	async->fds[fd].call = call;
	if (call && !watched)
		call->fds++;
	return COUNTERFOIL_OK;
}

void async_forget_fds(counterfoil_async_call *call)
{
	counterfoil_async *async = call->async;
	for (size_t fd = 0; call->fds > 0 && fd < async->fd_room; fd++)
		if (async->fds[fd].events && async->fds[fd].call == call)
			forget(async, (int)fd);
}

/* In the thread that cancels, perhaps while ours frees other calls: it touches the descriptor alone. */
static void wake(void *context)
{
	const counterfoil_async_call *call = context;
	const uint64_t one = 1;
	ssize_t written = write(call->async->wake_fd, &one, sizeof one);
	(void)written; /* fails when it is full, and then it is awake */
}

counterfoil_code wake_begin(counterfoil_async_call *call, counterfoil_error *error)
{
	counterfoil_async *async = call->async;
	if (async->wake_fd < 0)
		async->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (async->wake_fd < 0)
		return outcome(error, COUNTERFOIL_FAILED, "no descriptor is free for what wakes the event loop");
	counterfoil_code code = COUNTERFOIL_OK;
	if (async->wakeable_count == 0)
		code = async_want_fd(async, NULL, async->wake_fd, COUNTERFOIL_WANT_READ);
	if (code)
		return outcome(error, code, NULL);
	async->wakeable_count++;
	call->wakeable = true;
	call->under_way.wake = wake;
	call->under_way.context = call;
	under_way_begin(call->attempt.request.cancel, &call->under_way);
	return COUNTERFOIL_OK;
}

void wake_end(counterfoil_async_call *call)
{
	counterfoil_async *async = call->async;
	if (!call->wakeable)
		return;
	call->wakeable = false;
	under_way_end(call->attempt.request.cancel, &call->under_way);
	if (--async->wakeable_count == 0)
		async_want_fd(async, NULL, async->wake_fd, COUNTERFOIL_WANT_NOTHING);
}

void wake_heard(counterfoil_async *async)
{
	uint64_t times;
	while (read(async->wake_fd, &times, sizeof times) > 0)
		;
	for (counterfoil_async_call *call = async->calls; call; call = call->next)
		if (call->wakeable && cancel_told(call->attempt.request.cancel))
			counterfoil_async_cancel(call);
}
