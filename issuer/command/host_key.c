#include "issuer/command/host_key.h"

#include "base/file.h"
#include "ca/key_remote.h"
#include "ca/key_token.h"
#include "ca/key_uri.h"
#include "issuer/issuers.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_FILE_MOST = 65536, LINE_FILE_MOST = 1024, KEYS_MOST = 8 };

/* The token of this process, which lasts as long as it does. */
static struct {
	struct key_token_place place;
	struct secret *pin;
	bool open;
	struct opened {
		EVP_PKEY *key;
		struct key_hand hand;
	} keys[KEYS_MOST];
	size_t count;
} token;

static enum err read_line(const char *path, struct secret **out, struct errbuf *why)
{
	enum err e = path[0] ? file_read_secret(path, LINE_FILE_MOST, out, why) : ERR_OK;
	if (!e && *out)
		secret_trim_line(*out);
	return e;
}

enum err host_key_pass(const struct settings *s, struct secret **out, struct errbuf *why)
{
	return read_line(s->key_pass_phrase, out, why);
}

static enum err from_file(const struct settings *s, const char *path, EVP_PKEY **out, struct errbuf *why)
{
	struct secret *pem = NULL, *pass = NULL;
	struct errbuf reason = {""};
	enum err e = host_key_pass(s, &pass, why);
	if (!e)
		e = file_read_secret(path, KEY_FILE_MOST, &pem, why);
	if (!e && (e = key_read_pem(secret_peek(pem), secret_len(pem), pass, out, &reason)))
		fail(why, e, "%s: %s%s", path, err_why(e, &reason), pass ? "" : " (keys.pass_phrase is not set)");
	secret_free(pem);
	secret_free(pass);
	return e;
}

static void close_token(void)
{
	for (size_t i = 0; i < token.count; i++)
		EVP_PKEY_free(token.keys[i].key);
	token.count = 0;
	key_token_close();
	secret_free(token.pin);
	token.pin = NULL;
}

static enum err open_token(const struct settings *s, const char *uri, struct errbuf *why)
{
	static char module[4096];
	if (token.open)
		return ERR_OK;
	enum err e = read_line(s->token_pin, &token.pin, why);
	snprintf(module, sizeof module, "%s", s->token_module);
	token.place = (struct key_token_place){module, token.pin};
	if (!e)
		e = key_token_look(&token.place, uri, why);
	if (!e)
		e = key_token_open(&token.place, why);
	if (!e && atexit(close_token) != 0)
		e = ERR_MEMORY;
	token.open = !e;
	return e;
}

static enum err token_signs(void *ctx, const struct key_digest *digest, struct key_signature *out)
{
	return key_digest_sign(ctx, digest, out);
}

static enum err from_token(const struct settings *s, const char *uri, const EVP_PKEY *public, EVP_PKEY **out,
			   struct errbuf *why)
{
	struct opened *o = &token.keys[token.count];
	if (token.count == KEYS_MOST)
		return fail(why, ERR_LIMIT, "at most %d keys of a token are used", KEYS_MOST);
	enum err e = open_token(s, uri, why);
	if (!e)
		e = key_token_key(uri, &o->key, why);
	if (e)
		return e;
	token.count++;
	o->hand = (struct key_hand){token_signs, o->key};
	e = key_remote_new(public ? public : o->key, &o->hand, out);
	if (e)
		return fail(why, e, "%s: wanted a key of RSA, P-256 or P-384 whose public half is in the token too",
			    uri);
	e = key_remote_try(*out, why);
	if (e) {
		EVP_PKEY_free(*out);
		*out = NULL;
	}
	return e;
}

enum err host_key(const struct settings *s, const char *name, const EVP_PKEY *public, EVP_PKEY **out,
		  struct errbuf *why)
{
	if (key_uri_is(name))
		return from_token(s, name, public, out, why);
	enum err e = from_file(s, name, out, why);
	if (e || !public || EVP_PKEY_eq(public, *out) == 1)
		return e;
	ERR_clear_error();
	EVP_PKEY_free(*out);
	*out = NULL;
	return fail(why, ERR_REFUSED, "%s is not the key of the certificate", name);
}

enum err host_issuer_key(const struct settings *s, const char *id, const EVP_PKEY *public, EVP_PKEY **out, struct errbuf *why)
{
	char path[4096], own[4096];
	struct errbuf reason = {""};
	enum err e = issuer_key_file(s, id, false, own);
	if (!e)
		e = issuer_key_path(s, id, path);
	if (e)
		return e;
	e = host_key(s, path, public, out, &reason);
	if (e && !key_uri_is(path) && strcmp(path, own) != 0) /* what a token says needs no other file */
		return fail(why, e, "there is no %s, and keys.issuing does not make up for it: %s", own, err_why(e, &reason));
	return e ? fail(why, e, "%s", err_why(e, &reason)) : e;
}
