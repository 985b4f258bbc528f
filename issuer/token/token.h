/* token: the process that has the keys in a PKCS#11 token, and what the signer may ask of it, as calls on a line.
 *
 * A module is somebody else's code in the process that loads it, and it may want files, sockets and threads of its
 * own. So it is loaded in a process that has nothing else: no journal, no parcel, no other key; and the signer's
 * walls stay as they are. Here is decided nothing: whoever has the line has the keys, as with the token itself. The
 * signer alone has it.
 *
 * The process opens the token at its start, before its walls close, and serves what came of that. Once it has failed
 * it says so to whoever asks, and ends; its successor begins with a fresh module. But a PIN that is refused is not
 * tried again: then the process stays, and says that, until the supervisor is told to read the PIN's file anew
 * (SIGHUP) and finds another PIN in it. A module that hangs ends it too; what its successor must know of the PIN is on
 * a page that the supervisor keeps (pin_trial.h).
 *
 * Bodies (base/pack.h), request -> answer:
 *   SIGN    text uri, u32 digest algorithm (NID), bytes digest -> bytes signature
 *   PUBLIC  text uri -> bytes SubjectPublicKeyInfo in DER */
#ifndef ISSUER_TOKEN_H
#define ISSUER_TOKEN_H

#include "ca/key_remote.h"
#include "issuer/process/line.h"

enum token_operation { TOKEN_NONE, TOKEN_SIGN, TOKEN_PUBLIC, TOKEN_OPERATION_COUNT };
enum { TOKEN_REQUEST_CAP = 4096, TOKEN_ANSWER_CAP = 4096 };

/* ERR_REFUSED: the PIN; any other: try again later. */
enum err token_sign(struct line *l, const char *uri, const struct key_digest *digest, struct key_signature *out,
		    int milliseconds, struct errbuf *why) MUST_CHECK;
enum err token_public(struct line *l, const char *uri, EVP_PKEY **out, int milliseconds, struct errbuf *why) MUST_CHECK;

#endif
