#include "tests/support/poll_loop.h"
#include "base/clock.h"
#include "tests/support/test.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { RUN_MOST_MS = 20000 };

static int let_go(struct poll_loop *loop, int fd)
{
	if (!loop->known[fd])
		fail_msg("descriptor %d is forgotten and was not watched", fd);
	loop->gone += epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL) != 0;
	loop->known[fd] = false;
	loop->count--;
	return 0;
}

static int want_fd(void *context, int fd, unsigned events, void **mine)
{
	struct poll_loop *loop = context;
	assert_in_range(fd, 0, LOOP_FDS - 1);
	if (loop->on_want)
		loop->on_want(loop);
	if (loop->known[fd] != (*mine == loop))
		fail_msg("descriptor %d: %s, but what was kept with it is %p", fd, loop->known[fd] ? "known" : "unknown", *mine);
	if (events == COUNTERFOIL_WANT_NOTHING)
		return let_go(loop, fd);
	if (++loop->fd_calls == loop->refused)
		return -1;
	struct epoll_event event = {.events = ((events & COUNTERFOIL_WANT_READ) ? EPOLLIN : 0U) | ((events & COUNTERFOIL_WANT_WRITE) ? EPOLLOUT : 0U),
				    .data.fd = fd};
	if (epoll_ctl(loop->epoll, loop->known[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
		fail_msg("descriptor %d cannot be watched: %s", fd, strerror(errno));
	loop->count += !loop->known[fd];
	loop->known[fd] = true;
	*mine = loop;
	return 0;
}

static int want_timer(void *context, int64_t milliseconds)
{
	struct poll_loop *loop = context;
	if (loop->on_want)
		loop->on_want(loop);
	if (++loop->timer_calls == loop->timer_refused)
		return -1;
	loop->due = milliseconds < 0 ? -1 : clock_mono_ms() + milliseconds;
	return 0;
}

counterfoil_code loop_try(struct poll_loop *loop, counterfoil_client *client)
{
	const counterfoil_async_options options = {.size = sizeof options, .want_fd = want_fd, .want_timer = want_timer, .context = loop};
	memset(loop, 0, sizeof *loop);
	loop->due = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_true(loop->epoll >= 0);
	counterfoil_code code = counterfoil_async_new(client, &options, &loop->async, NULL);
	if (code)
		close(loop->epoll);
	return code;
}

void loop_open(struct poll_loop *loop, counterfoil_client *client)
{
	assert_int_equal(loop_try(loop, client), COUNTERFOIL_OK);
}

void loop_close(struct poll_loop *loop)
{
	counterfoil_async_free(loop->async);
	loop->async = NULL;
	close(loop->epoll);
	if (loop->count || loop->due >= 0)
		fail_msg("left behind: %d descriptors, timer %lld", loop->count, (long long)loop->due);
}

static unsigned events_of(uint32_t ready)
{
	if (ready & (EPOLLERR | EPOLLHUP))
		return COUNTERFOIL_WANT_READ | COUNTERFOIL_WANT_WRITE;
	return ((ready & EPOLLIN) ? COUNTERFOIL_WANT_READ : 0U) | ((ready & EPOLLOUT) ? COUNTERFOIL_WANT_WRITE : 0U);
}

void loop_once(struct poll_loop *loop, int most)
{
	struct epoll_event events[64];
	int64_t left = loop->due < 0 ? most : loop->due - clock_mono_ms();
	int count = epoll_wait(loop->epoll, events, 64, left < 0 ? 0 : left < most ? (int)left : most);
	for (int i = 0; i < count; i++)
		if (loop->known[events[i].data.fd]) /* else the object may be gone */
			assert_int_equal(counterfoil_async_ready(loop->async, events[i].data.fd, events_of(events[i].events)), COUNTERFOIL_OK);
	if (loop->due < 0 || clock_mono_ms() < loop->due)
		return;
	loop->due = -1;
	assert_int_equal(counterfoil_async_timer(loop->async), COUNTERFOIL_OK);
}

void loop_run(struct poll_loop *loop)
{
	int64_t until = clock_mono_ms() + RUN_MOST_MS;
	while (loop->count || loop->due >= 0) {
		loop_once(loop, 1000);
		if (clock_mono_ms() > until)
			fail_msg("%d descriptors and timer %lld after %d ms", loop->count, (long long)loop->due, RUN_MOST_MS);
	}
}

void loop_for(struct poll_loop *loop, int milliseconds)
{
	int64_t until = clock_mono_ms() + milliseconds, left;
	while ((left = until - clock_mono_ms()) > 0)
		loop_once(loop, (int)left);
}

void on_told(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	struct told *told = context;
	told->times++;
	told->code = code;
	told->response = response;
	told->error = *error;
	told->at = clock_mono_ms();
	told->call = NULL;
}

void loop_start(struct poll_loop *loop, counterfoil_request *request, struct told *told)
{
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = request, .on_done = on_told, .context = told};
	counterfoil_error error;
	*told = (struct told){0};
	request->size = sizeof *request;
	if (counterfoil_async_start(loop->async, &wanted, &told->call, &error))
		fail_msg("%s: not started: %s", request->url, error.text);
	assert_non_null(told->call);
	assert_int_equal(told->times, 0);
}

void expect_told(const char *what, struct told *told, counterfoil_code code, const char *body)
{
	if (told->times != 1 || told->code != code)
		fail_msg("%s: told %d times, wanted %s, had %s: %s", what, told->times, counterfoil_code_word(code),
			 counterfoil_code_word(told->code), told->error.text);
	if (told->error.code != code || (code && !told->error.text[0]))
		fail_msg("%s: the error does not say %s", what, counterfoil_code_word(code));
	if ((code == COUNTERFOIL_OK) != (told->response != NULL) && counterfoil_category_of(code) != COUNTERFOIL_CATEGORY_REFUSED &&
	    code != COUNTERFOIL_REVOKED)
		fail_msg("%s: %s and response %p", what, counterfoil_code_word(code), (void *)told->response);
	if (body)
		assert_string_equal(counterfoil_response_body(told->response).data, body);
	counterfoil_response_free(told->response);
	told->response = NULL;
}
