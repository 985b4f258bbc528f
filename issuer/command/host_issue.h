/* host_issue: certificates made on this machine by whoever may read its keys: at init, and break-glass.
 *
 * The same order as in the daemon: journal the intent, sign, commit certificate and audit record, journal that it is done.
 * Between the signature and the commit the caller puts its files into place: a certificate whose commit fails is an open
 * intent, which the running daemon revokes. */
#ifndef ISSUER_HOST_ISSUE_H
#define ISSUER_HOST_ISSUE_H

#include "ca/authority.h"
#include "issuer/settings.h"
#include "issuer/signer/journal.h"
#include "issuer/store/audit.h"

struct host_office {
	const struct settings *settings; /* borrowed */
	struct authority issuing;
	X509 *root;
	struct profile staff, server;
	struct journal *journal;
	struct store *store;
	char issuer_name[65]; /* lower-case hex SHA-256 of the issuing CA's certificate */
};

/* Load CA, key and profiles, open journal and database (created when mode is STORE_CREATE). ERR_REFUSED when the database is an old
 * copy. Close it in every case. */
enum err host_office_open(struct host_office *o, const struct settings *s, enum store_mode mode,
			  struct errbuf *why) MUST_CHECK;
void host_office_close(struct host_office *o);

struct host_subject {
	enum profile_id profile;   /* PROFILE_STAFF or PROFILE_SERVER */
	const char *common_name;   /* staff: the name; server: the first host, for the audit */
	const char *const *hosts;  /* server */
	const char *staff_id;      /* staff: its id, and then its role */
	const char *staff_role;
	const char *staff_email;   /* NULL: none */
};
struct host_certificate {
	struct buf der;
	struct certificate_facts facts;
	X509 *certificate;
};
/* Journal and sign. Clear `out` in every case. */
enum err host_sign(struct host_office *o, const struct host_subject *subject, EVP_PKEY *key, struct host_certificate *out,
		   struct errbuf *why) MUST_CHECK;
/* Commit it (a member of the staff with it) and journal that it is done. */
enum err host_commit(struct host_office *o, const struct host_subject *subject, const struct host_certificate *c,
		     struct errbuf *why) MUST_CHECK;
void host_certificate_clear(struct host_certificate *c);

/* A new member of the staff: key, certificate and package, published at `path` (which must not exist, 0600). The
 * package's password is the caller's to show and free. id takes the staff id. */
struct host_staff {
	const char *name, *role;
	const char *email; /* where notices of their orders go; NULL: nowhere */
	const char *path;
};
enum err host_staff_new(struct host_office *o, const struct host_staff *staff, char id[ID_SIZE], struct secret **password,
			struct errbuf *why) MUST_CHECK;

/* A server certificate with a new key: chain (leaf, issuing CA) and key published. */
struct host_server {
	const char *const *hosts;
	const char *chain_path, *key_path;
};
enum err host_server_new(struct host_office *o, const struct host_server *server, struct errbuf *why) MUST_CHECK;

/* PEM files. */
enum err host_read_certificate(const char *path, X509 **out, struct errbuf *why) MUST_CHECK;
enum err host_publish_key(const char *path, EVP_PKEY *key, const struct secret *pass, struct errbuf *why) MUST_CHECK;
/* certificates: NULL-terminated, in order. */
enum err host_publish_chain(const char *path, X509 *const *certificates, struct errbuf *why) MUST_CHECK;
/* One, at a path that must not exist. */
enum err host_publish_new(const char *path, X509 *certificate, struct errbuf *why) MUST_CHECK;

#endif
