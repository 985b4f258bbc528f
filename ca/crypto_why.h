/* crypto_why: a failed OpenSSL call as our error: the sentence, then the library's own first reason; the library's error
 * queue is left empty, so that no later caller reads it as his own. Private to ca/. */
#ifndef CA_CRYPTO_WHY_H
#define CA_CRYPTO_WHY_H

#include "base/err.h"

enum err crypto_why(struct errbuf *why, enum err e, const char *sentence);

#endif
