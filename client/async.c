#include "client/async.h"
#include "base/clock.h"
#include "client/request.h"
#include "client/watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool options_are_fit(const counterfoil_async_options *o)
{
	return o && o->size == sizeof *o && o->want_fd && o->want_timer;
}

counterfoil_code counterfoil_async_new(counterfoil_client *client, const counterfoil_async_options *options,
				       counterfoil_async **async, counterfoil_error *error)
{
	if (!async)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the object");
	*async = NULL;
	if (!client || !options_are_fit(options))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no client was given, a callback is missing, or size is not set");
	counterfoil_async *made = calloc(1, sizeof *made);
	if (!made)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	made->client = client;
	made->options = *options;
	made->told = ASYNC_NO_TIME;
	made->wake_fd = -1;
	*async = made;
	return outcome_ok(error);
}

static void end_all(counterfoil_async *async, counterfoil_code why)
{
	while (async->calls)
		call_end(async->calls, why);
}

static void destroy(counterfoil_async *async)
{
	async->inside++;
	end_all(async, COUNTERFOIL_CANCELLED);
	(void)queue_tell(async); /* no timer any more: when the program cannot, nobody is left to tell */
	if (async->wake_fd >= 0)
		close(async->wake_fd);
	free(async->queue);
	free(async->fds);
	free(async);
}

void counterfoil_async_free(counterfoil_async *async)
{
	if (!async)
		return;
	async->doomed = true;
	if (!async->inside)
		destroy(async);
}

/* Without a timer the calls would hang: they end, and on_done starts none that would hang likewise. */
static void tell_or_end_all(counterfoil_async *async)
{
	if (async->doomed || queue_tell(async))
		return;
	async->deaf = true;
	end_all(async, COUNTERFOIL_LOOP_FAILED);
	async->deaf = false;
	(void)queue_tell(async);
}

/* The outermost tells, also of calls that a callback has started or cancelled within. */
static void leave(counterfoil_async *async)
{
	if (async->inside == 1)
		tell_or_end_all(async);
	if (--async->inside == 0 && async->doomed)
		destroy(async);
}

counterfoil_code counterfoil_async_ready(counterfoil_async *async, int fd, unsigned events)
{
	if (!async || async->inside || fd < 0)
		return COUNTERFOIL_BAD_INPUT;
	if (!async_watches_fd(async, fd))
		return COUNTERFOIL_OK; /* seen by the loop before it was told that nobody wants it any more */
	async->inside++;
	if (async->fds[fd].call)
		call_go(async->fds[fd].call, fd, events);
	else
		wake_heard(async);
	leave(async);
	return COUNTERFOIL_OK;
}

/* Who is due again at once waits for the next round, so that the loop comes to its descriptors. */
counterfoil_code counterfoil_async_timer(counterfoil_async *async)
{
	if (!async || async->inside)
		return COUNTERFOIL_BAD_INPUT;
	async->inside++;
	async->told = ASYNC_NO_TIME; /* it was for once */
	int64_t now = clock_mono_ms();
	for (size_t most = async->queue_len; most > 0 && async->queue_len && async->queue[1]->due <= now; most--) {
		counterfoil_async_call *call = async->queue[1];
		queue_remove(call);
		call_go(call, -1, 0);
		if (async->doomed)
			break;
	}
	leave(async);
	return COUNTERFOIL_OK;
}

/* One way to be told, with what is asked for in that way. */
static bool is_fit(const counterfoil_async_request *r)
{
	return r && r->size == sizeof *r && (r->on_done != NULL) + (r->on_soap != NULL) + (r->on_json != NULL) == 1 &&
	       (r->on_soap ? r->soap && !r->call : r->call && !r->soap);
}

static counterfoil_code check(const counterfoil_async *async, const counterfoil_async_request *given,
			      counterfoil_error *error)
{
	if (!async || !is_fit(given))
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "there is no request, or not one callback that fits it, or its size is not set");
	if (async->asking || async->doomed)
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "no call may be started from want_fd or want_timer, or on what is being freed");
	return async->deaf ? outcome(error, COUNTERFOIL_LOOP_FAILED, NULL) : COUNTERFOIL_OK;
}

/* NULL: error says why; of *code too. */
static counterfoil_async_call *make(counterfoil_async *async, const counterfoil_async_request *given,
				    counterfoil_code *code, counterfoil_error *error)
{
	counterfoil_async_call *made = calloc(1, sizeof *made);
	if (!made) {
		*code = outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
		return NULL;
	}
	made->async = async;
	made->on_done = given->on_done;
	made->context = given->context;
	*code = request_take(given->call, &made->attempt.request, error);
	if (!*code && !(made->texts = request_keep(&made->attempt.request)))
		*code = outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	if (!*code)
		return made;
	free(made);
	return NULL;
}

/* Whoever the watch, want_fd or want_timer told may have freed the object: then on_done would come from in here. */
static counterfoil_code begin(counterfoil_async_call *call, counterfoil_error *error)
{
	counterfoil_async *async = call->async;
	call->generation = watch_take(async->client);
	counterfoil_code code = call_begin(call, error);
	if (!code && async->inside == 1 && !queue_tell(async))
		code = outcome(error, COUNTERFOIL_LOOP_FAILED, NULL);
	if (!code && async->doomed)
		code = outcome(error, COUNTERFOIL_CANCELLED, NULL);
	return code ? code : outcome_ok(error);
}

counterfoil_code async_start_plain(counterfoil_async *async, const counterfoil_async_request *request,
				   counterfoil_async_call **call, counterfoil_error *error)
{
	counterfoil_code code = COUNTERFOIL_OK;
	counterfoil_async_call *made = make(async, request, &code, error);
	if (!made)
		return code;
	async->inside++;
	code = begin(made, error);
	if (code)
		call_drop(made);
	else if (call)
		*call = made;
	leave(async);
	return code;
}

counterfoil_code counterfoil_async_start(counterfoil_async *async, const counterfoil_async_request *request,
					 counterfoil_async_call **call, counterfoil_error *error)
{
	if (call)
		*call = NULL;
	counterfoil_code code = check(async, request, error);
	if (code)
		return code;
	if (request->on_soap)
		return async_start_soap(async, request, call, error);
	return request->on_json ? async_start_json(async, request, call, error)
				: async_start_plain(async, request, call, error);
}

void counterfoil_async_cancel(counterfoil_async_call *call)
{
	if (!call || !call->from || call->stop)
		return;
	counterfoil_async *async = call->async;
	call->stop = COUNTERFOIL_CANCELLED;
	drive_stop(&call->drive, COUNTERFOIL_CANCELLED);
	queue_put(call, clock_mono_ms());
	async->inside++;
	leave(async);
}
