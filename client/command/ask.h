/* ask: what a person is asked, on the terminal itself (/dev/tty), so that pipes stay free for data. */
#ifndef CLIENT_COMMAND_ASK_H
#define CLIENT_COMMAND_ASK_H

#include "base/secret.h"

#include <stdbool.h>

enum { ASK_MAX = 1024 };

/* A line typed without echo. ERR_USAGE when there is no terminal; ERR_REFUSED when the person stopped (Ctrl-C, Ctrl-D). */
enum err ask_secret(const char *prompt, struct secret **out, struct errbuf *why) MUST_CHECK;

/* The same with echo, for codes. */
enum err ask_line(const char *prompt, struct secret **out, struct errbuf *why) MUST_CHECK;

/* True when exactly "yes" was typed. *asked is false when there is no terminal. */
bool ask_yes(const char *question, bool *asked);

/* One secret line from a descriptor or a private file, without the newline at its end. */
enum err ask_descriptor(int fd, struct secret **out, struct errbuf *why) MUST_CHECK;
enum err ask_file(const char *path, struct secret **out, struct errbuf *why) MUST_CHECK;

#endif
