#include "base/pack.h"

#include <string.h>

static void put_big_endian(struct buf *b, uint64_t v, int bytes)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		buf_byte(b, (uint8_t)(v >> shift));
}

void pack_u8(struct buf *b, uint8_t v)
{
	buf_byte(b, v);
}

void pack_u32(struct buf *b, uint32_t v)
{
	put_big_endian(b, v, 4);
}

void pack_u64(struct buf *b, uint64_t v)
{
	put_big_endian(b, v, 8);
}

void pack_i64(struct buf *b, int64_t v)
{
	pack_u64(b, (uint64_t)v);
}

void pack_bytes(struct buf *b, const void *bytes, size_t len)
{
	pack_u32(b, (uint32_t)len);
	buf_add(b, bytes, len);
}

void pack_text(struct buf *b, const char *text)
{
	pack_bytes(b, text ? text : "", text ? strlen(text) : 0);
}

struct unpack unpack_begin(const void *bytes, size_t len)
{
	return (struct unpack){.at = bytes, .left = len};
}

static const uint8_t *take(struct unpack *u, size_t len)
{
	if (u->bad || len > u->left) {
		u->bad = true;
		return NULL;
	}
	const uint8_t *at = u->at;
	u->at += len;
	u->left -= len;
	return at;
}

static uint64_t take_big_endian(struct unpack *u, size_t bytes)
{
	const uint8_t *p = take(u, bytes);
	uint64_t v = 0;
	for (size_t i = 0; p && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t unpack_u8(struct unpack *u)
{
	return (uint8_t)take_big_endian(u, 1);
}

uint32_t unpack_u32(struct unpack *u)
{
	return (uint32_t)take_big_endian(u, 4);
}

uint64_t unpack_u64(struct unpack *u)
{
	return take_big_endian(u, 8);
}

int64_t unpack_i64(struct unpack *u)
{
	return (int64_t)unpack_u64(u);
}

const uint8_t *unpack_bytes(struct unpack *u, size_t *len)
{
	size_t n = unpack_u32(u);
	const uint8_t *p = take(u, n);
	*len = p ? n : 0;
	return p;
}

void unpack_fixed(struct unpack *u, void *out, size_t len)
{
	size_t n = 0;
	const uint8_t *p = unpack_bytes(u, &n);
	memset(out, 0, len);
	if (p && n == len)
		memcpy(out, p, len);
	else
		u->bad = true;
}

void unpack_text(struct unpack *u, char *out, size_t size)
{
	size_t n = 0;
	const uint8_t *p = unpack_bytes(u, &n);
	out[0] = '\0';
	if (!p || n >= size || memchr(p, 0, n)) {
		u->bad = true;
		return;
	}
	memcpy(out, p, n);
	out[n] = '\0';
}

enum err unpack_end(const struct unpack *u)
{
	return u->bad || u->left ? ERR_MALFORMED : ERR_OK;
}
