/* A process from nothing to START, and its conversations with its peers. */
#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"
#include "issuer/process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAY_PATIENCE = 5000, EXEC_FAILED = 127 };

enum err process_say(struct process *p, enum control_operation op, const struct buf *body, int passed)
{
	struct frame f = {.op = (uint16_t)op, .body = body ? body->data : NULL, .len = body ? body->len : 0};
	return frame_send_fd(p->control, &f, passed, clock_mono_ms() + SAY_PATIENCE);
}

/* In the forked child. Signals are for the supervisor alone: a stop is asked for by frame, so that it can be orderly even
 * when a terminal or a service manager signals the whole group. */
static void become(enum role role, int control, int null)
{
	sigset_t none;
	sigemptyset(&none);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int kept = fcntl(control, F_DUPFD, CONTROL_DESCRIPTOR + 1); /* dup2 of 3 onto itself would keep its close-on-exec */
	if (kept < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(kept, CONTROL_DESCRIPTOR) < 0 ||
	    close_range(CONTROL_DESCRIPTOR + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		_exit(EXEC_FAILED);
	unsetenv("NOTIFY_SOCKET"); /* only this process speaks with the service manager */
	/* glibc keeps small freed blocks in a cache of each thread, where M_PERTURB never comes: what libraries free there
	 * (the HTTP library a Set-Cookie with a claim) would stay readable. */
	if (setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1) != 0)
		_exit(EXEC_FAILED);
	execl("/proc/self/exe", "counterfoild", "role", role_name(role), (char *)NULL);
	_exit(EXEC_FAILED);
}

static enum err spawn(struct supervisor *s, struct process *p, struct errbuf *why)
{
	int ends[2];
	enum err e = frame_pair(ends);
	if (e)
		return fail(why, e, "socketpair: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		become(p->role, ends[1], s->null);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return fail(why, ERR_MEMORY, "fork: %s", strerror(errno));
	}
	p->pid = pid;
	p->control = ends[0];
	p->ready = false;
	p->started_at = clock_mono_ms();
	p->start_at = 0;
	return ERR_OK;
}

static enum err say_birth(struct process *p)
{
	struct buf body = BUF_INIT(1024);
	p->birth.role = p->role;
	p->birth.parent = getpid();
	birth_pack(&p->birth, &body);
	enum err e = buf_check(&body);
	if (!e)
		e = process_say(p, CONTROL_BEGIN, &body, -1);
	buf_free(&body);
	return e;
}

static enum err say_settings(struct supervisor *s, struct process *p)
{
	struct buf body = BUF_INIT(CONTROL_CAP);
	pack_text(&body, s->source.name);
	pack_text(&body, s->source.folder);
	pack_bytes(&body, s->source.text.data, s->source.text.len);
	enum err e = buf_check(&body);
	if (!e)
		e = process_say(p, CONTROL_SETTINGS, &body, -1);
	buf_free(&body);
	return e;
}

/* The write-ahead log, its index and the lock, empty and with the database's owner and mode: SQLite takes them as they are,
 * and a walled-in child, which may create no file beside the keys, finds them. */
static void make_database_files(const struct settings *s)
{
	static const char *const suffixes[] = {"-wal", "-shm", ".lock"};
	struct stat st;
	if (stat(s->database, &st) != 0)
		return;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char path[4096];
		int n = snprintf(path, sizeof path, "%s%s", s->database, suffixes[i]);
		int fd = n < (int)sizeof path ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777) : -1;
		if (fd < 0)
			continue; /* mostly: it exists */
		if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
			log_event(LOG_LEVEL_WARNING, "database.owner", {"file", path}, {"fault", strerror(errno)});
		close(fd);
	}
}

static bool uses_database(enum role r)
{
	return r == ROLE_FRONT || r == ROLE_CLERK;
}

static enum err tell_all(struct supervisor *s, struct process *p, struct errbuf *why)
{
	enum err e = say_birth(p);
	if (!e)
		e = say_settings(s, p);
	if (!e && uses_database(p->role))
		e = process_say(p, CONTROL_SHARED, NULL, s->shared);
	if (!e)
		e = grants_send(s, p, why);
	return e;
}

enum err process_link(struct supervisor *s, enum role client, enum role server)
{
	struct process *c = &s->processes[client], *v = &s->processes[server];
	int ends[2];
	if (!c->pid || !v->pid)
		return ERR_UNAVAILABLE;
	enum err e = frame_pair(ends);
	if (e)
		return e;
	struct buf caller = BUF_INIT(1), callee = BUF_INIT(1);
	pack_u8(&caller, (uint8_t)client);
	pack_u8(&callee, (uint8_t)server);
	e = process_say(v, CONTROL_PEER, &caller, ends[1]);
	if (!e)
		e = process_say(c, CONTROL_LINE, &callee, ends[0]);
	close(ends[0]);
	close(ends[1]);
	buf_free(&caller);
	buf_free(&callee);
	c->relink_at[server] = 0;
	return e;
}

static void link_with_living(struct supervisor *s, enum role role)
{
	for (size_t i = 0; i < link_count; i++) {
		if (link_table[i].client != role && link_table[i].server != role)
			continue;
		enum err e = process_link(s, link_table[i].client, link_table[i].server);
		if (e && e != ERR_UNAVAILABLE) /* the one that could not be told is about to be reaped */
			log_event(LOG_LEVEL_DEBUG, "process.link", {"client", role_name(link_table[i].client)},
				  {"server", role_name(link_table[i].server)}, {"fault", err_word(e)});
	}
}

static void abandon(struct process *p)
{
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(p->control);
	p->control = -1;
	p->pid = 0;
}

enum err process_start(struct supervisor *s, struct process *p, struct errbuf *why)
{
	if (uses_database(p->role))
		make_database_files(s->settings);
	enum err e = spawn(s, p, why);
	if (e)
		return e;
	e = tell_all(s, p, why);
	if (!e) {
		link_with_living(s, p->role);
		e = process_say(p, CONTROL_START, NULL, -1);
	}
	if (e)
		abandon(p);
	return e;
}
