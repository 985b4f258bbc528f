/* The issuing and the OCSP key, wherever they are. A token's PIN is tried once at most, and only when it would not be
 * the last try. */
#include "base/file.h"
#include "ca/key_token.h"
#include "ca/key_uri.h"
#include "issuer/command/check.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/host_key.h"
#include "issuer/issuers.h"
#include "issuer/keys_unfinished.h"

#include <stdio.h>

static void look_at_token(struct check *c)
{
	const struct settings *s = c->settings;
	if (!settings_token_wanted(s)) {
		if (s->token_module[0] || s->token_pin[0])
			check_say(c, CHECK_WARNING, "token: a module or a PIN is set, and no key is in a token");
		return;
	}
	check_say(c, CHECK_NOTE,
		  "token: %s is loaded by a process of its own, which may use the network, read that file and all that its user "
		  "may read below /etc and /usr, and %s%s",
		  s->token_module, s->token_folder[0] ? "read and write all of " : "write nothing", s->token_folder);
}

static const char *in_token(const char *name)
{
	return key_uri_is(name) ? "the token is there, and has the key: " : "";
}

static enum err look_at_issuing(struct check *c, X509 *certificate)
{
	struct errbuf why = {""};
	EVP_PKEY *key = NULL;
	char id[ISSUER_ID_SIZE], path[4096];
	EVP_PKEY *public = X509_get0_pubkey(certificate);
	enum err e = issuer_id(public, id);
	if (!e)
		e = issuer_key_path(c->settings, id, path);
	if (!e)
		e = host_issuer_key(c->settings, id, public, &key, &why);
	if (e)
		check_say(c, CHECK_FAULT, "issuing CA: %s", err_why(e, &why));
	else
		check_say(c, CHECK_OK, "issuing CA: %skey and certificate belong together", in_token(path));
	EVP_PKEY_free(key);
	return e;
}

static void look_at_ocsp(struct check *c)
{
	struct errbuf why = {""};
	EVP_PKEY *key = NULL;
	const char *name = c->settings->key_ocsp;
	enum err e = host_key(c->settings, name, NULL, &key, &why);
	if (e)
		check_say(c, CHECK_FAULT, "OCSP key: %s", err_why(e, &why));
	else
		check_say(c, CHECK_OK, "OCSP key: %sit can be used", in_token(name));
	EVP_PKEY_free(key);
}

static void say_unfinished(void *ctx, const char *path, enum err e, const struct errbuf *why)
{
	if (e)
		check_say(ctx, CHECK_WARNING,
			  "%s, and is not erased at a start: nothing uses it, and it may hold a part of a private key: "
			  "shred -u %s",
			  err_why(e, why), path);
	else
		check_say(ctx, CHECK_WARNING,
			  "%s is left of a key whose writing was cut off: nothing uses it; the next start of the "
			  "daemon and counterfoild ca new-issuing erase it",
			  path);
}

static void say_look_alike(void *ctx, const char *path, enum err e, const struct errbuf *why)
{
	(void)e, (void)why; /* it is never opened to be erased */
	check_say(ctx, CHECK_NOTE,
		  "%s is a copy of a key, or what an older version left of one whose writing was cut off: nothing "
		  "uses it, and nothing erases it; move a copy elsewhere, and shred -u what nobody needs",
		  path);
}

static void look_for_unfinished(struct check *c)
{
	struct errbuf why = {""};
	enum err e = keys_unfinished_look(c->settings, say_unfinished, c, &why);
	if (!e)
		e = keys_unfinished_look_alike(c->settings, say_look_alike, c, &why);
	if (e)
		check_say(c, CHECK_FAULT, "keys.others: %s", err_why(e, &why));
}

void check_keys(struct check *c)
{
	const struct settings *s = c->settings;
	X509 *certificate = NULL;
	struct errbuf why = {""};
	look_at_token(c);
	look_for_unfinished(c);
	enum err e = host_read_certificate(s->ca_issuing, &certificate, &why);
	if (e)
		check_say(c, CHECK_FAULT, "issuing CA: %s", err_why(e, &why));
	else
		e = look_at_issuing(c, certificate);
	X509_free(certificate);
	if (!s->key_ocsp[0])
		return;
	if (e && key_uri_is(s->key_issuing) &&
	    key_uri_is(s->key_ocsp)) /* what is wrong was said; nobody logs in twice */
		check_say(c, CHECK_NOTE, "OCSP key: not looked at");
	else
		look_at_ocsp(c);
}
