#include "issuer/http/ca_files.h"

#include "ca/asn1_time.h"
#include "ca/authority.h"
#include "ca/chain.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20 };
enum { ROOT_CER, ROOT_PEM, CHAIN_PEM, CHAIN_P7C, ALL_PEM, ROOT_CRL, FIXED_COUNT, FILES_MOST = FIXED_COUNT + 2 * ISSUERS_MOST };

struct ca_files {
	struct ca_file file[FILES_MOST]; /* behind the fixed ones, .cer and .pem of each issuing CA, the present one first */
	size_t count;
};

#define CERTIFICATE_TYPE "application/pkix-cert"
#define CHAIN_TYPE "application/pem-certificate-chain" /* RFC 8555 9.1 */

static const struct {
	const char *name, *type;
} fixed[FIXED_COUNT] = {
	[ROOT_CER] = {"root.cer", CERTIFICATE_TYPE},
	[ROOT_PEM] = {"root.pem", CHAIN_TYPE},
	[CHAIN_PEM] = {"chain.pem", CHAIN_TYPE},
	[CHAIN_P7C] = {"chain.p7c", "application/pkcs7-mime; smime-type=certs-only"}, /* RFC 8551 3.2.2 */
	[ALL_PEM] = {"all.pem", CHAIN_TYPE},
	[ROOT_CRL] = {"root.crl", "application/pkix-crl"},
};

static struct ca_file *add_file(struct ca_files *f, const char *stem, const char *suffix, const char *type)
{
	struct ca_file *file = &f->file[f->count++];
	*file = (struct ca_file){.type = type, .bytes = BUF_INIT(FILE_MAX_BYTES)};
	snprintf(file->name, sizeof file->name, "%s%s", stem, suffix);
	return file;
}

/* 0 when it is not there or is none. */
static int64_t seconds_of(const ASN1_TIME *t)
{
	int64_t seconds = 0;
	return asn1_time_read(t, &seconds) == ERR_OK ? seconds : 0;
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

static enum err add_issuer(struct ca_files *f, const struct issuer *issuer)
{
	struct ca_file *cer = add_file(f, issuer->label, ".cer", CERTIFICATE_TYPE);
	struct ca_file *pem = add_file(f, issuer->label, ".pem", CHAIN_TYPE);
	enum err rc = certificate_encode(issuer->certificate, &cer->bytes, NULL);
	cer->last_modified = pem->last_modified = issuer->from;
	return rc ? rc : certificate_der_to_pem(cer->bytes.data, cer->bytes.len, &pem->bytes);
}

static void append(struct ca_file *to, const struct ca_file *from)
{
	buf_add(&to->bytes, from->bytes.data, from->bytes.len);
	if (from->last_modified > to->last_modified)
		to->last_modified = from->last_modified;
}

/* The present CA first, as TLS sends a chain. */
static enum err add_chains(struct ca_files *f)
{
	struct ca_file *file = f->file, *present = file + FIXED_COUNT;
	const struct buf *const ders[] = {&present[0].bytes, &file[ROOT_CER].bytes};
	append(&file[CHAIN_PEM], &present[1]);
	append(&file[CHAIN_PEM], &file[ROOT_PEM]);
	for (size_t i = FIXED_COUNT + 1; i < f->count; i += 2)
		append(&file[ALL_PEM], &file[i]);
	append(&file[ALL_PEM], &file[ROOT_PEM]);
	file[CHAIN_P7C].last_modified = file[CHAIN_PEM].last_modified;
	enum err rc = buf_check(&file[CHAIN_PEM].bytes);
	if (rc == ERR_OK)
		rc = buf_check(&file[ALL_PEM].bytes);
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

static enum err fill(struct ca_files *f, const struct buf *root_pem, const struct issuers *all, const struct buf *root_crl,
		     struct errbuf *why)
{
	for (int i = 0; i < FIXED_COUNT; i++)
		add_file(f, fixed[i].name, "", fixed[i].type);
	enum err rc = add_certificate(root_pem, &f->file[ROOT_CER], &f->file[ROOT_PEM], why);
	for (size_t i = 0; rc == ERR_OK && i < all->count; i++)
		rc = add_issuer(f, &all->at[i]);
	if (rc == ERR_OK)
		rc = add_root_crl(root_crl, &f->file[ROOT_CRL], why);
	return rc == ERR_OK ? add_chains(f) : rc;
}

enum err ca_files_new(const struct buf *root_pem, const struct issuers *all, const struct buf *root_crl,
		      struct ca_files **out, struct errbuf *why)
{
	struct ca_files *f = calloc(1, sizeof *f);
	if (!f)
		return ERR_MEMORY;
	enum err rc = all->count ? fill(f, root_pem, all, root_crl, why) : ERR_INVALID;
	for (size_t i = 0; rc == ERR_OK && i < f->count; i++)
		etag_of(f->file[i].bytes.data, f->file[i].bytes.len, f->file[i].etag);
	if (rc == ERR_OK)
		*out = f;
	else
		ca_files_free(f);
	return rc;
}

void ca_files_free(struct ca_files *f)
{
	for (size_t i = 0; f && i < f->count; i++)
		buf_free(&f->file[i].bytes);
	free(f);
}

enum err ca_files_trust(const struct ca_files *f, struct chain_trust **out, struct errbuf *why)
{
	const struct buf *all = &f->file[ALL_PEM].bytes, *list = &f->file[ROOT_CRL].bytes;
	struct chain_trust *trust = NULL;
	enum err rc = chain_trust_new(all->data, all->len, &trust, why);
	if (rc == ERR_OK)
		rc = chain_trust_list(trust, list->data, list->len, why);
	if (rc == ERR_OK)
		*out = trust;
	else
		chain_trust_free(trust);
	return rc;
}

const struct ca_file *ca_files_find(const struct ca_files *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->file[i].name, name) == 0)
			return &f->file[i];
	return NULL;
}
