/* supervisor: the one process that starts the others. It holds open descriptors and never reads a key's bytes; it speaks
 * with nobody but its children and the service manager. One thread. Internal to issuer/process and `check`. */
#ifndef ISSUER_SUPERVISOR_H
#define ISSUER_SUPERVISOR_H

#include "issuer/process/control.h"

enum { LISTENERS = 4, OTHERS_MOST = 32 };

/* One role's process, or the lack of it. */
struct process {
	enum role role;
	struct birth birth;
	pid_t pid;   /* 0: there is none */
	int control; /* -1 with it */
	bool ready;
	bool again;          /* its predecessor wanted it (CHILD_AGAIN): not worth a line of the log */
	bool reloading;      /* asked to stop only to be started again */
	int64_t started_at;  /* by clock_mono_ms */
	int64_t start_at;    /* when to start it; 0: not planned */
	int64_t back_off;    /* milliseconds to wait after its next death */
	int64_t relink_at[ROLE_COUNT]; /* as a client: when to give it a fresh line to that server; 0: not planned */
};

/* The files of the issuing CAs that are not the present one: certificates and keys, as they were found. */
struct others {
	struct other {
		char name[GRANT_NAME_SIZE];
		bool key;
		int fd;
	} at[OTHERS_MOST];
	size_t count;
};

struct supervisor {
	struct settings_source source;
	struct settings *settings;
	struct process processes[ROLE_COUNT];
	int listeners[LISTENERS]; /* -1: none */
	int *granted;             /* one a row of the grant table: kept open, or -1 */
	struct others others;     /* beside that table */
	int shared;               /* memfd of the shared page */
	int trial;                /* memfd of what became of the token's PIN (token/pin_trial.h): it outlives the child */
	int kick;                 /* eventfd that wakes the clerk */
	int ocsp[2];              /* the packets of OCSP: the signer's end, the front's */
	int null;                 /* /dev/null, for the children's standard input and output */
	int run_lock;
	int signals; /* signalfd */
	bool announced;           /* all but the token's were ready once */
	int deaths_before;        /* deaths of theirs before that */
};

/* The roles in the order they are started; stopped in the order front, clerk, courier, signer. */
extern const enum role start_order[];
extern const enum role stop_order[];
enum { CHILD_ROLES = ROLE_COUNT - 1 };

/* The token's runs only where a key is in one. */
bool role_wanted(const struct settings *s, enum role r);

/* Everything that must be there before a child is: lock, users, listeners, keys, page. ERR_USAGE for what the
 * configuration or the operator has to change. */
enum err supervisor_prepare(struct supervisor *s, const char *config, struct errbuf *why) MUST_CHECK;
void supervisor_clear(struct supervisor *s);

/* Users of the roles, into their births. Only root can change users. */
enum err supervisor_users(struct supervisor *s, struct errbuf *why) MUST_CHECK;
/* Bring a database of an earlier version up to this one, with a copy of it beside. ERR_USAGE when that fails. */
enum err supervisor_upgrade(const struct settings *s, struct errbuf *why) MUST_CHECK;

/* The four listeners by the settings: bound here, or inherited from a service manager under their names. */
enum err listeners_open(const struct settings *s, int out[LISTENERS], struct errbuf *why) MUST_CHECK;
extern const char *const listener_names[LISTENERS];
const char *listener_setting(const struct settings *s, size_t i);

/* The grant table: which descriptors each role gets. */
enum err grants_open(struct supervisor *s, struct errbuf *why) MUST_CHECK;
/* Open anew the certificates, and the keys of the listeners, and keep them only if all could be had and fit each other. *others_changed: the
 * issuing CAs beside the present one are not those that they were, and whoever signs or makes lists has to know. */
enum err grants_reopen(struct supervisor *s, bool *others_changed, struct errbuf *why) MUST_CHECK;
/* The root, its list and the issuing CAs belong together, as files on the disk, and the list is no older than the one with the
 * number that is served. ERR_USAGE says what does not. */
enum err reload_look(const struct settings *s, int64_t served, struct errbuf *why) MUST_CHECK;
/* Those of the folders ca.others and keys.others, all of them in order. ERR_USAGE names the file that is not. */
enum err others_open(const struct settings *s, struct others *out, struct errbuf *why) MUST_CHECK;
bool others_same(const struct others *a, const struct others *b);
void others_close(struct others *o);
void grants_close(struct supervisor *s);
enum err grants_send(struct supervisor *s, struct process *p, struct errbuf *why) MUST_CHECK;
/* Look at each file of the table without keeping it: calls `each` with ERR_OK or what is wrong. For `check`. */
typedef void grant_seen(void *ctx, const char *name, const char *path, enum err e, const struct errbuf *why);
void grants_look(const struct settings *s, grant_seen *each, void *ctx);

/* Fork, exec, tell it all, link it with its living peers, start it. A failure leaves no process. */
enum err process_start(struct supervisor *s, struct process *p, struct errbuf *why) MUST_CHECK;
enum err process_link(struct supervisor *s, enum role client, enum role server) MUST_CHECK;
enum err process_say(struct process *p, enum control_operation op, const struct buf *body, int passed) MUST_CHECK;
/* Reap every child that has ended. A death is logged and its successor planned unless `for_good`. */
void processes_reap(struct supervisor *s, bool for_good);
/* One after the other: asked, then waited for, then killed by its id. */
void processes_stop(struct supervisor *s);

/* `counterfoild run`: the return value is the exit status. */
int supervisor_run(const char *config);

#endif
