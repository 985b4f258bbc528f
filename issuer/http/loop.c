#include "issuer/http/loop.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ROUND_MOST_MS = 1000, LAST_ROUNDS = 4 };

struct loop {
	struct MHD_Daemon *daemon;
	struct ocsp_desk *desk;
	int epoll, orders; /* orders: eventfd, readable when there is one */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t obeyed;
	bool quieten, stop;
	bool is_quiet;
	int socket;
};

static int earlier(int a, int b)
{
	return b >= 0 && b < a ? b : a;
}

/* What of it there is. */
struct work {
	bool orders, answers;
};

static struct work wait_for_work(struct loop *l)
{
	MHD_UNSIGNED_LONG_LONG left = 0;
	int ms = earlier(ROUND_MOST_MS, ocsp_desk_wait(l->desk));
	if (MHD_get_timeout(l->daemon, &left) == MHD_YES && left < (MHD_UNSIGNED_LONG_LONG)ms)
		ms = (int)left;
	struct pollfd fds[] = {
		{.fd = l->epoll, .events = POLLIN},
		{.fd = ocsp_desk_fd(l->desk), .events = ocsp_desk_events(l->desk)},
		{.fd = l->orders, .events = POLLIN},
	};
	if (poll(fds, sizeof fds / sizeof fds[0], ms) < 0)
		return (struct work){true, true}; /* look at everything */
	return (struct work){.answers = fds[1].revents != 0, .orders = fds[2].revents != 0};
}

/* The library's daemon belongs to this thread: what others want of it is done here. false: it is time to stop. */
static bool obey(struct loop *l)
{
	uint64_t count;
	ssize_t n = read(l->orders, &count, sizeof count);
	(void)n; /* nothing to read is fine too */
	pthread_mutex_lock(&l->lock);
	if (l->quieten && !l->is_quiet) {
		l->socket = MHD_quiesce_daemon(l->daemon);
		l->is_quiet = true;
		pthread_cond_broadcast(&l->obeyed);
	}
	bool go_on = !l->stop;
	pthread_mutex_unlock(&l->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct loop *l = arg;
	struct work work = {true, true};
	/* In this order: a connection that was resumed goes on in the library's next round, for which nothing wakes us; what
	 * that round asks for is sent before we wait. */
	while (!work.orders || obey(l)) {
		if (work.answers)
			ocsp_desk_receive(l->desk);
		MHD_run(l->daemon);
		ocsp_desk_send(l->desk);
		work = wait_for_work(l);
	}
	ocsp_desk_abandon(l->desk); /* a connection that still waits would abort the library's stop */
	for (int i = 0; i < LAST_ROUNDS; i++)
		MHD_run(l->daemon);
	return NULL;
}

static void order(struct loop *l, bool *what)
{
	uint64_t one = 1;
	pthread_mutex_lock(&l->lock);
	*what = true;
	pthread_mutex_unlock(&l->lock);
	ssize_t n = write(l->orders, &one, sizeof one);
	(void)n; /* full means that it is readable already */
}

enum err loop_start(struct MHD_Daemon *daemon, struct ocsp_desk *desk, struct loop **out)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct loop *l = calloc(1, sizeof *l);
	if (!l || !info) {
		free(l);
		return ERR_MEMORY;
	}
	l->daemon = daemon;
	l->desk = desk;
	l->epoll = info->epoll_fd;
	l->socket = -1;
	l->orders = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->obeyed, NULL);
	if (l->orders >= 0 && pthread_create(&l->thread, NULL, run, l) == 0) {
		*out = l;
		return ERR_OK;
	}
	if (l->orders >= 0)
		close(l->orders);
	pthread_cond_destroy(&l->obeyed);
	pthread_mutex_destroy(&l->lock);
	free(l);
	return ERR_MEMORY;
}

int loop_quiet(struct loop *l)
{
	order(l, &l->quieten);
	pthread_mutex_lock(&l->lock);
	while (!l->is_quiet)
		pthread_cond_wait(&l->obeyed, &l->lock);
	int socket = l->socket;
	pthread_mutex_unlock(&l->lock);
	return socket;
}

void loop_stop(struct loop *l)
{
	if (!l)
		return;
	order(l, &l->stop);
	pthread_join(l->thread, NULL);
	close(l->orders);
	pthread_cond_destroy(&l->obeyed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
