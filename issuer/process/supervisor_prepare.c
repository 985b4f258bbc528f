/* Everything that must be there before the first child is. */
#include "base/log.h"
#include "issuer/keys_unfinished.h"
#include "issuer/languages.h"
#include "issuer/process/supervisor.h"
#include "issuer/process/run_lock.h"
#include "issuer/process/walls.h"
#include "issuer/token/pin_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *user_of(const struct settings *s, enum role r)
{
	const char *const users[ROLE_COUNT] = {
		[ROLE_SIGNER] = s->user_signer, [ROLE_FRONT] = s->user_front,
		[ROLE_COURIER] = s->user_courier, [ROLE_CLERK] = s->user_clerk,
		[ROLE_TOKEN] = s->user_token,
	};
	return users[r];
}

static enum err find_user(const char *name, enum role role, struct birth *b, struct errbuf *why)
{
	errno = 0;
	const struct passwd *p = getpwnam(name);
	if (!p)
		return fail(why, ERR_USAGE, "users.%s = %s: there is no such user", role_name(role), name);
	b->uid = p->pw_uid;
	b->change_user = p->pw_uid != geteuid();
	if (b->change_user && geteuid() != 0)
		return fail(why, ERR_USAGE, "users.%s = %s: only root can start it as another user", role_name(role), name);
	int n = GROUPS_MOST;
	if (getgrouplist(name, p->pw_gid, b->groups, &n) < 0)
		return fail(why, ERR_USAGE, "users.%s = %s: member of more than %d groups", role_name(role), name, GROUPS_MOST);
	b->group_count = (size_t)n;
	for (size_t i = 1; i < b->group_count; i++) /* the primary one comes first */
		if (b->groups[i] == p->pw_gid) {
			b->groups[i] = b->groups[0];
			b->groups[0] = p->pw_gid;
		}
	return ERR_OK;
}

enum err supervisor_users(struct supervisor *s, struct errbuf *why)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < CHILD_ROLES && !e; i++) {
		enum role r = start_order[i];
		const char *name = user_of(s->settings, r);
		if (name[0])
			e = find_user(name, r, &s->processes[r].birth, why);
	}
	return e;
}

static enum err check_data(const struct settings *s, struct errbuf *why)
{
	struct stat st;
	if (stat(s->database, &st) != 0)
		return fail(why, ERR_USAGE, "installation.database: %s: %s (counterfoild init makes a new installation)",
			    s->database, strerror(errno));
	if (!S_ISREG(st.st_mode) || (st.st_mode & S_IRWXO))
		return fail(why, ERR_USAGE, "installation.database: %s must be a file that others cannot read", s->database);
	if (stat(s->journal, &st) != 0)
		return fail(why, ERR_USAGE, "installation.journal: %s: %s: without it neither revocations that a crash cut off nor "
			    "an old database can be told; put it back", s->journal, strerror(errno));
	if (stat(s->spool, &st) != 0 || !S_ISDIR(st.st_mode))
		return fail(why, ERR_USAGE, "delivery.spool: %s is not a folder", s->spool);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return fail(why, ERR_USAGE, "delivery.spool: %s may be read by others: chmod 700 %s", s->spool, s->spool);
	return ERR_OK;
}

/* A fault in a text is found before anybody waits for that text. */
static enum err check_languages(const struct settings *s, struct errbuf *why)
{
	struct languages *all = NULL;
	enum err e = languages_load(s, &all, why);
	languages_free(all);
	return e;
}

static void say_unfinished(void *ctx, const char *path, enum err e, const struct errbuf *why)
{
	(void)ctx;
	log_event(LOG_LEVEL_WARNING, "key.unfinished", {"file", path},
		  {"what", e ? err_why(e, why) : "what was left of a key whose writing was cut off is erased"});
}

/* No condition of a start: it is told of, here and by check. */
static void erase_unfinished(const struct settings *s)
{
	struct errbuf why = {""};
	enum err e = keys_unfinished_erase(s, -1, say_unfinished, NULL, &why);
	if (e)
		say_unfinished(NULL, s->keys_others, e, &why);
}

/* One page that can neither shrink under its readers nor grow. */
static enum err make_page(struct supervisor *s, struct errbuf *why)
{
	static const struct shared_page first = {.issuing_paused = ISSUING_NOT_COMPARED};
	s->shared = memfd_create("counterfoil", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->shared < 0 || write(s->shared, &first, sizeof first) != (ssize_t)sizeof first ||
	    fcntl(s->shared, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return fail(why, ERR_MEMORY, "shared page: %s", strerror(errno));
	enum err e = pin_trial_make(&s->trial, why);
	if (e)
		return e;
	s->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s->ocsp) != 0)
		return fail(why, ERR_IO, "socketpair: %s", strerror(errno));
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return s->kick < 0 || s->null < 0 ? fail(why, ERR_IO, "descriptors: %s", strerror(errno)) : ERR_OK;
}

/* Children inherit these: connections cost descriptors, secrets cost locked memory. */
static void raise_limits(void)
{
	static const int limits[] = {RLIMIT_NOFILE, RLIMIT_MEMLOCK};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit l;
		if (getrlimit(limits[i], &l) == 0) {
			l.rlim_cur = l.rlim_max;
			(void)!setrlimit(limits[i], &l); /* with less there are fewer connections, no faults */
		}
	}
}

static void set_empty(struct supervisor *s)
{
	*s = (struct supervisor){.shared = -1, .trial = -1, .kick = -1, .ocsp = {-1, -1}, .null = -1, .run_lock = -1,
				  .signals = -1};
	for (int i = 0; i < LISTENERS; i++)
		s->listeners[i] = -1;
	for (int r = 0; r < ROLE_COUNT; r++) {
		s->processes[r].role = (enum role)r;
		s->processes[r].control = -1;
	}
}

enum err supervisor_prepare(struct supervisor *s, const char *config, struct errbuf *why)
{
	set_empty(s);
	enum err e = settings_read(config, &s->source, why);
	if (!e)
		e = settings_parse((const char *)s->source.text.data, s->source.text.len, config, s->source.folder,
				   &s->settings, why);
	if (e)
		return ERR_USAGE;
	raise_limits();
	e = walls_hide(why); /* this process will hold the descriptors of every key */
	if (!e)
		e = run_lock_take(s->source.folder, &s->run_lock, why);
	if (!e)
		e = check_data(s->settings, why);
	if (!e)
		e = check_languages(s->settings, why);
	if (!e)
		e = supervisor_upgrade(s->settings, why);
	if (!e) {
		erase_unfinished(s->settings);
		e = supervisor_users(s, why);
	}
	if (!e)
		e = grants_open(s, why);
	if (!e)
		e = make_page(s, why);
	return e ? e : listeners_open(s->settings, s->listeners, why);
}

void supervisor_clear(struct supervisor *s)
{
	grants_close(s);
	int *const descriptors[] = {&s->shared, &s->trial, &s->kick, &s->ocsp[0], &s->ocsp[1], &s->null, &s->signals,
				    &s->run_lock};
	for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
		if (*descriptors[i] >= 0)
			close(*descriptors[i]);
	for (int i = 0; i < LISTENERS; i++)
		if (s->listeners[i] >= 0)
			close(s->listeners[i]);
	settings_free(s->settings);
	settings_source_clear(&s->source);
}
