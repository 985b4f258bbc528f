/* collect: what the recipient does, behind the 128-bit token of the link. Unknown, expired, used and cancelled links are
 * all ERR_NOT_FOUND, after the same work. A claim is 22 characters that the accepted code yields. */
#ifndef ISSUER_COLLECT_H
#define ISSUER_COLLECT_H

#include "delivery/code.h"
#include "delivery/package.h"
#include "issuer/order/desk.h"
#include "issuer/order/facts.h"
#include "issuer/order/state.h"

struct collect_view {
	struct order_facts facts;
	char orderer_name[NAME_SIZE];
	enum order_state state;
	int tries_left;             /* of the present code */
	bool code_expired;          /* the present code's time is over */
	int64_t code_handed_over_at; /* 0 before a gateway has it */
	int64_t code_until;         /* when its time is over; 0 before its hand-over and once it is spent */
	bool claimed_by_caller;     /* the given claim is the order's */
	bool ready;                 /* the certificate has been made */
	enum { KEY_MADE_HERE, KEY_OWN, KEY_EITHER } key; /* how the order's key comes: approved so, or made so by now */
	int64_t link_until;
	char file_name[SLUG_SIZE +
		       16]; /* "e-banking-20281122.p12" (not-after date; ".pem" for a key of one's own), once ready */
	uint8_t sha256[2][32];      /* by encoding; zeros until that package was made */
};

/* Read only: nothing changes, nothing is sent. claim may be NULL. ERR_OK for offered, locked, collecting; for received
 * and later only with the right claim and until 24 h after the receipt. */
enum err collect_look(struct desk *d, const char *token, const char *claim, struct collect_view *out) MUST_CHECK;

/* Try a code. The try is committed before the comparison. ERR_OK: *claim is new, earlier claims are dead, the certificate
 * may not be made yet (collect_prepare). ERR_WRONG_CODE with *tries_left; ERR_LOCKED; ERR_EXPIRED (ask for a new code);
 * ERR_NOT_FOUND. */
enum err collect_code(struct desk *d, const struct actor *who, const char *token, const char *typed, size_t len,
		      struct secret **claim, int *tries_left, struct errbuf *why) MUST_CHECK;

/* A new code against the last four digits of the mobile. ERR_WRONG_CODE (digits), ERR_LIMIT (a day's cap; wrong digits
 * count too), ERR_LOCKED, ERR_NOT_FOUND. */
enum err collect_new_code(struct desk *d, const struct actor *who, const char *token, const char *digits,
			  struct errbuf *why) MUST_CHECK;

/* The next three want the order's claim: ERR_REFUSED when the link lives and the claim is not (or no longer) its,
 * ERR_NOT_FOUND when the link does not, ERR_REVOKED when the certificate was revoked before it was received. */

/* Make key and certificate, unless they are made. ERR_OK before they are (collect_look): the key is still being made; call
 * again soon. ERR_UNAVAILABLE while the signer is away: nothing is lost, call again.
 * ERR_REFUSED with an alarm when the order is not as it was approved. */
enum err collect_prepare(struct desk *d, const struct actor *who, const char *token, const char *claim,
			 struct errbuf *why) MUST_CHECK;

/* The certificate (DER, appended) for the key of a request (PKCS#10 in DER or PEM) instead, for an order that was
 * approved so: the file and its password fall away. The same request again gives the same certificate. ERR_INVALID,
 * ERR_MALFORMED or ERR_TOO_LARGE with the reason: the request is not acceptable (ca/request.h), or its key was
 * certified before or reported as compromised. ERR_CONFLICT: the order's key is or was made here, or its certificate
 * was made by another request. Else as collect_prepare. Notes that it was served. */
struct collect_claim {
	const char *token, *claim;
	bool looks; /* what is asked for is not handed over: it does not count as served */
};
enum err collect_request(struct desk *d, const struct actor *who, const struct collect_claim *c, const void *request,
			 size_t len, struct buf *certificate, struct errbuf *why) MUST_CHECK;
/* That certificate again, without the request. ERR_CONFLICT when there is none. */
enum err collect_certificate(struct desk *d, const struct actor *who, const struct collect_claim *c,
			     struct buf *certificate, struct errbuf *why) MUST_CHECK;

/* The package's bytes in an encoding, made at the first asking. Notes that it was served. ERR_UNAVAILABLE before
 * collect_prepare; ERR_CONFLICT once it was received. */
enum err collect_package(struct desk *d, const struct actor *who, const struct collect_claim *c,
			 enum package_encoding encoding, struct buf *out, struct errbuf *why) MUST_CHECK;

/* The file is safe: the password goes out, key and packages are erased. sha256 (32 bytes) or NULL (the button); a hash
 * that is no package's, or not the fingerprint of the certificate that was made for a request, is ERR_CONFLICT: fetch
 * again. For such a certificate nothing goes out. A repeat by the same claim is ERR_OK and sends nothing more. */
enum err collect_received(struct desk *d, const struct actor *who, const char *token, const char *claim,
			  const uint8_t *sha256, struct errbuf *why) MUST_CHECK;

#endif
