/* signer_token: the signer's keys that are in a token, which another process has (issuer/token/token.h), and what is
 * done while one is away.
 *
 * A key whose signature fails is away from then on: nobody waits for it. Whoever wants it hears so at once, before
 * anything is written for a signature that will not come. A thread asks for it about once a second, has it sign
 * something by which it is known to be the right one, and only then is it back. Both are said once in the log. Its
 * functions may be called from any thread. */
#ifndef ISSUER_SIGNER_TOKEN_H
#define ISSUER_SIGNER_TOKEN_H

#include "ca/key_remote.h"
#include "issuer/process/line.h"

struct signer_token;

/* `line` is borrowed: the token process's. */
enum err signer_token_new(struct line *line, struct signer_token **out, struct errbuf *why) MUST_CHECK;

/* Ends the thread and takes the keys away; NULL is fine. Keys that it gave are freed before. */
void signer_token_free(struct signer_token *t);

/* A key of this name is wanted. `public` NULL: the token says which it is, when it is first seen. Before
 * signer_token_start. ERR_REFUSED: another one of this name is wanted already. */
enum err signer_token_want(struct signer_token *t, const char *uri, const EVP_PKEY *public,
			   struct errbuf *why) MUST_CHECK;

/* The key that was wanted, for the caller to free. It may be away, now and later; ERR_UNAVAILABLE: it was never seen,
 * and its public half is not known. */
enum err signer_token_key(struct signer_token *t, const char *uri, EVP_PKEY **out, struct errbuf *why) MUST_CHECK;

/* Look for every key once, for at most some seconds, and start the thread. Before the walls stand. */
enum err signer_token_start(struct signer_token *t, struct errbuf *why) MUST_CHECK;

/* ERR_UNAVAILABLE while the key of this name is away; the words are for anybody. NULL, or a name that is no key's:
 * ERR_OK. */
enum err signer_token_check(struct signer_token *t, const char *uri, struct errbuf *why) MUST_CHECK;

#endif
