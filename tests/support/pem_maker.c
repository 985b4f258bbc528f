#include "tests/support/pem_maker.h"
#include "tests/support/test.h"

#include <openssl/pem.h>
#include <string.h>

enum { COSTLY = 2000001 };

static void take(BIO *from, struct buf *out)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(from, &bytes);
	assert_true(len > 0);
	buf_add(out, bytes, (size_t)len);
	assert_int_equal(buf_check(out), ERR_OK);
	BIO_free(from);
}

void pem_add_certificate(struct buf *out, const X509 *certificate)
{
	BIO *memory = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(memory, certificate), 1);
	take(memory, out);
}

static X509_SIG *sealed(EVP_PKEY *key, const char *password)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_ALGOR *how = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, NULL, 0, NULL, NID_hmacWithSHA256);
	assert_non_null(how);
	X509_SIG *done = PKCS8_set0_pbe(password, (int)strlen(password), info, how);
	assert_non_null(done);
	PKCS8_PRIV_KEY_INFO_free(info);
	return done;
}

/* Another way of encryption written over the one that was used: it is refused before it is run. */
static void tell(X509_SIG *sig, X509_ALGOR *other)
{
	X509_ALGOR *told;
	assert_non_null(other);
	X509_SIG_getm(sig, &told, NULL);
	assert_int_equal(X509_ALGOR_copy(told, other), 1);
	X509_ALGOR_free(other);
}

void pem_add_key(struct buf *out, EVP_PKEY *key, enum pem_key form, const char *password)
{
	BIO *memory = BIO_new(BIO_s_mem());
	int written;
	if (form == PEM_PKCS8) {
		written = PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL);
	} else if (form == PEM_TRADITIONAL || form == PEM_TRADITIONAL_SEALED) {
		const EVP_CIPHER *cipher = form == PEM_TRADITIONAL ? NULL : EVP_aes_256_cbc();
		written = PEM_write_bio_PrivateKey_traditional(memory, key, cipher, cipher ? (const unsigned char *)password : NULL,
							       cipher ? (int)strlen(password) : 0, NULL, NULL);
	} else {
		X509_SIG *sig = sealed(key, password);
		if (form == PEM_PKCS8_COSTLY)
			tell(sig, PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), COSTLY, NULL, 0, NULL, NID_hmacWithSHA256));
		else if (form == PEM_PKCS8_DES)
			tell(sig, PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, 1, NULL, 0));
		written = PEM_write_bio_PKCS8(memory, sig);
		X509_SIG_free(sig);
	}
	assert_int_equal(written, 1);
	take(memory, out);
}
