/* host_key: the issuing and the OCSP key for commands on this machine, as their settings name them: a PEM file,
 * perhaps under a pass phrase, or a key in a token, which is opened in this process, once, and closed at its end. */
#ifndef ISSUER_HOST_KEY_H
#define ISSUER_HOST_KEY_H

#include "base/secret.h"
#include "ca/key.h"
#include "issuer/settings.h"

/* `public` is its public half, which must be its own (ERR_REFUSED); NULL: any. One in a token has signed once, so
 * that it is known to be the right one; its PIN was tried at most once. The caller frees it. */
enum err host_key(const struct settings *s, const char *name, const EVP_PKEY *public, EVP_PKEY **out,
		  struct errbuf *why) MUST_CHECK;

/* The key of a CA, by its id and its certificate's public half (issuers.h). What is wrong is said of both its places. */
enum err host_issuer_key(const struct settings *s, const char *id, const EVP_PKEY *public, EVP_PKEY **out,
			 struct errbuf *why) MUST_CHECK;

/* The pass phrase that the settings name; *out stays NULL when there is none. */
enum err host_key_pass(const struct settings *s, struct secret **out, struct errbuf *why) MUST_CHECK;

#endif
