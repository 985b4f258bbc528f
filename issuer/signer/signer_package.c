/* PACKAGE and UNSEAL: what rests sealed under the parcel key. */
#include "base/crash.h"
#include "delivery/code.h"
#include "delivery/seal.h"
#include "issuer/signer/packing.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* "package modern" NUL order: sealed bytes of one order or kind are of no use in place of another's. */
static size_t parcel_label(const char *kind, const char *order, char out[PARCEL_LABEL_SIZE])
{
	return (size_t)snprintf(out, PARCEL_LABEL_SIZE, "%.24s%c%.16s", kind, '\0', order);
}

static size_t package_label(enum package_encoding e, const char *order, char out[PARCEL_LABEL_SIZE])
{
	char kind[25];
	snprintf(kind, sizeof kind, "package %s", package_encoding_name(e));
	return parcel_label(kind, order, out);
}

enum err package_seal(const struct signer *s, const struct packing *p, struct buf *sealed, uint8_t sha256[32],
		      struct errbuf *why)
{
	char label[PARCEL_LABEL_SIZE];
	const struct signer_ca *ca = signer_ca_of(s, p->certificate);
	X509 *const chain[] = {ca ? ca->authority->certificate : NULL, s->has.root};
	if (!ca)
		return fail(why, ERR_REFUSED, "the certificate is not of this authority");
	const struct package_parts parts = {p->key, p->certificate, chain, 2, p->friendly_name};
	struct buf package = BUF_INIT(PACKAGE_MAX_BYTES);
	enum err rc = package_make(&parts, p->encoding, p->password, &package, why);
	if (!rc && !SHA256(package.data, package.len, sha256))
		rc = ERR_CRYPTO;
	if (!rc) {
		size_t len = package_label(p->encoding, p->order, label);
		rc = seal_rest(s->has.parcel_key, label, len, package.data, package.len, sealed);
	}
	buf_free(&package);
	return rc;
}

enum err subject_key_seal(const struct signer *s, const char *order, EVP_PKEY *key, const struct secret *password,
			  struct buf *sealed)
{
	char label[PARCEL_LABEL_SIZE];
	struct secret *der = NULL, *both = NULL;
	enum err rc = secret_len(password) == PASSWORD_LENGTH ? key_write_der(key, &der) : ERR_INTERNAL;
	if (rc)
		return rc;
	both = secret_new(PASSWORD_LENGTH + secret_len(der));
	if (both) {
		memcpy(secret_bytes(both), secret_peek(password), PASSWORD_LENGTH);
		memcpy(secret_bytes(both) + PASSWORD_LENGTH, secret_peek(der), secret_len(der));
		size_t len = parcel_label("key", order, label);
		rc = seal_rest(s->has.parcel_key, label, len, secret_peek(both), secret_len(both), sealed);
	} else {
		rc = ERR_MEMORY;
	}
	secret_free(der);
	secret_free(both);
	return rc;
}

static enum err subject_key_open(const struct signer *s, const char *order, const uint8_t *sealed, size_t len,
				 struct packing *out, struct secret **password)
{
	char label[PARCEL_LABEL_SIZE];
	struct secret *both = NULL;
	size_t label_len = parcel_label("key", order, label);
	enum err rc = seal_open_rest(s->has.parcel_key, label, label_len, sealed, len, &both);
	if (!rc && secret_len(both) <= PASSWORD_LENGTH)
		rc = ERR_CORRUPT;
	if (!rc) {
		rc = key_read_der(secret_peek(both) + PASSWORD_LENGTH, secret_len(both) - PASSWORD_LENGTH, &out->key);
		*password = secret_copy(secret_peek(both), PASSWORD_LENGTH);
		rc = !rc && !*password ? ERR_MEMORY : rc;
		out->password = *password;
	}
	secret_free(both);
	return rc;
}

/* One of ours, and the sealed key's own. */
static enum err certificate_open(const struct signer *s, const uint8_t *der, size_t len, const struct packing *p,
				 X509 **out, struct errbuf *why)
{
	const uint8_t *end = der;
	*out = der ? d2i_X509(NULL, &end, (long)len) : NULL;
	if (!*out || end != der + len)
		return fail(why, ERR_MALFORMED, "the certificate cannot be read");
	const struct signer_ca *ca = signer_ca_of(s, *out);
	if (!ca || X509_verify(*out, X509_get0_pubkey(ca->authority->certificate)) != 1)
		return fail(why, ERR_REFUSED, "the certificate is not of this authority");
	if (X509_check_private_key(*out, p->key) != 1)
		return fail(why, ERR_REFUSED, "the certificate is not of the sealed key");
	return ERR_OK;
}

static enum package_encoding unpack_encoding(struct unpack *u)
{
	unsigned e = unpack_u8(u);
	if (e < PACKAGE_ENCODING_COUNT)
		return (enum package_encoding)e;
	u->bad = true;
	return PACKAGE_MODERN;
}

enum err signer_on_package(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct packing p = {0};
	struct certificate_facts facts;
	struct buf sealed = BUF_INIT(PACKAGE_MAX_BYTES + SEAL_OVERHEAD);
	struct secret *password = NULL;
	X509 *certificate = NULL;
	uint8_t sha256[32];
	char order[17];
	size_t key_len, len;
	unpack_text(request, order, sizeof order);
	p.encoding = unpack_encoding(request);
	const uint8_t *sealed_key = unpack_bytes(request, &key_len);
	const uint8_t *der = unpack_bytes(request, &len);
	enum err rc = unpack_end(request);
	if (rc)
		return rc;
	p.order = order;
	rc = packaging_check(s, why);
	if (rc)
		goto out;
	rc = subject_key_open(s, order, sealed_key, key_len, &p, &password);
	if (rc) {
		fail(why, rc, "the sealed key cannot be opened");
		goto out;
	}
	rc = certificate_open(s, der, len, &p, &certificate, why);
	if (!rc)
		rc = certificate_read(der, len, &facts, why);
	if (rc)
		goto out;
	p.certificate = certificate;
	p.friendly_name = facts.common_name;
	rc = package_seal(s, &p, &sealed, sha256, why);
	crash_point(CRASH_SIGNER_PACKAGE);
	if (!rc) {
		pack_bytes(answer, sealed.data, sealed.len);
		pack_bytes(answer, sha256, sizeof sha256);
	}
out:
	EVP_PKEY_free(p.key);
	secret_free(password);
	X509_free(certificate);
	buf_free(&sealed);
	return rc;
}

enum err signer_on_unseal(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	char order[17], label[PARCEL_LABEL_SIZE];
	struct secret *package = NULL;
	size_t len;
	unpack_text(request, order, sizeof order);
	enum package_encoding encoding = unpack_encoding(request);
	const uint8_t *sealed = unpack_bytes(request, &len);
	enum err rc = unpack_end(request);
	if (rc)
		return rc;
	size_t label_len = package_label(encoding, order, label);
	rc = seal_open_rest(s->has.parcel_key, label, label_len, sealed, len, &package);
	if (rc)
		return fail(why, rc, "the sealed package cannot be opened");
	pack_bytes(answer, secret_peek(package), secret_len(package));
	secret_free(package);
	crash_point(CRASH_SIGNER_UNSEALED);
	return ERR_OK;
}
