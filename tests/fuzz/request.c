/* A certificate request from outside, in DER or PEM; and what it asks, signed anew by a key of our own, so that only its form
 * is left to refuse it for. */
#include "ca/request.h"
#include "tests/fuzz/target.h"

#include <openssl/x509.h>

static void sign_anew(const uint8_t *data, size_t size)
{
	static EVP_PKEY *key;
	uint8_t *der = NULL;
	struct certificate_request r = {.key = NULL};
	struct errbuf why = {0};
	X509_REQ *request = d2i_X509_REQ(NULL, &data, (long)size);
	if (!key)
		HOLDS((key = EVP_EC_gen("P-256")));
	if (request && X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0) {
		int len = i2d_X509_REQ(request, &der);
		if (len > 0 && request_read(der, (size_t)len, &r, &why) == ERR_OK)
			HOLDS(EVP_PKEY_eq(r.key, key) == 1);
		else
			HOLDS(!r.key && (len <= 0 || why.text[0]));
	}
	request_clear(&r);
	OPENSSL_free(der);
	X509_REQ_free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate_request r = {.key = NULL};
	struct errbuf why = {0};
	struct buf der = BUF_INIT(REQUEST_MAX_BYTES);
	if (request_read(data, size, &r, &why) == ERR_OK)
		HOLDS(r.key && size <= REQUEST_MAX_BYTES && key_own_check(r.key, &key_own_any, NULL) == ERR_OK);
	else
		HOLDS(!r.key && why.text[0]);
	request_clear(&r);
	if (request_to_der(data, size, &der, &why) == ERR_OK) {
		HOLDS(der.len > 0 && der.len <= size);
		if (request_read(der.data, der.len, &r, &why) == ERR_OK)
			request_clear(&r);
	}
	buf_free(&der);
	sign_anew(data, size);
	return 0;
}
