#include "ca/crl_entries.h"

#include "ca/asn1_time.h"
#include "ca/crypto_why.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static X509_CRL *decode(const struct buf *list)
{
	const uint8_t *at = list->data;
	X509_CRL *crl = list->len ? d2i_X509_CRL(NULL, &at, (long)list->len) : NULL;
	if (crl && at == list->data + list->len)
		return crl;
	X509_CRL_free(crl);
	BIO *bio = BIO_new_mem_buf(list->data, (int)list->len);
	crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return crl;
}

static enum err serial_read(const ASN1_INTEGER *from, uint8_t out[SERIAL_BYTES])
{
	int len = ASN1_STRING_length(from);
	if (len < 1 || len > SERIAL_BYTES || ASN1_STRING_type(from) != V_ASN1_INTEGER)
		return ERR_INVALID;
	memset(out, 0, SERIAL_BYTES);
	memcpy(out + SERIAL_BYTES - len, ASN1_STRING_get0_data(from), (size_t)len);
	return ERR_OK;
}

enum err certificate_serial(const X509 *x, uint8_t out[SERIAL_BYTES])
{
	return serial_read(X509_get0_serialNumber(x), out);
}

static enum err entry_read(const X509_REVOKED *from, struct crl_entry *out)
{
	int there = 0;
	*out = (struct crl_entry){.reason = REASON_UNSPECIFIED};
	enum err rc = serial_read(X509_REVOKED_get0_serialNumber(from), out->serial);
	if (!rc)
		rc = asn1_time_read(X509_REVOKED_get0_revocationDate(from), &out->revoked_at);
	if (rc)
		return rc;
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(from, NID_crl_reason, &there, NULL);
	long number = reason ? ASN1_ENUMERATED_get(reason) : there == -1 ? 0 : -1;
	ASN1_ENUMERATED_free(reason);
	ASN1_GENERALIZEDTIME *since = X509_REVOKED_get_ext_d2i(from, NID_invalidity_date, &there, NULL);
	if (since ? asn1_time_read(since, &out->compromised_at) != ERR_OK : there != -1)
		rc = ERR_MALFORMED;
	ASN1_GENERALIZEDTIME_free(since);
	if (number < 0 || !crl_reason_name((enum crl_reason)number))
		return ERR_MALFORMED;
	out->reason = (enum crl_reason)number;
	return rc;
}

static enum err entries_copy(X509_CRL *crl, struct crl_entries *out, struct errbuf *why)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	int n = sk_X509_REVOKED_num(list);
	out->count = 0;
	if (n > CRL_ENTRIES_MOST)
		return fail(why, ERR_TOO_LARGE, "a list of %d entries: at most %d are read", n, CRL_ENTRIES_MOST);
	for (int i = 0; i < n; i++, out->count++)
		if (entry_read(sk_X509_REVOKED_value(list, i), &out->at[i]) != ERR_OK)
			return crypto_why(why, ERR_MALFORMED, "an entry of the list cannot be read");
	return ERR_OK;
}

enum err crl_entries_read(const struct buf *list, X509 *issuer, struct crl_head *head, struct crl_entries *out,
			  struct buf *der, struct errbuf *why)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	X509_CRL *crl = decode(list);
	if (!crl)
		return crypto_why(why, ERR_MALFORMED, "this is no revocation list in DER or PEM");
	int len = i2d_X509_CRL(crl, &bytes);
	enum err rc = len > 0 ? crl_read(bytes, (size_t)len, issuer, head, &n, why) : ERR_MEMORY;
	if (!rc)
		rc = entries_copy(crl, out, why);
	if (!rc && der) {
		buf_add(der, bytes, (size_t)len);
		rc = buf_check(der);
	}
	OPENSSL_free(bytes);
	X509_CRL_free(crl);
	return crypto_why(NULL, rc, "");
}

static size_t place_of(const struct crl_entries *e, const uint8_t serial[SERIAL_BYTES])
{
	size_t i = 0;
	while (i < e->count && memcmp(e->at[i].serial, serial, SERIAL_BYTES) < 0)
		i++;
	return i;
}

const struct crl_entry *crl_entries_find(const struct crl_entries *e, const uint8_t serial[SERIAL_BYTES])
{
	size_t i = place_of(e, serial);
	return i < e->count && memcmp(e->at[i].serial, serial, SERIAL_BYTES) == 0 ? &e->at[i] : NULL;
}

enum err crl_entries_add(struct crl_entries *e, const struct crl_entry *entry)
{
	size_t i = place_of(e, entry->serial);
	if (crl_entries_find(e, entry->serial))
		return ERR_EXISTS;
	if (e->count >= CRL_ENTRIES_MOST)
		return ERR_TOO_LARGE;
	memmove(&e->at[i + 1], &e->at[i], (e->count - i) * sizeof e->at[0]);
	e->at[i] = *entry;
	e->count++;
	return ERR_OK;
}
