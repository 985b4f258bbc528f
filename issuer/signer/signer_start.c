/* What the signer begins with: parts that belong together, and a packaging that works. */
#include "base/encode.h"
#include "base/log.h"
#include "ca/asn1_time.h"
#include "delivery/code.h"
#include "issuer/signer/packing.h"
#include "issuer/signer/signer_ocsp.h"

#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

void signer_parts_clear(struct signer_parts *p)
{
	authority_clear(&p->authority);
	for (size_t i = 0; i < p->other_count; i++)
		authority_clear(&p->others[i].authority);
	EVP_PKEY_free(p->ocsp_key);
	signer_token_free(p->token); /* behind the keys, whose signatures it makes */
	X509_free(p->root);
	X509_free(p->courier);
	secret_free(p->parcel_key);
	secret_free(p->ticket_key);
	journal_close(p->journal);
	memset(p, 0, sizeof *p);
}

static enum err authority_check(const struct authority *a, X509 *root, struct errbuf *why)
{
	if (X509_check_private_key(a->certificate, a->key) != 1)
		return fail(why, ERR_REFUSED, "the key of an issuing CA does not belong to its certificate");
	if (X509_verify(a->certificate, X509_get0_pubkey(root)) != 1)
		return fail(why, ERR_REFUSED, "an issuing CA's certificate is not signed by the root");
	return ERR_OK;
}

static enum err parts_check(const struct signer_parts *p, struct errbuf *why)
{
	if (secret_len(p->parcel_key) != 32 || secret_len(p->ticket_key) != 32)
		return fail(why, ERR_INVALID, "key.parcel and key.ticket have 32 bytes each");
	enum err rc = authority_check(&p->authority, p->root, why);
	for (size_t i = 0; !rc && i < p->other_count; i++)
		rc = authority_check(&p->others[i].authority, p->root, why);
	return rc;
}

static void profiles_complete(struct signer_parts *p)
{
	for (unsigned id = 0; id < PROFILE_COUNT; id++)
		if (!p->profiles[id].name)
			p->profiles[id] = *profile_get((enum profile_id)id);
}

static enum err add_ca(struct signer *s, const struct authority *a, enum issuer_standing standing, const char *key_name)
{
	struct signer_ca *ca = &s->cas[s->ca_count];
	unsigned len = sizeof ca->fingerprint;
	*ca = (struct signer_ca){.authority = a, .standing = standing, .key_name = key_name};
	if (X509_digest(a->certificate, EVP_sha256(), ca->fingerprint, &len) != 1 ||
	    asn1_time_read(X509_get0_notAfter(a->certificate), &ca->until) != ERR_OK)
		return ERR_CRYPTO;
	hex_encode(ca->fingerprint, sizeof ca->fingerprint, ca->name);
	s->ca_count++;
	return ERR_OK;
}

static enum err add_cas(struct signer *s)
{
	enum err rc = add_ca(s, &s->has.authority, ISSUER_PRESENT, s->has.key_name);
	for (size_t i = 0; !rc && i < s->has.other_count; i++)
		rc = add_ca(s, &s->has.others[i].authority, s->has.others[i].standing, s->has.others[i].key_name);
	s->issuer_name = s->cas[0].name;
	return rc;
}

const struct signer_ca *signer_ca_named(const struct signer *s, const char *name)
{
	for (size_t i = 0; i < s->ca_count; i++)
		if (strcmp(s->cas[i].name, name) == 0)
			return &s->cas[i];
	return NULL;
}

const struct signer_ca *signer_ca_of(const struct signer *s, X509 *certificate)
{
	for (size_t i = 0; i < s->ca_count; i++) {
		X509 *issuer = s->cas[i].authority->certificate;
		if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) == 0)
			return &s->cas[i];
	}
	return NULL;
}

/* By OpenSSL's own reader, which shares nothing with the packager but the standard. */
static bool package_opens(const struct buf *package, const struct secret *password, const struct package_parts *parts)
{
	const uint8_t *der = package->data;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	PKCS12 *p12 = d2i_PKCS12(NULL, &der, (long)package->len);
	bool same = p12 && PKCS12_parse(p12, secret_string(password), &key, &certificate, NULL) == 1 && key && certificate &&
		    EVP_PKEY_eq(key, parts->key) == 1 && X509_cmp(certificate, parts->certificate) == 0;
	PKCS12_free(p12);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return same;
}

static enum err package_test(const struct authority *a, enum package_encoding encoding, struct errbuf *why)
{
	struct secret *password = NULL;
	struct buf package = BUF_INIT(PACKAGE_MAX_BYTES);
	const struct package_parts parts = {.key = a->key, .certificate = a->certificate, .friendly_name = "self test"};
	enum err rc = password_new(&password);
	if (!rc)
		rc = package_make(&parts, encoding, password, &package, why);
	if (!rc && !package_opens(&package, password, &parts))
		rc = fail(why, ERR_CRYPTO, "a %s package does not open again", package_encoding_name(encoding));
	secret_free(password);
	buf_free(&package);
	return rc;
}

enum err package_self_test(struct errbuf *why)
{
	const struct authority_names names = {.organisation = "Self test", .root_name = "Self test"};
	struct authority throwaway = {0};
	enum err rc = authority_make_root(&names, 1735689600, &throwaway, why);
	for (int e = 0; !rc && e < PACKAGE_ENCODING_COUNT; e++)
		rc = package_test(&throwaway, (enum package_encoding)e, why);
	authority_clear(&throwaway);
	return rc;
}

enum err packaging_check(struct signer *s, struct errbuf *why)
{
	struct errbuf fault = {""};
	if (s->packaging_tested)
		return ERR_OK;
	enum err rc = package_self_test(&fault);
	if (rc && rc != s->packaging_fault)
		log_event(LOG_LEVEL_ALARM, "packaging.broken", {"error", err_word(rc)}, {"why", err_why(rc, &fault)});
	s->packaging_fault = rc;
	s->packaging_tested = rc == ERR_OK;
	return rc ? fail(why, rc, "no package is made: the packaging does not pass its test") : rc;
}

enum err signer_new(struct signer_parts *parts, struct signer **out, struct errbuf *why)
{
	struct signer *s = calloc(1, sizeof *s);
	if (!s) {
		signer_parts_clear(parts);
		return ERR_MEMORY;
	}
	s->has = *parts;
	memset(parts, 0, sizeof *parts);
	profiles_complete(&s->has);
	enum err rc = parts_check(&s->has, why);
	if (!rc)
		rc = add_cas(s);
	if (!rc)
		rc = authority_rehearse(&s->has.authority, why);
	if (!rc) {
		signer_clock_begin(s);
		*out = s;
		s = NULL;
	}
	signer_free(s);
	return rc;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	(void)signer_keys_end(s); /* role_signer has done it before, and knows what came of it */
	signer_ocsp_end(s->ocsp);
	issued_forget_all(&s->issued);
	crl_signing_free(s->list.signing);
	for (size_t i = 0; i <= KEY_TYPE_COUNT; i++)
		EVP_PKEY_free(s->throwaway[i]);
	signer_parts_clear(&s->has);
	free(s);
}
