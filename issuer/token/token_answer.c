/* The token's keys, and who may use them. */
#include "issuer/token/token_serve.h"

#include "base/pack.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static void broken(struct token *t, enum err fault, const struct errbuf *why)
{
	t->fault = fault;
	t->why = *why;
}

static enum err find_key(struct token *t, const char *uri, EVP_PKEY **out, struct errbuf *why)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->keys[i].uri, uri) == 0) {
			*out = t->keys[i].key;
			return ERR_OK;
		}
	if (t->count == TOKEN_KEYS_MOST)
		return fail(why, ERR_LIMIT, "at most %d keys of a token are used", TOKEN_KEYS_MOST);
	struct token_key *k = &t->keys[t->count];
	enum err rc = pin_trial_begin(t->trial, t->place.pin, why);
	if (rc)
		return rc;
	rc = pin_trial_end(t->trial, t->place.pin, key_token_key(uri, &k->key, why), why);
	if (rc)
		return rc;
	snprintf(k->uri, sizeof k->uri, "%s", uri);
	t->count++;
	*out = k->key;
	return ERR_OK;
}

static enum err open_module(struct token *t, const char *uri)
{
	enum err rc = key_token_look(&t->place, uri, &t->why);
	return rc ? rc : key_token_open(&t->place, &t->why);
}

/* One key that is missing does not keep the other from its work. */
static enum err fault_of(const struct token *t, enum err rc)
{
	return rc == ERR_NOT_FOUND && t->count > 0 ? ERR_OK : rc;
}

void token_open(struct token *t, const struct settings *s)
{
	const char *const uris[] = {s->key_issuing, s->key_ocsp};
	EVP_PKEY *key;
	bool opened = false;
	enum err rc = ERR_OK;
	for (size_t i = 0; (!rc || rc == ERR_NOT_FOUND) && i < sizeof uris / sizeof *uris; i++) {
		if (!key_uri_is(uris[i]))
			continue;
		enum err e = opened ? ERR_OK : open_module(t, uris[i]);
		opened = !e;
		if (!e)
			e = find_key(t, uris[i], &key, &t->why);
		rc = e ? e : rc;
		if (!opened)
			break;
	}
	t->fault = fault_of(t, rc);
}

/* What the engine keeps of a lost token does not survive its end: then the process ends without it. */
void token_clear(struct token *t)
{
	for (size_t i = 0; !t->fault && i < t->count; i++)
		EVP_PKEY_free(t->keys[i].key);
	if (!t->fault)
		key_token_close();
}

bool token_spent(const struct token *t)
{
	return t->fault && t->fault != ERR_REFUSED && t->told;
}

int token_permitted(enum role peer, uint16_t op)
{
	return peer == ROLE_SIGNER && op > TOKEN_NONE && op < TOKEN_OPERATION_COUNT;
}

static enum err digest_read(struct unpack *u, struct key_digest *d)
{
	size_t len = 0;
	d->algorithm = (int)unpack_u32(u);
	const uint8_t *bytes = unpack_bytes(u, &len);
	const EVP_MD *md = d->algorithm == NID_sha256 ? EVP_sha256() : d->algorithm == NID_sha384 ? EVP_sha384() : NULL;
	if (unpack_end(u) || !md || len != (size_t)EVP_MD_get_size(md))
		return ERR_MALFORMED;
	memcpy(d->bytes, bytes, len);
	d->len = len;
	return ERR_OK;
}

static enum err on_sign(struct token *t, const char *uri, struct unpack *request, struct buf *answer,
			struct errbuf *why)
{
	struct key_digest d;
	struct key_signature s;
	EVP_PKEY *key = NULL;
	enum err rc = digest_read(request, &d);
	if (!rc)
		rc = find_key(t, uri, &key, why);
	if (!rc && key_digest_sign(key, &d, &s))
		return key_token_failed(why);
	if (!rc)
		pack_bytes(answer, s.bytes, s.len);
	return rc;
}

static enum err on_public(struct token *t, const char *uri, struct unpack *request, struct buf *answer,
			  struct errbuf *why)
{
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	enum err rc = unpack_end(request);
	if (!rc)
		rc = find_key(t, uri, &key, why);
	int len = rc ? 0 : i2d_PUBKEY(key, &der);
	if (!rc && len <= 0)
		rc = fail(why, ERR_NOT_FOUND, "the token does not give the public half of %s", uri);
	if (!rc)
		pack_bytes(answer, der, (size_t)len);
	OPENSSL_free(der);
	return rc;
}

enum err token_answer(void *ctx, enum role peer, const struct frame *request, struct buf *answer, struct errbuf *why)
{
	struct token *t = ctx;
	struct unpack body = unpack_begin(request->body, request->len);
	char uri[KEY_URI_MAX + 1];
	if (!token_permitted(peer, request->op))
		return ERR_REFUSED;
	unpack_text(&body, uri, sizeof uri);
	if (body.bad)
		return ERR_MALFORMED;
	enum err rc = t->fault;
	if (rc)
		fail(why, rc, "%s", err_why(rc, &t->why));
	else
		rc = request->op == TOKEN_SIGN ? on_sign(t, uri, &body, answer, why)
					       : on_public(t, uri, &body, answer, why);
	if (!t->fault && (rc == ERR_REFUSED || rc == ERR_NOT_FOUND || rc == ERR_CRYPTO))
		broken(t, fault_of(t, rc), why);
	t->told |= t->fault != ERR_OK;
	ERR_clear_error();
	return rc;
}
