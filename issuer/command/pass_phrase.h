/* pass_phrase: the root key's, from a person or a descriptor; never from an argument or the environment. */
#ifndef ISSUER_PASS_PHRASE_H
#define ISSUER_PASS_PHRASE_H

#include "base/secret.h"

#include <stdbool.h>

enum { PASS_PHRASE_LEAST = 12, PASS_PHRASE_MOST = 1024 };

/* The first line of an open descriptor. ERR_USAGE when it is too short or too long. */
enum err pass_phrase_from_fd(int fd, struct secret **out, struct errbuf *why) MUST_CHECK;
/* Asked for on the terminal, without echo; one that is new, twice. ERR_USAGE when there is no terminal, or the two
 * differ. */
enum err pass_phrase_from_terminal(const char *what, bool is_new, struct secret **out, struct errbuf *why) MUST_CHECK;
/* From the descriptor whose number --root-pass-fd gave, or, when that is NULL, from the terminal. */
enum err pass_phrase_of_root(const char *root_pass_fd, bool is_new, struct secret **out, struct errbuf *why) MUST_CHECK;

#endif
