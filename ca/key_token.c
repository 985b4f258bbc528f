/* Everything that calls OpenSSL's engines, which OpenSSL 3 calls deprecated; Debian 12 has no provider for PKCS#11. */
#include "ca/key_token.h"

#include "ca/key_uri.h"

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define PACKAGE "install the package libengine-pkcs11-openssl"

/* PKCS #11 v2.40, CK_RV: what the module says, as the engine hands it on. */
enum { CKR_PIN_FIRST = 0xa0, CKR_PIN_LAST = 0xa4 };

static struct {
	ENGINE *engine;
	bool opened, refused;
} token;

/* The engine gives its errors, and those of the module, libraries of their own at run time: known by name alone. */
static bool of_library(unsigned long e, const char *name)
{
	const char *library = ERR_lib_error_string(e);
	return library && strcmp(library, name) == 0;
}

static bool about_pin(unsigned long e)
{
	int reason = ERR_GET_REASON(e);
	return of_library(e, "PKCS#11 module") && reason >= CKR_PIN_FIRST && reason <= CKR_PIN_LAST;
}

/* The first error says most; but the PIN's counts wherever it stands. */
static enum err read_queue(const char **reason)
{
	unsigned long e;
	enum err rc = ERR_CRYPTO;
	bool first = true; /* not: the first that has a text, for a maker's own codes have none */
	*reason = NULL;
	while ((e = ERR_get_error()) != 0) {
		const char *text = ERR_reason_error_string(e);
		if (about_pin(e))
			rc = ERR_REFUSED;
		else if (first && of_library(e, "pkcs11 engine") && text && strcmp(text, "object not found") == 0)
			rc = ERR_NOT_FOUND;
		if (!*reason || about_pin(e))
			*reason = text;
		first = false;
	}
	return rc;
}

enum err key_token_failed(struct errbuf *why)
{
	const char *reason = NULL;
	enum err rc = read_queue(&reason);
	(void)rc;
	return fail(why, ERR_CRYPTO, "the token did not sign: %s", reason ? reason : "it does not say why");
}

static ENGINE *load(struct errbuf *why)
{
	char path[512];
	const char *folder = OPENSSL_info(OPENSSL_INFO_ENGINES_DIR); /* "ENGINESDIR: ..." is of another call */
	ENGINE *e = NULL;
	snprintf(path, sizeof path, "%s/pkcs11.so", folder ? folder : "");
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ENGINE_DYNAMIC, NULL);
	e = ENGINE_by_id("dynamic");
	if (e && ENGINE_ctrl_cmd_string(e, "SO_PATH", path, 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "ID", "pkcs11", 0) == 1 && ENGINE_ctrl_cmd_string(e, "LOAD", NULL, 0) == 1)
		return e;
	ENGINE_free(e);
	ERR_clear_error();
	fail(why, ERR_NOT_FOUND, "%s cannot be loaded: " PACKAGE, path);
	return NULL;
}

/* Quiet: the engine would write to standard error, which is the log. */
static bool set_up(ENGINE *e, const struct key_token_place *place)
{
	return ENGINE_ctrl_cmd_string(e, "MODULE_PATH", place->module, 0) == 1 &&
	       ENGINE_ctrl_cmd_string(e, "QUIET", NULL, 0) == 1 &&
	       (!place->pin || ENGINE_ctrl_cmd_string(e, "PIN", secret_string(place->pin), 0) == 1) &&
	       ENGINE_init(e) == 1;
}

enum err key_token_open(const struct key_token_place *place, struct errbuf *why)
{
	const char *reason = NULL;
	if (token.opened)
		return fail(why, ERR_INTERNAL, "a token is opened once in a process");
	ENGINE *e = load(why);
	if (!e)
		return ERR_NOT_FOUND;
	token.opened = true;
	if (set_up(e, place)) {
		token.engine = e;
		return ERR_OK;
	}
	ENGINE_free(e);
	enum err rc = read_queue(&reason);
	return fail(why, rc, "the engine does not take the module: %s", reason ? reason : "it does not say why");
}

static enum err refuse_pin(struct errbuf *why, const char *reason)
{
	token.refused = true;
	return fail(why, ERR_REFUSED, "the token refuses the PIN (%s); it is not tried again, so that it does not lock",
		    reason);
}

enum err key_token_key(const char *uri, EVP_PKEY **out, struct errbuf *why)
{
	const char *reason = NULL;
	enum err rc = key_uri_check(uri, why);
	if (rc)
		return rc;
	if (!token.engine)
		return fail(why, ERR_CRYPTO, "the token is not open");
	if (token.refused)
		return refuse_pin(why, "as before");
	*out = ENGINE_load_private_key(token.engine, uri, (UI_METHOD *)(uintptr_t)UI_null(), NULL);
	if (*out) {
		ERR_clear_error();
		return ERR_OK;
	}
	rc = read_queue(&reason);
	if (rc == ERR_REFUSED)
		return refuse_pin(why, reason ? reason : "it does not say why");
	if (rc == ERR_NOT_FOUND)
		return fail(why, rc, "the token has no private key %s", uri);
	return fail(why, rc, "%s cannot be had: %s", uri, reason ? reason : "the module does not say why");
}

void key_token_close(void)
{
	if (!token.engine)
		return;
	ENGINE_finish(token.engine);
	ENGINE_free(token.engine);
	token.engine = NULL;
	ERR_clear_error();
}
