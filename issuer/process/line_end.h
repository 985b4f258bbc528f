/* line_end: what only the child's control thread and the line's own tests need of a line. */
#ifndef ISSUER_LINE_END_H
#define ISSUER_LINE_END_H

#include "issuer/process/line.h"

#include <stdbool.h>

/* `broken` is called, on the caller's thread and without locks, when an end was given up and no fresh one waits: the
 * child then asks the supervisor for another. Set it before the first call. */
void line_on_broken(struct line *l, void (*broken)(void *ctx), void *ctx);

#endif
