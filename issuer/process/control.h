/* control: the frames between the supervisor and a child, on the child's descriptor 3.
 *
 * The supervisor says BEGIN, SETTINGS, SHARED, any number of GRANT, PEER and LINE, then START; later PEER and LINE again
 * whenever another process was started anew, and STOP. The child says READY once, and WANT_LINE when an end broke. */
#ifndef ISSUER_CONTROL_H
#define ISSUER_CONTROL_H

#include "issuer/process/child.h"

#include <sys/types.h>

enum control_operation {
	CONTROL_BEGIN = 1, /* who the child is: struct birth */
	CONTROL_SETTINGS,  /* text name, text folder, bytes of the configuration file */
	CONTROL_SHARED,    /* + descriptor: the shared page */
	CONTROL_GRANT,     /* text name + descriptor */
	CONTROL_PEER,      /* u8 role + descriptor: the serving end of a conversation with that peer */
	CONTROL_LINE,      /* u8 role + descriptor: the calling end; a later one replaces it */
	CONTROL_START,
	CONTROL_STOP,
	CONTROL_READY,     /* from the child */
	CONTROL_WANT_LINE, /* from the child: u8 role */
};

enum {
	CHILD_AGAIN = 75, /* exit status of a child that has not died, but begins anew */
	CONTROL_DESCRIPTOR = 3,
	CONTROL_CAP = 128 * 1024,
	GRANTS_MOST = 64,
	GRANT_NAME_SIZE = 32,
	GROUPS_MOST = 32,
	LINE_ANSWER_CAP = 256 * 1024,
};

/* What a child must know before anything else. */
struct birth {
	enum role role;
	pid_t parent;
	bool change_user;
	uid_t uid;
	gid_t groups[GROUPS_MOST]; /* the first is the primary one */
	size_t group_count;
};
void birth_pack(const struct birth *b, struct buf *out);
enum err birth_unpack(const void *bytes, size_t len, struct birth *out) MUST_CHECK;

/* Who calls whom: the one table of conversations. */
struct link {
	enum role client, server;
};
extern const struct link link_table[];
extern const size_t link_count;

enum err role_from_name(const char *name, enum role *out) MUST_CHECK;

/* `counterfoild role NAME`: everything from the first frame to the role's exit status. */
int child_main(const char *role);

#endif
