/* ocsp: an answer about one certificate (RFC 6960), read, verified and judged. It comes inside a TLS handshake, where the
 * server shows it, or from a responder that was asked. Pure: no network, no clock. */
#ifndef CLIENT_OCSP_H
#define CLIENT_OCSP_H

#include "client/outcome.h"

#include <openssl/ocsp.h>

enum { OCSP_ANSWER_MAX = 65536, OCSP_CLOCK_SKEW = 300 };

/* Why there is no answer that counts. */
enum ocsp_flaw {
	OCSP_FLAW_NONE,
	OCSP_FLAW_MEMORY,
	OCSP_FLAW_MALFORMED, /* not a response, or more than 64 KiB */
	OCSP_FLAW_ERROR,     /* it says that there is no answer: try later, not authorised, ... Nobody signs that */
	OCSP_FLAW_CRITICAL,  /* an extension that would change what it means */
	OCSP_FLAW_NONCE,     /* an answer to another question */
	OCSP_FLAW_STRANGER,  /* not signed by the certificate's CA, nor by whom it has charged with that */
	OCSP_FLAW_WEAK,
	OCSP_FLAW_SIGNATURE,
	OCSP_FLAW_UNRELATED, /* about other certificates */
	OCSP_FLAW_EARLY,
	OCSP_FLAW_LATE,
	OCSP_FLAW_UNKNOWN, /* the responder does not know the certificate */
	OCSP_FLAW_TIMEOUT, /* this one and those below: by whoever asks */
	OCSP_FLAW_UNREACHABLE,
	OCSP_FLAW_NOT_ASKED, /* there is nobody to ask */
	OCSP_FLAWS
};
const char *ocsp_flaw_text(enum ocsp_flaw flaw); /* without a full stop; static */

struct ocsp_question {
	X509 *certificate, *issuer; /* of a verified chain */
	OCSP_REQUEST *asked;        /* its nonce, when it has one, is compared with an answer's; NULL: nothing was asked */
	int64_t now;
	int64_t age_most; /* seconds since thisUpdate, when there is no nextUpdate */
	int64_t late;     /* seconds behind its end at which an answer still counts */
};

struct ocsp_answer {
	counterfoil_revocation revocation; /* GOOD, REVOKED or HELD */
	int64_t this_update;
	int64_t until; /* its end, without `late` */
};

/* OCSP_FLAW_NONE and *answer, else *answer is not touched. An answer counts when the issuer has signed it, or whom the issuer
 * itself has given a certificate with the purpose OCSPSigning (section 4.2.2.2), in a way that is not weak, and while its
 * time runs; REVOKED counts for good. The error queue is left as it was. */
enum ocsp_flaw ocsp_read(counterfoil_bytes der, const struct ocsp_question *question, struct ocsp_answer *answer);

/* The part of it that finds out who signed: NONE, STRANGER, WEAK or SIGNATURE. */
enum ocsp_flaw ocsp_signed(OCSP_BASICRESP *response, const struct ocsp_question *question);

#endif
