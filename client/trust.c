#include "client/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

/* The self-signed CA certificates of the file; when it has none, its other CA certificates, each an end of the chain. */
static counterfoil_code add_of_identity(X509_STORE *store, const counterfoil_identity *identity)
{
	int roots = 0, added = 0;
	const STACK_OF(X509) *others = identity ? identity->parts.others : NULL;
	for (int i = 0; i < sk_X509_num(others); i++)
		roots += X509_check_ca(sk_X509_value(others, i)) == 1 && X509_self_signed(sk_X509_value(others, i), 1) == 1;
	for (int i = 0; i < sk_X509_num(others); i++) {
		X509 *one = sk_X509_value(others, i);
		if (X509_check_ca(one) != 1 || (roots && X509_self_signed(one, 1) != 1))
			continue;
		if (!X509_STORE_add_cert(store, one))
			return COUNTERFOIL_OUT_OF_MEMORY;
		added++;
	}
	if (!roots)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return added ? COUNTERFOIL_OK : COUNTERFOIL_NO_TRUST;
}

/* OpenSSL reads a certificate's extensions when it first needs them, and takes it for invalid ever after if memory is short
 * just then: so that is done here. */
static counterfoil_code add_one(X509_STORE *store, X509 *one)
{
	(void)X509_check_purpose(one, -1, 0);
	bool no_memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
	return !no_memory && X509_STORE_add_cert(store, one) ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
}

static counterfoil_code add_of_pem(X509_STORE *store, counterfoil_bytes pem)
{
	if (!pem.data || pem.len == 0 || pem.len > TRUST_PEM_MAX)
		return COUNTERFOIL_NO_TRUST;
	BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.len);
	counterfoil_code code = memory ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
	int added = 0;
	while (!code) {
		X509 *one = PEM_read_bio_X509(memory, NULL, NULL, NULL);
		if (!one)
			break;
		code = ++added > TRUST_CERTIFICATES_MAX ? COUNTERFOIL_BAD_INPUT : add_one(store, one);
		X509_free(one);
	}
	/* The end is 'no start line'; anything else is a certificate that cannot be read, and none is left out quietly. */
	if (!code && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		code = COUNTERFOIL_BAD_INPUT;
	BIO_free(memory);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return code ? code : added ? COUNTERFOIL_OK : COUNTERFOIL_NO_TRUST;
}

static counterfoil_code fill(X509_STORE *store, const counterfoil_client_options *options)
{
	switch (options->trust) {
	case COUNTERFOIL_TRUST_IDENTITY:
		return add_of_identity(store, options->identity);
	case COUNTERFOIL_TRUST_PEM:
		return add_of_pem(store, options->trust_pem);
	case COUNTERFOIL_TRUST_SYSTEM:
		return X509_STORE_set_default_paths(store) ? COUNTERFOIL_OK : COUNTERFOIL_NO_TRUST;
	default:
		return COUNTERFOIL_BAD_INPUT;
	}
}

counterfoil_code trust_store(const counterfoil_client_options *options, X509_STORE **out, counterfoil_error *error)
{
	ERR_set_mark();
	X509_STORE *store = X509_STORE_new();
	counterfoil_code code = store ? fill(store, options) : COUNTERFOIL_OUT_OF_MEMORY;
	ERR_pop_to_mark();
	if (code) {
		X509_STORE_free(store);
		return outcome(error, code,
			       code == COUNTERFOIL_BAD_INPUT ? "the trusted CAs cannot be read: want certificates in PEM" : NULL);
	}
	*out = store;
	return outcome_ok(error);
}
