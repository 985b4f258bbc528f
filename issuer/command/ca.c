/* `counterfoild ca`: which ceremony, with which options. */
#include "issuer/command/ca.h"

#include "base/file.h"
#include "issuer/command/command.h"
#include "issuer/process/run_lock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS_MOST = 20 };

static const struct verb {
	const char *name;
	enum err (*run)(const struct ca_wishes *w, struct errbuf *why);
	const char *options; /* their names, each between spaces */
} verbs[] = {
	{"root-crl", ca_root_crl, " config root root-key root-pass-fd crl out revoke reason days install "},
	{"new-issuing", ca_new_issuing,
	 " config root root-key root-pass-fd out request request-out certificate profile status-url key-in-file "},
	{"activate", ca_activate, " config now "},
};

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool takes(const struct verb *v, const char *option)
{
	char word[40];
	snprintf(word, sizeof word, " %s ", option);
	return strstr(v->options, word) != NULL;
}

/* The rows of all verbs, and then of one. */
static enum err parse(const struct verb *v, int argc, char **argv, struct ca_wishes *w, struct errbuf *why)
{
	const struct option_row all[] = {
		{.name = "config", .value = &w->config},
		{.name = "root", .value = &w->root},
		{.name = "root-key", .value = &w->root_key},
		{.name = "root-pass-fd", .value = &w->root_pass_fd},
		{.name = "out", .value = &w->out},
		{.name = "crl", .value = &w->crl},
		{.name = "install", .value = &w->install},
		{.name = "revoke", .value = &w->revoke},
		{.name = "reason", .value = &w->reason},
		{.name = "days", .value = &w->days},
		{.name = "request", .value = &w->request},
		{.name = "request-out", .value = &w->request_out},
		{.name = "certificate", .value = &w->certificate},
		{.name = "profile", .value = &w->profile},
		{.name = "status-url", .value = &w->status_url},
		{.name = "key-in-file", .flag = &w->key_in_file},
		{.name = "now", .flag = &w->now},
	};
	struct option_row rows[ROWS_MOST + 1] = {{0}};
	_Static_assert(sizeof all / sizeof *all <= ROWS_MOST, "a row for each option");
	struct operands none = {.most = 0};
	size_t n = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (takes(v, all[i].name))
			rows[n++] = all[i];
	return options_parse(argc, argv, rows, &none, why);
}

int command_ca(int argc, char **argv)
{
	struct ca_wishes w = {.config = NULL};
	struct errbuf why = {""};
	const struct verb *v = argc > 1 ? verb_find(argv[1]) : NULL;
	umask(077);
	if (!v)
		return command_failed(fail(&why, ERR_USAGE, "ca knows: root-crl, new-issuing, activate; see counterfoild(8)"), &why);
	enum err e = parse(v, argc - 1, argv + 1, &w, &why);
	if (!e)
		e = v->run(&w, &why);
	return e ? command_failed(e, &why) : 0;
}

enum err ca_place_open(const char *config, struct ca_place *out, struct errbuf *why)
{
	struct settings_source source;
	*out = (struct ca_place){.settings = NULL};
	enum err e = settings_read(config, &source, why);
	if (!e)
		e = settings_parse((const char *)source.text.data, source.text.len, config, source.folder, &out->settings, why);
	if (!e)
		memcpy(out->folder, source.folder, sizeof out->folder);
	settings_source_clear(&source);
	return e ? ERR_USAGE : ERR_OK;
}

void ca_place_close(struct ca_place *p)
{
	settings_free(p->settings);
	*p = (struct ca_place){.settings = NULL};
}

enum err ca_check_free(const char *path, struct errbuf *why)
{
	struct stat st;
	return lstat(path, &st) == 0 ? fail(why, ERR_EXISTS, "%s is there already, and is not replaced", path) : ERR_OK;
}

void ca_tell_daemon(const struct ca_place *p)
{
	pid_t pid = run_lock_holder(p->folder);
	if (pid <= 0)
		fputs("counterfoild: no daemon runs on it now; the next one will have it from its start\n", stderr);
	else if (kill(pid, SIGHUP) == 0)
		fprintf(stderr, "counterfoild: the daemon (process %d) was told to read its files again (SIGHUP)\n", (int)pid);
	else
		fprintf(stderr, "counterfoild: tell the daemon to read its files again: kill -HUP %d\n", (int)pid);
}
