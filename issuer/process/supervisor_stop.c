/* The end, in order: whoever asks goes before whoever answers, so that no request is cut. */
#include "base/clock.h"
#include "base/log.h"
#include "issuer/process/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { STOP_PATIENCE = 5000 };

const enum role stop_order[CHILD_ROLES] = {ROLE_FRONT, ROLE_CLERK, ROLE_COURIER, ROLE_SIGNER};

/* Until p has ended, or the deadline, or a second order to stop: then nobody is waited for any longer. */
static bool wait_for_end(struct supervisor *s, const struct process *p, int64_t deadline, bool *hurry)
{
	for (;;) {
		processes_reap(s, true);
		int64_t left = deadline - clock_mono_ms();
		if (!p->pid || left <= 0 || *hurry)
			return !p->pid;
		struct pollfd f = {.fd = s->signals, .events = POLLIN};
		struct signalfd_siginfo info;
		if (poll(&f, 1, (int)left) <= 0)
			continue;
		while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
			if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
				*hurry = true;
	}
}

static void stop_one(struct supervisor *s, struct process *p, bool *hurry)
{
	if (!p->pid)
		return;
	bool told = p->control >= 0 && process_say(p, CONTROL_STOP, NULL, -1) == ERR_OK;
	if (wait_for_end(s, p, clock_mono_ms() + (told ? STOP_PATIENCE : 0), hurry))
		return;
	log_event(LOG_LEVEL_WARNING, "child.killed", {"role", role_name(p->role)});
	kill(p->pid, SIGKILL);
	bool patient = false;
	wait_for_end(s, p, clock_mono_ms() + STOP_PATIENCE, &patient);
}

void processes_stop(struct supervisor *s)
{
	bool hurry = false;
	sd_notify(0, "STOPPING=1");
	log_event(LOG_LEVEL_INFO, "stopping", {"order", "front, clerk, courier, signer"});
	for (size_t i = 0; i < CHILD_ROLES; i++)
		stop_one(s, &s->processes[stop_order[i]], &hurry);
	log_event(LOG_LEVEL_INFO, "stopped", {"process", NULL});
}
