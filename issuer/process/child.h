/* child: a process with a role. The supervisor starts `counterfoild role NAME` with its control channel as descriptor 3,
 * grants it its descriptors by name, and says start. The child ends when that channel closes. */
#ifndef ISSUER_CHILD_H
#define ISSUER_CHILD_H

#include "base/frame.h"
#include "base/secret.h"
#include "ca/key.h"
#include "issuer/process/line.h"
#include "issuer/settings.h"

#include <stdatomic.h>
#include <stdbool.h>

enum role { ROLE_SUPERVISOR, ROLE_SIGNER, ROLE_FRONT, ROLE_COURIER, ROLE_CLERK, ROLE_TOKEN, ROLE_COUNT };
const char *role_name(enum role r);

/* Why nothing is issued. While that is so the database may be an old copy, in which the revoked are valid again: nobody is
 * let in by it, no list is served from it, and nothing of it is sent. */
enum issuing_pause {
	ISSUING_OPEN,         /* the clerk has found journal and database to agree */
	ISSUING_OLD_DATABASE, /* the database lacks what the journal knows */
	ISSUING_NOT_COMPARED, /* the daemon has just started */
};

/* Why the CA that is to issue issues nothing. Nothing else rests for that: the books are right. */
enum issuer_fault {
	ISSUER_SOUND,
	ISSUER_FORMER,  /* another one has issued since: older files of the CAs were put back */
	ISSUER_REVOKED, /* the root's list has it */
};

/* As the signer said it to the clerk: RSA keys of one type that are made before they are wanted. */
struct shared_keys {
	_Atomic uint64_t wanted, ready;
	_Atomic uint64_t made, awaited; /* since the signer's start; the latter while somebody waited */
};

enum { SHARED_ISSUERS = 10 };

/* One page shared by front and clerk. */
struct shared_page {
	_Atomic uint64_t revocation_generation; /* bumped after each committed change of a certificate's status */
	_Atomic uint64_t crl_generation;        /* bumped after each new CRL is in the database */
	_Atomic int64_t clerk_alive_at;         /* seconds UTC of the clerk's last round */
	_Atomic int64_t journal_read_at;        /* seconds UTC when the signer last told the clerk what its journal says */
	_Atomic int64_t issuing_paused;         /* enum issuing_pause; the clerk says it */
	_Atomic int64_t journal_fault;          /* enum err: why the signer's journal cannot be written; the clerk says it */
	_Atomic int64_t keys_away;              /* bits of enum signer_away: keys in a token that is away, and whether the
						 * signer doubts its clock; the clerk says it */
	_Atomic bool issuer_over[SHARED_ISSUERS]; /* by its place: all that a retired CA issued has expired; the clerk says it */
	_Atomic int64_t issuer_fault;           /* enum issuer_fault; the clerk says it */
	_Atomic bool issuer_silent[SHARED_ISSUERS]; /* by its place: it can sign no revocation list; the clerk says it */
	_Atomic uint64_t issuers_revoked;       /* bits, by place: the root's list has them; the front says it, who reads it */
	_Atomic int64_t issuers_missing;        /* CAs that are not here while certificates of theirs live; the clerk says it */
	_Atomic int64_t root_list_number;       /* of the root's revocation list; 0: not known; the front says it, who serves it */
	_Atomic int64_t root_list_file;         /* of the one that the file has; 0: not known; the front says it */
	_Atomic int64_t root_list_newer;        /* of one that was served, higher than the file's; 0: there is none; the
						 * clerk says it */
	_Atomic int64_t root_list_until;        /* when the root's revocation list ends; the front says it, who serves it */
	_Atomic int64_t clerk_fault;            /* enum err: by which fault of the disk the clerk's work fails */
	_Atomic int64_t sender_fault;           /* enum err: the same of its thread that sends messages */
	struct shared_keys keys[KEY_TYPE_COUNT];
	_Atomic int64_t keys_fault;             /* enum err: why the signer can make no RSA keys; the clerk says it */
};
/* Why issuing is paused, as a sentence for people; NULL while it is not. Static. */
const char *issuing_paused_because(const struct shared_page *p);
/* The same of the CA that is to issue. */
const char *issuer_fault_because(const struct shared_page *p);

struct child;
const struct settings *child_settings(const struct child *c);
/* A granted descriptor by name; the caller owns it now. -1 when it was not granted. Names: "listen.public",
 * "listen.members", "listen.status", "listen.ops", "key.issuing", "key.parcel", "key.ticket", "key.code", "key.courier",
 * "key.public", "key.members", "file.public", "file.members" (TLS chains), "file.root", "file.root_crl", "file.issuing",
 * "issuer.next" and "issuer.0" and on (the other issuing CAs), "key.ID" (their keys), "file.courier", "profile.client",
 * "profile.staff", "profile.ocsp", "key.mail_password", "file.mail_ca", "key.sms_secret", "key.sms_signing", "key.sms_receipts", "file.sms_ca",
 * "texts.languages" (unless their settings are empty), "journal", "kick" (eventfd: wakes the clerk), "ocsp.signer", "ocsp.front"
 * (the ends of the OCSP pair), "token.trial" (issuer/token/pin_trial.h); where a setting names them, "key.ocsp",
 * "key.pass_phrase" and "token.pin"; "key.issuing" unless it is in a token. */
int child_take(struct child *c, const char *name);
bool child_has(const struct child *c, const char *name); /* was it granted, and not taken yet? */
enum err child_take_secret(struct child *c, const char *name, size_t max, struct secret **out, struct errbuf *why) MUST_CHECK;
enum err child_take_file(struct child *c, const char *name, struct buf *out, struct errbuf *why) MUST_CHECK;
/* The certificate that a file holds, in PEM or DER: the caller's. ERR_MALFORMED names the grant. */
enum err child_take_certificate(struct child *c, const char *name, X509 **out, struct errbuf *why) MUST_CHECK;
struct shared_page *child_shared(struct child *c); /* front and clerk; NULL elsewhere */

/* The supervisor has asked for an orderly end. Servers leave child_serve by themselves; front and clerk look here: the
 * descriptor is readable from then on (poll it; never read it). */
bool child_stopping(const struct child *c);
int child_stop_fd(const struct child *c);

/* Of itself, for a server: it leaves child_serve, and is started anew when it has ended with 0. */
void child_leave(struct child *c);

/* The calling end to a server process (signer, courier); kept fresh by the control thread. Owned by the child. */
struct line *child_line(struct child *c, enum role server);

/* Shut in: no new privileges, landlock, seccomp by the role's row in the walls table. Call it when everything is open and
 * every thread runs. Starts the control thread itself, before the filter. */
enum err child_confine(struct child *c, struct errbuf *why) MUST_CHECK;

/* For servers (signer, courier): answer frames of all peers until the control channel closes; never returns an answer
 * outside the table. A frame that `permitted` refuses, or a broken one, ends that peer's conversation, never the server. */
struct child_server {
	int (*permitted)(enum role peer, uint16_t op);
	/* Fill answer (cleared) or why; the return value is the answer's status. */
	enum err (*answer)(void *ctx, enum role peer, const struct frame *request, struct buf *answer, struct errbuf *why);
	void (*tick)(void *ctx); /* about once a second; may be NULL */
	void *ctx;
	size_t request_cap;
	size_t answer_cap;
};
int child_serve(struct child *c, const struct child_server *s);

/* The role's main; the return value is the exit status. */
int role_signer(struct child *c);
int role_front(struct child *c);
int role_courier(struct child *c);
int role_clerk(struct child *c);
int role_token(struct child *c);

#endif
