/* pem_maker: certificates and private keys as PEM, in every form that programs write. */
#ifndef TESTS_PEM_MAKER_H
#define TESTS_PEM_MAKER_H

#include "tests/support/pkcs12_maker.h"

enum pem_key {
	PEM_PKCS8,
	PEM_PKCS8_SEALED, /* PBES2, AES-256, one round */
	PEM_PKCS8_DES,    /* PBES1 with DES and MD5 */
	PEM_PKCS8_COSTLY, /* 2,000,001 rounds told */
	PEM_TRADITIONAL,
	PEM_TRADITIONAL_SEALED
};

/* The key with the same modulus and certificate, and factors of so many bits. */
EVP_PKEY *pem_with_giant_factors(const EVP_PKEY *rsa, int bits);

/* Append; they end the test when they cannot. */
void pem_add_certificate(struct buf *out, const X509 *certificate);
void pem_add_key(struct buf *out, EVP_PKEY *key, enum pem_key form, const char *password);

#endif
