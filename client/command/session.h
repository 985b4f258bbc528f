/* session: a server, the identity, and calls whose failures have become errors. */
#ifndef CLIENT_COMMAND_SESSION_H
#define CLIENT_COMMAND_SESSION_H

#include "base/secret.h"
#include "client/command/settings.h"
#include "client/include/counterfoil.h"

#include <jansson.h>

struct session {
	struct settings settings;
	counterfoil_identity *identity; /* NULL on the public listener */
	counterfoil_client *client;
	char server[2048]; /* no '/' at its end; "" for calls by whole URL */
};

struct exchange {
	const char *method, *target; /* target begins with '/' and follows the server, or is a whole URL */
	const char *type;            /* of the body, NULL for none */
	const void *body;
	size_t len;
	const char *bearer; /* a claim, or NULL */
	const char *const *headers; /* "name: value", at most 4, NULL-terminated; or NULL */
};

/* With the identity and the CA of the settings, for the staff API: ERR_USAGE says which setting is missing. */
enum err session_staff(const struct arguments *given, struct session *s, struct errbuf *why) MUST_CHECK;
/* Identity and CA likewise, but no server: calls by whole URL. */
enum err session_call(const struct arguments *given, struct session *s, struct errbuf *why) MUST_CHECK;
/* No identity; trusts the CA of --ca, or this machine's CAs: what is set for staff is another listener's. The server is
 * the URL's beginning. */
enum err session_public(const struct arguments *given, const char *server, struct session *s, struct errbuf *why) MUST_CHECK;
void session_close(struct session *s);

/* One exchange; *response is owned by the caller whenever the server answered, also when the status became an error
 * (then faults are printed). */
enum err session_exchange(struct session *s, const struct exchange *x, counterfoil_response **response,
			  struct errbuf *why) MUST_CHECK;
/* The same, and the answer as a JSON object: a new reference. */
enum err session_json(struct session *s, const struct exchange *x, json_t **out, struct errbuf *why) MUST_CHECK;

/* The password for a file, from where the settings say, else asked on the terminal. */
enum err session_password(const struct settings *s, const char *file, bool own_file, struct secret **out,
			  struct errbuf *why) MUST_CHECK;

struct opened {
	counterfoil_identity *identity;
	struct secret *password; /* NULL: it needed none */
};
/* Open a PKCS#12, or PEM with the key of the settings; the password is had as by session_password, if one is needed. */
enum err session_open(const struct settings *s, const char *file, bool own_file, struct opened *out,
		      struct errbuf *why) MUST_CHECK;
void session_opened_close(struct opened *opened);

/* Open a PKCS#12 with a password at hand. */
enum err session_identity(const char *file, const struct secret *password, counterfoil_identity **out,
			  struct errbuf *why) MUST_CHECK;

#endif
