#include "client/command/settings.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 65536 };

static const struct {
	const char *flag, *environment, *key;
	bool is_path;
} names[SETTING_COUNT] = {
	[SETTING_SERVER] = {"server", "COUNTERFOIL_SERVER", "server", false},
	[SETTING_IDENTITY] = {"identity", "COUNTERFOIL_IDENTITY", "identity", true},
	[SETTING_CA] = {"ca", "COUNTERFOIL_CA", "ca", true},
	[SETTING_KEY_FILE] = {"key-file", "COUNTERFOIL_KEY_FILE", "key_file", true},
	[SETTING_PASSWORD_FILE] = {"password-file", "COUNTERFOIL_PASSWORD_FILE", "password_file", true},
};

static enum err set(struct settings *s, enum setting which, const char *value, enum origin origin, struct errbuf *why)
{
	int n = snprintf(s->of[which].value, sizeof s->of[which].value, "%s", value);
	if (n < 0 || (size_t)n >= sizeof s->of[which].value)
		return fail(why, ERR_USAGE, "%s is longer than 4095 bytes", names[which].key);
	s->of[which].origin = origin;
	return ERR_OK;
}

static enum err set_path(struct settings *s, enum setting which, const char *value, const char *base, struct errbuf *why)
{
	char path[4096];
	if (file_join(path, base, value) != ERR_OK)
		return fail(why, ERR_USAGE, "%s is longer than 4095 bytes", names[which].key);
	return set(s, which, path, ORIGIN_CONFIG, why);
}

static enum err set_from_file(struct settings *s, enum setting which, const char *value, const char *const bases[2],
			      struct errbuf *why)
{
	if (s->of[which].origin != ORIGIN_NONE)
		return ERR_OK;
	if (!names[which].is_path || value[0] == '/')
		return set(s, which, value, ORIGIN_CONFIG, why);
	if (strncmp(value, "~/", 2) == 0)
		return set_path(s, which, value + 2, bases[1], why);
	return set_path(s, which, value, bases[0], why);
}

/* Cut blanks off both ends, in place. */
static char *trimmed(char *text)
{
	text += strspn(text, " \t\r");
	size_t len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static enum err parse_line(char *line, int number, const char *const bases[2], struct settings *out, struct errbuf *why)
{
	line = trimmed(line);
	if (line[0] == '\0' || line[0] == '#')
		return ERR_OK;
	char *equals = strchr(line, '=');
	if (!equals)
		return fail(why, ERR_USAGE, "line %d: want KEY = VALUE", number);
	*equals = '\0';
	const char *key = trimmed(line);
	for (int which = 0; which < SETTING_COUNT; which++)
		if (strcmp(names[which].key, key) == 0)
			return set_from_file(out, (enum setting)which, trimmed(equals + 1), bases, why);
	return fail(why, ERR_USAGE, "line %d: unknown key \"%.40s\"; want server, identity, ca, key_file or password_file", number, key);
}

enum err settings_parse(const char *text, const char *folder, const char *home, struct settings *out, struct errbuf *why)
{
	const char *const bases[2] = {folder, home};
	char line[4200];
	for (int number = 1; *text; number++) {
		size_t len = strcspn(text, "\n");
		if (len >= sizeof line)
			return fail(why, ERR_USAGE, "line %d is too long", number);
		memcpy(line, text, len);
		line[len] = '\0';
		enum err e = parse_line(line, number, bases, out, why);
		if (e)
			return e;
		text += len + (text[len] == '\n');
	}
	return ERR_OK;
}

static enum err load_file(struct settings *out, struct errbuf *why)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	char folder[4096], path[4096];
	if (!home || !home[0])
		home = "/";
	int n = xdg && xdg[0] == '/' ? snprintf(folder, sizeof folder, "%s/counterfoil", xdg)
				     : snprintf(folder, sizeof folder, "%s/.config/counterfoil", home);
	if (n < 0 || (size_t)n >= sizeof folder || file_join(path, folder, "config") != ERR_OK)
		return ERR_OK;
	struct buf text = BUF_INIT(CONFIG_MAX);
	struct errbuf line_why = {0};
	enum err e = file_read(path, &text, why);
	if (e == ERR_NOT_FOUND) {
		e = ERR_OK;
		if (why)
			why->text[0] = '\0';
	} else if (!e && text.len) {
		const char *string = buf_string(&text);
		e = string ? settings_parse(string, folder, home, out, &line_why) : ERR_MEMORY;
		if (e)
			e = fail(why, e, "%.160s: %.140s", path, err_why(e, &line_why));
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
