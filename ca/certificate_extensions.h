/* certificate_extensions: the extensions of each profile, written (certificate_extensions.c) and held against what was
 * asked (certificate_lint_extensions.c); the two share nothing but this header. Private to ca/. */
#ifndef CA_CERTIFICATE_EXTENSIONS_H
#define CA_CERTIFICATE_EXTENSIONS_H

#include "ca/certificate.h"

#include <stdbool.h>

enum { KEY_ID_BYTES = 20 };

/* Subject key identifier by RFC 7093 method 1: the leftmost 160 bits of SHA-256 over the public key's BIT STRING. */
bool certificate_key_id(const X509 *x, uint8_t out[KEY_ID_BYTES]);

/* x has its public key. issuer NULL: a root. */
enum err certificate_extensions_add(const struct certificate_fields *f, X509 *x, X509 *issuer,
				    struct errbuf *why) MUST_CHECK;

/* x has been read from DER. */
enum err certificate_extensions_lint(const struct certificate_fields *f, X509 *x, X509 *issuer,
				     struct errbuf *why) MUST_CHECK;

#endif
