#include "issuer/process/supervisor.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/pack.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	BACK_OFF_FIRST = 100,
	BACK_OFF_MOST = 5000,
	AGAIN_MOST = 2000,   /* of one that begins anew: its token may be back */
	LONG_LIFE = 10000,   /* after which a death is not held against the next start */
	RELINK_PAUSE = 100,  /* so that a death, which also breaks lines, is seen first */
	DEATHS_AT_START = 8, /* before everything was ready once: the daemon gives up */
};

/* Whoever has most to do until the first answer goes first; but the token before those who ask it. */
const enum role start_order[CHILD_ROLES] = {ROLE_TOKEN, ROLE_FRONT, ROLE_SIGNER, ROLE_CLERK, ROLE_COURIER};

bool role_wanted(const struct settings *s, enum role r)
{
	return r != ROLE_TOKEN || settings_token_wanted(s);
}

/* A token may be away as well at the start as later: its process, which may hang or die of it, is nobody's condition. */
static bool start_depends_on(enum role r)
{
	return r != ROLE_TOKEN;
}

static void announce_when_ready(struct supervisor *s)
{
	for (size_t i = 0; i < CHILD_ROLES; i++)
		if (!s->processes[start_order[i]].ready && start_depends_on(start_order[i]))
			return;
	if (s->announced)
		return;
	s->announced = true;
	sd_notify(0, "READY=1");
	log_event(LOG_LEVEL_INFO, "ready", {"version", COUNTERFOIL_VERSION});
}

static void describe_end(int status, char out[32])
{
	if (WIFSIGNALED(status))
		snprintf(out, 32, "signal %d", WTERMSIG(status));
	else
		snprintf(out, 32, "exit %d", WEXITSTATUS(status));
}

static void plan_successor(struct supervisor *s, struct process *p)
{
	int64_t now = clock_mono_ms();
	bool long_life = now - p->started_at >= LONG_LIFE;
	p->back_off = long_life || !p->back_off ? BACK_OFF_FIRST : p->back_off * 2;
	int64_t most = p->again ? AGAIN_MOST : BACK_OFF_MOST;
	if (p->back_off > most)
		p->back_off = most;
	if (p->reloading)
		p->back_off = 0;
	p->start_at = now + p->back_off;
	if (!s->announced && !p->reloading && !p->again && start_depends_on(p->role))
		s->deaths_before++;
	p->reloading = false;
}

static void bury(struct supervisor *s, struct process *p, int status, bool for_good)
{
	char end[32], pid[16], pause[16];
	p->again = WIFEXITED(status) && WEXITSTATUS(status) == CHILD_AGAIN;
	bool left = WIFEXITED(status) && WEXITSTATUS(status) == 0; /* by itself */
	bool expected = for_good || p->reloading || p->again || left;
	describe_end(status, end);
	snprintf(pid, sizeof pid, "%d", (int)p->pid);
	if (p->control >= 0)
		close(p->control);
	p->control = -1;
	p->pid = 0;
	p->ready = false;
	crash_point(CRASH_SUPERVISOR_REAPED);
	if (!for_good)
		plan_successor(s, p);
	snprintf(pause, sizeof pause, "%" PRId64, for_good ? 0 : p->back_off);
	log_event(p->again ? LOG_LEVEL_DEBUG : expected ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, expected ? "child.stopped" : "child.died",
		  {"role", role_name(p->role)}, {"pid", pid}, {"end", end}, {"restart_ms", pause});
}

void processes_reap(struct supervisor *s, bool for_good)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILD_ROLES; i++)
			if (s->processes[start_order[i]].pid == pid)
				bury(s, &s->processes[start_order[i]], status, for_good);
}

/* What a child says. Nothing it can say harms another: at most it gets a fresh line to a server it may call anyway. */
static enum err hear(struct supervisor *s, struct process *p, const struct frame *f)
{
	if (f->op == CONTROL_READY) {
		p->ready = true;
		log_event(p->again ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "child.ready", {"role", role_name(p->role)});
		announce_when_ready(s);
		return ERR_OK;
	}
	struct unpack u = unpack_begin(f->body, f->len);
	uint8_t server = unpack_u8(&u);
	if (f->op != CONTROL_WANT_LINE || unpack_end(&u) != ERR_OK)
		return ERR_MALFORMED;
	for (size_t i = 0; i < link_count; i++)
		if (link_table[i].client == p->role && link_table[i].server == server) {
			p->relink_at[server] = clock_mono_ms() + RELINK_PAUSE;
			return ERR_OK;
		}
	return ERR_REFUSED;
}

static void listen_to(struct supervisor *s, struct process *p)
{
	struct buf store = BUF_INIT(64);
	struct frame f;
	enum err e = frame_receive(p->control, &store, &f, clock_mono_ms() + 1000);
	if (!e)
		e = hear(s, p, &f);
	if (e && e != ERR_TIMEOUT) { /* closed: it is ending. Anything else is not our child's way of speaking */
		if (e != ERR_CLOSED)
			log_event(LOG_LEVEL_ERROR, "child.misspoke", {"role", role_name(p->role)}, {"fault", err_word(e)});
		kill(p->pid, SIGKILL);
		close(p->control);
		p->control = -1;
	}
	buf_free(&store);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int64_t next_deadline(const struct supervisor *s)
{
	uint64_t watchdog_us = 0;
	int64_t next = clock_mono_ms() + 60000;
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		next = earliest(next, clock_mono_ms() + (int64_t)(watchdog_us / 2000));
	for (size_t i = 0; i < CHILD_ROLES; i++) {
		const struct process *p = &s->processes[start_order[i]];
		next = earliest(next, p->start_at);
		for (int r = 0; r < ROLE_COUNT; r++)
			next = earliest(next, p->relink_at[r]);
	}
	return next;
}

static void start_one(struct supervisor *s, struct process *p)
{
	struct errbuf why = {""};
	char pid[16];
	enum err e = process_start(s, p, &why);
	if (e) {
		log_event(LOG_LEVEL_ERROR, "child.start", {"role", role_name(p->role)}, {"reason", err_why(e, &why)});
		p->started_at = clock_mono_ms();
		plan_successor(s, p);
		return;
	}
	if (s->announced)
		crash_point(CRASH_SUPERVISOR_RESTARTED);
	snprintf(pid, sizeof pid, "%d", (int)p->pid);
	log_event(p->again ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "child.started", {"role", role_name(p->role)}, {"pid", pid});
}

static void do_what_is_due(struct supervisor *s)
{
	int64_t now = clock_mono_ms();
	for (size_t i = 0; i < CHILD_ROLES; i++) {
		struct process *p = &s->processes[start_order[i]];
		if (!p->pid && p->start_at && p->start_at <= now)
			start_one(s, p);
		for (int r = 0; r < ROLE_COUNT; r++) {
			if (!p->relink_at[r] || p->relink_at[r] > now)
				continue;
			p->relink_at[r] = 0;
			enum err e = process_link(s, p->role, (enum role)r);
			(void)e; /* one of the two is dying: it is linked when its successor starts */
		}
	}
	sd_notify(0, "WATCHDOG=1");
}

static void reload(struct supervisor *s)
{
	static const enum role fresh[] = {ROLE_FRONT, ROLE_TOKEN, ROLE_SIGNER, ROLE_CLERK}; /* the first two in any case */
	struct errbuf why = {""};
	bool all = false;
	enum err e = grants_reopen(s, &all, &why);
	if (e) {
		log_event(LOG_LEVEL_ERROR, "reload.refused", {"reason", err_why(e, &why)});
		return;
	}
	log_event(LOG_LEVEL_INFO, "reload", {"what", "certificates and keys of the listeners, and the token's PIN"});
	for (size_t i = 0; i < (all ? sizeof fresh / sizeof *fresh : 2); i++) {
		struct process *p = &s->processes[fresh[i]];
		if (p->pid && process_say(p, CONTROL_STOP, NULL, -1) == ERR_OK)
			p->reloading = true;
	}
}

/* false: it is time to stop. */
static bool take_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;
	while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			return false;
		if (info.ssi_signo == SIGHUP)
			reload(s);
	}
	processes_reap(s, false);
	return true;
}

static bool wait_and_act(struct supervisor *s)
{
	struct pollfd fds[CHILD_ROLES + 1];
	for (size_t i = 0; i < CHILD_ROLES; i++)
		fds[i] = (struct pollfd){.fd = s->processes[start_order[i]].control, .events = POLLIN};
	fds[CHILD_ROLES] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	int64_t left = next_deadline(s) - clock_mono_ms();
	int n = poll(fds, CHILD_ROLES + 1, left < 0 ? 0 : (int)left);
	for (size_t i = 0; n > 0 && i < CHILD_ROLES; i++)
		if (fds[i].revents)
			listen_to(s, &s->processes[start_order[i]]);
	if (n > 0 && fds[CHILD_ROLES].revents && !take_signal(s))
		return false;
	do_what_is_due(s);
	return s->announced || s->deaths_before < DEATHS_AT_START;
}

static enum err catch_signals(struct supervisor *s)
{
	sigset_t set;
	sigemptyset(&set);
	const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaddset(&set, caught[i]);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_IO;
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? ERR_IO : ERR_OK;
}

int supervisor_run(const char *config)
{
	static struct supervisor s;
	struct errbuf why = {""};
	log_process(role_name(ROLE_SUPERVISOR));
	enum err e = supervisor_prepare(&s, config, &why);
	if (!e)
		e = catch_signals(&s);
	if (e) {
		log_event(LOG_LEVEL_ERROR, "start.refused", {"reason", err_why(e, &why)});
		supervisor_clear(&s);
		return err_exit_code(e);
	}
	for (size_t i = 0; i < CHILD_ROLES; i++)
		if (role_wanted(s.settings, start_order[i]))
			start_one(&s, &s.processes[start_order[i]]);
	while (wait_and_act(&s))
		;
	bool failed = !s.announced && s.deaths_before >= DEATHS_AT_START;
	if (failed)
		log_event(LOG_LEVEL_ERROR, "start.failed", {"reason", "the processes die before they are ready"});
	processes_stop(&s);
	supervisor_clear(&s);
	return failed ? err_exit_code(ERR_INTERNAL) : 0;
}
