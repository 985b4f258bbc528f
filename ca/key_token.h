/* key_token: a PKCS#11 module with the keys in its tokens, by libp11's engine for OpenSSL (Debian:
 * libengine-pkcs11-openssl), which is loaded from the folder of OpenSSL's engines when it is first needed, and not
 * before. No openssl.cnf has a say.
 *
 * A PIN is tried once in the life of a process, and not at all when the token says that one wrong one more would lock
 * it. The engine keeps what it has seen: once a key of it has failed, only a new process finds the token again. So
 * one is opened in a process and stays open to its end. One thread. */
#ifndef CA_KEY_TOKEN_H
#define CA_KEY_TOKEN_H

#include "base/secret.h"

#include <openssl/evp.h>

struct key_token_place {
	const char *module;	  /* the file of the PKCS#11 module */
	const struct secret *pin; /* NULL: there is none. Borrowed until the process ends */
};

/* Is the token of this URI there, and may a PIN be tried? Nobody logs in. Before any key is opened, for the module is
 * loaded and ended again. ERR_NOT_FOUND: no module, or no such token; ERR_REFUSED: it wants a PIN, and there is none,
 * or the next wrong one would lock it. */
enum err key_token_look(const struct key_token_place *place, const char *uri, struct errbuf *why) MUST_CHECK;

/* Open the module, once in a process. ERR_NOT_FOUND: the engine is not installed. */
enum err key_token_open(const struct key_token_place *place, struct errbuf *why) MUST_CHECK;

/* A private key of it; with its public half if the token has that. The caller frees it. ERR_REFUSED: the PIN is
 * wrong, and from then on every key is refused without another try; ERR_NOT_FOUND: there is no such key; ERR_CRYPTO:
 * anything else, with what the module says. */
enum err key_token_key(const char *uri, EVP_PKEY **out, struct errbuf *why) MUST_CHECK;

/* ERR_CRYPTO, with the words for a signature by such a key that failed; empties the queue. */
enum err key_token_failed(struct errbuf *why);

/* End the module's session. Not after a failure: what the engine keeps of a lost token does not survive it. */
void key_token_close(void);

#endif
