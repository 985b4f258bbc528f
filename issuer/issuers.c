#include "issuer/issuers.h"

#include "base/encode.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

const char *issuer_standing_name(enum issuer_standing s)
{
	static const char *const names[] = {[ISSUER_PRESENT] = "present", [ISSUER_NEXT] = "next", [ISSUER_RETIRED] = "retired"};
	return names[s];
}

enum err issuer_name_of(const X509 *certificate, char out[ISSUER_NAME_SIZE])
{
	uint8_t hash[FINGERPRINT_BYTES];
	unsigned len = sizeof hash;
	if (X509_digest(certificate, EVP_sha256(), hash, &len) != 1)
		return ERR_CRYPTO;
	hex_encode(hash, sizeof hash, out);
	return ERR_OK;
}

static enum err read_issuer(const struct buf *der, struct issuer *out, struct errbuf *why)
{
	struct certificate_facts facts;
	const uint8_t *at = der->data;
	enum err rc = certificate_read(der->data, der->len, &facts, why);
	if (rc)
		return rc;
	out->certificate = d2i_X509(NULL, &at, (long)der->len);
	if (!out->certificate || X509_check_ca(out->certificate) != 1)
		return fail(why, ERR_INVALID, "the certificate of %s is not a CA's", facts.subject);
	memcpy(out->fingerprint, facts.fingerprint, sizeof out->fingerprint);
	hex_encode(facts.fingerprint, sizeof facts.fingerprint, out->name);
	out->from = facts.not_before;
	out->until = facts.not_after;
	rc = issuer_label(out->certificate, out->label);
	return rc ? rc : issuer_id(X509_get0_pubkey(out->certificate), out->id);
}

static enum err place_in(struct issuers *set, struct issuer *one, struct errbuf *why)
{
	const struct issuer *same = issuers_called(set, one->label);
	if (same)
		return fail(why, ERR_INVALID, "two issuing CAs are called \"%s\": a list can be only one's", one->label);
	if (set->count == ISSUERS_MOST)
		return fail(why, ERR_TOO_LARGE, "more than %d issuing CAs", ISSUERS_MOST);
	set->at[set->count++] = *one;
	one->certificate = NULL;
	return ERR_OK;
}

enum err issuers_add(struct issuers *set, enum issuer_standing standing, const void *pem, size_t len, struct errbuf *why)
{
	struct issuer one = {.standing = standing};
	struct buf der = BUF_INIT(ISSUER_PEM_MOST);
	enum err rc = certificate_pem_to_der(pem, len, 0, &der);
	if (rc)
		fail(why, rc, "there is no certificate in PEM");
	else
		rc = read_issuer(&der, &one, why);
	if (!rc && !issuers_named(set, one.name))
		rc = place_in(set, &one, why);
	X509_free(one.certificate);
	buf_free(&der);
	return rc;
}

void issuers_clear(struct issuers *set)
{
	for (size_t i = 0; i < set->count; i++)
		X509_free(set->at[i].certificate);
	*set = (struct issuers){.count = 0};
}

const struct issuer *issuers_named(const struct issuers *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->at[i].name, name) == 0)
			return &set->at[i];
	return NULL;
}

const struct issuer *issuers_called(const struct issuers *set, const char *label)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->at[i].label, label) == 0)
			return &set->at[i];
	return NULL;
}

const struct issuer *issuers_of(const struct issuers *set, const X509 *certificate)
{
	for (size_t i = 0; i < set->count; i++)
		if (X509_check_issued(set->at[i].certificate, (X509 *)(uintptr_t)certificate) == X509_V_OK)
			return &set->at[i];
	return NULL;
}

const struct issuer *issuers_next(const struct issuers *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].standing == ISSUER_NEXT)
			return &set->at[i];
	return NULL;
}
