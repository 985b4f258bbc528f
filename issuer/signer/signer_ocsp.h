/* signer_ocsp: the signer's second lane: a thread that signs OCSP answers and does nothing else, so that no slow work
 * stands before them; and its delegate (RFC 6960 4.2.2.2).
 *
 * The delegate's key is made in memory with its certificate and never leaves it: there is no file to steal, which counts,
 * for a certificate with noCheck cannot be revoked. It is made anew when two thirds of its life are over, when the clock has
 * left its life, and at every start; the journal has a record of each ("delegate"). While a new one cannot be made the old
 * one goes on, to its end: no answer is good for longer than its delegate's certificate. It never signs bytes it is handed:
 * the front says which certificate has which status; times and all else are the signer's own. */
#ifndef ISSUER_SIGNER_OCSP_H
#define ISSUER_SIGNER_OCSP_H

#include "issuer/signer/serve.h"

struct signer_ocsp;

/* Takes `packets`, the signer's end of the pair, and starts the thread. */
enum err signer_ocsp_start(struct signer *s, int packets, struct signer_ocsp **out, struct errbuf *why) MUST_CHECK;
/* Ends the thread. NULL is fine. */
void signer_ocsp_end(struct signer_ocsp *o);
/* On the signer's own thread, about once a second: renew the delegate when it is due. */
void signer_ocsp_tick(struct signer_ocsp *o);

#endif
