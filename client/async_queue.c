#include "base/clock.h"
#include "client/async.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16 };

bool queue_make_room(counterfoil_async *async, size_t calls)
{
	if (calls < async->queue_room)
		return true;
	size_t room = async->queue_room ? async->queue_room * 2 : FIRST_ROOM;
	counterfoil_async_call **larger = reallocarray(async->queue, room, sizeof(counterfoil_async_call *));
	if (!larger)
		return false;
	async->queue = larger;
	async->queue_room = room;
	return true;
}

static void settle(counterfoil_async *async, counterfoil_async_call *call, size_t place)
{
	async->queue[place] = call;
	call->place = place;
}

static void rise(counterfoil_async *async, counterfoil_async_call *call, size_t place)
{
	for (; place > 1 && async->queue[place / 2]->due > call->due; place /= 2)
		settle(async, async->queue[place / 2], place);
	settle(async, call, place);
}

static void sink(counterfoil_async *async, counterfoil_async_call *call, size_t place)
{
	for (size_t below; (below = place * 2) <= async->queue_len; place = below) {
		if (below < async->queue_len && async->queue[below + 1]->due < async->queue[below]->due)
			below++;
		if (async->queue[below]->due >= call->due)
			break;
		settle(async, async->queue[below], place);
	}
	settle(async, call, place);
}

void queue_remove(counterfoil_async_call *call)
{
	counterfoil_async *async = call->async;
	size_t place = call->place;
	if (!place)
		return;
	call->place = 0;
	counterfoil_async_call *last = async->queue[async->queue_len--];
	if (last == call)
		return;
	rise(async, last, place);
	sink(async, last, last->place);
}

void queue_put(counterfoil_async_call *call, int64_t due)
{
	queue_remove(call);
	call->due = due;
	rise(call->async, call, ++call->async->queue_len);
}

/* The callback may cancel, which makes another time the earliest. */
bool queue_tell(counterfoil_async *async)
{
	for (;;) {
		int64_t due = async->queue_len ? async->queue[1]->due : ASYNC_NO_TIME;
		if (due == async->told)
			return true;
		int64_t left = due == ASYNC_NO_TIME ? -1 : due - clock_mono_ms();
		async->asking = true;
		int failed = async->options.want_timer(async->options.context, due == ASYNC_NO_TIME || left > 0 ? left : 0);
		async->asking = false;
		if (failed)
			return false;
		async->told = due;
	}
}
