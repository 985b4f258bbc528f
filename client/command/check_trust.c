#include "client/command/check_trust.h"
#include "base/encode.h"
#include "base/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { TEXT_MAX = 1 << 20, PEM_LINE = 64 };

static void add_pem(counterfoil_bytes der, struct buf *pem)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	base64_encode(der.data, der.len, &text);
	buf_text(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < text.len; at += PEM_LINE) {
		buf_add(pem, text.data + at, text.len - at < PEM_LINE ? text.len - at : PEM_LINE);
		buf_byte(pem, '\n');
	}
	buf_text(pem, "-----END CERTIFICATE-----\n");
	buf_free(&text);
}

/* What else may be in the file, the certificate itself again above all, vouches for nobody. */
static X509 *authority(const counterfoil_identity *identity, size_t index)
{
	counterfoil_bytes der = counterfoil_identity_certificate(identity, index);
	const unsigned char *at = der.data;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
	if (certificate && X509_check_ca(certificate) == 1)
		return certificate;
	X509_free(certificate);
	return NULL;
}

/* By one of the CAs in the store. */
static bool is_signed_within(X509_STORE *store, X509 *certificate)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool is = context && X509_STORE_CTX_init(context, store, certificate, NULL) == 1 && X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	return is;
}

static X509_STORE *store_of(const struct buf *pem)
{
	X509_STORE *store = X509_STORE_new();
	BIO *text = BIO_new_mem_buf(pem->data, (int)pem->len);
	X509 *one;
	while (store && text && (one = PEM_read_bio_X509(text, NULL, NULL, NULL))) {
		(void)X509_STORE_add_cert(store, one); /* one less is trusted */
		X509_free(one);
	}
	if (store)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	BIO_free(text);
	ERR_clear_error();
	return store;
}

/* The CAs of the file: all of them, or those that the CA which is set has signed, when it is the root alone. */
static void add_authorities(const counterfoil_identity *identity, bool all, struct buf *pem)
{
	X509_STORE *store = all ? NULL : store_of(pem);
	for (size_t i = 1; counterfoil_identity_certificate(identity, i).data; i++) {
		X509 *certificate = authority(identity, i);
		if (certificate && (all || (store && is_signed_within(store, certificate))))
			add_pem(counterfoil_identity_certificate(identity, i), pem);
		X509_free(certificate);
	}
	X509_STORE_free(store);
}

enum err check_trust(const struct arguments *given, const counterfoil_identity *identity, struct buf *pem, struct errbuf *why)
{
	struct settings settings;
	enum err e = settings_load(given, &settings, why);
	const bool is_set = !e && settings.of[SETTING_CA].value[0];
	if (is_set)
		e = file_read(settings.of[SETTING_CA].value, pem, why);
	if (e)
		return e;
	if (is_set)
		buf_byte(pem, '\n'); /* behind a last line without its end */
	add_authorities(identity, !is_set, pem);
	if (pem->len == 0 && !pem->err)
		return fail(why, ERR_USAGE, "the file holds no certificate of a CA: give --ca FILE");
	return buf_check(pem);
}
