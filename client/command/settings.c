#include "client/command/settings.h"
#include "base/file.h"
#include "base/ini_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 65536, KEY_SIZE = 32 };

static const struct {
	const char *flag, *environment;
	bool is_path;
} names[SETTING_COUNT] = {
	[SETTING_SERVER] = {"server", "COUNTERFOIL_SERVER", false},
	[SETTING_IDENTITY] = {"identity", "COUNTERFOIL_IDENTITY", true},
	[SETTING_CA] = {"ca", "COUNTERFOIL_CA", true},
	[SETTING_KEY_FILE] = {"key-file", "COUNTERFOIL_KEY_FILE", true},
	[SETTING_PASSWORD_FILE] = {"password-file", "COUNTERFOIL_PASSWORD_FILE", true},
};

const char *settings_flag(enum setting which)
{
	return names[which].flag;
}

const char *settings_variable(enum setting which)
{
	return names[which].environment;
}

static enum err set(struct settings *s, enum setting which, const char *value, enum origin origin, struct errbuf *why)
{
	int n = snprintf(s->of[which].value, sizeof s->of[which].value, "%s", value);
	if (n < 0 || (size_t)n >= sizeof s->of[which].value)
		return fail(why, ERR_USAGE, "%s is longer than 4095 bytes", names[which].flag);
	s->of[which].origin = origin;
	return ERR_OK;
}

/* The file, and what it has said so far: what a flag or the environment sets is heeded no more, but not said twice. */
struct reading {
	struct settings *settings;
	const char *folder, *home;
	bool seen[SETTING_COUNT];
};

static enum err set_path(struct reading *r, enum setting which, const char *value, struct errbuf *why)
{
	const bool at_home = strncmp(value, "~/", 2) == 0;
	char path[4096];
	if (!names[which].is_path || value[0] == '/')
		return set(r->settings, which, value, ORIGIN_CONFIG, why);
	if (file_join(path, at_home ? r->home : r->folder, at_home ? value + 2 : value) != ERR_OK)
		return fail(why, ERR_USAGE, "%s is longer than 4095 bytes", names[which].flag);
	return set(r->settings, which, path, ORIGIN_CONFIG, why);
}

static enum err unknown_key(const char *key, struct errbuf *why)
{
	const char *words[SETTING_COUNT];
	for (int i = 0; i < SETTING_COUNT; i++)
		words[i] = names[i].flag;
	if (strcmp(key, "password") == 0)
		return fail(why, ERR_USAGE, "no password stands here: password-file names a file that only you may read");
	const char *meant = suggest(key, words, SETTING_COUNT);
	if (meant)
		return fail(why, ERR_USAGE, "unknown key \"%.40s\": did you mean \"%s\"?", key, meant);
	return fail(why, ERR_USAGE, "unknown key \"%.40s\": want server, identity, ca, key-file or password-file", key);
}

static enum err take_pair(void *ctx, const struct ini_pair *p, struct errbuf *why)
{
	struct reading *r = ctx;
	char key[KEY_SIZE];
	if (p->section[0])
		return fail(why, ERR_USAGE, "unknown section [%.40s]: there are none", p->section);
	snprintf(key, sizeof key, "%s", p->key);
	for (char *c = key; *c; c++)
		if (*c == '_')
			*c = '-';
	for (int which = 0; which < SETTING_COUNT; which++) {
		if (strcmp(names[which].flag, key) != 0)
			continue;
		if (r->seen[which])
			return fail(why, ERR_USAGE, "%s is there twice", key);
		r->seen[which] = true;
		if (r->settings->of[which].origin != ORIGIN_NONE)
			return ERR_OK;
		r->settings->of[which].line = p->line;
		return set_path(r, (enum setting)which, p->value, why);
	}
	return unknown_key(key, why);
}

enum err settings_parse(const char *text, size_t len, const char *home, struct settings *out, struct errbuf *why)
{
	char folder[sizeof out->file];
	snprintf(folder, sizeof folder, "%s", out->file);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	struct reading r = {.settings = out, .folder = folder, .home = home};
	return ini_read(text, len, out->file, take_pair, &r, why);
}

/* Where the file is looked for. */
static void find_file(const char *home, char out[4096])
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	char folder[4096];
	int n = xdg && xdg[0] == '/' ? snprintf(folder, sizeof folder, "%s/counterfoil", xdg)
				     : snprintf(folder, sizeof folder, "%s/.config/counterfoil", home);
	if (n < 0 || (size_t)n >= sizeof folder || file_join(out, folder, "config") != ERR_OK)
		out[0] = '\0';
}

static enum err load_file(struct settings *out, struct errbuf *why)
{
	const char *home = getenv("HOME");
	home = home && home[0] ? home : "/";
	find_file(home, out->file);
	if (!out->file[0])
		return ERR_OK;
	struct buf text = BUF_INIT(CONFIG_MAX);
	enum err e = file_read_guarded(out->file, &text, why);
	out->has_file = e != ERR_NOT_FOUND;
	if (!out->has_file) {
		e = ERR_OK;
		if (why)
			why->text[0] = '\0';
	} else if (!e && text.len) {
		e = settings_parse((const char *)text.data, text.len, home, out, why);
	}
	buf_free(&text);
	return e;
}

enum err settings_load(const struct arguments *given, struct settings *out, struct errbuf *why)
{
	*out = (struct settings){.password_fd = (int)arguments_number(given, "password-fd", -1)};
	for (int i = 0; i < SETTING_COUNT; i++) {
		const char *flag = arguments_value(given, names[i].flag);
		const char *environment = getenv(names[i].environment);
		enum err e = ERR_OK;
		if (flag)
			e = set(out, (enum setting)i, flag, ORIGIN_FLAG, why);
		else if (environment && environment[0])
			e = set(out, (enum setting)i, environment, ORIGIN_ENVIRONMENT, why);
		if (e)
			return e;
	}
	return load_file(out, why);
}
