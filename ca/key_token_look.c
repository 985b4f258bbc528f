/* What is there before anybody logs in. The engine does not tell a token that is missing from a key that is; GnuTLS
 * does, which reads the same URIs. */
#include "ca/key_token.h"

#include <gnutls/gnutls.h>
#include <gnutls/pkcs11.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOKENS_SHOWN = 8, LABEL_SIZE = 64 };

/* "A, B": the labels of the tokens that are there. */
static void labels(char *out, size_t size)
{
	size_t at = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < TOKENS_SHOWN; i++) {
		char *url = NULL, label[LABEL_SIZE] = "";
		size_t len = sizeof label;
		if (gnutls_pkcs11_token_get_url(i, GNUTLS_PKCS11_URL_GENERIC, &url) < 0)
			break;
		if (gnutls_pkcs11_token_get_info(url, GNUTLS_PKCS11_TOKEN_LABEL, label, &len) >= 0 && label[0] &&
		    at < size) {
			int n = snprintf(out + at, size - at, "%s%s", at ? ", " : "", label);
			at += n > 0 ? (size_t)n : 0;
		}
		gnutls_free(url);
	}
}

static enum err no_token(const char *uri, struct errbuf *why)
{
	char there[160];
	labels(there, sizeof there);
	return fail(why, ERR_NOT_FOUND, "there is no such token: %s; %s%s", uri,
		    there[0] ? "there is: " : "there is none at all", there);
}

static enum err look(const struct key_token_place *place, const char *uri, struct errbuf *why)
{
	unsigned flags = 0;
	int loaded = gnutls_pkcs11_add_provider(place->module, NULL);
	if (loaded == GNUTLS_E_PKCS11_LOAD_ERROR)
		return fail(why, ERR_NOT_FOUND, "token.module: %s is not a PKCS#11 module that can be loaded",
			    place->module);
	if (loaded < 0)
		return fail(why, ERR_CRYPTO, "the module %s does not begin: %s", place->module,
			    gnutls_strerror(loaded));
	if (gnutls_pkcs11_token_get_flags(uri, &flags) < 0)
		return no_token(uri, why);
	if (flags & GNUTLS_PKCS11_TOKEN_USER_PIN_LOCKED)
		return fail(why, ERR_REFUSED, "the token's PIN is locked");
	if (!(flags & GNUTLS_PKCS11_TOKEN_LOGIN_REQUIRED))
		return ERR_OK;
	if (!place->pin)
		return fail(why, ERR_REFUSED, "the token wants a PIN: name its file in token.pin");
	if (flags & GNUTLS_PKCS11_TOKEN_USER_PIN_FINAL_TRY)
		return fail(why, ERR_REFUSED,
			    "the token has one try left for its PIN, which is not made here: use it elsewhere first");
	return ERR_OK;
}

enum err key_token_look(const struct key_token_place *place, const char *uri, struct errbuf *why)
{
	if (!place->module[0])
		return fail(why, ERR_NOT_FOUND, "token.module is not set");
	if (access(place->module, R_OK) != 0)
		return fail(why, ERR_NOT_FOUND, "token.module: there is no file %s that can be read", place->module);
	if (gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_MANUAL, NULL) < 0)
		return fail(why, ERR_CRYPTO, "PKCS#11 cannot be used");
	enum err rc = look(place, uri, why);
	gnutls_pkcs11_deinit();
	ERR_clear_error(); /* a module may use OpenSSL too */
	return rc;
}
