/* Keys and certificates as files. */
#include "base/file.h"
#include "ca/certificate.h"
#include "issuer/command/host_issue.h"
#include "issuer/keys_unfinished.h"

enum { PEM_MOST = 65536, KEY_MODE = 0600, PUBLIC_MODE = 0644 };

enum err host_read_certificate(const char *path, X509 **out, struct errbuf *why)
{
	struct buf pem = BUF_INIT(PEM_MOST), der = BUF_INIT(PEM_MOST);
	enum err e = file_read(path, &pem, why);
	if (!e && certificate_pem_to_der(pem.data, pem.len, 0, &der) != ERR_OK)
		e = fail(why, ERR_MALFORMED, "%s: no certificate in PEM", path);
	const uint8_t *at = der.data;
	if (!e) {
		*out = d2i_X509(NULL, &at, (long)der.len);
		e = *out ? ERR_OK : fail(why, ERR_MALFORMED, "%s: the certificate cannot be read", path);
	}
	buf_free(&pem);
	buf_free(&der);
	return e;
}

enum err host_publish_key(const char *path, EVP_PKEY *key, const struct secret *pass, struct errbuf *why)
{
	struct buf pem = BUF_INIT(PEM_MOST);
	enum err e = key_write_pem(key, pass, &pem);
	if (!e)
		e = file_publish_marked(path, KEY_UNFINISHED_MARK, &pem, KEY_MODE, why);
	else
		fail(why, e, "%s: the key cannot be written", path);
	buf_free(&pem);
	return e;
}

static enum err add_certificate(X509 *certificate, struct buf *pem)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	enum err e = len > 0 ? certificate_der_to_pem(der, (size_t)len, pem) : ERR_CRYPTO;
	OPENSSL_free(der);
	return e;
}

enum err host_publish_chain(const char *path, X509 *const *certificates, struct errbuf *why)
{
	struct buf pem = BUF_INIT(PEM_MOST);
	enum err e = ERR_OK;
	for (; *certificates && !e; certificates++)
		e = add_certificate(*certificates, &pem);
	if (!e)
		e = file_publish(path, pem.data, pem.len, PUBLIC_MODE, why);
	else
		fail(why, e, "%s: the certificates cannot be written", path);
	buf_free(&pem);
	return e;
}

enum err host_publish_new(const char *path, X509 *certificate, struct errbuf *why)
{
	struct buf pem = BUF_INIT(PEM_MOST);
	enum err e = add_certificate(certificate, &pem);
	if (!e)
		e = file_publish_new(path, pem.data, pem.len, PUBLIC_MODE, why);
	else
		fail(why, e, "%s: the certificate cannot be written", path);
	buf_free(&pem);
	return e;
}
