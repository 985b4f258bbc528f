#include "issuer/signer/signer_key.h"

#include "ca/key_uri.h"

enum { KEY_FILE_MOST = 16384, PASS_FILE_MOST = 1024 };

enum err signer_key_begin(struct signer_key_home *k, struct child *child, struct errbuf *why)
{
	*k = (struct signer_key_home){.child = child};
	if (!child_settings(child)->key_pass_phrase[0])
		return ERR_OK;
	enum err rc = child_take_secret(child, "key.pass_phrase", PASS_FILE_MOST, &k->pass, why);
	if (!rc)
		secret_trim_line(k->pass);
	return rc;
}

void signer_key_end(struct signer_key_home *k)
{
	secret_free(k->pass);
	k->pass = NULL;
}

static enum err take_file(struct signer_key_home *k, const char *granted, const EVP_PKEY *public, EVP_PKEY **out,
			  struct errbuf *why)
{
	struct secret *pem = NULL;
	struct errbuf reason = {""};
	enum err rc = child_take_secret(k->child, granted, KEY_FILE_MOST, &pem, why);
	if (rc)
		return rc;
	rc = key_read_pem(secret_peek(pem), secret_len(pem), k->pass, out, &reason);
	secret_free(pem);
	if (rc)
		return fail(why, rc, "%s: %s", granted, err_why(rc, &reason));
	if (!public || EVP_PKEY_eq(public, *out) == 1)
		return ERR_OK;
	EVP_PKEY_free(*out);
	*out = NULL;
	return fail(why, ERR_REFUSED, "%s is not the key of the certificate", granted);
}

/* Of a key in a token it is noted that it is wanted; it is there once signer_token_start has found it. */
static enum err take_token(struct signer_key_home *k, const char *uri, const EVP_PKEY *public, EVP_PKEY **out,
			   struct errbuf *why)
{
	enum err rc = k->token ? ERR_OK : signer_token_new(child_line(k->child, ROLE_TOKEN), &k->token, why);
	if (!rc)
		rc = signer_token_want(k->token, uri, public, why);
	return rc || !public ? rc : signer_token_key(k->token, uri, out, why);
}

enum err signer_key_take(struct signer_key_home *k, const char *name, const char *granted, const EVP_PKEY *public,
			 EVP_PKEY **out, struct errbuf *why)
{
	return key_uri_is(name) ? take_token(k, name, public, out, why) : take_file(k, granted, public, out, why);
}
