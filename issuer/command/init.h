/* init: a new installation, built aside and put into place by one rename. Internal to issuer/command/init*.c. */
#ifndef ISSUER_INIT_H
#define ISSUER_INIT_H

#include "base/secret.h"
#include "issuer/settings.h"

enum { HOSTS_MOST = 15 };

struct init_wishes {
	const char *folder;
	const char *name, *domain, *admin, *admin_email;
	const char *public_url, *members_url, *status_url;
	const char *public_listen, *members_listen, *status_listen, *ops_listen;
	const char *root_pass_fd;
	const char *issuing_key, *token_module, *token_pin, *token_folder; /* a key in a token */
	const char *issuing_pass; /* else: the file with the pass phrase of the issuing key's file */
	const char *hosts[HOSTS_MOST + 1];
};

/* What a person must be told afterwards. */
struct init_result {
	struct secret *admin_password;
	char admin_id[17];
	int64_t root_until, issuing_until, root_crl_until;
};

/* Everything into the empty folder `at`. */
enum err init_build(const char *at, const struct init_wishes *w, const struct secret *root_pass, struct init_result *out,
		    struct errbuf *why) MUST_CHECK;
/* Root and issuing CA, root CRL and chain files. */
enum err init_authorities(const struct settings *s, const char *at, const struct secret *root_pass,
			  struct init_result *out, struct errbuf *why) MUST_CHECK;

/* On stderr: each folder beside this one that an init which was cut off has left. */
void init_say_left(const char *folder);
/* Build in "FOLDER.new-XXXXXX", then rename it to FOLDER, which must not exist or be empty: ERR_EXISTS. */
enum err init_place(const struct init_wishes *w, const struct secret *root_pass, struct init_result *out,
		    struct errbuf *why) MUST_CHECK;
void init_report(const struct init_wishes *w, const struct init_result *r);

#endif
