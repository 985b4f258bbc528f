#include "tests/support/pem_maker.h"
#include "tests/support/test.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

enum { COSTLY = 1300001 };

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

EVP_PKEY *pem_with_giant_factors(const EVP_PKEY *rsa, int bits)
{
	static const char *const kept[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D};
	static const char *const giant[] = {OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,
					    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
					    OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *values[3] = {NULL}, *large = BN_new();
	EVP_PKEY *made = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	assert_int_equal(BN_rand(large, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(EVP_PKEY_get_bn_param(rsa, kept[i], &values[i]), 1);
		assert_int_equal(OSSL_PARAM_BLD_push_BN(build, kept[i], values[i]), 1);
	}
	for (size_t i = 0; i < sizeof giant / sizeof *giant; i++)
		assert_int_equal(OSSL_PARAM_BLD_push_BN(build, giant[i], large), 1);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	for (size_t i = 0; i < 3; i++)
		BN_free(values[i]);
	BN_free(large);
	return made;
}
