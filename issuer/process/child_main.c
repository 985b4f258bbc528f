/* The first and the last of a child: it gives up what it must not have, takes what it is granted, and becomes its role. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "ca/openssl_narrow.h"
#include "issuer/process/child_internal.h"
#include "issuer/process/walls.h"

#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int (*const role_mains[ROLE_COUNT])(struct child *c) = {
	[ROLE_SIGNER] = role_signer, [ROLE_FRONT] = role_front, [ROLE_COURIER] = role_courier, [ROLE_CLERK] = role_clerk,
	[ROLE_TOKEN] = role_token,
};

/* Those in which other libraries use OpenSSL: for TLS, and for a token. */
static const bool needs_all_of_openssl[ROLE_COUNT] = {[ROLE_COURIER] = true, [ROLE_TOKEN] = true};

static enum err change_user(const struct birth *b, struct errbuf *why)
{
	if (!b->change_user)
		return ERR_OK;
	if (b->group_count == 0 || setgroups(b->group_count, b->groups) != 0 ||
	    setresgid(b->groups[0], b->groups[0], b->groups[0]) != 0 || setresuid(b->uid, b->uid, b->uid) != 0)
		return fail(why, ERR_REFUSED, "cannot become user %u: %s", b->uid, strerror(errno));
	if (b->uid != 0 && setuid(0) == 0)
		return fail(why, ERR_INTERNAL, "user 0 could be had back");
	return ERR_OK;
}

/* In this order: setresuid clears the parent-death signal, and a parent that died before it was set is seen by getppid. */
static enum err give_up_privileges(const struct birth *b, struct errbuf *why)
{
	const struct rlimit none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fail(why, ERR_INTERNAL, "core limit: %s", strerror(errno));
	enum err e = change_user(b, why);
	if (e)
		return e;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return fail(why, ERR_INTERNAL, "parent-death signal: %s", strerror(errno));
	if (getppid() != b->parent)
		return fail(why, ERR_CLOSED, "the supervisor has gone");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(why, ERR_INTERNAL, "privileges: %s", strerror(errno));
	return walls_hide(why);
}

static void set_log_level(const char *word)
{
	static const char *const words[] = {"debug", "info", "warning", "error"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0)
			log_threshold((enum log_level)i);
}

static enum err be_born(struct child *c, struct errbuf *why)
{
	struct birth birth;
	enum err e = child_receive_birth(c, &birth, why);
	if (!e)
		e = give_up_privileges(&birth, why);
	if (!e)
		e = child_receive_grants(c, why);
	if (!e)
		set_log_level(c->settings->log_level);
	return e ? e : walls_files(c->role, c->settings, why);
}

enum err child_confine(struct child *c, struct errbuf *why)
{
	enum err e = child_control_start(c);
	if (!e)
		e = walls_filter(walls_kind(c->role, c->settings), why);
	if (!e)
		e = child_say(c, CONTROL_READY, NULL);
	crash_point(CRASH_CHILD_READY);
	return e;
}

static bool started_by_supervisor(void)
{
	struct stat st;
	return fstat(CONTROL_DESCRIPTOR, &st) == 0 && S_ISSOCK(st.st_mode);
}

int child_main(const char *role_text)
{
	static struct child c; /* the control thread looks at it until the very end */
	enum role role;
	struct errbuf why = {""};
	mallopt(M_PERTURB, 0xa5);
	if (role_from_name(role_text, &role) != ERR_OK || !role_mains[role] || !started_by_supervisor())
		return err_exit_code(ERR_USAGE);
	log_process(role_name(role));
	char name[16]; /* ps would say "exe" */
	snprintf(name, sizeof name, "cf-%s", role_name(role));
	prctl(PR_SET_NAME, name, 0, 0, 0);
	(void)clock_now(); /* a test's clock opens its file at the first look, which must be now */
	crash_point(CRASH_CHILD_START); /* likewise */
	tzset();
	enum err e = child_init(&c, role, CONTROL_DESCRIPTOR);
	/* Another version of OpenSSL may call its parts otherwise: reading keys is slow then, and nothing else. */
	if (!e && !needs_all_of_openssl[role] && openssl_narrow() != ERR_OK)
		log_event(LOG_LEVEL_WARNING, "openssl.whole",
			  {"what", "this OpenSSL cannot be narrowed to our kinds of keys"});
	if (!e)
		e = be_born(&c, &why);
	if (e) {
		log_event(LOG_LEVEL_ERROR, "child.birth", {"fault", err_word(e)}, {"reason", err_why(e, &why)});
		return err_exit_code(e);
	}
	return role_mains[role](&c);
}
