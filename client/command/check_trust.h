/* check_trust: whom check believes about a certificate's revocation. */
#ifndef CLIENT_COMMAND_CHECK_TRUST_H
#define CLIENT_COMMAND_CHECK_TRUST_H

#include "base/buf.h"
#include "client/command/settings.h"
#include "client/include/counterfoil.h"

/* In PEM, appended: the CA that is set, with those of the identity's file that it has signed; else all of the file's. A list or
 * an answer is only believed when one of them has signed it. ERR_USAGE when there is none. */
enum err check_trust(const struct arguments *given, const counterfoil_identity *identity, struct buf *pem,
		     struct errbuf *why) MUST_CHECK;

#endif
