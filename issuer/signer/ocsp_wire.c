#include "issuer/signer/ocsp_wire.h"

#include <string.h>

static void single_pack(const struct ocsp_single *s, struct buf *out)
{
	pack_u8(out, (uint8_t)s->hash);
	pack_bytes(out, s->serial, s->serial_len);
	pack_u8(out, (uint8_t)s->status);
	pack_u8(out, (uint8_t)s->reason);
	pack_i64(out, s->revoked_at);
}

void ocsp_ask_pack(const struct ocsp_ask *a, struct buf *out)
{
	pack_u64(out, a->id);
	pack_bytes(out, a->issuer, sizeof a->issuer);
	pack_u8(out, (uint8_t)a->count);
	for (size_t i = 0; i < a->count; i++)
		single_pack(&a->singles[i], out);
	pack_bytes(out, a->nonce, a->nonce_len);
}

/* Up to `most` bytes, copied. */
static void short_bytes(struct unpack *u, uint8_t *out, size_t most, size_t *len)
{
	const uint8_t *bytes = unpack_bytes(u, len);
	if (*len > most) {
		u->bad = true;
		*len = 0;
	}
	if (*len)
		memcpy(out, bytes, *len);
}

static void single_unpack(struct unpack *u, struct ocsp_single *s)
{
	s->hash = (enum ocsp_hash)unpack_u8(u);
	short_bytes(u, s->serial, sizeof s->serial, &s->serial_len);
	s->status = (enum ocsp_status)unpack_u8(u);
	s->reason = (enum crl_reason)unpack_u8(u);
	s->revoked_at = unpack_i64(u);
}

enum err ocsp_ask_unpack(struct unpack *u, struct ocsp_ask *out)
{
	out->id = unpack_u64(u);
	unpack_fixed(u, out->issuer, sizeof out->issuer);
	out->count = unpack_u8(u);
	if (u->bad || out->id == 0 || out->count < 1 || out->count > OCSP_SINGLES_MAX)
		return ERR_MALFORMED;
	for (size_t i = 0; i < out->count; i++)
		single_unpack(u, &out->singles[i]);
	short_bytes(u, out->nonce, sizeof out->nonce, &out->nonce_len);
	return u->bad ? ERR_MALFORMED : ERR_OK;
}

void ocsp_told_pack(const struct ocsp_told *t, struct buf *out)
{
	pack_u64(out, t->id);
	pack_u8(out, (uint8_t)t->error);
	pack_i64(out, t->this_update);
	pack_i64(out, t->next_update);
	pack_bytes(out, t->der, t->len);
}

enum err ocsp_told_unpack(struct unpack *u, struct ocsp_told *out)
{
	out->id = unpack_u64(u);
	unsigned error = unpack_u8(u);
	out->error = error < ERR_COUNT ? (enum err)error : ERR_INTERNAL;
	out->this_update = unpack_i64(u);
	out->next_update = unpack_i64(u);
	out->der = unpack_bytes(u, &out->len);
	if (u->bad || (!out->error && (!out->len || out->next_update <= out->this_update)))
		return ERR_MALFORMED;
	return ERR_OK;
}
