/* pass_phrase: the root key's, from a person or a descriptor; never from an argument or the environment. */
#ifndef ISSUER_PASS_PHRASE_H
#define ISSUER_PASS_PHRASE_H

#include "base/secret.h"

enum { PASS_PHRASE_LEAST = 12, PASS_PHRASE_MOST = 1024 };

/* The first line of an open descriptor. ERR_USAGE when it is too short or too long. */
enum err pass_phrase_from_fd(int fd, struct secret **out, struct errbuf *why) MUST_CHECK;
/* Asked for twice on the terminal, without echo. ERR_USAGE when there is no terminal, or the two differ. */
enum err pass_phrase_from_terminal(const char *what, struct secret **out, struct errbuf *why) MUST_CHECK;

#endif
