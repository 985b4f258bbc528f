/* identity_chain: does a certificate come from the CA that is in its file, as the server is going to check it? */
#include "client/identity.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

static bool has_issuer(const struct pkcs12_parts *parts)
{
	for (int i = 0; i < sk_X509_num(parts->others); i++)
		if (X509_check_issued(sk_X509_value(parts->others, i), parts->certificate) == X509_V_OK)
			return true;
	return false;
}

/* X509_V_OK, another X509_V_ERR_*, or -1 when there is no memory. */
static int verify(const struct pkcs12_parts *parts, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	int result = -1;
	bool filled = store && check;
	for (int i = 0; filled && i < sk_X509_num(parts->others); i++)
		filled = X509_STORE_add_cert(store, sk_X509_value(parts->others, i));
	if (filled && X509_STORE_CTX_init(check, store, parts->certificate, NULL)) {
		X509_STORE_CTX_set_flags(check, X509_V_FLAG_PARTIAL_CHAIN);
		X509_STORE_CTX_set_time(check, 0, (time_t)now);
		X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_CLIENT);
		result = X509_verify_cert(check) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(check);
	}
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	return result;
}

counterfoil_code identity_check_chain(const counterfoil_identity *identity, int64_t now, counterfoil_error *error)
{
	if (!has_issuer(&identity->parts)) /* then only the server knows it */
		return outcome_ok(error);
	ERR_set_mark();
	int result = verify(&identity->parts, now);
	ERR_pop_to_mark();
	if (result == X509_V_OK)
		return outcome_ok(error);
	if (result < 0)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	return outcome(error, COUNTERFOIL_BAD_CHAIN,
		       "by the CA in its own file the certificate is no good for a TLS client (%s): fetch it again",
		       X509_verify_cert_error_string(result));
}
