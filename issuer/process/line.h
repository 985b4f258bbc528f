/* line: the calling end of a conversation with another process. Several threads may call; one request is on the wire at
 * a time. When the other process dies, the supervisor hands a fresh end to line_replace; a call that was cut is sent
 * again until its deadline, for every operation is idempotent (at most 3 times, so that a poisoned request cannot kill
 * its server for ever). */
#ifndef ISSUER_LINE_H
#define ISSUER_LINE_H

#include "base/frame.h"

#include <stdbool.h>

struct line;

enum err line_new(int fd, size_t answer_cap, struct line **out) MUST_CHECK; /* fd -1: not connected yet */
void line_free(struct line *l);
void line_replace(struct line *l, int fd); /* takes fd; any thread */
/* Calls that wait end now, and from now on every call fails: ERR_UNAVAILABLE. Any thread. */
void line_stop(struct line *l);

/* Send op with body and wait for its answer: the answer's status, with its body in `answer` (cleared first). On a status
 * other than ERR_OK the answer's body is the errbuf text and goes to why. ERR_UNAVAILABLE when the deadline passes
 * without a living peer, ERR_TIMEOUT when it does not answer. */
enum err line_call(struct line *l, uint16_t op, const struct buf *body, struct buf *answer, int milliseconds,
		   struct errbuf *why) MUST_CHECK;

/* The same, and whose the status is. */
struct line_wait {
	int milliseconds;
	bool answered; /* filled: the other process', not the line's own */
};
enum err line_ask(struct line *l, uint16_t op, const struct buf *body, struct buf *answer, struct line_wait *wait,
		  struct errbuf *why) MUST_CHECK;

#endif
