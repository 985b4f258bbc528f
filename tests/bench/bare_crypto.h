/* bare_crypto: the cryptography of one delivery as OpenSSL offers it. Every fault ends the program. */
#ifndef TESTS_BENCH_BARE_CRYPTO_H
#define TESTS_BENCH_BARE_CRYPTO_H

#include "tests/bench/bare_steps.h"

struct bytes {
	unsigned char bytes[BARE_PACKAGE_MOST];
	size_t len;
};

struct parcel {
	char serial[64];
	unsigned char sha256[32];     /* of the package, open */
	struct bytes certificate;     /* DER */
	struct bytes key, package;    /* sealed at rest */
	struct bytes password;	      /* sealed to the courier, with the message around it */
};

void crypto_open(const char *installation);
/* Calls the journal with the hash of the to-be-signed bytes. */
void parcel_make(struct parcel *p, const char *token,
		 void (*journal)(const char *token, const char *serial, const unsigned char hash[32]));
size_t rest_open(const unsigned char *sealed, size_t len, unsigned char out[BARE_PACKAGE_MOST]);
size_t message_open(const unsigned char *sealed, size_t len, unsigned char out[BARE_PACKAGE_MOST]);

#endif
