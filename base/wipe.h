/* wipe: memory that is cleared when it is given back. Libraries copy keys and passwords through their own allocations
 * (PKCS#8 and PKCS#12 encoders do), so the allocators themselves must wipe. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include "base/err.h"

#include <stddef.h>

/* free() that clears the whole block first; NULL is fine. For libraries that take a free function. */
void wiping_free(void *block);
/* realloc() that clears what it moves from. Of length 0 it frees, and returns NULL. */
void *wiping_realloc(void *block, size_t len);

/* From now on every OpenSSL allocation is wiped when freed or moved. Must come before the first OpenSSL call of the
 * process: ERR_CRYPTO when it is too late. Costs 7 to 13 % of CPU in key work. */
enum err wipe_openssl_memory(void) MUST_CHECK;

#endif
