/* ocsp_wire: what front and signer say to each other about OCSP, beside the frames of all other work: packets of a
 * SOCK_SEQPACKET pair, each with as many requests, or answers, as were ready. The supervisor keeps both ends: what waits in
 * the pair outlives either process, and what was in work when one died is asked again under its number. Pure. */
#ifndef ISSUER_SIGNER_OCSP_WIRE_H
#define ISSUER_SIGNER_OCSP_WIRE_H

#include "base/pack.h"
#include "ca/ocsp.h"

enum { OCSP_PACKET_MAX = 32768 };

/* u64 id, fixed issuer 32, u8 n, n x (u8 hash, bytes serial, u8 status, u8 reason, i64 revoked at), bytes nonce */
struct ocsp_ask {
	uint64_t id; /* of the front's choice; not 0 */
	uint8_t issuer[FINGERPRINT_BYTES]; /* of all of them */
	struct ocsp_single singles[OCSP_SINGLES_MAX];
	size_t count;
	uint8_t nonce[OCSP_NONCE_MAX];
	size_t nonce_len;
};
enum { OCSP_ASK_MAX = 8 + 4 + FINGERPRINT_BYTES + 1 + OCSP_SINGLES_MAX * (1 + 4 + OCSP_SERIAL_MAX + 1 + 1 + 8) + 4 + OCSP_NONCE_MAX };
void ocsp_ask_pack(const struct ocsp_ask *a, struct buf *out);
/* The next one of a packet. ERR_MALFORMED: the rest of the packet is of no use. */
enum err ocsp_ask_unpack(struct unpack *u, struct ocsp_ask *out) MUST_CHECK;

/* u64 id, u8 error, i64 this update, i64 next update, bytes DER */
struct ocsp_told {
	uint64_t id;
	enum err error;
	int64_t this_update, next_update;
	const uint8_t *der; /* a view */
	size_t len;
};
enum { OCSP_TOLD_MAX = 8 + 1 + 8 + 8 + 4 + OCSP_ANSWER_BYTES_MAX };
void ocsp_told_pack(const struct ocsp_told *t, struct buf *out);
enum err ocsp_told_unpack(struct unpack *u, struct ocsp_told *out) MUST_CHECK;

#endif
