/* output: data to standard output, everything else to standard error, both fit for the terminal they may be. */
#ifndef CLIENT_COMMAND_OUTPUT_H
#define CLIENT_COMMAND_OUTPUT_H

#include "client/command/sheet.h"

/* By what standard output is: a terminal's width, or COLUMNS, and bold titles and colours, unless NO_COLOR is set or TERM is
 * dumb. */
struct sheet_style output_style(void);

/* Data. ERR_IO when it could not all be written. */
enum err output_bytes(const void *bytes, size_t len, struct errbuf *why) MUST_CHECK;
enum err output_buf(struct buf *b, struct errbuf *why) MUST_CHECK;
/* JSON, indented, members in the server's order; only ASCII on a terminal. */
enum err output_json(const json_t *json, struct errbuf *why) MUST_CHECK;
/* A body as it came; on a terminal made safe, line ends and tabs kept. */
enum err output_body(const void *bytes, size_t len, struct errbuf *why) MUST_CHECK;

/* A line to standard error, made safe. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
