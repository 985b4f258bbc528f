/* presented: a certificate as a peer, or the proxy before us, writes it. What comes is taken to be hostile. */
#ifndef CLIENT_PRESENTED_H
#define CLIENT_PRESENTED_H

#include "client/outcome.h"

#include <openssl/x509.h>

enum { PRESENTED_MAX = 16384, PRESENTED_CERTIFICATES_MAX = 8 };

/* The certificate (first), and in PEM what followed it, each read from exactly its DER: *out is owned. Every form has one
 * spelling; whatever strays from it is refused. PEER_ABSENT, PEER_MALFORMED, TOO_LARGE, BAD_INPUT, OUT_OF_MEMORY. */
counterfoil_code presented_read(counterfoil_bytes presented, counterfoil_format format, STACK_OF(X509) **out,
				counterfoil_error *error);

#endif
