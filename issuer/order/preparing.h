/* preparing: a certificate that the signer has made, on its way into the database. Internal to issuer/order/collect_*.c. */
#ifndef ISSUER_PREPARING_H
#define ISSUER_PREPARING_H

#include "issuer/order/step.h"
#include "issuer/signer/signer.h"

/* What became of it. */
enum fate {
	FATE_STORED,     /* it is the order's */
	FATE_CLAIM_LOST, /* another claim took over, or may; it will be given the same certificate */
	FATE_WITHDRAWN,  /* it took so long that the clerk has revoked it: the next call makes another */
	FATE_ORPHAN      /* the order has ended meanwhile: nobody may ever get it */
};

struct preparing {
	struct step step;
	const struct order_row *row;
	const char *issuer;
	const uint8_t *request_hash; /* 32 bytes: the key came by a request; NULL: the signer made it */
	const struct issued *issued; /* of a request nothing but the certificate */
	struct certificate_facts facts;
	char serial[SERIAL_TEXT_SIZE];
	uint8_t head[AUDIT_HASH_BYTES];
	enum fate fate;
};

/* What follows the signer's answer `signed_rc` to ISSUE or SIGN: certificate and parcel are stored and the journal hears of
 * it; or the refusal is audited; or what nobody may have is revoked. */
enum err preparing_end(struct desk *d, struct preparing *p, enum err signed_rc, const struct issued *issued,
		       struct errbuf *why) MUST_CHECK;

#endif
