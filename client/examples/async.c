/* async: any number of calls side by side in one thread, driven by libevent.
 *
 *	cc async.c $(pkg-config --cflags --libs libcounterfoil libevent_core) -o async
 *	./async e-banking.p12 /etc/e-banking/password https://archive.example/v1/me https://archive.example/v1/letters
 *
 * Two functions tell libevent what the library waits for (want_fd, want_timer), two tell the library what came of it (on_fd,
 * on_time), and on_done is told how each call ended. */
#include <counterfoil.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

struct program {
	struct event_base *base;
	struct event *timer;
	counterfoil_client *client;
	counterfoil_async *async;
	int failed;
};

struct call {
	struct program *program;
	const char *url;
};

static void on_fd(evutil_socket_t fd, short ready, void *context)
{
	struct program *program = context;
	unsigned events = (ready & EV_READ ? COUNTERFOIL_WANT_READ : 0) | (ready & EV_WRITE ? COUNTERFOIL_WANT_WRITE : 0);
	counterfoil_async_ready(program->async, fd, events);
}

static void on_time(evutil_socket_t none, short ready, void *context)
{
	struct program *program = context;
	(void)none;
	(void)ready;
	counterfoil_async_timer(program->async);
}

/* *mine is the event that watches fd, NULL while there is none. */
static int want_fd(void *context, int fd, unsigned events, void **mine)
{
	struct program *program = context;
	short want = EV_PERSIST;
	if (*mine)
		event_free(*mine);
	*mine = NULL;
	if (events == COUNTERFOIL_WANT_NOTHING)
		return 0;
	if (events & COUNTERFOIL_WANT_READ)
		want |= EV_READ;
	if (events & COUNTERFOIL_WANT_WRITE)
		want |= EV_WRITE;
	struct event *event = event_new(program->base, fd, want, on_fd, program);
	if (event && event_add(event, NULL) == 0) {
		*mine = event;
		return 0;
	}
	if (event)
		event_free(event);
	return -1;
}

static int want_timer(void *context, int64_t milliseconds)
{
	struct program *program = context;
	struct timeval in = {(time_t)(milliseconds / 1000), (suseconds_t)(milliseconds % 1000 * 1000)};
	return milliseconds < 0 ? evtimer_del(program->timer) : evtimer_add(program->timer, &in);
}

/* Further calls may be started from here. */
static void on_done(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	struct call *call = context;
	if (response) /* also when the code says that the service refused the certificate */
		printf("%d %s\n", counterfoil_response_status(response), call->url);
	if (code)
		fprintf(stderr, "async: %s: %s: %s\n", call->url, counterfoil_code_word(code), error->text);
	call->program->failed |= code || counterfoil_response_status(response) >= 300;
	counterfoil_response_free(response);
	free(call);
}

static counterfoil_code start(struct program *program, const char *url, counterfoil_error *error)
{
	struct call *call = malloc(sizeof *call);
	counterfoil_request request = {sizeof request};
	counterfoil_async_request wanted = {sizeof wanted, &request, on_done, call};
	if (!call) {
		fputs("async: out of memory\n", stderr);
		return COUNTERFOIL_OUT_OF_MEMORY;
	}
	call->program = program;
	call->url = url;
	request.url = url;
	request.retries = 3; /* a GET does no harm twice; the waits between are timers */
	counterfoil_code code = counterfoil_async_start(program->async, &wanted, NULL, error);
	if (code) { /* on_done will not be called */
		fprintf(stderr, "async: %s: %s: %s\n", url, counterfoil_code_word(code), error->text);
		free(call);
	}
	return code;
}

static counterfoil_code open_program(struct program *program, char **arguments, counterfoil_error *error)
{
	counterfoil_identity *identity = NULL;
	counterfoil_client_options options = {sizeof options};
	counterfoil_async_options loop = {sizeof loop, want_fd, want_timer, program};
	counterfoil_identity_options from = {sizeof from};
	from.file.path = arguments[1];
	from.password.path = arguments[2];
	counterfoil_code code = counterfoil_identity_load(&from, &identity, error);
	if (code)
		return code;
	options.identity = identity;
	options.connect_timeout_ms = 5000;
	options.total_timeout_ms = 30000;
	code = counterfoil_client_new(&options, &program->client, error);
	counterfoil_identity_free(identity); /* the client has its own hold */
	return code ? code : counterfoil_async_new(program->client, &loop, &program->async, error);
}

int main(int argc, char **argv)
{
	struct program program = {0};
	counterfoil_error error;
	if (argc < 4) {
		fputs("usage: async FILE.p12 PASSWORD-FILE URL...\n", stderr);
		return 2;
	}
	program.base = event_base_new();
	program.timer = program.base ? evtimer_new(program.base, on_time, &program) : NULL;
	if (!program.timer) {
		fputs("async: libevent has no memory\n", stderr);
		return 1;
	}
	if (open_program(&program, argv, &error)) {
		fprintf(stderr, "async: %s\n", error.text);
		program.failed = 1;
	}
	for (int i = 3; program.async && i < argc; i++)
		program.failed |= start(&program, argv[i], &error) != COUNTERFOIL_OK;
	event_base_dispatch(program.base); /* returns when nothing is watched any more: all calls have ended */
	counterfoil_async_free(program.async);
	counterfoil_client_free(program.client);
	event_free(program.timer);
	event_base_free(program.base);
	return program.failed;
}
