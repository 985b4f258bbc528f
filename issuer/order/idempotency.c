#include "issuer/order/idempotency.h"

#include "base/json_text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err key_check(const char *key, struct errbuf *why)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
	size_t len = strlen(key);
	if (len == 0 || len > IDEMPOTENCY_KEY_MOST || key[strspn(key, allowed)])
		return fail(why, ERR_MALFORMED, "Idempotency-Key: 1 to %d characters of A-Z a-z 0-9 . _ ~ - are wanted",
			    IDEMPOTENCY_KEY_MOST);
	return ERR_OK;
}

/* A path has no line feed, so no two requests give the same bytes. */
static enum err hash(const char *path, const char *body, uint8_t out[HASH_BYTES])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool done = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, path, strlen(path)) == 1 &&
		    EVP_DigestUpdate(md, "\n", 1) == 1 && EVP_DigestUpdate(md, body, strlen(body)) == 1 &&
		    EVP_DigestFinal_ex(md, out, NULL) == 1;
	EVP_MD_CTX_free(md);
	return done ? ERR_OK : ERR_CRYPTO;
}

enum err idempotency_begin(struct idempotency *out, const char *key, const char *path, const json_t *body,
			   struct errbuf *why)
{
	enum err e = key_check(key, why);
	if (e != ERR_OK)
		return e;
	char *text = json_text(body, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		return ERR_MEMORY;
	out->key = key;
	e = hash(path, text, out->request);
	free(text);
	return e;
}

struct found {
	char object[ID_SIZE];
	uint8_t request[HASH_BYTES];
};

static enum err take_found(void *ctx, const struct row *r)
{
	struct found *f = ctx;
	size_t len = 0;
	const uint8_t *request = row_blob(r, 1, &len);
	if (len != HASH_BYTES)
		return ERR_CORRUPT;
	snprintf(f->object, sizeof f->object, "%s", row_text(r, 0));
	memcpy(f->request, request, HASH_BYTES);
	return ERR_OK;
}

enum err idempotency_find(struct desk *d, const struct actor *who, int64_t now, char id[ID_SIZE], struct errbuf *why)
{
	struct found f;
	if (!who->once)
		return ERR_NOT_FOUND;
	struct store *s = readers_take(d->readers);
	enum err e = store_one(s, STATEMENT_IDEMPOTENCY_FIND,
			       STORE_VALUES(value_text(who->id), value_text(who->once->key), value_integer(now - IDEMPOTENCY_KEPT)),
			       take_found, &f);
	readers_give(d->readers, s);
	if (e != ERR_OK)
		return e;
	if (memcmp(f.request, who->once->request, HASH_BYTES) != 0)
		return fail(why, ERR_CONFLICT, "this Idempotency-Key was given to another request within a day: draw a new one");
	memcpy(id, f.object, sizeof f.object);
	return ERR_OK;
}

/* One that is a day old, and that the clerk has not come round to, is as good as gone. */
enum err idempotency_claim(struct store *s, const struct step *t)
{
	const struct idempotency *once = t->who->once;
	if (!once)
		return ERR_OK;
	enum err e = store_exec(s, STATEMENT_IDEMPOTENCY_FORGET, STORE_VALUES(value_integer(t->now - IDEMPOTENCY_KEPT)), NULL);
	if (e != ERR_OK)
		return e;
	return store_exec_one(s, STATEMENT_IDEMPOTENCY_ADD,
			      STORE_VALUES(value_text(t->who->id), value_text(once->key),
					   value_blob(once->request, HASH_BYTES), value_text(t->order),
					   value_integer(t->now)));
}
