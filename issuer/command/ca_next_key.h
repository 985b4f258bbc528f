/* ca_next_key: the key of the issuing CA that is to be the next, from its making until it is certified. */
#ifndef ISSUER_CA_NEXT_KEY_H
#define ISSUER_CA_NEXT_KEY_H

#include "issuer/settings.h"

#include <openssl/evp.h>
#include <sys/types.h>

struct next_key {
	EVP_PKEY *key;   /* owned; NULL: none yet */
	char path[4096]; /* where it is */
	int folder;      /* the folder of the keys, held since; -1: it is not */
};
#define NEXT_KEY_NONE ((struct next_key){.folder = -1})

/* It is always in a file: ERR_REFUSED when the present one's is in a token, unless that is `accepted`. */
enum err ca_next_key_check(const struct settings *s, bool accepted, struct errbuf *why) MUST_CHECK;
/* The one that waits for its certificate, or else a new one. The folder is held until ca_next_key_clear. */
enum err ca_next_key_have(const struct settings *s, struct next_key *k, struct errbuf *why) MUST_CHECK;
void ca_next_key_clear(struct next_key *k);

/* One that is there already stays as it is. */
enum err ca_make_folder(const char *path, mode_t mode, struct errbuf *why) MUST_CHECK;

#endif
