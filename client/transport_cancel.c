#include "client/transport_cancel.h"
#include "client/transport_lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { POLL_MS = 1000 }; /* as curl_easy_perform does: progress is told at least so often */

struct counterfoil_cancel {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t told;
	struct under_way *calls;
	bool cancelled;
};

counterfoil_cancel *counterfoil_cancel_new(void)
{
	counterfoil_cancel *cancel = calloc(1, sizeof *cancel);
	pthread_condattr_t monotonic;
	if (!cancel)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&cancel->told, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&cancel->lock, NULL);
	return cancel;
}

void counterfoil_cancel_free(counterfoil_cancel *cancel)
{
	if (!cancel)
		return;
	pthread_cond_destroy(&cancel->told);
	pthread_mutex_destroy(&cancel->lock);
	free(cancel);
}

void counterfoil_cancel_now(counterfoil_cancel *cancel)
{
	if (!cancel)
		return;
	pthread_mutex_lock(&cancel->lock);
	cancel->cancelled = true;
	for (struct under_way *c = cancel->calls; c; c = c->next)
		c->wake(c->context);
	pthread_cond_broadcast(&cancel->told);
	pthread_mutex_unlock(&cancel->lock);
}

bool cancel_told(counterfoil_cancel *cancel)
{
	if (!cancel)
		return false;
	pthread_mutex_lock(&cancel->lock);
	bool cancelled = cancel->cancelled;
	pthread_mutex_unlock(&cancel->lock);
	return cancelled;
}

void under_way_begin(counterfoil_cancel *cancel, struct under_way *call)
{
	if (!cancel)
		return;
	pthread_mutex_lock(&cancel->lock);
	call->next = cancel->calls;
	call->from = &cancel->calls;
	if (call->next)
		call->next->from = &call->next;
	cancel->calls = call;
	pthread_mutex_unlock(&cancel->lock);
}

void under_way_end(counterfoil_cancel *cancel, struct under_way *call)
{
	if (!cancel)
		return;
	pthread_mutex_lock(&cancel->lock);
	*call->from = call->next;
	if (call->next)
		call->next->from = call->from;
	pthread_mutex_unlock(&cancel->lock);
}

static struct timespec after(int64_t milliseconds)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += milliseconds / 1000;
	t.tv_nsec += milliseconds % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool cancel_sleep(counterfoil_cancel *cancel, int64_t milliseconds)
{
	const struct timespec until = after(milliseconds);
	if (!cancel) {
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			;
		return false;
	}
	pthread_mutex_lock(&cancel->lock);
	while (!cancel->cancelled && pthread_cond_timedwait(&cancel->told, &cancel->lock, &until) != ETIMEDOUT)
		;
	bool cancelled = cancel->cancelled;
	pthread_mutex_unlock(&cancel->lock);
	return cancelled;
}

CURLcode lane_result(CURLM *multi)
{
	int left = 0;
	const CURLMsg *message = curl_multi_info_read(multi, &left);
	return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

/* curl_easy_perform's loop, with an ear for the cancel: the wake-up ends the poll at once. */
static CURLcode run_until_cancelled(struct lane *lane, counterfoil_cancel *cancel)
{
	for (int running = 1;;) {
		if (cancel_told(cancel)) {
			lane_fail(lane, COUNTERFOIL_CANCELLED, NULL);
			return CURLE_ABORTED_BY_CALLBACK;
		}
		if (curl_multi_perform(lane->multi, &running))
			return CURLE_FAILED_INIT;
		if (!running)
			return lane_result(lane->multi);
		if (curl_multi_poll(lane->multi, NULL, 0, POLL_MS, NULL))
			return CURLE_OUT_OF_MEMORY;
	}
}

CURLM *lane_multi(struct lane *lane)
{
	if (!lane->multi)
		lane->multi = curl_multi_init();
	if (lane->multi)
		curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, 1L);
	return lane->multi;
}

static void wake(void *multi)
{
	curl_multi_wakeup(multi);
}

CURLcode lane_run(struct lane *lane)
{
	counterfoil_cancel *cancel = lane->attempt->request.cancel;
	if (!cancel && !lane->multi)
		return curl_easy_perform(lane->easy);
	if (!lane_multi(lane) || curl_multi_add_handle(lane->multi, lane->easy))
		return CURLE_OUT_OF_MEMORY;
	struct under_way call = {.wake = wake, .context = lane->multi};
	under_way_begin(cancel, &call);
	CURLcode result = run_until_cancelled(lane, cancel);
	under_way_end(cancel, &call);
	lane->spoilt = curl_multi_remove_handle(lane->multi, lane->easy) != CURLM_OK;
	return result;
}
