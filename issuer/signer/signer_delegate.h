/* signer_delegate: a fresh OCSP delegate: key, certificate, and all that is needed to sign with it. */
#ifndef ISSUER_SIGNER_DELEGATE_H
#define ISSUER_SIGNER_DELEGATE_H

#include "issuer/signer/serve.h"
#include "ca/ocsp.h"

struct delegate {
	struct ocsp_responder *responder;
	char serial[SERIAL_TEXT_SIZE];
	int64_t not_before, not_after;
};

/* Journalled before it is signed; it has answered once, and OpenSSL has read that answer. After a failure out has nothing
 * but the serial, which is "" unless the journal has a record already. */
enum err delegate_new(struct signer *s, const struct signer_ca *ca, struct delegate *out, struct errbuf *why) MUST_CHECK;
/* Two thirds of its life are over, or the clock says a time outside it. */
bool delegate_due(const struct delegate *d, int64_t now);

#endif
