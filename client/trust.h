/* trust: which CAs a server's certificate must lead to. */
#ifndef CLIENT_TRUST_H
#define CLIENT_TRUST_H

#include "client/identity.h"

enum { TRUST_PEM_MAX = 1 << 20, TRUST_CERTIFICATES_MAX = 1024 };

/* From the options: *out is owned. NO_TRUST, BAD_INPUT, OUT_OF_MEMORY, FAILED. */
counterfoil_code trust_store(const counterfoil_client_options *options, X509_STORE **out, counterfoil_error *error);

#endif
