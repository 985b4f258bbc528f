#include "issuer/order/collect.h"
#include "issuer/order/served.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/signer.h"

#include <openssl/sha.h>
#include <string.h>

struct sealed_package {
	struct buf bytes;
	uint8_t sha256[HASH_BYTES]; /* of the package inside */
	bool made;
};

/* What rests of a parcel, as stored. */
struct sealed_parcel {
	struct buf key, certificate;
	struct sealed_package packages[PACKAGE_ENCODING_COUNT];
};

static struct sealed_parcel sealed_parcel_empty(void)
{
	return (struct sealed_parcel){
		.key = BUF_INIT(16384),
		.certificate = BUF_INIT(16384),
		.packages = {{.bytes = BUF_INIT(PACKAGE_MAX_BYTES + 64)}, {.bytes = BUF_INIT(PACKAGE_MAX_BYTES + 64)}},
	};
}

static void sealed_parcel_clear(struct sealed_parcel *p)
{
	buf_free(&p->key);
	buf_free(&p->certificate);
	for (int i = 0; i < PACKAGE_ENCODING_COUNT; i++)
		buf_free(&p->packages[i].bytes);
}

static void take_blob(const struct row *r, int column, struct buf *out)
{
	size_t len = 0;
	const uint8_t *bytes = row_blob(r, column, &len);
	buf_add(out, bytes, len);
}

static enum err take_package(const struct row *r, int column, struct sealed_package *out)
{
	size_t len = 0;
	const uint8_t *sha256 = row_blob(r, column + 1, &len);
	out->made = !row_is_null(r, column);
	if (!out->made)
		return ERR_OK;
	if (!sha256 || len != sizeof out->sha256)
		return ERR_CORRUPT;
	memcpy(out->sha256, sha256, len);
	take_blob(r, column, &out->bytes);
	return buf_check(&out->bytes);
}

static enum err take_parcel(void *ctx, const struct row *r)
{
	struct sealed_parcel *p = ctx;
	take_blob(r, 0, &p->key);
	take_blob(r, 1, &p->certificate);
	enum err e = buf_check(&p->key);
	if (e == ERR_OK)
		e = buf_check(&p->certificate);
	if (e == ERR_OK)
		e = take_package(r, 2, &p->packages[PACKAGE_MODERN]);
	return e != ERR_OK ? e : take_package(r, 4, &p->packages[PACKAGE_COMPATIBLE]);
}

static enum err read_parcel(struct desk *d, const char *order, struct sealed_parcel *out)
{
	struct store *s = readers_take(d->readers);
	enum err e = store_one(s, STATEMENT_PARCEL_SEALED, STORE_VALUES(value_text(order)), take_parcel, out);
	readers_give(d->readers, s);
	return e;
}

struct making {
	const char *order;
	struct sealed_package *package;
	bool first;
};

/* The first one stays: a repeated download must be the same bytes. */
static enum err store_compatible(struct store *s, void *ctx)
{
	struct making *m = ctx;
	int64_t affected = 0;
	enum err e = store_exec(s, STATEMENT_PARCEL_COMPATIBLE,
				STORE_VALUES(value_blob(m->package->bytes.data, m->package->bytes.len),
					     value_blob(m->package->sha256, sizeof m->package->sha256), value_text(m->order)),
				&affected);
	m->first = affected == 1;
	return e;
}

static enum err make_compatible(struct desk *d, const char *order, struct sealed_parcel *p, struct errbuf *why)
{
	struct sealed_package *package = &p->packages[PACKAGE_COMPATIBLE];
	struct making m = {.order = order, .package = package};
	enum err rc = signer_package(d->signer, order, PACKAGE_COMPATIBLE, &p->key, &p->certificate, &package->bytes,
				     package->sha256, why);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_COMPATIBLE_BEFORE, store_compatible, &m);
	package->made = rc == ERR_OK;
	if (rc != ERR_OK || m.first)
		return rc;
	sealed_parcel_clear(p); /* someone else's was first, or the parcel is gone */
	*p = sealed_parcel_empty();
	rc = read_parcel(d, order, p);
	return rc == ERR_OK && !package->made ? ERR_CORRUPT : rc;
}

static enum err open_package(struct desk *d, const char *order, enum package_encoding encoding,
			     const struct sealed_package *package, struct buf *out, struct errbuf *why)
{
	uint8_t sha256[SHA256_DIGEST_LENGTH];
	size_t before = out->len;
	enum err rc = signer_unseal(d->signer, order, encoding, &package->bytes, out, why);
	if (rc != ERR_OK)
		return rc;
	if (!SHA256(out->data + before, out->len - before, sha256))
		return ERR_CRYPTO;
	if (secret_equal_bytes(sha256, package->sha256, sizeof sha256))
		return ERR_OK;
	buf_clear(out);
	log_event(LOG_LEVEL_ALARM, "parcel.damaged", {"order", order}, {"encoding", package_encoding_name(encoding)});
	return fail(why, ERR_CORRUPT, "the package is not the one that was made");
}

enum err collect_package(struct desk *d, const struct actor *who, const struct collect_claim *c,
			 enum package_encoding encoding, struct buf *out, struct errbuf *why)
{
	struct order_row row;
	struct actor contact = {.id = row.contact, .role = "recipient", .request = who->request};
	struct serving v = {{&contact, row.id, clock_now()}, &row, (int64_t)1 << encoding,
			    package_encoding_name(encoding)};
	struct sealed_parcel parcel = sealed_parcel_empty();
	enum err rc = row_by_claim(d, c->token, c->claim, v.step.now, &row, why);
	if (rc == ERR_OK && row.by_request)
		rc = fail(why, ERR_CONFLICT, "the certificate was made for a key of your own: there is no file");
	if (rc == ERR_OK && row.serial[0] && !row.alive)
		rc = fail(why, ERR_REVOKED, "the certificate has been revoked");
	if (rc == ERR_OK && (row.state != ORDER_COLLECTING || row.erased))
		rc = fail(why, ERR_CONFLICT, "the file was received and has been erased here");
	if (rc == ERR_OK && !row.serial[0] && row_only_request(&row))
		rc = fail(why, ERR_CONFLICT, "%s", ROW_NO_FILE);
	if (rc == ERR_OK && !row.serial[0])
		rc = fail(why, ERR_UNAVAILABLE, "the file is not made yet");
	if (rc == ERR_OK)
		rc = read_parcel(d, row.id, &parcel);
	if (rc == ERR_OK && !parcel.packages[encoding].made)
		rc = encoding == PACKAGE_COMPATIBLE ? make_compatible(d, row.id, &parcel, why) : ERR_CORRUPT;
	if (rc == ERR_OK)
		rc = open_package(d, row.id, encoding, &parcel.packages[encoding], out, why);
	if (rc == ERR_OK)
		rc = served_note(d, &v, c, why);
	if (rc != ERR_OK)
		buf_clear(out);
	sealed_parcel_clear(&parcel);
	return rc;
}
