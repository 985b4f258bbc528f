/* pem: a hostile PEM text (RFC 7468) taken apart: one private key, its certificate, the other certificates. */
#ifndef CLIENT_PEM_H
#define CLIENT_PEM_H

#include "client/password.h"
#include "client/pkcs12.h"

/* It has a line that begins an encapsulation, and is no DER. */
bool pem_is_meant(counterfoil_bytes text);

/* Of one text, or of two, of which the second (data NULL: none) has the key. COUNTERFOIL_OK, or a code of the category INPUT,
 * TOO_LARGE, OUT_OF_MEMORY, FAILED, or what the password gives; then *parts is empty. */
counterfoil_code pem_open(counterfoil_bytes certificates, counterfoil_bytes key, struct password *password,
			  struct pkcs12_parts *parts, counterfoil_error *error);

#endif
