#include "ca/authority.h"

#include "ca/crypto_why.h"
#include "ca/rehearsal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdbool.h>

enum { CERTIFICATE_MAX = 16384 };

void authority_clear(struct authority *a)
{
	X509_free(a->certificate);
	EVP_PKEY_free(a->key);
	rehearsal_free(a->rehearsal);
	*a = (struct authority){0};
}

enum err authority_rehearse(struct authority *a, struct errbuf *why)
{
	return a->rehearsal ? ERR_OK : rehearsal_new(a->certificate, a->key, &a->rehearsal, why);
}

/* Built, and accepted with a throw-away signature, which is still in it. */
static enum err build_and_rehearse(const struct authority *issuer, const struct certificate_fields *f,
				   EVP_PKEY *subject_key, X509 **out, struct errbuf *why)
{
	struct rehearsal *made = NULL;
	X509 *built = NULL;
	enum err rc = certificate_build(f, subject_key, issuer->certificate, &built, why);
	if (!rc && !issuer->rehearsal)
		rc = rehearsal_new(issuer->certificate, issuer->key, &made, why);
	if (!rc)
		rc = certificate_rehearse(made ? made : issuer->rehearsal, f, built, subject_key, why);
	if (!rc) {
		*out = built;
		built = NULL;
	}
	X509_free(built);
	rehearsal_free(made);
	return rc;
}

static enum err intent_announce(const struct certificate_fields *f, X509 *built, EVP_PKEY *issuer_key,
				const struct issue_hook *hook, uint8_t hash[32])
{
	enum err rc = certificate_tbs_hash(built, issuer_key, hash);
	return rc == ERR_OK && hook && hook->intent ? hook->intent(hook->ctx, f, hash) : rc;
}

/* The to-be-signed bytes of a certificate in DER: the first member of the outer SEQUENCE. */
static bool tbs_view(const uint8_t *der, size_t size, const uint8_t **out, size_t *out_len)
{
	const uint8_t *at = der;
	long len = 0;
	int tag = 0, class = 0;
	if (ASN1_get_object(&at, &len, &tag, &class, (long)size) & 0x80 || tag != V_ASN1_SEQUENCE)
		return false;
	*out = at;
	if (ASN1_get_object(&at, &len, &tag, &class, len) & 0x80 || tag != V_ASN1_SEQUENCE)
		return false;
	*out_len = (size_t)(at - *out) + (size_t)len;
	return true;
}

/* The journal knows these bytes: nothing else may leave. */
static enum err intent_compare(const X509 *x, const uint8_t hash[32], struct errbuf *why)
{
	const uint8_t *tbs = NULL;
	size_t tbs_len = 0;
	uint8_t *der = NULL, have[32];
	int len = i2d_X509(x, &der);
	bool same = len > 0 && tbs_view(der, (size_t)len, &tbs, &tbs_len) &&
		    EVP_Digest(tbs, tbs_len, have, NULL, EVP_sha256(), NULL) == 1 &&
		    CRYPTO_memcmp(have, hash, sizeof have) == 0;
	OPENSSL_free(der);
	return same ? ERR_OK : crypto_why(why, ERR_INTERNAL, "what was signed is not what was announced");
}

/* issuer->certificate NULL: a root, signed by issuer->key, which is also its subject's. */
static enum err issue(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
		      const struct issue_hook *hook, X509 **out, struct errbuf *why)
{
	X509 *built = NULL, *made = NULL;
	uint8_t hash[32];
	enum err rc = build_and_rehearse(issuer, f, subject_key, &built, why);
	if (rc)
		goto out;
	rc = intent_announce(f, built, issuer->key, hook, hash);
	if (rc)
		goto out;
	rc = certificate_sign(f, built, issuer->key, issuer->certificate, subject_key, &made, why);
	if (rc)
		goto out;
	rc = intent_compare(made, hash, why);
	if (rc)
		goto out;
	*out = made;
	made = NULL;
out:
	X509_free(made);
	X509_free(built);
	return rc;
}

enum err authority_try(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
		       struct errbuf *why)
{
	X509 *built = NULL;
	enum err rc = build_and_rehearse(issuer, f, subject_key, &built, why);
	X509_free(built);
	return rc;
}

enum err authority_certify(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
			   const struct issue_hook *hook, X509 **out, struct errbuf *why)
{
	if (!issuer->certificate || !issuer->key)
		return fail(why, ERR_INVALID, "the authority has no certificate or no key");
	return issue(issuer, f, subject_key, hook, out, why);
}

enum err authority_issue(const struct authority *issuer, const struct certificate_fields *f, EVP_PKEY *subject_key,
			 const struct issue_hook *hook, struct buf *out, struct errbuf *why)
{
	X509 *x = NULL;
	enum err rc = authority_certify(issuer, f, subject_key, hook, &x, why);
	if (!rc)
		rc = certificate_encode(x, out, why);
	X509_free(x);
	return rc;
}

enum err certificate_encode(const X509 *x, struct buf *out, struct errbuf *why)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);
	if (len > 0)
		buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return len > 0 ? buf_check(out) : crypto_why(why, ERR_CRYPTO, "the certificate could not be written");
}

static X509 *certificate_decode(const struct buf *der)
{
	const uint8_t *at = der->data;
	X509 *x = der->len ? d2i_X509(NULL, &at, (long)der->len) : NULL;
	if (x && at == der->data + der->len)
		return x;
	X509_free(x);
	return NULL;
}

/* A further reference to the key that is given, or a new one. */
static enum err birth_key(const struct profile *p, EVP_PKEY *given, EVP_PKEY **out, struct errbuf *why)
{
	enum key_type type = KEY_TYPE_COUNT;
	if (!given)
		return key_generate(p->key_first, out);
	EVP_PKEY *half = key_public_half(given);
	bool permitted = half && key_type_of(half, &type) == ERR_OK && (p->key_types & 1u << type);
	EVP_PKEY_free(half);
	if (!permitted)
		return fail(why, ERR_REFUSED, "the profile %s does not permit a key of this type", p->name);
	if (EVP_PKEY_up_ref(given) != 1)
		return ERR_MEMORY;
	*out = given;
	return ERR_OK;
}

/* A CA at its birth: key, serial, life, certificate. issuer NULL: the new key signs itself. */
static enum err authority_make(const struct authority *issuer, struct certificate_fields *f, EVP_PKEY *given, int64_t now,
			       struct authority *out, struct errbuf *why)
{
	struct authority made = {0}, self = {0};
	enum err rc = birth_key(certificate_profile(f), given, &made.key, why);
	if (rc)
		goto out;
	rc = serial_new(f->serial);
	if (rc)
		goto out;
	certificate_life(certificate_profile(f), issuer ? issuer->certificate : NULL, now, f);
	self.key = made.key;
	rc = issue(issuer ? issuer : &self, f, made.key, NULL, &made.certificate, why);
	if (!rc)
		rc = authority_rehearse(&made, why);
	if (rc)
		goto out;
	*out = made;
	made = (struct authority){0};
out:
	authority_clear(&made);
	return rc;
}

enum err authority_make_root(const struct authority_names *n, int64_t now, struct authority *out, struct errbuf *why)
{
	struct certificate_fields f = {
		.profile = PROFILE_ROOT, .rules = n->root_rules, .organisation = n->organisation, .common_name = n->root_name};
	return authority_make(NULL, &f, NULL, now, out, why);
}

enum err authority_make_issuing(const struct authority_names *n, const struct authority *root, int64_t now,
				struct authority *out, struct errbuf *why)
{
	struct certificate_fields f = {.profile = PROFILE_ISSUING,
				       .rules = n->issuing_rules,
				       .organisation = n->organisation,
				       .common_name = n->issuing_name,
				       .crl_url = n->root_crl_url,
				       .issuer_url = n->root_url};
	if (!root->certificate || !root->key)
		return fail(why, ERR_INVALID, "the root has no certificate or no key");
	return authority_make(root, &f, n->issuing_key, now, out, why);
}

enum err authority_certificate(const struct buf *bytes, X509 **out, struct errbuf *why)
{
	struct buf der = BUF_INIT(CERTIFICATE_MAX);
	*out = certificate_decode(bytes);
	if (!*out && certificate_pem_to_der(bytes->data, bytes->len, 0, &der) == ERR_OK)
		*out = certificate_decode(&der);
	buf_free(&der);
	ERR_clear_error(); /* what DER made of PEM, or PEM of DER, is nobody's reason */
	return *out ? ERR_OK : fail(why, ERR_MALFORMED, "this is not a certificate in PEM or DER");
}

enum err authority_join(X509 *certificate, EVP_PKEY *key, struct authority *out, struct errbuf *why)
{
	struct authority joined = {.certificate = certificate, .key = key};
	enum err rc = X509_check_private_key(certificate, key) == 1
			      ? authority_rehearse(&joined, why)
			      : crypto_why(why, ERR_REFUSED, "the key does not belong to the certificate");
	if (rc)
		authority_clear(&joined);
	else
		*out = joined;
	return rc;
}

enum err authority_load(const struct buf *certificate, const struct buf *key_pem, const struct secret *pass,
			struct authority *out, struct errbuf *why)
{
	X509 *x = NULL;
	EVP_PKEY *key = NULL;
	enum err rc = authority_certificate(certificate, &x, why);
	if (!rc)
		rc = key_read_pem(key_pem->data, key_pem->len, pass, &key, why);
	if (!rc)
		return authority_join(x, key, out, why);
	X509_free(x);
	return rc;
}
