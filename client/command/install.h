/* install: the parts of a PKCS#12 laid where a platform wants them. Internal to client/command/install*.c, to collect, and
 * their tests.
 *
 * FOLDER/nginx is a link to FOLDER/nginx-SERIAL, which holds one set of files: made under another name, synced, renamed,
 * and only then linked to. What names the files to the server is itself a file of the set and names them by the set's own
 * folder, so a server that reads it once sees the files of one set, whatever happens in between. Sets are never changed and
 * never removed. */
#ifndef CLIENT_COMMAND_INSTALL_H
#define CLIENT_COMMAND_INSTALL_H

#include "base/buf.h"
#include "base/secret.h"
#include "client/command/arguments.h"
#include "client/include/counterfoil.h"

#include <jansson.h>

enum { INSTALL_PATH = 4096, INSTALL_FILES = 4 };

struct install_file {
	const char *name; /* NULL ends the list */
	counterfoil_encoding encoding; /* 0: text */
	unsigned content;
	const char *text; /* "{}" stands for the set's folder */
};

struct platform {
	const char *word; /* NULL ends the table */
	struct install_file files[INSTALL_FILES + 1];
	const char *settings; /* what goes into the server's settings; "{}" stands for the link */
	const char *where;    /* they go */
	const char *reload;   /* how the server takes them up */
	const char *open_key; /* the file in which the key stands in the clear, or NULL */
};

extern const struct platform platforms[];
/* ERR_USAGE with the words there are. */
enum err platform_find(const char *word, const struct platform **out, struct errbuf *why) MUST_CHECK;
/* Text of the table with its paths. */
void platform_text(const char *text, const char *path, struct buf *out);

struct install {
	const struct platform *platform;
	const counterfoil_identity *identity;
	const struct secret *password; /* of a set that has a key store; NULL: the file had none */
	bool replace, compatible;
	char folder[INSTALL_PATH];   /* as given; absolute afterwards */
	char link[INSTALL_PATH];     /* FOLDER/nginx */
	char set[INSTALL_PATH];      /* FOLDER/nginx-SERIAL */
	char previous[INSTALL_PATH]; /* the set that the link named before, or "" */
};

/* A path that stands in every server's settings without quotes: ERR_USAGE otherwise. Nothing is looked at. */
enum err install_folder_fit(const char *folder, struct errbuf *why) MUST_CHECK;
/* The folder that is taken when none is named: the client's short name. */
void install_folder_usual(const counterfoil_identity *identity, char out[INSTALL_PATH]);
/* Platform (by its word) and what the flags say, before anybody is asked for anything: ERR_USAGE. */
enum err install_take(const struct arguments *given, const char *word, struct install *i, struct errbuf *why) MUST_CHECK;
/* Lay the set and link to it; fills the paths. ERR_EXISTS when one is linked and not to be replaced, ERR_EXPIRED,
 * ERR_USAGE (no password for a key store), ERR_REFUSED, ERR_CONFLICT, ERR_INVALID, ERR_IO, ERR_FULL. Whatever goes wrong, what was linked before still is. */
enum err install_lay(struct install *i, struct errbuf *why) MUST_CHECK;
/* Say what was done and what is to do: the settings to standard output, the rest to standard error. */
enum err install_tell(const struct install *i, struct errbuf *why) MUST_CHECK;
/* The same for programs; NULL: out of memory. */
json_t *install_json(const struct install *i);

#endif
