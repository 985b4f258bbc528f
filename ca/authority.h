/* authority: the two CAs of an installation and what they sign at birth.
 * Root P-384, 20 years, offline after `init`; issuing CA P-256, 10 years, pathLen 0. */
#ifndef CA_AUTHORITY_H
#define CA_AUTHORITY_H

#include "ca/certificate.h"

struct rehearsal;

/* A CA's certificate with its key, and the understudy that tries every signature first (rehearsal.h); all owned. */
struct authority {
	X509 *certificate;
	EVP_PKEY *key;
	struct rehearsal *rehearsal; /* authority_make_* and authority_load make it; NULL: one is made for each issue */
};

struct authority_names {
	const char *organisation;  /* O of both */
	const char *root_name;     /* CN */
	const char *issuing_name;  /* CN */
	const char *root_crl_url, *root_url; /* put into the issuing CA's certificate; NULL: left out */
	const struct profile *root_rules, *issuing_rules; /* NULL: the built-in ones */
	EVP_PKEY *issuing_key; /* one that there is already, of a type that the rules permit; NULL: a new one is made */
};

enum err authority_make_root(const struct authority_names *n, int64_t now, struct authority *out,
			     struct errbuf *why) MUST_CHECK;
enum err authority_make_issuing(const struct authority_names *n, const struct authority *root, int64_t now,
				struct authority *out, struct errbuf *why) MUST_CHECK;
/* Certificate in PEM or DER and a PEM key; ERR_REFUSED when they do not belong together. */
enum err authority_load(const struct buf *certificate, const struct buf *key_pem, const struct secret *pass,
			struct authority *out, struct errbuf *why) MUST_CHECK;
/* The two steps of it, for a key that is had in another way: read the certificate; put both together, which are taken, also
 * when it fails. */
enum err authority_certificate(const struct buf *certificate, X509 **out, struct errbuf *why) MUST_CHECK;
enum err authority_join(X509 *certificate, EVP_PKEY *key, struct authority *out, struct errbuf *why) MUST_CHECK;
/* Make the understudy of one that was put together by hand. */
enum err authority_rehearse(struct authority *a, struct errbuf *why) MUST_CHECK;
void authority_clear(struct authority *a);

/* The whole of one issue: key given, build, sign by a throw-away key, lint and verify that, sign, check. DER appended to
 * out. The journal's hook `intent` is called with the serial and the hash of the to-be-signed bytes after the lint and
 * before the signature; when it fails nothing is signed. intent may be NULL (tests, init). ERR_INVALID: the lint refuses
 * it, and nothing was announced or signed. */
struct issue_hook {
	enum err (*intent)(void *ctx, const struct certificate_fields *f, const uint8_t tbs_hash[32]);
	void *ctx;
};
enum err authority_issue(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
			 const struct issue_hook *hook, struct buf *out, struct errbuf *why) MUST_CHECK;
/* The same for a caller who goes on with it: the certificate as it was read from its bytes, for him to free. */
enum err authority_certify(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
			   const struct issue_hook *hook, X509 **out, struct errbuf *why) MUST_CHECK;
/* The dry run: all of it but the journal and the issuer's signature. */
enum err authority_try(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
		       struct errbuf *why) MUST_CHECK;
/* Its DER, appended to out. */
enum err certificate_encode(const X509 *x, struct buf *out, struct errbuf *why) MUST_CHECK;

#endif
