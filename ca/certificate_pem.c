#include "ca/certificate.h"

#include "ca/crypto_why.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

static bool is_certificate(const uint8_t *der, long len)
{
	const uint8_t *at = der;
	X509 *x = d2i_X509(NULL, &at, len);
	bool whole = x && at == der + len;
	X509_free(x);
	return whole;
}

/* The next certificate of the text into der, for OPENSSL_free; ERR_NOT_FOUND after the last. Other blocks are skipped. */
static enum err next_certificate(BIO *bio, uint8_t **der, long *len)
{
	for (;;) {
		char *name = NULL, *header = NULL;
		ERR_clear_error();
		if (PEM_read_bio(bio, &name, &header, der, len) != 1) {
			bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
			return crypto_why(NULL, end ? ERR_NOT_FOUND : ERR_MALFORMED, "PEM");
		}
		bool wanted = strcmp(name, PEM_STRING_X509) == 0;
		OPENSSL_free(name);
		OPENSSL_free(header);
		if (wanted)
			return is_certificate(*der, *len) ? ERR_OK : crypto_why(NULL, ERR_MALFORMED, "PEM");
		OPENSSL_clear_free(*der, (size_t)*len); /* it may have been a key */
		*der = NULL;
	}
}

enum err certificate_pem_to_der(const void *pem, size_t len, unsigned n, struct buf *out)
{
	if (len == 0)
		return ERR_NOT_FOUND;
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	if (!bio)
		return crypto_why(NULL, len <= INT_MAX ? ERR_MEMORY : ERR_TOO_LARGE, "PEM");
	enum err rc = ERR_OK;
	for (unsigned i = 0; rc == ERR_OK && i <= n; i++) {
		uint8_t *der = NULL;
		long der_len = 0;
		rc = next_certificate(bio, &der, &der_len);
		if (rc == ERR_OK && i == n) {
			buf_add(out, der, (size_t)der_len);
			rc = buf_check(out);
		}
		OPENSSL_free(der);
	}
	BIO_free(bio);
	return rc;
}

enum err certificate_der_to_pem(const void *der, size_t len, struct buf *out)
{
	char *text = NULL;
	if (len == 0 || len > LONG_MAX || !is_certificate(der, (long)len))
		return crypto_why(NULL, ERR_MALFORMED, "certificate");
	BIO *bio = BIO_new(BIO_s_mem());
	if (!bio || PEM_write_bio(bio, PEM_STRING_X509, "", der, (long)len) <= 0) {
		BIO_free(bio);
		return crypto_why(NULL, ERR_MEMORY, "PEM");
	}
	long text_len = BIO_get_mem_data(bio, &text);
	buf_add(out, text, (size_t)text_len);
	BIO_free(bio);
	return buf_check(out);
}
