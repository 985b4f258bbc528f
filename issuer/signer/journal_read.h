/* journal_read: the lines of a journal file, by pread: the descriptor's offset is left alone. */
#ifndef ISSUER_JOURNAL_READ_H
#define ISSUER_JOURNAL_READ_H

#include "issuer/signer/journal_line.h"

#include <sys/types.h>

struct journal_place {
	off_t offset;                    /* of the beginning of a line */
	char check[JOURNAL_CHECK_SIZE]; /* of the line before it */
};

/* Where a start may begin: at the last checkpoint, found backwards from `size`; at the beginning when there is none, and
 * also when what surrounds it is not as it should be, so that reading on from there names the first damaged line. */
enum err journal_find_start(int fd, off_t size, struct journal_place *out) MUST_CHECK;

/* Call `each` with every whole line from `at` up to `end`, without its line feed. *stopped is the offset behind the last
 * line taken: on ERR_OK the beginning of a torn last line, or `end`; on failure that of the line that failed. */
typedef enum err journal_text_fn(void *ctx, const char *text, size_t len);
enum err journal_read_lines(int fd, off_t at, off_t end, journal_text_fn *each, void *ctx, off_t *stopped) MUST_CHECK;

/* Say which line begins at `offset`: "line N of the journal ...". Returns e. */
enum err journal_fault(int fd, off_t offset, enum err e, struct errbuf *why);

#endif
