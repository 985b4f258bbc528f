/* settings: which server, which identity, which CA, where the password is. A flag goes before the environment
 * (COUNTERFOIL_SERVER, COUNTERFOIL_IDENTITY, COUNTERFOIL_CA, COUNTERFOIL_KEY_FILE, COUNTERFOIL_PASSWORD_FILE), and that
 * before the file $XDG_CONFIG_HOME/counterfoil/config (or ~/.config/counterfoil/config): INI without sections, the flags'
 * names as keys ('_' for '-' will do), '#' and ';' begin a comment; paths are relative to the file's folder, "~/" is home.
 * It names files and holds no secret; one that group or others may write is refused, for who writes it says which CA is
 * believed. */
#ifndef CLIENT_COMMAND_SETTINGS_H
#define CLIENT_COMMAND_SETTINGS_H

#include "client/command/arguments.h"

enum setting { SETTING_SERVER, SETTING_IDENTITY, SETTING_CA, SETTING_KEY_FILE, SETTING_PASSWORD_FILE, SETTING_COUNT };
enum origin { ORIGIN_NONE, ORIGIN_CONFIG, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

struct settings {
	struct {
		char value[4096]; /* "" when not set */
		enum origin origin;
		int line; /* of the file, when it is from there */
	} of[SETTING_COUNT];
	int password_fd; /* -1 when not given */
	char file[4096]; /* the file that was looked for, "" when there is no place for one */
	bool has_file;
};

/* Everything together. ERR_USAGE names file and line of what cannot be read, is not known or is there twice, and a value
 * that is too long; ERR_REFUSED a file that others may write. A file that is not there is fine. */
enum err settings_load(const struct arguments *given, struct settings *out, struct errbuf *why) MUST_CHECK;

/* The file's text, pure: its name is out->file, home is for "~/". Only sets what is not set yet. */
enum err settings_parse(const char *text, size_t len, const char *home, struct settings *out, struct errbuf *why) MUST_CHECK;

/* The flag of a setting, and the variable of the environment. */
const char *settings_flag(enum setting which);
const char *settings_variable(enum setting which);

#endif
