#include "issuer/http/ca_files.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20 };
enum { ROOT_CER, ROOT_PEM, ISSUING_CER, ISSUING_PEM, CHAIN_PEM, CHAIN_P7C, ROOT_CRL, FILE_COUNT };

struct ca_files {
	struct ca_file file[FILE_COUNT];
};

static const struct {
	const char *name, *type;
} names[FILE_COUNT] = {
	[ROOT_CER] = {"root.cer", "application/pkix-cert"},
	[ROOT_PEM] = {"root.pem", "application/pem-certificate-chain"}, /* RFC 8555 9.1 */
	[ISSUING_CER] = {"issuing.cer", "application/pkix-cert"},
	[ISSUING_PEM] = {"issuing.pem", "application/pem-certificate-chain"},
	[CHAIN_PEM] = {"chain.pem", "application/pem-certificate-chain"},
	[CHAIN_P7C] = {"chain.p7c", "application/pkcs7-mime; smime-type=certs-only"}, /* RFC 8551 3.2.2 */
	[ROOT_CRL] = {"root.crl", "application/pkix-crl"},
};

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;
	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* The first certificate of a file as .cer and as clean .pem: whatever else stands in the file is not served. */
static enum err add_certificate(const struct buf *pem, struct ca_file *cer, struct ca_file *clean, struct errbuf *why)
{
	struct certificate_facts facts;
	if (certificate_pem_to_der(pem->data, pem->len, 0, &cer->bytes) != ERR_OK)
		return fail(why, ERR_MALFORMED, "%s: no certificate in PEM", clean->name);
	enum err rc = certificate_read(cer->bytes.data, cer->bytes.len, &facts, why);
	if (rc != ERR_OK)
		return rc;
	cer->last_modified = clean->last_modified = facts.not_before;
	return certificate_der_to_pem(cer->bytes.data, cer->bytes.len, &clean->bytes);
}

/* Issuing first, as TLS sends a chain. */
static enum err add_chains(struct ca_file file[FILE_COUNT])
{
	const struct buf *const ders[] = {&file[ISSUING_CER].bytes, &file[ROOT_CER].bytes};
	buf_add(&file[CHAIN_PEM].bytes, file[ISSUING_PEM].bytes.data, file[ISSUING_PEM].bytes.len);
	buf_add(&file[CHAIN_PEM].bytes, file[ROOT_PEM].bytes.data, file[ROOT_PEM].bytes.len);
	file[CHAIN_PEM].last_modified = file[CHAIN_P7C].last_modified = file[ISSUING_PEM].last_modified;
	enum err rc = buf_check(&file[CHAIN_PEM].bytes);
	return rc == ERR_OK ? certificate_pkcs7(ders, 2, &file[CHAIN_P7C].bytes) : rc;
}

static enum err add_root_crl(const struct buf *from, struct ca_file *to, struct errbuf *why)
{
	BIO *bio = BIO_new_mem_buf(from->data, (int)from->len);
	X509_CRL *crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
	const unsigned char *p = from->data;
	unsigned char *der = NULL;
	if (!crl)
		crl = d2i_X509_CRL(NULL, &p, (long)from->len);
	int len = crl ? i2d_X509_CRL(crl, &der) : -1;
	enum err rc = fail(why, ERR_MALFORMED, "root.crl: neither DER nor PEM of a revocation list");
	if (len > 0) {
		buf_add(&to->bytes, der, (size_t)len);
		to->last_modified = seconds_of(X509_CRL_get0_lastUpdate(crl));
		to->good_until = seconds_of(X509_CRL_get0_nextUpdate(crl));
		rc = buf_check(&to->bytes);
	}
	OPENSSL_free(der);
	X509_CRL_free(crl);
	BIO_free(bio);
	return rc;
}

enum err ca_files_new(const struct buf *root_pem, const struct buf *issuing_pem, const struct buf *root_crl,
		      struct ca_files **out, struct errbuf *why)
{
	struct ca_files *f = calloc(1, sizeof *f);
	if (!f)
		return ERR_MEMORY;
	struct ca_file *file = f->file;
	for (int i = 0; i < FILE_COUNT; i++)
		file[i] =
		    (struct ca_file){.name = names[i].name, .type = names[i].type, .bytes = BUF_INIT(FILE_MAX_BYTES)};
	enum err rc = add_certificate(root_pem, &file[ROOT_CER], &file[ROOT_PEM], why);
	if (rc == ERR_OK)
		rc = add_certificate(issuing_pem, &file[ISSUING_CER], &file[ISSUING_PEM], why);
	if (rc == ERR_OK)
		rc = add_root_crl(root_crl, &file[ROOT_CRL], why);
	if (rc == ERR_OK)
		rc = add_chains(file);
	for (int i = 0; rc == ERR_OK && i < FILE_COUNT; i++)
		etag_of(file[i].bytes.data, file[i].bytes.len, file[i].etag);
	if (rc == ERR_OK)
		*out = f;
	else
		ca_files_free(f);
	return rc;
}

void ca_files_free(struct ca_files *f)
{
	for (int i = 0; f && i < FILE_COUNT; i++)
		buf_free(&f->file[i].bytes);
	free(f);
}

const struct ca_file *ca_files_find(const struct ca_files *f, const char *name)
{
	for (int i = 0; i < FILE_COUNT; i++)
		if (strcmp(f->file[i].name, name) == 0)
			return &f->file[i];
	return NULL;
}
