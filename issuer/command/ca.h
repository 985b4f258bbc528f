/* ca: the ceremonies of `counterfoild ca`: the root's list, a new issuing CA, and the change over to it. Internal to
 * issuer/command/ca*.c.
 *
 * What needs the root's key works on any machine that has the files it names; what changes an installation looks at
 * everything that it is handed first, and changes it by one rename. */
#ifndef ISSUER_COMMAND_CA_H
#define ISSUER_COMMAND_CA_H

#include "ca/authority.h"
#include "ca/crl_entries.h"
#include "issuer/addresses.h"
#include "issuer/issuers.h"

/* What was asked, option by option; NULL: it was not given. */
struct ca_wishes {
	const char *config, *root, *root_key, *root_pass_fd, *out;
	const char *crl, *install, *revoke, *reason, *days;                /* root-crl */
	const char *request, *request_out, *certificate, *profile, *status_url; /* new-issuing */
	bool key_in_file;                                                   /* new-issuing */
	bool now;                                                           /* activate */
};

enum err ca_root_crl(const struct ca_wishes *w, struct errbuf *why) MUST_CHECK;
enum err ca_new_issuing(const struct ca_wishes *w, struct errbuf *why) MUST_CHECK;
enum err ca_activate(const struct ca_wishes *w, struct errbuf *why) MUST_CHECK;

/* What the certificate of a new issuing CA has to say, on either machine: all of it follows from the root, the new key, the
 * profile and status.url. The fields point into the struct. */
struct ca_description {
	struct profile rules;
	struct addresses at;
	char organisation[NAME_SIZE], name[NAME_SIZE];
	struct certificate_fields fields;
};
enum err ca_describe(X509 *root, EVP_PKEY *key, const struct settings *s, struct ca_description *out,
		     struct errbuf *why) MUST_CHECK;
/* Signed by the root, for a key whose private half may be elsewhere. */
enum err ca_sign_issuing(const struct authority *root, EVP_PKEY *key, const struct settings *s, X509 **out,
			 struct errbuf *why) MUST_CHECK;
/* Is it what ca_describe says, signed by the root, within its time or before it? ERR_REFUSED, ERR_INVALID, ERR_EXPIRED. */
enum err ca_check_issuing(X509 *root, X509 *certificate, const struct settings *s, struct errbuf *why) MUST_CHECK;
/* ERR_REVOKED: the root's list has it. */
enum err ca_check_unrevoked(X509 *root, X509 *certificate, const struct settings *s, struct errbuf *why) MUST_CHECK;

/* Could it issue here what is issued here? Tried without its key. ERR_INVALID with what the lint says. */
enum err ca_rehearse(const struct settings *s, const struct issuers *known, X509 *issuing, struct errbuf *why) MUST_CHECK;

/* On stderr: each CA of the installation that `fresh` revokes and `before` (which may be NULL) does not, and what that means. */
void ca_say_revoked(const struct settings *s, const struct crl_entries *fresh, const struct crl_entries *before);
/* "what subject, serial number, end". */
void ca_say_certificate(const char *what, X509 *certificate);

/* For what a person names as output: ERR_EXISTS when there is something. Nothing that is there is replaced. */
enum err ca_check_free(const char *path, struct errbuf *why) MUST_CHECK;

/* The root's certificate alone: `path`, or that of the settings (which may be NULL) when it is NULL. ERR_REFUSED: it is no
 * root. */
enum err ca_root_read(const char *path, const struct settings *s, X509 **out, struct errbuf *why) MUST_CHECK;
/* With its key, whose file is --root-key, or root.key beside the certificate. The pass phrase is asked for when all else is
 * in order. */
enum err ca_root_open(const struct ca_wishes *w, const struct settings *s, struct authority *out,
		      struct errbuf *why) MUST_CHECK;

/* Settings, and the folder of the configuration file, where the daemon's lock is. */
struct ca_place {
	struct settings *settings;
	char folder[4096];
};
enum err ca_place_open(const char *config, struct ca_place *out, struct errbuf *why) MUST_CHECK;
void ca_place_close(struct ca_place *p);

/* A running daemon reads certificates and lists again; says on stderr what it did, or what is to be done. */
void ca_tell_daemon(const struct ca_place *p);

#endif
