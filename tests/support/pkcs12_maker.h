/* pkcs12_maker: keys, certificates and PKCS#12 files of every kind, made inside the test by OpenSSL. */
#ifndef TESTS_PKCS12_MAKER_H
#define TESTS_PKCS12_MAKER_H

#include "base/buf.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdbool.h>

enum { DAY = 86400 };

struct pair { /* of a CA, a server or a client; owned */
	EVP_PKEY *key;
	X509 *certificate;
};
void pair_free(struct pair *p);

struct wanted {
	const char *common_name, *organisation, *unit;
	size_t common_name_len;   /* 0: strlen */
	const char *alternative;  /* "URI:...", "DNS:localhost,IP:127.0.0.1" */
	const char *extended;     /* "clientAuth", "serverAuth" */
	const char *key;          /* "P-384", "ED25519", "RSA1024", "RSA2048", "RSA-PSS"; NULL: P-256 */
	const char *lists;        /* "URI:http://...": where the CRL is */
	const char *responder;    /* "OCSP;URI:http://..." */
	const char *features;     /* "status_request": it must be stapled */
	const char *usage;        /* "keyEncipherment" */
	bool ca;
	const struct pair *issuer; /* NULL: self-signed */
	int64_t from, until;       /* seconds from now; 0, 0: an hour ago until 365 days */
};
struct pair pair_make(const struct wanted *w); /* ends the test when it cannot */

struct package {
	const struct pair *subject;
	const X509 *only_certificate;  /* instead of the subject's certificate */
	EVP_PKEY *second_key;
	X509 *const *chain;
	size_t chain_count;
	const char *password;
	int key_nid, certificate_nid; /* 0: AES-256-CBC; -1: not encrypted */
	const EVP_MD *mac;            /* NULL: SHA-256 */
	int rounds;                   /* 0: 1 */
	bool no_key, no_certificate, no_mac;
	int nest;                     /* the key's bag this many bags deep in others */
	int64_t mac_rounds_told;         /* written over the MAC's count afterwards */
	int64_t certificate_rounds_told; /* and over the certificates' encryption's, before the MAC */
};
/* Append the DER to out. */
void package_write(const struct package *p, struct buf *out);

#endif
