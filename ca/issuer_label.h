/* issuer_label: how an issuing CA's list and certificate are called: "issuing" for the first of an installation,
 * "issuing-1a2b3c4d" for those after it, which have the first digits of their key's identifier at the end of their common
 * name. So a CA's own certificate says what it is called, for as long as anybody has it. */
#ifndef CA_ISSUER_LABEL_H
#define CA_ISSUER_LABEL_H

#include "base/err.h"

#include <openssl/x509.h>

enum { ISSUER_LABEL_SIZE = 20, ISSUER_DIGITS_SIZE = 9, ISSUER_ID_SIZE = 17 };

/* The first 8 hexadecimal digits of a key's identifier, as certificates have it (RFC 7093 method 1). */
enum err issuer_digits(EVP_PKEY *key, char out[ISSUER_DIGITS_SIZE]) MUST_CHECK;
/* The first 16: the name of its files. */
enum err issuer_id(EVP_PKEY *key, char out[ISSUER_ID_SIZE]) MUST_CHECK;
enum err issuer_label(const X509 *certificate, char out[ISSUER_LABEL_SIZE]) MUST_CHECK;

#endif
