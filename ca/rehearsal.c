#include "ca/rehearsal.h"

#include "ca/certificate_lint.h"
#include "ca/crypto_why.h"
#include "ca/signature.h"

#include <stdlib.h>

struct rehearsal {
	X509 *issuer;     /* the issuer as the certificate is held against it; NULL: a root is rehearsed */
	X509 *understudy; /* the same with the throw-away key, signed by that */
	EVP_PKEY *key;
};

void rehearsal_free(struct rehearsal *r)
{
	if (!r)
		return;
	X509_free(r->issuer);
	X509_free(r->understudy);
	EVP_PKEY_free(r->key);
	free(r);
}

/* Another key of the same type and curve. */
static EVP_PKEY *key_like(EVP_PKEY *key)
{
	EVP_PKEY *made = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_generate(ctx, &made) != 1)
		made = NULL;
	EVP_PKEY_CTX_free(ctx);
	return made;
}

/* Signed by its own key: an issuer that has signed itself is looked at more closely. Name and key identifier stay, by which
 * it is found. */
static X509 *understudy_of(X509 *issuer, EVP_PKEY *key)
{
	X509 *made = NULL, *copy = X509_dup(issuer);
	if (copy && X509_set_pubkey(copy, key) == 1 && X509_sign(copy, key, signature_digest(key)) > 0)
		made = certificate_reread(copy);
	X509_free(copy);
	return made;
}

enum err rehearsal_new(X509 *issuer, EVP_PKEY *key, struct rehearsal **out, struct errbuf *why)
{
	struct rehearsal *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_MEMORY;
	r->key = key_like(issuer ? X509_get0_pubkey(issuer) : key);
	bool done = r->key != NULL;
	if (done && issuer) {
		r->understudy = understudy_of(issuer, r->key);
		done = r->understudy && X509_up_ref(issuer) == 1;
		r->issuer = done ? issuer : NULL;
	}
	if (done) {
		*out = r;
		return ERR_OK;
	}
	rehearsal_free(r);
	return crypto_why(why, ERR_CRYPTO, "there is no throw-away key to try the signature with");
}

static enum err signed_check(const struct rehearsal *r, const struct certificate_fields *f, X509 *x, EVP_PKEY *subject_key,
			     struct errbuf *why)
{
	enum err rc = certificate_lint_read(f, x, r->issuer, why);
	if (!rc && EVP_PKEY_eq(X509_get0_pubkey(x), subject_key) != 1)
		rc = crypto_why(why, ERR_INVALID, "certificate lint: it has another key than was given");
	return rc || !r->understudy ? rc : certificate_verify_strictly(f, x, r->understudy, why);
}

enum err certificate_rehearse(const struct rehearsal *r, const struct certificate_fields *f, X509 *built,
			      EVP_PKEY *subject_key, struct errbuf *why)
{
	if (X509_sign(built, r->key, signature_digest(r->key)) <= 0)
		return crypto_why(why, ERR_CRYPTO, "the certificate could not be signed on trial");
	X509 *read = certificate_reread(built);
	enum err rc = read ? signed_check(r, f, read, subject_key, why)
			   : crypto_why(why, ERR_INVALID, "certificate lint: its DER does not read back as it was written");
	X509_free(read);
	return rc;
}
