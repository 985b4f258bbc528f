/* peer_chain: from a certificate to a CA that is trusted (RFC 5280 section 6). */
#include "client/peer.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { DEPTH_MAX = 4, SECURITY_LEVEL = 2 /* 112 bits: RSA 2048, SHA-256 */ };

/* The library's verdicts that mean something else than 'not from this CA'. The leaf's time is looked at behind every
 * signature, so that those two say that it does come from it. */
static const struct {
	int verdict;
	bool of_leaf; /* at the leaf only */
	counterfoil_code code;
} verdicts[] = {
	{X509_V_OK, false, COUNTERFOIL_OK},
	{X509_V_ERR_CERT_HAS_EXPIRED, true, COUNTERFOIL_PEER_EXPIRED},
	{X509_V_ERR_CERT_NOT_YET_VALID, true, COUNTERFOIL_PEER_NOT_YET_VALID},
	{X509_V_ERR_INVALID_PURPOSE, true, COUNTERFOIL_PEER_WRONG_PURPOSE},
	{X509_V_ERR_EE_KEY_TOO_SMALL, false, COUNTERFOIL_PEER_WEAK},
	{X509_V_ERR_CA_KEY_TOO_SMALL, false, COUNTERFOIL_PEER_WEAK},
	{X509_V_ERR_CA_MD_TOO_WEAK, false, COUNTERFOIL_PEER_WEAK},
	{X509_V_ERR_OUT_OF_MEM, false, COUNTERFOIL_OUT_OF_MEMORY},
};

static counterfoil_code code_of(int verdict, int depth)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (verdicts[i].verdict == verdict && (depth == 0 || !verdicts[i].of_leaf))
			return verdicts[i].code;
	return COUNTERFOIL_PEER_UNKNOWN_CA;
}

/* OpenSSL takes a certificate that names no purpose for every one; we do not. */
static bool purpose_is_served(X509 *leaf, unsigned kinds)
{
	uint32_t flags = X509_get_extension_flags(leaf);
	if (flags & (EXFLAG_V1 | EXFLAG_INVALID | EXFLAG_CA) || X509_check_ca(leaf) != 0 || !(flags & EXFLAG_XKUSAGE))
		return false;
	uint32_t purposes = X509_get_extended_key_usage(leaf);
	return purposes & XKU_SSL_CLIENT || (kinds & COUNTERFOIL_KIND_SERVER && purposes & XKU_SSL_SERVER);
}

/* RFC 5280 section 6.1.1: any policy will do, and none is required but by a CA. */
static bool aim(X509_STORE_CTX *context, const counterfoil_verifier *verifier, int64_t now)
{
	X509_VERIFY_PARAM *wanted = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(wanted, (time_t)now);
	X509_VERIFY_PARAM_set_depth(wanted, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(wanted, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_POLICY_CHECK);
	if (X509_VERIFY_PARAM_add0_policy(wanted, OBJ_nid2obj(NID_any_policy)) != 1)
		return false;
	return verifier->kinds & COUNTERFOIL_KIND_SERVER ||
	       X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_CLIENT) == 1;
}

/* The library stops at the first CA that is trusted. Those above it that were given as well may have lists of their own,
 * in which one below stands. */
static bool climb(STACK_OF(X509) *chain, const STACK_OF(X509) *authorities)
{
	for (int i = 0; i < sk_X509_num(authorities) && sk_X509_num(chain) <= DEPTH_MAX; i++) {
		X509 *top = sk_X509_value(chain, sk_X509_num(chain) - 1), *above = sk_X509_value(authorities, i);
		if (X509_self_signed(top, 0) == 1)
			return true;
		if (X509_cmp(above, top) == 0 || X509_check_issued(above, top) != X509_V_OK)
			continue;
		if (sk_X509_push(chain, above) <= 0)
			return false;
		X509_up_ref(above);
		i = -1; /* and above that one */
	}
	return true;
}

static counterfoil_code run(X509_STORE_CTX *context, const counterfoil_verifier *verifier, STACK_OF(X509) **chain,
			    counterfoil_error *error)
{
	int accepted = X509_verify_cert(context);
	int verdict = X509_STORE_CTX_get_error(context), depth = X509_STORE_CTX_get_error_depth(context);
	if (accepted != 1 && verdict == X509_V_OK)
		verdict = X509_V_ERR_UNSPECIFIED;
	counterfoil_code code = code_of(verdict, depth);
	if (code == COUNTERFOIL_PEER_UNKNOWN_CA)
		return outcome(error, code, "the certificate does not come from the CA given (%s, certificate %d): refuse the caller",
			       X509_verify_cert_error_string(verdict), depth + 1);
	if (code && code != COUNTERFOIL_PEER_EXPIRED && code != COUNTERFOIL_PEER_NOT_YET_VALID)
		return outcome(error, code, NULL);
	*chain = X509_STORE_CTX_get1_chain(context);
	if (*chain && climb(*chain, verifier->authorities))
		return outcome(error, code, NULL);
	sk_X509_pop_free(*chain, X509_free);
	*chain = NULL;
	return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
}

counterfoil_code peer_path(const counterfoil_verifier *verifier, STACK_OF(X509) *presented, int64_t now,
			   STACK_OF(X509) **chain, counterfoil_error *error)
{
	*chain = NULL;
	ERR_set_mark();
	X509 *leaf = sk_X509_value(presented, 0);
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	counterfoil_code code = context && X509_STORE_CTX_init(context, verifier->trust, leaf, presented) == 1 &&
						aim(context, verifier, now)
					? run(context, verifier, chain, error)
					: outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	X509_STORE_CTX_free(context);
	ERR_pop_to_mark();
	return code;
}

counterfoil_code peer_chain(const counterfoil_verifier *verifier, STACK_OF(X509) *presented, int64_t now,
			    STACK_OF(X509) **chain, counterfoil_error *error)
{
	counterfoil_code code = peer_path(verifier, presented, now, chain, error);
	if (!*chain || purpose_is_served(sk_X509_value(presented, 0), verifier->kinds))
		return code;
	sk_X509_pop_free(*chain, X509_free);
	*chain = NULL;
	return outcome(error, COUNTERFOIL_PEER_WRONG_PURPOSE, NULL);
}
