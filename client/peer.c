#include "client/peer.h"
#include "base/clock.h"
#include "client/presented.h"
#include "client/trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_KINDS = COUNTERFOIL_KIND_CLIENT | COUNTERFOIL_KIND_STAFF | COUNTERFOIL_KIND_SERVER, SOURCE_MAX = 4096,
       KEPT_MOST = 1000000 };

/* What an earlier version's shorter struct lacks is zero. */
static bool options_take(const counterfoil_verifier_options *given, counterfoil_verifier_options *o)
{
	const uint32_t most = INT32_MAX / 1000;
	if (!given || given->size < offsetof(counterfoil_verifier_options, ocsp) || given->size > sizeof *o)
		return false;
	memcpy(o, given, given->size);
	return !(o->kinds & ~(unsigned)ALL_KINDS) && o->crl_refresh_seconds <= most && o->crl_keep_seconds <= most &&
	       o->ocsp_refresh_seconds <= most && o->ocsp_kept <= KEPT_MOST;
}

static bool is_text(const char *source)
{
	return source[0] && strnlen(source, SOURCE_MAX) < SOURCE_MAX;
}

static counterfoil_code check_sources(const counterfoil_verifier_options *o, counterfoil_error *error)
{
	if (o->crl && !is_text(o->crl))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the revocation list's path or URL is empty or too long");
	if (o->crl && strstr(o->crl, "://") && strncmp(o->crl, "http://", 7) != 0)
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "a revocation list is fetched from http://HOST... (it carries its CA's signature) or read from a file");
	if (o->ocsp && strcmp(o->ocsp, COUNTERFOIL_OCSP_CERTIFICATE) != 0 &&
	    (!is_text(o->ocsp) || strncmp(o->ocsp, "http://", 7) != 0))
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "an OCSP responder is asked at http://HOST... (its answer carries its CA's signature), or \"%s\" for the one "
			       "that the certificate names", COUNTERFOIL_OCSP_CERTIFICATE);
	return COUNTERFOIL_OK;
}

#define OR(value, otherwise) ((value) ? (value) : (otherwise))

static counterfoil_code add_sources(counterfoil_verifier *v, const counterfoil_verifier_options *o, counterfoil_error *error)
{
	const struct revocation_settings lists = {
		.source = o->crl,
		.issuers = v->authorities,
		.refresh_ms = 1000 * OR(o->crl_refresh_seconds, 60),
		.keep_ms = 1000 * OR(o->crl_keep_seconds, 3600),
		.timeout_ms = OR(o->crl_timeout_ms, 5000),
	};
	const struct inquiry_settings inquiry = {
		.responder = o->ocsp,
		.refresh_ms = 1000 * OR(o->ocsp_refresh_seconds, 60),
		.timeout_ms = OR(o->ocsp_timeout_ms, 5000),
		.kept = OR(o->ocsp_kept, 10000),
	};
	if (o->crl && !(v->lists = revocation_new(&lists)))
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	if (o->ocsp && !(v->inquiry = inquiry_new(&inquiry)))
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	return outcome_ok(error);
}

/* A certificate that is trusted ends a chain: a caller's own, given as a CA, would be accepted for itself. (Of a server such
 * a one may be trusted, to which a client was told to go.) */
static counterfoil_code take_authorities(counterfoil_verifier *v, counterfoil_bytes pem, counterfoil_error *error)
{
	const counterfoil_client_options trust = {.size = sizeof trust, .trust = COUNTERFOIL_TRUST_PEM, .trust_pem = pem};
	counterfoil_code code = trust_store(&trust, &v->trust, error);
	if (code == COUNTERFOIL_NO_TRUST)
		return outcome(error, code, "no certificate was given as the CA of the callers: want it in PEM, 1 MiB at most");
	if (!code && !(v->authorities = X509_STORE_get1_all_certs(v->trust)))
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	for (int i = 0; !code && i < sk_X509_num(v->authorities); i++)
		if (X509_check_ca(sk_X509_value(v->authorities, i)) != 1)
			code = outcome(error, COUNTERFOIL_BAD_INPUT, "a certificate given as the CA of the callers is no CA's "
				       "(RFC 5280 section 4.2.1.9): want that of the CA that makes theirs, and those above it");
	return code;
}

counterfoil_code counterfoil_verifier_new(const counterfoil_verifier_options *given, counterfoil_verifier **verifier,
					  counterfoil_error *error)
{
	counterfoil_verifier_options whole = {0};
	const counterfoil_verifier_options *options = &whole;
	if (!verifier)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the verifier");
	*verifier = NULL;
	if (!options_take(given, &whole))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "options are missing, size is not set, or a value is out of bounds");
	counterfoil_code code = check_sources(options, error);
	if (code)
		return code;
	counterfoil_verifier *made = calloc(1, sizeof *made);
	if (!made)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	made->kinds = OR(options->kinds, COUNTERFOIL_KIND_CLIENT);
	made->accept_unknown = options->accept_unknown != 0;
	code = take_authorities(made, options->trust_pem, error);
	if (!code)
		code = add_sources(made, options, error);
	if (code)
		counterfoil_verifier_free(made);
	else
		*verifier = made;
	return code;
}

void counterfoil_verifier_free(counterfoil_verifier *verifier)
{
	if (!verifier)
		return;
	revocation_free(verifier->lists);
	inquiry_free(verifier->inquiry);
	sk_X509_pop_free(verifier->authorities, X509_free);
	X509_STORE_free(verifier->trust);
	free(verifier);
}

/* Two URIs would be two names: which of them counted would depend on who reads. */
static bool has_one_uri(const X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int uris = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		uris += sk_GENERAL_NAME_value(names, i)->type == GEN_URI;
	GENERAL_NAMES_free(names);
	return uris == 1;
}

static counterfoil_kind kind_of(X509 *certificate, char *const *facts)
{
	if (!(X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT))
		return COUNTERFOIL_KIND_SERVER;
	if (has_one_uri(certificate) && facts[COUNTERFOIL_FACT_CLIENT_SLUG][0])
		return COUNTERFOIL_KIND_CLIENT;
	if (has_one_uri(certificate) && facts[COUNTERFOIL_FACT_STAFF][0])
		return COUNTERFOIL_KIND_STAFF;
	return COUNTERFOIL_KIND_NONE;
}

static counterfoil_code peer_new(X509 *certificate, counterfoil_peer **out, counterfoil_error *error)
{
	counterfoil_peer *peer = calloc(1, sizeof *peer);
	ERR_set_mark();
	counterfoil_code code = peer ? certificate_facts(certificate, peer->facts, &peer->not_before, &peer->not_after)
				     : COUNTERFOIL_OUT_OF_MEMORY;
	if (!code)
		peer->kind = kind_of(certificate, peer->facts);
	ERR_pop_to_mark();
	if (code == COUNTERFOIL_NOT_PKCS12)
		code = COUNTERFOIL_PEER_MALFORMED;
	if (code)
		counterfoil_peer_free(peer);
	else
		*out = peer;
	return outcome(error, code, code == COUNTERFOIL_PEER_MALFORMED ? "the certificate has a name or a time that cannot be read"
								       : NULL);
}

static counterfoil_code look_up(const counterfoil_verifier *v, counterfoil_peer *peer, const STACK_OF(X509) *chain,
				int64_t now, counterfoil_error *error)
{
	char why[REVOCATION_WHY_SIZE];
	ERR_set_mark();
	peer->revocation = peer_status(v, chain, now, why);
	ERR_pop_to_mark();
	switch (peer->revocation) {
	case COUNTERFOIL_REVOCATION_GOOD:
		return outcome_ok(error);
	case COUNTERFOIL_REVOCATION_REVOKED:
		return outcome(error, COUNTERFOIL_PEER_REVOKED, NULL);
	case COUNTERFOIL_REVOCATION_HELD:
		return outcome(error, COUNTERFOIL_PEER_HELD, NULL);
	default:
		break;
	}
	if (v->accept_unknown)
		return outcome_ok(error);
	return outcome(error, COUNTERFOIL_PEER_UNKNOWN_STATUS, "it cannot be learnt whether the certificate was revoked: %s", why);
}

static counterfoil_code say_when(counterfoil_code code, const counterfoil_peer *peer, counterfoil_error *error)
{
	char when[CLOCK_TEXT_SIZE];
	bool over = code == COUNTERFOIL_PEER_EXPIRED;
	clock_text(over ? peer->not_after : peer->not_before, when);
	return outcome(error, code, over ? "the certificate's time was over at %s: the caller must order a new one"
					 : "the certificate's time begins at %s: check this machine's clock", when);
}

/* The certificate comes from the CA: who is it, and may it? */
static counterfoil_code judge(const counterfoil_verifier *v, counterfoil_code time, const STACK_OF(X509) *chain,
			      int64_t now, counterfoil_peer **out, counterfoil_error *error)
{
	counterfoil_peer *peer = NULL;
	counterfoil_code code = peer_new(sk_X509_value(chain, 0), &peer, error);
	if (!peer)
		return code;
	*out = peer;
	if (!((unsigned)peer->kind & v->kinds))
		return outcome(error, COUNTERFOIL_PEER_WRONG_KIND, NULL);
	code = time ? say_when(time, peer, error) : look_up(v, peer, chain, now, error);
	peer->accepted = !code;
	return code;
}

counterfoil_code counterfoil_verifier_peer(counterfoil_verifier *verifier, counterfoil_bytes presented,
					   counterfoil_format format, int64_t now, counterfoil_peer **peer,
					   counterfoil_error *error)
{
	if (!verifier || !peer)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no verifier was given, or nowhere to put the peer");
	*peer = NULL;
	STACK_OF(X509) *certificates = NULL, *chain = NULL;
	counterfoil_code code = presented_read(presented, format, &certificates, error);
	if (!code)
		code = peer_chain(verifier, certificates, now, &chain, error);
	if (chain)
		code = judge(verifier, code, chain, now, peer, error);
	sk_X509_pop_free(chain, X509_free);
	sk_X509_pop_free(certificates, X509_free);
	return code;
}
