#include "issuer/http/crl_edition.h"

#include "base/encode.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PEM_LINE_BYTES = 48, PEM_LINE = 64, GZIP_WINDOW = 15 + 16 /* "with a gzip header" */, GZIP_LEVEL = 1, GZIP_MEMORY = 8 };
#define PEM_BEGIN "-----BEGIN X509 CRL-----\n"
#define PEM_END "-----END X509 CRL-----\n"

void etag_of(const void *bytes, size_t len, char etag[ETAG_SIZE])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	etag[0] = '\0';
	if (!SHA256(bytes, len, hash))
		return; /* served without one */
	etag[0] = '"';
	hex_encode(hash, 16, etag + 1);
	memcpy(etag + 33, "\"", 2);
}

static size_t pem_size(size_t len)
{
	size_t text = (len + 2) / 3 * 4;
	return sizeof PEM_BEGIN - 1 + text + (text + PEM_LINE - 1) / PEM_LINE + sizeof PEM_END - 1;
}

enum err crl_to_pem(const void *der, size_t len, struct buf *out)
{
	unsigned char line[PEM_LINE + 1];
	buf_text(out, PEM_BEGIN);
	for (size_t at = 0; at < len; at += PEM_LINE_BYTES) {
		size_t n = len - at < PEM_LINE_BYTES ? len - at : PEM_LINE_BYTES;
		int text = EVP_EncodeBlock(line, (const unsigned char *)der + at, (int)n);
		line[text] = '\n';
		buf_add(out, line, (size_t)text + 1);
	}
	buf_text(out, PEM_END);
	return buf_check(out);
}

/* All its room at once: a buffer that grows has two copies at times. */
static enum err copy(const struct buf *from, struct crl_part *to)
{
	to->bytes = BUF_INIT(from->len);
	buf_add(&to->bytes, from->data, from->len);
	etag_of(to->bytes.data, to->bytes.len, to->etag);
	return buf_check(&to->bytes);
}

static enum err bundle(const struct buf *der, const struct buf *const *behind, size_t n, struct crl_part *to)
{
	size_t size = pem_size(der->len);
	for (size_t i = 0; i < n; i++)
		size += pem_size(behind[i]->len);
	to->bytes = BUF_INIT(size);
	if (!buf_room(&to->bytes, to->bytes.cap))
		return buf_check(&to->bytes);
	to->bytes.len = 0;
	enum err rc = crl_to_pem(der->data, der->len, &to->bytes);
	for (size_t i = 0; !rc && i < n; i++)
		rc = crl_to_pem(behind[i]->data, behind[i]->len, &to->bytes);
	etag_of(to->bytes.data, to->bytes.len, to->etag);
	return rc;
}

enum err crl_edition_new(const struct crl_head *head, const struct buf *der, const struct buf *const *behind, size_t n,
			 struct crl_edition **out)
{
	struct crl_edition *e = calloc(1, sizeof *e);
	if (!e)
		return ERR_MEMORY;
	atomic_store(&e->holders, 1);
	e->head = *head;
	enum err rc = copy(der, &e->form[CRL_DER]);
	if (!rc && n > 0)
		rc = bundle(der, behind, n, &e->form[CRL_BUNDLE]);
	if (rc)
		crl_edition_give_back(e);
	else
		*out = e;
	return rc;
}

struct crl_edition *crl_edition_hold(struct crl_edition *e)
{
	atomic_fetch_add(&e->holders, 1);
	return e;
}

void crl_edition_give_back(void *edition)
{
	struct crl_edition *e = edition;
	if (!e || atomic_fetch_sub(&e->holders, 1) != 1)
		return;
	for (int i = 0; i < CRL_FORMS; i++)
		buf_free(&e->form[i].bytes);
	free(e);
}

bool crl_edition_shared(const struct crl_edition *e)
{
	return atomic_load(&e->holders) > 1;
}

/* Most of a list is random serials, of which a higher level makes no less. */
static enum err deflate_into(const struct buf *from, struct buf *out)
{
	z_stream z = {0};
	if (from->len > UINT32_MAX || deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_MEMORY;
	*out = BUF_INIT(deflateBound(&z, (uLong)from->len));
	uint8_t *room = buf_room(out, out->cap);
	z.next_in = from->data;
	z.avail_in = (uInt)from->len;
	z.next_out = room;
	z.avail_out = (uInt)out->cap;
	bool whole = room && deflate(&z, Z_FINISH) == Z_STREAM_END;
	out->len = whole ? z.total_out : 0;
	deflateEnd(&z);
	return whole ? ERR_OK : ERR_MEMORY;
}

enum err crl_edition_compress(const struct crl_edition *e, enum crl_form plain, struct crl_part *out)
{
	struct buf wide = {.len = 0};
	enum err rc = deflate_into(&e->form[plain].bytes, &wide);
	if (!rc) {
		out->bytes = BUF_INIT(wide.len); /* no more room than it takes */
		buf_add(&out->bytes, wide.data, wide.len);
		etag_of(out->bytes.data, out->bytes.len, out->etag);
		rc = buf_check(&out->bytes);
	}
	buf_free(&wide);
	return rc;
}
