/* certificate: build, lint, sign, read. Pure: bytes in, bytes out.
 *
 * A certificate is never signed from handed-in bytes: it is built from a profile and fields, linted, signed, parsed
 * again and compared with what was asked. Its subject is what the profile's patterns make of the fields; every certificate
 * has AKI and SKI (RFC 7093 method 1), and the addresses that are given. A field that the kind of certificate does not take
 * is refused. */
#ifndef CA_CERTIFICATE_H
#define CA_CERTIFICATE_H

#include "base/buf.h"
#include "ca/name.h"
#include "ca/profile.h"

#include <openssl/x509.h>
#include <stdbool.h>

enum { SERIAL_BYTES = 20, SERIAL_TEXT_SIZE = 41, FINGERPRINT_BYTES = 32 };

struct certificate_fields {
	enum profile_id profile;
	const struct profile *rules;  /* of that id, as a file has it; NULL: the built-in one */
	const char *organisation; /* display names; NULL when the profile does not take them */
	const char *service;
	const char *common_name;
	const char *san_uri;          /* client, staff */
	const char *const *hosts;     /* server: DNS names and IP addresses, NULL-terminated, at most 16 */
	const char *crl_url, *issuer_url, *ocsp_url; /* http; NULL to leave out */
	bool own_key;                 /* its holder has made the key: the profile's own keys are permitted, not its key types */
	uint8_t serial[SERIAL_BYTES];
	int64_t not_before, not_after; /* seconds UTC */
};

/* 159 random bits, never zero: positive, exactly 20 octets at most (RFC 5280 4.1.2.2). */
enum err serial_new(uint8_t out[SERIAL_BYTES]) MUST_CHECK;
/* Lower-case hex, fixed 40 digits. */
void serial_text(const uint8_t serial[SERIAL_BYTES], char out[SERIAL_TEXT_SIZE]);
/* Any notation people paste: upper or lower case, colons, spaces, "0x", leading zeros left out. */
enum err serial_from_text(const char *text, uint8_t out[SERIAL_BYTES]) MUST_CHECK;

/* The profile that the fields name. */
const struct profile *certificate_profile(const struct certificate_fields *f);
/* Not-before and not-after from the profile at `now`, never beyond the issuer's own not-after. */
void certificate_life(const struct profile *p, const X509 *issuer, int64_t now, struct certificate_fields *f);

/* Build, unsigned. issuer is NULL for the root (then issued to itself). The caller frees *out. */
enum err certificate_build(const struct certificate_fields *f, EVP_PKEY *subject_key, X509 *issuer, X509 **out,
			   struct errbuf *why) MUST_CHECK;
/* Hold a built (or signed) certificate, as it is encoded, against the fields, the profile, the issuer (NULL for the root)
 * and RFC 5280: nothing missing, nothing more. ERR_INVALID with the reason. */
enum err certificate_lint(const struct certificate_fields *f, X509 *built, X509 *issuer, struct errbuf *why) MUST_CHECK;
/* SHA-256 over the to-be-signed bytes as they will be signed: what the journal keeps as the intent. */
enum err certificate_tbs_hash(X509 *built, EVP_PKEY *issuer_key, uint8_t out[32]) MUST_CHECK;
/* Sign with SHA-256 (SHA-384 for a P-384 key), read the signed bytes again and compare with the fields and the subject's
 * key. What was read is in *out when every check held, and encodes to those bytes; the caller frees it. issuer NULL:
 * self-signed root. */
enum err certificate_sign(const struct certificate_fields *f, X509 *built, EVP_PKEY *issuer_key, X509 *issuer,
			  EVP_PKEY *subject_key, X509 **out, struct errbuf *why) MUST_CHECK;

/* Facts of a certificate in DER. Text is as in the certificate, "" when absent. */
struct certificate_facts {
	uint8_t serial[SERIAL_BYTES];
	uint8_t fingerprint[FINGERPRINT_BYTES]; /* SHA-256 of the DER */
	uint8_t key_hash[KEY_HASH_BYTES];       /* as key_hash() gives it */
	int64_t not_before, not_after;
	char organisation[NAME_SIZE], unit[NAME_SIZE], common_name[NAME_SIZE];
	char san_uri[512];
	char subject[1024], issuer[1024]; /* RFC 2253 */
};
enum err certificate_read(const void *der, size_t len, struct certificate_facts *out, struct errbuf *why) MUST_CHECK;

/* One or more PEM certificates to DER of the n-th (0 first), ERR_NOT_FOUND after the last; DER to PEM. */
enum err certificate_pem_to_der(const void *pem, size_t len, unsigned n, struct buf *out) MUST_CHECK;
enum err certificate_der_to_pem(const void *der, size_t len, struct buf *out) MUST_CHECK;
/* n certificates in DER, in their order, as a PKCS#7 that has nothing else (certs-only, RFC 8551 3.8). Appended. */
enum err certificate_pkcs7(const struct buf *const *ders, size_t n, struct buf *out) MUST_CHECK;

#endif
