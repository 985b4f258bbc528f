/* certificate_view: what the pages of a certificate show beside what the API says. */
#ifndef ISSUER_CONSOLE_CERTIFICATE_VIEW_H
#define ISSUER_CONSOLE_CERTIFICATE_VIEW_H

#include "issuer/console/console.h"

/* Beside the certificate's members: "means", "because", "holder", "whose" (the name to type and to say), "live", "past" (per cent of
 * its time), "chain" [{"subject", "not_after"}], "ordered" (its order, where the caller may see it); its history in words. */
enum err certificate_dress(struct front *front, const struct request *q, json_t *certificate) MUST_CHECK;

/* The certificates above it, the root last, appended as PEM. */
enum err certificate_chain_pem(const struct front *front, const json_t *certificate, struct buf *out) MUST_CHECK;

#endif
