/* settings: which server, which identity, which CA, where the password is. A flag goes before the environment
 * (COUNTERFOIL_SERVER, COUNTERFOIL_IDENTITY, COUNTERFOIL_CA, COUNTERFOIL_KEY_FILE, COUNTERFOIL_PASSWORD_FILE), and that before
 * the file $XDG_CONFIG_HOME/counterfoil/config (or ~/.config/counterfoil/config): lines `server = URL`, `identity = FILE`,
 * `ca = FILE`, `key_file = FILE`, `password_file = FILE`, '#' begins a comment; paths are relative to the file's folder, "~/" is home. */
#ifndef CLIENT_COMMAND_SETTINGS_H
#define CLIENT_COMMAND_SETTINGS_H

#include "client/command/arguments.h"

enum setting { SETTING_SERVER, SETTING_IDENTITY, SETTING_CA, SETTING_KEY_FILE, SETTING_PASSWORD_FILE, SETTING_COUNT };
enum origin { ORIGIN_NONE, ORIGIN_CONFIG, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

struct settings {
	struct {
		char value[4096]; /* "" when not set */
		enum origin origin;
	} of[SETTING_COUNT];
	int password_fd; /* -1 when not given */
};

/* Everything together. ERR_USAGE for a line of the file that cannot be read or is not known, a value too long. A file
 * that is not there is fine. */
enum err settings_load(const struct arguments *given, struct settings *out, struct errbuf *why) MUST_CHECK;

/* The file's text, pure: folder is for relative paths, home for "~/". Only sets what is not set yet. */
enum err settings_parse(const char *text, const char *folder, const char *home, struct settings *out,
			struct errbuf *why) MUST_CHECK;

#endif
