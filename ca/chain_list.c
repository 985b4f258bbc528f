/* CAs that a root has revoked. They are few, and a root's list is short: it is looked into for each chain. */
#include "ca/chain_trust.h"

#include "ca/crypto_why.h"

#include <openssl/x509v3.h>

/* Whose list it is: an anchor's, by name and signature. */
static bool is_of_anchor(const struct chain_trust *t, X509_CRL *list)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(t->store);
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
		if (x && X509_self_signed(x, 0) == 1 && X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(list)) == 0 &&
		    X509_CRL_verify(list, X509_get0_pubkey(x)) == 1)
			return true;
	}
	return false;
}

enum err chain_trust_list(struct chain_trust *t, const void *der, size_t len, struct errbuf *why)
{
	const uint8_t *at = der;
	X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)len);
	if (!list || at != (const uint8_t *)der + len || !is_of_anchor(t, list)) {
		X509_CRL_free(list);
		return crypto_why(why, ERR_REFUSED, "the root's revocation list is not one of a trusted root");
	}
	X509_CRL_free(t->root_list);
	t->root_list = list;
	return ERR_OK;
}

bool chain_list_has(const struct chain_trust *t, const X509 *ca)
{
	X509_REVOKED *entry = NULL;
	return t->root_list && X509_NAME_cmp(X509_get_issuer_name(ca), X509_CRL_get_issuer(t->root_list)) == 0 &&
	       X509_CRL_get0_by_cert(t->root_list, &entry, (X509 *)(uintptr_t)ca) == 1;
}

int64_t chain_list_number(const struct chain_trust *t)
{
	ASN1_INTEGER *number = t->root_list ? X509_CRL_get_ext_d2i(t->root_list, NID_crl_number, NULL, NULL) : NULL;
	int64_t n = 0;
	bool read = number && ASN1_INTEGER_get_int64(&n, number) == 1;
	ASN1_INTEGER_free(number);
	return read && n > 0 ? n : 0;
}

enum err chain_unrevoked(const struct chain_trust *t, const STACK_OF(X509) *chain, struct errbuf *why)
{
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (chain_list_has(t, sk_X509_value(chain, i)))
			return fail(why, ERR_REFUSED, "the root has revoked certificate %d of the chain", i + 1);
	return ERR_OK;
}
