#include "base/clock.h"
#include "client/async.h"
#include "client/refusal.h"
#include "client/watch.h"

#include <stdlib.h>

static counterfoil_code want_fd(void *context, int fd, unsigned events)
{
	counterfoil_async_call *call = context;
	return async_want_fd(call->async, call, fd, events);
}

static void want_timer(void *context, int64_t milliseconds)
{
	counterfoil_async_call *call = context;
	if (call->stop) /* it is due already */
		return;
	if (milliseconds < 0)
		queue_remove(call);
	else
		queue_put(call, clock_mono_ms() + milliseconds);
}

static void forget_fds(void *context)
{
	async_forget_fds(context);
}

static const struct drive_loop loop = {want_fd, want_timer, forget_fds};

static counterfoil_code begin_try(counterfoil_async_call *call, counterfoil_error *error)
{
	return drive_begin(&call->drive, call->generation->transport, &call->attempt, error);
}

counterfoil_code call_begin(counterfoil_async_call *call, counterfoil_error *error)
{
	counterfoil_async *async = call->async;
	call->drive.loop = &loop;
	call->drive.context = call;
	if (!queue_make_room(async, async->call_count + 1))
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	call->next = async->calls;
	call->from = &async->calls;
	if (call->next)
		call->next->from = &call->next;
	async->calls = call;
	async->call_count++;
	counterfoil_code code = client_may_call(call->generation, error);
	if (!code && call->attempt.request.cancel)
		code = wake_begin(call, error);
	if (!code && cancel_told(call->attempt.request.cancel))
		code = outcome(error, COUNTERFOIL_CANCELLED, NULL);
	if (code)
		return code;
	retry_begin(&call->attempt, transport_settings_of(call->generation->transport));
	return begin_try(call, error);
}

/* Nothing of the library knows of it any more. */
static void forget(counterfoil_async_call *call)
{
	queue_remove(call);
	wake_end(call);
	generation_release(call->generation);
	if (!call->from)
		return;
	*call->from = call->next;
	if (call->next)
		call->next->from = call->from;
	call->from = NULL;
	call->async->call_count--;
}

static void give_back(counterfoil_async_call *call)
{
	free(call->texts);
	free(call);
}

void call_drop(counterfoil_async_call *call)
{
	counterfoil_response *none = NULL;
	drive_stop(&call->drive, COUNTERFOIL_CANCELLED);
	if (call->drive.lane)
		(void)drive_end(&call->drive, &none, NULL);
	forget(call);
	give_back(call);
}

static void is_over(counterfoil_async_call *call, counterfoil_code code, counterfoil_response *response,
		    counterfoil_error *error)
{
	if (!code)
		code = refusal_judge(response, error);
	watch_verdict(call->async->client, call->generation, code);
	forget(call);
	call->on_done(call->context, code, response, error);
	give_back(call);
}

static void try_is_over(counterfoil_async_call *call)
{
	counterfoil_response *response = NULL;
	counterfoil_error error;
	counterfoil_code code = drive_end(&call->drive, &response, &error);
	int64_t wait = retry_in(&call->attempt, code, response);
	if (wait < 0) {
		is_over(call, code, response, &error);
		return;
	}
	counterfoil_response_free(response);
	call->waiting = true;
	queue_put(call, clock_mono_ms() + (call->stop ? 0 : wait));
}

static void try_again(counterfoil_async_call *call)
{
	counterfoil_error error;
	call->waiting = false;
	counterfoil_code code = retry_anew(&call->attempt, &error);
	if (!code)
		code = begin_try(call, &error);
	if (code)
		is_over(call, code, NULL, &error);
}

void call_end(counterfoil_async_call *call, counterfoil_code why)
{
	counterfoil_response *response = NULL;
	counterfoil_error error;
	drive_stop(&call->drive, why);
	counterfoil_code code = call->drive.lane ? drive_end(&call->drive, &response, &error) : outcome(&error, why, NULL);
	is_over(call, code, response, &error);
}

void call_go(counterfoil_async_call *call, int fd, unsigned events)
{
	if (call->stop)
		call_end(call, call->stop);
	else if (call->waiting)
		try_again(call);
	else if (drive_go(&call->drive, fd, events))
		try_is_over(call);
}
