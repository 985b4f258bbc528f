/* child_internal: what the parts of a child share: birth, control thread, server loop. */
#ifndef ISSUER_CHILD_INTERNAL_H
#define ISSUER_CHILD_INTERNAL_H

#include "issuer/process/control.h"

#include <pthread.h>

struct grant {
	char name[GRANT_NAME_SIZE];
	int fd;
};

struct child {
	enum role role;
	int control; /* CONTROL_DESCRIPTOR; another in tests */
	struct settings *settings;
	struct shared_page *shared;
	struct grant grants[GRANTS_MOST];
	size_t grant_count;
	struct line *lines[ROLE_COUNT]; /* NULL where this role does not call */
	struct want {
		struct child *child;
		enum role server;
	} wants[ROLE_COUNT];
	pthread_mutex_t lock;     /* of incoming */
	int incoming[ROLE_COUNT]; /* serving ends not yet taken up by child_serve; -1 for none */
	int wake;                 /* eventfd: incoming has changed */
	int stop;                 /* eventfd: readable for ever once stopping */
	_Atomic bool stopping;
	pthread_mutex_t sending; /* frames to the supervisor are whole */
};

/* An empty child; ERR_IO when no descriptors are to be had. child_clear closes what is left. */
enum err child_init(struct child *c, enum role role, int control) MUST_CHECK;
void child_clear(struct child *c);

/* Frames until START; then the grants, settings and lines are there. */
enum err child_receive_birth(struct child *c, struct birth *b, struct errbuf *why) MUST_CHECK;
enum err child_receive_grants(struct child *c, struct errbuf *why) MUST_CHECK;

/* A frame after START: LINE, PEER or STOP; anything else is ERR_MALFORMED. Takes `passed`. */
enum err child_control_frame(struct child *c, const struct frame *f, int passed) MUST_CHECK;
enum err child_control_start(struct child *c) MUST_CHECK;
enum err child_say(struct child *c, enum control_operation op, const struct buf *body) MUST_CHECK;

#endif
