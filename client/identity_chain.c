/* identity_chain: does a certificate come from the CA that is in its file, as the server is going to check it? */
#include "client/identity.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

enum { NO_MEMORY = -1, CMP_FAILED = -2 };

/* By name alone: of another key, it is no good. 1, 0 or NO_MEMORY. */
static int has_issuer(const struct pkcs12_parts *parts)
{
	const X509_NAME *issuer = X509_get_issuer_name(parts->certificate);
	for (int i = 0; i < sk_X509_num(parts->others); i++) {
		int difference = X509_NAME_cmp(X509_get_subject_name(sk_X509_value(parts->others, i)), issuer);
		if (difference == 0 || difference == CMP_FAILED)
			return difference == 0 ? 1 : NO_MEMORY;
	}
	return 0;
}

/* What a failed check says: one that broke off may still say X509_V_OK. */
static int reason(const X509_STORE_CTX *check)
{
	int error = X509_STORE_CTX_get_error(check);
	return error == X509_V_OK || error == X509_V_ERR_OUT_OF_MEM || error == X509_V_ERR_UNSPECIFIED ? NO_MEMORY : error;
}

/* X509_V_OK, another X509_V_ERR_*, or NO_MEMORY. */
static int verify(const struct pkcs12_parts *parts, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	int result = NO_MEMORY;
	bool filled = store && check;
	for (int i = 0; filled && i < sk_X509_num(parts->others); i++)
		filled = X509_STORE_add_cert(store, sk_X509_value(parts->others, i));
	if (filled && X509_STORE_CTX_init(check, store, parts->certificate, NULL) &&
	    X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_CLIENT)) {
		X509_STORE_CTX_set_flags(check, X509_V_FLAG_PARTIAL_CHAIN);
		X509_STORE_CTX_set_time(check, 0, (time_t)now);
		result = X509_verify_cert(check) == 1 ? X509_V_OK : reason(check);
	}
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	return result;
}

counterfoil_code identity_check_chain(const counterfoil_identity *identity, int64_t now, counterfoil_error *error)
{
	ERR_set_mark();
	int result = has_issuer(&identity->parts); /* if not, only the server knows it */
	if (result > 0)
		result = verify(&identity->parts, now);
	ERR_pop_to_mark();
	if (result == X509_V_OK)
		return outcome_ok(error);
	if (result == NO_MEMORY)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	return outcome(error, COUNTERFOIL_BAD_CHAIN,
		       "by the CA in its own file the certificate is no good for a TLS client (%s): fetch it again",
		       X509_verify_cert_error_string(result));
}
