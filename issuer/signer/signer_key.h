/* signer_key: private keys of the signer, as their settings name them: a PEM file, perhaps under a pass phrase, or a
 * key in a token (ca/key_uri.h). Whoever uses one does not see the difference, but for signer_token_check. */
#ifndef ISSUER_SIGNER_KEY_H
#define ISSUER_SIGNER_KEY_H

#include "base/secret.h"
#include "ca/key.h"
#include "issuer/process/child.h"
#include "issuer/signer/signer_token.h"

/* Where keys come from. */
struct signer_key_home {
	struct child *child;
	struct secret *pass;	    /* for encrypted files; NULL: none. Owned */
	struct signer_token *token; /* made for the first key of a token. Owned by whoever takes it */
};

/* Take the pass phrase, if a setting names one. */
enum err signer_key_begin(struct signer_key_home *k, struct child *child, struct errbuf *why) MUST_CHECK;
void signer_key_end(struct signer_key_home *k);

/* The key that `name`, a setting's value, stands for. `granted` is the descriptor's name if it is a file. `public` is
 * its public half, which must be its own (ERR_REFUSED); NULL: any, and then one in a token is not there yet (*out
 * stays NULL): it is had by signer_token_key. The caller frees it. Every key is taken before the token is started. */
enum err signer_key_take(struct signer_key_home *k, const char *name, const char *granted, const EVP_PKEY *public,
			 EVP_PKEY **out, struct errbuf *why) MUST_CHECK;

#endif
