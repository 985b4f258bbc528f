/* Listeners, addresses, files, database, walls. */
#include "issuer/command/check_token.h"
#include "issuer/process/supervisor.h"
#include "issuer/process/walls.h"
#include "issuer/store/store.h"

#include "ca/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void check_listeners(struct check *c)
{
	for (size_t i = 0; i < LISTENERS; i++) {
		const char *where = listener_setting(c->settings, i);
		if (strcmp(where, "fd") == 0)
			check_say(c, CHECK_NOTE, "listener %s: takes the inherited socket named %s", listener_names[i],
				  listener_names[i]);
		else
			check_say(c, CHECK_OK, "listener %s: binds %s", listener_names[i], where);
	}
	if (strncmp(c->settings->ops_listen, "127.", 4) != 0 && strncmp(c->settings->ops_listen, "[::1]", 5) != 0 &&
	    strcmp(c->settings->ops_listen, "fd") != 0)
		check_say(c, CHECK_WARNING, "ops.listen = %s: metrics are for this machine", c->settings->ops_listen);
}

void check_addresses(struct check *c)
{
	const struct settings *s = c->settings;
	char uri[512];
	const struct profile_name names[] = {{"domain", s->domain}, {"staff", "aaaaaaaaaaaaaaaa"}, {NULL, NULL}};
	const char *const tls[][2] = {{"public.url", s->public_url}, {"members.url", s->members_url}};
	for (size_t i = 0; i < 2; i++)
		if (strncmp(tls[i][1], "https://", 8) != 0)
			check_say(c, CHECK_FAULT, "%s = %s: wanted https://", tls[i][0], tls[i][1]);
	if (strncmp(s->status_url, "http://", 7) != 0)
		check_say(c, CHECK_FAULT, "status.url = %s: wanted http://; it stands in certificates, and whoever checks one "
			  "cannot check another first", s->status_url);
	else
		check_say(c, CHECK_OK, "certificates name %s/ocsp and %s/crl/issuing.crl: both must be reached by whoever "
			  "checks one", s->status_url, s->status_url);
	if (profile_uri(profile_get(PROFILE_STAFF), names, uri, NULL) != ERR_OK)
		check_say(c, CHECK_FAULT, "installation.domain = %s cannot stand in a certificate: a-z, 0-9, '.', '-' and '_'",
			  s->domain);
}

static void file_seen(void *ctx, const char *name, const char *path, enum err e, const struct errbuf *why)
{
	if (e)
		check_say(ctx, CHECK_FAULT, "%s", err_why(e, why));
	else
		check_say(ctx, CHECK_OK, "%s: %s", name, path);
}

void check_files(struct check *c)
{
	grants_look(c->settings, file_seen, c);
}

static void check_folder(struct check *c, const char *key, const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		check_say(c, CHECK_FAULT, "%s: %s: %s", key, path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		check_say(c, CHECK_FAULT, "%s: %s is not a folder", key, path);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		check_say(c, CHECK_FAULT, "%s: %s may be read by others: chmod 700 %s", key, path, path);
	else
		check_say(c, CHECK_OK, "%s: %s", key, path);
}

/* Beside the root's certificate is where init left its key. */
static void check_root_key(struct check *c)
{
	char path[4096];
	const char *slash = strrchr(c->settings->ca_root, '/');
	int n = snprintf(path, sizeof path, "%.*s/root.key", (int)(slash - c->settings->ca_root), c->settings->ca_root);
	if (n < (int)sizeof path && access(path, F_OK) == 0)
		check_say(c, CHECK_WARNING, "%s is still here: take it offline", path);
}

void check_store(struct check *c)
{
	struct store *store = NULL;
	struct errbuf why = {""};
	struct stat st;
	enum err e = store_open(c->settings->database, STORE_READ_ONLY, &store, &why);
	if (!e)
		e = store_fits(store, &why);
	if (e)
		check_say(c, CHECK_FAULT, "installation.database: %s", err_why(e, &why));
	else
		check_say(c, CHECK_OK, "installation.database: %s", c->settings->database);
	store_close(store);
	if (stat(c->settings->journal, &st) != 0)
		check_say(c, CHECK_FAULT, "installation.journal: %s: %s", c->settings->journal, strerror(errno));
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		check_say(c, CHECK_FAULT, "installation.journal: %s may be read by others: chmod 600 %s", c->settings->journal,
			  c->settings->journal);
	else
		check_say(c, CHECK_OK, "installation.journal: %s", c->settings->journal);
	check_folder(c, "delivery.spool", c->settings->spool);
	check_root_key(c);
}

bool check_mode_lets(const struct stat *st, const struct birth *b, mode_t rights)
{
	mode_t shift = b->uid == st->st_uid ? 6 : 0;
	for (size_t i = 0; i < b->group_count && shift == 0; i++)
		shift = b->groups[i] == st->st_gid ? 3 : 0;
	return (st->st_mode >> shift & rights) == rights;
}

static void check_right(struct check *c, const struct birth *b, const char *path, mode_t rights)
{
	struct stat st;
	if (b->change_user && stat(path, &st) == 0 && !check_mode_lets(&st, b, rights))
		check_say(c, CHECK_FAULT, "%s: its mode does not let the %s %s it", path, role_name(b->role),
			  rights == 7 ? "use" : rights == 6 ? "read and write" : "pass");
}

/* What the users of front, clerk, token and courier must reach by name; all else they get as open descriptors. */
static void check_rights(struct check *c, struct supervisor *s)
{
	static const enum role database_roles[] = {ROLE_FRONT, ROLE_CLERK};
	char folder[4096];
	const char *database = c->settings->database, *slash = strrchr(database, '/');
	snprintf(folder, sizeof folder, "%.*s", slash == database ? 1 : (int)(slash - database), database);
	for (size_t i = 0; i < sizeof database_roles / sizeof *database_roles; i++) {
		struct birth *b = &s->processes[database_roles[i]].birth;
		b->role = database_roles[i];
		check_right(c, b, folder, 1);
		check_right(c, b, database, 6);
	}
	s->processes[ROLE_TOKEN].birth.role = ROLE_TOKEN;
	if (role_wanted(c->settings, ROLE_TOKEN) && c->settings->token_folder[0])
		check_right(c, &s->processes[ROLE_TOKEN].birth, c->settings->token_folder, 5);
	check_token_reach(c, &s->processes[ROLE_TOKEN].birth);
	s->processes[ROLE_COURIER].birth.role = ROLE_COURIER;
	check_right(c, &s->processes[ROLE_COURIER].birth, c->settings->spool, 7);
}

static void check_users(struct check *c)
{
	struct supervisor s = {.settings = (struct settings *)(uintptr_t)c->settings};
	struct errbuf why = {""};
	enum err e = supervisor_users(&s, &why);
	size_t own = 0, wanted = 0;
	for (size_t i = 0; i < CHILD_ROLES; i++) {
		bool there = role_wanted(c->settings, start_order[i]);
		wanted += there;
		own += there && s.processes[start_order[i]].birth.change_user;
	}
	if (e)
		check_say(c, CHECK_FAULT, "%s", err_why(e, &why));
	else if (own < wanted)
		check_say(c, CHECK_NOTE, "users: %zu of %zu processes change their user; the others run as user %u, apart only "
			  "by landlock and seccomp", own, wanted, (unsigned)geteuid());
	else
		check_say(c, CHECK_OK, "users: every process has its own setting");
	if (!e)
		check_rights(c, &s);
}

void check_walls(struct check *c)
{
	int abi = walls_landlock_abi();
	if (abi == 0)
		check_say(c, CHECK_WARNING, "landlock: this kernel has none; the processes can open what their user can until "
			  "seccomp stands");
	else
		check_say(c, CHECK_OK, "landlock: version %d of its interface%s", abi,
			  abi < 4 ? "; networks are closed by seccomp alone" : "");
	if (walls_seccomp_there())
		check_say(c, CHECK_OK, "seccomp: there");
	else
		check_say(c, CHECK_FAULT, "seccomp: this kernel has none; the daemon does not run without");
	check_users(c);
}
