#include "issuer/command/init.h"
#include "issuer/command/command.h"
#include "issuer/command/pass_phrase.h"

#include "ca/key_uri.h"
#include "ca/name.h"
#include "delivery/address.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err parse(int argc, char **argv, struct init_wishes *w, struct errbuf *why)
{
	const struct option_row rows[] = {
		{.name = "name", .value = &w->name},
		{.name = "domain", .value = &w->domain},
		{.name = "admin", .value = &w->admin},
		{.name = "admin-email", .value = &w->admin_email},
		{.name = "public-url", .value = &w->public_url},
		{.name = "members-url", .value = &w->members_url},
		{.name = "status-url", .value = &w->status_url},
		{.name = "listen-public", .value = &w->public_listen},
		{.name = "listen-members", .value = &w->members_listen},
		{.name = "listen-status", .value = &w->status_listen},
		{.name = "listen-ops", .value = &w->ops_listen},
		{.name = "root-pass-fd", .value = &w->root_pass_fd},
		{.name = "issuing-key", .value = &w->issuing_key},
		{.name = "issuing-pass-file", .value = &w->issuing_pass},
		{.name = "token-module", .value = &w->token_module},
		{.name = "token-pin-file", .value = &w->token_pin},
		{.name = "token-folder", .value = &w->token_folder},
		{.name = "host", .list = w->hosts, .most = HOSTS_MOST},
		{0},
	};
	struct operands folder = {.most = 1};
	enum err e = options_parse(argc, argv, rows, &folder, why);
	if (!e && folder.count != 1)
		e = fail(why, ERR_USAGE, "init needs the folder to make");
	if (!e)
		w->folder = folder.at[0];
	return e;
}

/* What is written into the configuration is found from anywhere. */
static enum err check_path(const char *option, const char *path, struct errbuf *why)
{
	return !path || path[0] == '/' || path[0] == '$' ? ERR_OK
			: fail(why, ERR_USAGE, "--%s %s: wanted a path from the root of the file system", option, path);
}

static enum err check_token(const struct init_wishes *w, struct errbuf *why)
{
	const char *const paths[][2] = {{"token-module", w->token_module}, {"token-pin-file", w->token_pin},
					{"token-folder", w->token_folder}, {"issuing-pass-file", w->issuing_pass}};
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < sizeof paths / sizeof *paths; i++)
		e = check_path(paths[i][0], paths[i][1], why);
	if (!e && w->issuing_key && !w->token_module)
		e = fail(why, ERR_USAGE, "--issuing-key needs --token-module");
	if (!e && w->issuing_key && w->issuing_pass)
		e = fail(why, ERR_USAGE, "--issuing-pass-file is for a key in a file, and --issuing-key for one in a token");
	if (!e && !w->issuing_key && (w->token_module || w->token_pin || w->token_folder))
		e = fail(why, ERR_USAGE, "a token without --issuing-key: which key is it?");
	return e || !w->issuing_key ? e : key_uri_check(w->issuing_key, why);
}

static enum err check_wishes(const struct init_wishes *w, struct errbuf *why)
{
	enum err e = name_check(w->admin, strlen(w->admin), why);
	if (!e && w->name)
		e = name_check(w->name, strlen(w->name), why);
	if (!e && w->admin_email)
		e = mailbox_check(w->admin_email, strlen(w->admin_email), why);
	if (!e && w->status_url && strncmp(w->status_url, "http://", 7) != 0)
		e = fail(why, ERR_USAGE, "--status-url %s: wanted http://: it is written into certificates, and whoever "
			 "checks one cannot check another first", w->status_url);
	if (!e)
		e = check_token(w, why);
	return e ? ERR_USAGE : ERR_OK;
}

/* ERR_OK: not there, or an empty folder. */
static enum err check_place(const char *folder, struct errbuf *why)
{
	DIR *d = opendir(folder);
	if (!d)
		return errno == ENOENT ? ERR_OK : fail(why, ERR_EXISTS, "%s: %s", folder, strerror(errno));
	size_t entries = 0;
	while (readdir(d))
		entries++;
	closedir(d);
	return entries <= 2 ? ERR_OK : fail(why, ERR_EXISTS, "%s is not empty: nothing was touched", folder);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
	(void)st;
	(void)flag;
	(void)where;
	return remove(path);
}

static enum err put_into_place(const char *from, const char *folder, struct errbuf *why)
{
	char parent[4096];
	snprintf(parent, sizeof parent, "%s", folder);
	char *slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent ? 1 : 0] = '\0';
	if (rename(from, folder) != 0)
		return fail(why, errno == ENOTEMPTY || errno == EEXIST ? ERR_EXISTS : ERR_IO, "%s: %s", folder, strerror(errno));
	int fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int bad = fd < 0 || fsync(fd) != 0;
	if (fd >= 0)
		close(fd);
	return bad ? fail(why, ERR_IO, "fsync %s: %s", slash ? parent : ".", strerror(errno)) : ERR_OK;
}

/* "DIR/" and "DIR" are one. */
static enum err trim(const char *folder, char out[4000], struct errbuf *why)
{
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (len == 0 || len >= 4000)
		return fail(why, ERR_USAGE, "the folder's name is empty or too long");
	memcpy(out, folder, len);
	out[len] = '\0';
	return ERR_OK;
}

enum err init_place(const struct init_wishes *w, const struct secret *root_pass, struct init_result *out,
		    struct errbuf *why)
{
	char folder[4000], aside[4096];
	enum err e = trim(w->folder, folder, why);
	if (!e)
		e = check_place(folder, why);
	if (e)
		return e;
	init_say_left(folder);
	snprintf(aside, sizeof aside, "%s.new-XXXXXX", folder);
	if (!mkdtemp(aside))
		return fail(why, ERR_IO, "%s: %s", aside, strerror(errno));
	e = init_build(aside, w, root_pass, out, why);
	if (!e)
		e = put_into_place(aside, folder, why);
	if (e)
		nftw(aside, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return e;
}

int command_init(int argc, char **argv)
{
	struct init_wishes w = {.admin = "Administrator"};
	struct init_result result = {0};
	struct secret *root_pass = NULL;
	struct errbuf why = {""};
	umask(077);
	enum err e = parse(argc, argv, &w, &why);
	if (!e)
		e = check_wishes(&w, &why);
	if (!e)
		e = check_place(w.folder, &why); /* before a person is asked for anything */
	if (!e)
		e = pass_phrase_of_root(w.root_pass_fd, true, &root_pass, &why);
	if (!e)
		e = init_place(&w, root_pass, &result, &why);
	if (!e)
		init_report(&w, &result);
	secret_free(root_pass);
	secret_free(result.admin_password);
	return e ? command_failed(e, &why) : 0;
}
