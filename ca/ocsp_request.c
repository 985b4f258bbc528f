#include "ca/ocsp_internal.h"

#include "ca/der_read.h"

#include <string.h>

static bool is_oid(const struct der_in *in, const uint8_t *oid, size_t len)
{
	return in->left == len && memcmp(in->at, oid, len) == 0;
}

static enum ocsp_hash hash_of(const struct der_in *oid)
{
	int h = 0;
	while (h < OCSP_HASH_COUNT && !is_oid(oid, ocsp_digests[h].oid, ocsp_digests[h].oid_len))
		h++;
	return (enum ocsp_hash)h;
}

/* AlgorithmIdentifier: the parameters of a hash are NULL or absent; of one that we do not know, anything. */
static enum ocsp_hash algorithm_read(struct der_in *in)
{
	struct der_in algorithm = der_in_take(in, DER_SEQUENCE);
	struct der_in oid = der_in_take(&algorithm, DER_OBJECT);
	enum ocsp_hash hash = hash_of(&oid);
	if (der_in_is(&algorithm, DER_NULL) && der_in_take(&algorithm, DER_NULL).left != 0)
		in->bad = true;
	if (hash == OCSP_HASH_COUNT && algorithm.left)
		der_in_skip(&algorithm);
	if (der_in_end(&algorithm) != ERR_OK)
		in->bad = true;
	return hash;
}

static enum err certificate_id_read(struct der_in *in, struct ocsp_certificate_id *out, struct errbuf *why)
{
	struct der_in id = der_in_take(in, DER_SEQUENCE);
	out->hash = algorithm_read(&id);
	struct der_in name = der_in_take(&id, DER_OCTET_STRING);
	struct der_in key = der_in_take(&id, DER_OCTET_STRING);
	struct der_in serial = der_in_integer(&id);
	if (der_in_end(&id) != ERR_OK)
		return fail(why, ERR_MALFORMED, "a CertID is not as RFC 6960 4.1.1 has it");
	if (serial.left > OCSP_SERIAL_MAX)
		return fail(why, ERR_MALFORMED, "a serial number has %zu octets; %d at most (RFC 5280 4.1.2.2)", serial.left,
			    OCSP_SERIAL_MAX);
	out->name_digest = name.at;
	out->name_len = name.left;
	out->key_digest = key.at;
	out->key_len = key.left;
	out->serial = serial.at;
	out->serial_len = serial.left;
	return ERR_OK;
}

/* RFC 9654 2.1: an OCTET STRING of 1 to 128 octets within the extension's value. */
static enum err nonce_read(struct der_in value, struct ocsp_request *out, struct errbuf *why)
{
	struct der_in nonce = der_in_take(&value, DER_OCTET_STRING);
	if (out->nonce_len)
		return fail(why, ERR_MALFORMED, "the nonce stands twice");
	if (der_in_end(&value) != ERR_OK || nonce.left < 1 || nonce.left > OCSP_NONCE_MAX)
		return fail(why, ERR_MALFORMED, "a nonce has 1 to %d octets (RFC 9654 2.1)", OCSP_NONCE_MAX);
	out->nonce = nonce.at;
	out->nonce_len = nonce.left;
	return ERR_OK;
}

/* One Extension. nonce_to NULL: none is looked for. Extensions that may be ignored are (RFC 6960 4.4). */
static enum err extension_read(struct der_in *list, struct ocsp_request *nonce_to, struct errbuf *why)
{
	struct der_in extension = der_in_take(list, DER_SEQUENCE);
	static const uint8_t no = 0;
	struct der_in oid = der_in_take(&extension, DER_OBJECT), critical = {.at = &no, .left = 1};
	if (der_in_is(&extension, DER_BOOLEAN))
		critical = der_in_take(&extension, DER_BOOLEAN);
	struct der_in value = der_in_take(&extension, DER_OCTET_STRING);
	if (der_in_end(&extension) != ERR_OK || critical.left != 1)
		return fail(why, ERR_MALFORMED, "an extension is not as RFC 5280 4.1 has it");
	if (nonce_to && is_oid(&oid, ocsp_nonce_oid, sizeof ocsp_nonce_oid))
		return nonce_read(value, nonce_to, why);
	return critical.at[0] ? fail(why, ERR_MALFORMED, "a critical extension is not known here") : ERR_OK;
}

/* [tag] EXPLICIT Extensions OPTIONAL */
static enum err extensions_read(struct der_in *in, enum der_tag tag, struct ocsp_request *nonce_to, struct errbuf *why)
{
	enum err rc = ERR_OK;
	if (!der_in_is(in, tag))
		return ERR_OK;
	struct der_in explicit = der_in_take(in, tag);
	struct der_in list = der_in_take(&explicit, DER_SEQUENCE);
	if (der_in_end(&explicit) != ERR_OK)
		return fail(why, ERR_MALFORMED, "the extensions cannot be read");
	while (rc == ERR_OK && list.left)
		rc = extension_read(&list, nonce_to, why);
	return rc;
}

static enum err list_read(struct der_in *list, struct ocsp_request *out, struct errbuf *why)
{
	enum err rc = ERR_OK;
	for (; rc == ERR_OK && list->left; out->count++) {
		if (out->count == OCSP_SINGLES_MAX)
			return fail(why, ERR_MALFORMED, "it asks for more than %d certificates", OCSP_SINGLES_MAX);
		struct der_in request = der_in_take(list, DER_SEQUENCE);
		rc = certificate_id_read(&request, &out->ids[out->count], why);
		if (rc == ERR_OK)
			rc = extensions_read(&request, DER_CONTEXT_0_CONSTRUCTED, NULL, why);
		if (rc == ERR_OK && der_in_end(&request) != ERR_OK)
			rc = fail(why, ERR_MALFORMED, "a Request has more than RFC 6960 4.1.1 gives it");
	}
	if (rc == ERR_OK && out->count == 0)
		return fail(why, ERR_MALFORMED, "it asks for no certificate");
	return rc;
}

/* Version ::= INTEGER, v1(0), the default: some say it nevertheless. */
static bool version_right(struct der_in *tbs)
{
	if (!der_in_is(tbs, DER_CONTEXT_0_CONSTRUCTED))
		return true;
	struct der_in explicit = der_in_take(tbs, DER_CONTEXT_0_CONSTRUCTED);
	struct der_in version = der_in_integer(&explicit);
	return der_in_end(&explicit) == ERR_OK && version.left == 1 && version.at[0] == 0;
}

static enum err tbs_read(struct der_in tbs, struct ocsp_request *out, struct errbuf *why)
{
	if (!version_right(&tbs))
		return fail(why, ERR_MALFORMED, "it is not of version 1");
	if (der_in_is(&tbs, DER_CONTEXT_1_CONSTRUCTED)) /* requestorName: who asks is of no interest */
		der_in_skip(&tbs);
	struct der_in list = der_in_take(&tbs, DER_SEQUENCE);
	if (tbs.bad)
		return fail(why, ERR_MALFORMED, "it is not as RFC 6960 4.1.1 has it");
	enum err rc = list_read(&list, out, why);
	if (rc == ERR_OK)
		rc = extensions_read(&tbs, DER_CONTEXT_2_CONSTRUCTED, out, why);
	if (rc == ERR_OK && der_in_end(&tbs) != ERR_OK)
		rc = fail(why, ERR_MALFORMED, "it is not as RFC 6960 4.1.1 has it");
	return rc;
}

enum err ocsp_request_read(const void *der, size_t len, struct ocsp_request *out, struct errbuf *why)
{
	out->count = 0;
	out->nonce = NULL;
	out->nonce_len = 0;
	if (len > OCSP_REQUEST_BYTES_MAX)
		return fail(why, ERR_MALFORMED, "it has more than %d bytes", OCSP_REQUEST_BYTES_MAX);
	struct der_in whole = der_in_begin(der, len);
	struct der_in request = der_in_take(&whole, DER_SEQUENCE);
	if (der_in_end(&whole) != ERR_OK)
		return fail(why, ERR_MALFORMED, "it is not one value in DER");
	struct der_in tbs = der_in_take(&request, DER_SEQUENCE);
	if (der_in_is(&request, DER_CONTEXT_0_CONSTRUCTED)) /* optionalSignature */
		der_in_skip(&request);
	if (der_in_end(&request) != ERR_OK)
		return fail(why, ERR_MALFORMED, "it is not as RFC 6960 4.1.1 has it");
	return tbs_read(tbs, out, why);
}

bool ocsp_serial_text(const struct ocsp_certificate_id *id, char out[SERIAL_TEXT_SIZE])
{
	uint8_t serial[SERIAL_BYTES] = {0};
	if (id->serial[0] & 0x80 || (id->serial_len == 1 && id->serial[0] == 0))
		return false;
	memcpy(serial + SERIAL_BYTES - id->serial_len, id->serial, id->serial_len);
	serial_text(serial, out);
	return true;
}
