/* key_uri: a private key in a PKCS#11 token by its name (RFC 7512), as a setting gives it:
 *
 *   pkcs11:token=CA;object=issuing
 *
 * Known are token, manufacturer, serial, model, object, id and type=private. Nothing may follow in a query: a PIN has
 * a file of its own, and which module is loaded is a setting of its own. */
#ifndef CA_KEY_URI_H
#define CA_KEY_URI_H

#include "base/err.h"

#include <stdbool.h>

enum { KEY_URI_MAX = 1024 };

/* Does this name a key in a token, and not a file? (It may be a wrong name nevertheless.) */
bool key_uri_is(const char *text);

/* ERR_USAGE with the reason, which never repeats the value of an attribute. A good one names a token (token or
 * serial) and an object in it (object or id). */
enum err key_uri_check(const char *uri, struct errbuf *why) MUST_CHECK;

/* Do two good ones name their tokens by the same words? Written otherwise, the same token counts as another. */
bool key_uri_same_token(const char *a, const char *b);

#endif
