/* The end, in order: whoever asks goes before whoever answers, so that no request is cut. */
#include "base/clock.h"
#include "base/log.h"
#include "issuer/process/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	STOP_PATIENCE = 5000,
	ONE_ORDER = 1000, /* timeout(1), a shell and a service manager tell the process and its group: that is one order */
};

struct stopping {
	int64_t began;
	bool hurry; /* a second order: nobody is waited for any longer */
};

const enum role stop_order[CHILD_ROLES] = {ROLE_FRONT, ROLE_CLERK, ROLE_COURIER, ROLE_SIGNER, ROLE_TOKEN};

/* Until p has ended, or the deadline, or a second order to stop. */
static bool wait_for_end(struct supervisor *s, const struct process *p, int64_t deadline, struct stopping *stop)
{
	for (;;) {
		processes_reap(s, true);
		int64_t left = deadline - clock_mono_ms();
		if (!p->pid || left <= 0 || stop->hurry)
			return !p->pid;
		struct pollfd f = {.fd = s->signals, .events = POLLIN};
		struct signalfd_siginfo info;
		if (poll(&f, 1, (int)left) <= 0)
			continue;
		while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
			if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
				stop->hurry = clock_mono_ms() - stop->began >= ONE_ORDER;
	}
}

static void stop_one(struct supervisor *s, struct process *p, struct stopping *stop)
{
	if (!p->pid)
		return;
	bool told = p->control >= 0 && process_say(p, CONTROL_STOP, NULL, -1) == ERR_OK;
	if (wait_for_end(s, p, clock_mono_ms() + (told ? STOP_PATIENCE : 0), stop))
		return;
	log_event(LOG_LEVEL_WARNING, "child.killed", {"role", role_name(p->role)});
	kill(p->pid, SIGKILL);
	struct stopping patient = {.began = clock_mono_ms() + STOP_PATIENCE};
	wait_for_end(s, p, clock_mono_ms() + STOP_PATIENCE, &patient);
}

void processes_stop(struct supervisor *s)
{
	struct stopping stop = {.began = clock_mono_ms()};
	sd_notify(0, "STOPPING=1");
	log_event(LOG_LEVEL_INFO, "stopping", {"order", "front, clerk, courier, signer, token"});
	for (size_t i = 0; i < CHILD_ROLES; i++)
		stop_one(s, &s->processes[stop_order[i]], &stop);
	log_event(LOG_LEVEL_INFO, "stopped", {"process", NULL});
}
