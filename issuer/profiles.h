/* profiles: the certificate profiles of an installation, by the settings that name their files; "" is the built-in one.
 * In the daemon the signer alone reads them, as descriptors that it was granted; these calls are for commands on the host. */
#ifndef ISSUER_PROFILES_H
#define ISSUER_PROFILES_H

#include "ca/profile.h"
#include "issuer/settings.h"

const char *profiles_path(const struct settings *s, enum profile_id id);
/* ERR_USAGE with the file and the line; ERR_REFUSED: others may write it; ERR_NOT_FOUND, ERR_IO. */
enum err profiles_load(const struct settings *s, enum profile_id id, struct profile *out, struct errbuf *why) MUST_CHECK;
/* Copies of the built-in ones, for a new installation. */
enum err profiles_write(const struct settings *s, struct errbuf *why) MUST_CHECK;

#endif
