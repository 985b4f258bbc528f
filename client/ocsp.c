#include "client/ocsp.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <time.h>

static const char *const texts[OCSP_FLAWS] = {
	[OCSP_FLAW_NONE] = "nothing is wrong",
	[OCSP_FLAW_MEMORY] = "out of memory",
	[OCSP_FLAW_MALFORMED] = "it is not an OCSP response, or a damaged one",
	[OCSP_FLAW_ERROR] = "the OCSP responder had no answer",
	[OCSP_FLAW_CRITICAL] = "the OCSP response has a critical extension that this version does not know",
	[OCSP_FLAW_NONCE] = "the OCSP response answers another question",
	[OCSP_FLAW_STRANGER] = "the OCSP response is not by the certificate's CA, nor by whom it has charged with that",
	[OCSP_FLAW_WEAK] = "the OCSP response is signed in a way that is too weak",
	[OCSP_FLAW_SIGNATURE] = "the OCSP response's signature is wrong",
	[OCSP_FLAW_UNRELATED] = "the OCSP response is about another certificate",
	[OCSP_FLAW_EARLY] = "the OCSP response is of a time to come",
	[OCSP_FLAW_LATE] = "the OCSP response's time is over",
	[OCSP_FLAW_UNKNOWN] = "the OCSP responder does not know the certificate",
	[OCSP_FLAW_TIMEOUT] = "the OCSP responder did not answer in time",
	[OCSP_FLAW_UNREACHABLE] = "the OCSP responder cannot be reached, or does not answer",
	[OCSP_FLAW_NOT_ASKED] = "the certificate names no OCSP responder by http",
};

const char *ocsp_flaw_text(enum ocsp_flaw flaw)
{
	return (unsigned)flaw < OCSP_FLAWS && texts[flaw] ? texts[flaw] : "";
}

static bool seconds(const ASN1_GENERALIZEDTIME *time, int64_t *out)
{
	struct tm parts;
	if (!time || !ASN1_TIME_to_tm(time, &parts))
		return false;
	*out = (int64_t)timegm(&parts);
	return true;
}

static bool says_only_what_we_know(OCSP_BASICRESP *response)
{
	for (int i = 0; i < OCSP_BASICRESP_get_ext_count(response); i++) {
		X509_EXTENSION *one = OCSP_BASICRESP_get_ext(response, i);
		if (X509_EXTENSION_get_critical(one) &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(one)) != NID_id_pkix_OCSP_Nonce)
			return false;
	}
	for (int i = 0; i < OCSP_resp_count(response); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(response, i);
		for (int n = 0; n < OCSP_SINGLERESP_get_ext_count(single); n++)
			if (X509_EXTENSION_get_critical(OCSP_SINGLERESP_get_ext(single, n)))
				return false;
	}
	return true;
}

/* SHA-1 finds the certificate here; nothing is believed for its sake. */
static enum ocsp_flaw is_about(OCSP_SINGLERESP *single, const struct ocsp_question *q)
{
	OCSP_CERTID *had = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
	ASN1_INTEGER *serial = NULL;
	ASN1_OBJECT *digest = NULL;
	if (OCSP_id_get0_info(NULL, &digest, NULL, &serial, had) != 1 ||
	    ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(q->certificate)) != 0)
		return OCSP_FLAW_UNRELATED;
	const int nid = OBJ_obj2nid(digest);
	if (nid != NID_sha1 && nid != NID_sha256)
		return OCSP_FLAW_UNRELATED;
	OCSP_CERTID *wanted = OCSP_cert_to_id(nid == NID_sha1 ? EVP_sha1() : EVP_sha256(), q->certificate, q->issuer);
	enum ocsp_flaw flaw = !wanted ? OCSP_FLAW_MEMORY : OCSP_id_cmp(wanted, had) ? OCSP_FLAW_UNRELATED : OCSP_FLAW_NONE;
	OCSP_CERTID_free(wanted);
	return flaw;
}

static counterfoil_revocation word_of(int status, int reason)
{
	if (status == V_OCSP_CERTSTATUS_GOOD)
		return COUNTERFOIL_REVOCATION_GOOD;
	if (status != V_OCSP_CERTSTATUS_REVOKED)
		return COUNTERFOIL_REVOCATION_UNKNOWN;
	return reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD ? COUNTERFOIL_REVOCATION_HELD : COUNTERFOIL_REVOCATION_REVOKED;
}

static enum ocsp_flaw judge(OCSP_SINGLERESP *single, const struct ocsp_question *q, struct ocsp_answer *out)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	int reason = -1, status = OCSP_single_get0_status(single, &reason, NULL, &this_update, &next_update);
	struct ocsp_answer had = {.revocation = word_of(status, reason)};
	if (!seconds(this_update, &had.this_update) || (next_update && !seconds(next_update, &had.until)))
		return OCSP_FLAW_MALFORMED;
	if (!next_update)
		had.until = had.this_update + q->age_most;
	if (had.until < had.this_update)
		return OCSP_FLAW_MALFORMED;
	if (had.revocation != COUNTERFOIL_REVOCATION_REVOKED) {
		if (had.this_update > q->now + OCSP_CLOCK_SKEW)
			return OCSP_FLAW_EARLY;
		if (had.until + q->late < q->now)
			return OCSP_FLAW_LATE;
	}
	if (had.revocation == COUNTERFOIL_REVOCATION_UNKNOWN)
		return OCSP_FLAW_UNKNOWN;
	*out = had;
	return OCSP_FLAW_NONE;
}

/* Of several about the same certificate the worst counts. */
static int weight_of(enum ocsp_flaw flaw, const struct ocsp_answer *answer)
{
	switch (answer->revocation) {
	case COUNTERFOIL_REVOCATION_REVOKED:
		return 4;
	case COUNTERFOIL_REVOCATION_HELD:
		return 3;
	default:
		return flaw ? 2 : 1;
	}
}

static enum ocsp_flaw find(OCSP_BASICRESP *response, const struct ocsp_question *q, struct ocsp_answer *out)
{
	enum ocsp_flaw all = OCSP_FLAW_UNRELATED;
	struct ocsp_answer worst = {0};
	for (int i = 0, heaviest = 0; i < OCSP_resp_count(response); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(response, i);
		struct ocsp_answer one = {0};
		enum ocsp_flaw flaw = is_about(single, q);
		if (flaw == OCSP_FLAW_UNRELATED)
			continue;
		if (!flaw)
			flaw = judge(single, q, &one);
		const int weight = weight_of(flaw, &one);
		if (weight <= heaviest)
			continue;
		heaviest = weight;
		all = flaw;
		worst = one;
	}
	if (!all)
		*out = worst;
	return all;
}

static enum ocsp_flaw read_basic(OCSP_BASICRESP *response, const struct ocsp_question *q, struct ocsp_answer *answer)
{
	int64_t produced;
	enum ocsp_flaw flaw = ocsp_signed(response, q);
	if (flaw)
		return flaw;
	if (!seconds(OCSP_resp_get0_produced_at(response), &produced))
		return OCSP_FLAW_MALFORMED;
	if (!says_only_what_we_know(response))
		return OCSP_FLAW_CRITICAL;
	if (q->asked && OCSP_check_nonce(q->asked, response) == 0)
		return OCSP_FLAW_NONCE;
	return find(response, q, answer);
}

static enum ocsp_flaw read_response(const OCSP_RESPONSE *response, const struct ocsp_question *q, struct ocsp_answer *answer)
{
	if (OCSP_response_status((OCSP_RESPONSE *)response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return OCSP_FLAW_ERROR;
	OCSP_BASICRESP *basic = OCSP_response_get1_basic((OCSP_RESPONSE *)response);
	enum ocsp_flaw flaw = basic ? read_basic(basic, q, answer) : OCSP_FLAW_MALFORMED;
	OCSP_BASICRESP_free(basic);
	return flaw;
}

enum ocsp_flaw ocsp_read(counterfoil_bytes der, const struct ocsp_question *question, struct ocsp_answer *answer)
{
	const unsigned char *at = der.data;
	if (der.len == 0 || der.len > OCSP_ANSWER_MAX)
		return OCSP_FLAW_MALFORMED;
	ERR_set_mark();
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	enum ocsp_flaw flaw = OCSP_FLAW_MALFORMED;
	if (response && at == (const unsigned char *)der.data + der.len)
		flaw = read_response(response, question, answer);
	OCSP_RESPONSE_free(response);
	ERR_pop_to_mark();
	return flaw;
}
