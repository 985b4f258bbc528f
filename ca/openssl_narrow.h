/* openssl_narrow: OpenSSL with no more kinds and forms of keys than this authority has.
 *
 * OpenSSL 3.0 looks through all that it can read, for each key that it reads: DSA, DH, SM2, Edwards curves, blobs, PVK.
 * That costs three to ten times as much as the reading, and lets bytes from outside choose among all of that. Here the
 * default provider stands behind one of ours, which hands everything through but this: keys are RSA or on curves of EC,
 * and are read and written as SubjectPublicKeyInfo and PKCS#8 in DER alone. (PEM is unwrapped before; ca/key.h. For a
 * private key of another kind OpenSSL has a second way, by its own tables.) */
#ifndef CA_OPENSSL_NARROW_H
#define CA_OPENSSL_NARROW_H

#include "base/err.h"

/* For the whole process, until its end; before its first OpenSSL call that needs an algorithm, and before there are
 * threads. ERR_CRYPTO: it is too late for that, or this OpenSSL names its parts otherwise; all of it is there then,
 * as ever. Not for a process that speaks TLS by OpenSSL. */
enum err openssl_narrow(void) MUST_CHECK;

#endif
