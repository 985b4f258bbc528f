/* text: strings from a server or a certificate, made fit for a terminal. */
#ifndef CLIENT_COMMAND_TEXT_H
#define CLIENT_COMMAND_TEXT_H

#include "base/buf.h"

/* Once, before any other call: width is by UTF-8, whatever the environment's locale. */
void text_begin(void);

/* Append len bytes with everything replaced by U+FFFD that could act on a terminal or change the order of what is read:
 * control characters (C0, DEL, C1), bidirectional controls, zero-width ones, and what is not UTF-8. */
void text_safe(struct buf *out, const char *bytes, size_t len);

/* Columns that safe text takes. */
size_t text_width(const char *text);

/* Append safe text in at most `columns` columns, "…" at its end when it was cut. */
void text_cut(struct buf *out, const char *text, size_t columns);

/* Free a buffer whose bytes went into out: what failed in it has failed in out. */
void text_part_end(struct buf *part, struct buf *out);

#endif
