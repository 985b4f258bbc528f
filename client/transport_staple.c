/* transport_staple: what a server shows of its own certificate's revocation (RFC 6066 section 8, RFC 8446 section 4.4.2.1).
 *
 * OpenSSL asks for our verdict when the server has shown all that it shows, and before our certificate leaves, in TLS 1.2 as
 * in 1.3. libcurl's own option (CURLOPT_SSL_VERIFYSTATUS) looks when the handshake is over, and demands an answer of every
 * server. */
#include "base/clock.h"
#include "client/ocsp.h"
#include "client/transport_lane.h"

#include <openssl/x509v3.h>
#include <stdio.h>

enum { AGE_MOST = 86400, FEATURE_STATUS_REQUEST = 5, GO_ON = 1, END = 0 };

static int refuse(struct lane *lane, counterfoil_code code, const char *why)
{
	lane_fail(lane, code, why);
	return END;
}

/* RFC 7633. What cannot be read is taken for a yes. */
static bool must_staple(const X509 *certificate)
{
	int found = 0;
	TLS_FEATURE *features = X509_get_ext_d2i(certificate, NID_tlsfeature, &found, NULL);
	bool must = !features && found != -1;
	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		must |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == FEATURE_STATUS_REQUEST;
	sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
	return must;
}

static int without(struct lane *lane, const X509 *certificate)
{
	if (lane->settings->staple == COUNTERFOIL_STAPLE_HARD)
		return refuse(lane, COUNTERFOIL_NO_STAPLE, NULL);
	if (must_staple(certificate))
		return refuse(lane, COUNTERFOIL_NO_STAPLE,
			      "the server's certificate says that it must show that it was not revoked, and it does not: its operator "
			      "must switch OCSP stapling on");
	return GO_ON;
}

static int with(struct lane *lane, const struct ocsp_question *question, counterfoil_bytes der)
{
	struct ocsp_answer answer;
	char why[WHY_SIZE];
	enum ocsp_flaw flaw = ocsp_read(der, question, &answer);
	if (flaw == OCSP_FLAW_ERROR)
		return without(lane, question->certificate);
	if (flaw == OCSP_FLAW_MEMORY)
		return refuse(lane, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	if (flaw) {
		snprintf(why, sizeof why, "what the server shows of its certificate's revocation does not count (%s): tell its operator",
			 ocsp_flaw_text(flaw));
		return refuse(lane, COUNTERFOIL_BAD_STAPLE, why);
	}
	if (answer.revocation == COUNTERFOIL_REVOCATION_HELD)
		return refuse(lane, COUNTERFOIL_SERVER_REVOKED,
			      "the server's certificate is on hold: do not call it now, and tell its operator");
	return answer.revocation == COUNTERFOIL_REVOCATION_GOOD ? GO_ON : refuse(lane, COUNTERFOIL_SERVER_REVOKED, NULL);
}

/* A certificate that is trusted by itself has no CA whose word could count. */
static int alone(struct lane *lane)
{
	if (lane->settings->staple == COUNTERFOIL_STAPLE_SOFT)
		return GO_ON;
	return refuse(lane, COUNTERFOIL_NO_STAPLE,
		      "the server's certificate is trusted by itself, so nothing can show that it was not revoked: trust its CA instead");
}

static int on_staple(SSL *ssl, void *data)
{
	struct lane *lane = data;
	const unsigned char *der = NULL;
	const long len = SSL_get_tlsext_status_ocsp_resp(ssl, &der);
	const STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	if (sk_X509_num(chain) < 1)
		return refuse(lane, COUNTERFOIL_FAILED, NULL);
	if (sk_X509_num(chain) < 2)
		return alone(lane);
	const struct ocsp_question question = {.certificate = sk_X509_value(chain, 0), .issuer = sk_X509_value(chain, 1),
					       .now = clock_now(), .age_most = AGE_MOST, .late = OCSP_CLOCK_SKEW};
	if (!der || len <= 0)
		return without(lane, question.certificate);
	return with(lane, &question, (counterfoil_bytes){der, (size_t)len});
}

bool lane_ask_staple(struct lane *lane, SSL_CTX *context)
{
	return SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp) == 1 &&
	       SSL_CTX_set_tlsext_status_cb(context, on_staple) == 1 && SSL_CTX_set_tlsext_status_arg(context, lane) == 1;
}
