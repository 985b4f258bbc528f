/* The root on the machine where its key is. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/certificate.h"
#include "issuer/command/ca.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/pass_phrase.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MOST = 16384 };

enum err ca_root_read(const char *path, const struct settings *s, X509 **out, struct errbuf *why)
{
	X509 *root = NULL;
	const char *from = path ? path : s ? s->ca_root : NULL;
	if (!from)
		return fail(why, ERR_USAGE, "--config FILE or --root FILE says which root it is");
	enum err e = host_read_certificate(from, &root, why);
	if (!e && (X509_check_ca(root) != 1 || X509_self_signed(root, 1) != 1))
		e = fail(why, ERR_REFUSED, "%s is not the certificate of a root: a CA's, signed by itself", from);
	if (!e && X509_cmp_time(X509_get0_notAfter(root), &(time_t){(time_t)clock_now()}) <= 0)
		e = fail(why, ERR_EXPIRED, "%s: the root's time is over, or the clock is wrong", from);
	if (e)
		X509_free(root);
	else
		*out = root;
	return e;
}

static enum err key_path(const struct ca_wishes *w, const struct settings *s, char out[4096], struct errbuf *why)
{
	const char *beside = w->root ? w->root : s ? s->ca_root : "", *slash = strrchr(beside, '/');
	int n = w->root_key ? snprintf(out, 4096, "%s", w->root_key)
			    : snprintf(out, 4096, "%.*sroot.key", slash ? (int)(slash - beside + 1) : 0, beside);
	return n > 0 && n < 4096 ? ERR_OK : fail(why, ERR_USAGE, "the path of the root's key is too long");
}

static enum err open_key(const char *path, const struct secret *file, const struct ca_wishes *w, EVP_PKEY **out,
			 struct errbuf *why)
{
	struct secret *pass = NULL;
	struct errbuf reason = {""};
	enum err e = pass_phrase_of_root(w->root_pass_fd, false, &pass, why);
	if (e)
		return e;
	e = key_read_pem(secret_peek(file), secret_len(file), pass, out, &reason);
	secret_free(pass);
	return e ? fail(why, e, "%s: %s", path, err_why(e, &reason)) : ERR_OK;
}

enum err ca_root_open(const struct ca_wishes *w, const struct settings *s, struct authority *out, struct errbuf *why)
{
	struct authority root = {.certificate = NULL};
	struct secret *file = NULL;
	char path[4096] = "";
	enum err e = ca_root_read(w->root, s, &root.certificate, why);
	if (!e)
		e = key_path(w, s, path, why);
	if (!e)
		e = file_read_secret(path, KEY_FILE_MOST, &file, why);
	if (!e)
		e = open_key(path, file, w, &root.key, why);
	if (!e && X509_check_private_key(root.certificate, root.key) != 1)
		e = fail(why, ERR_REFUSED, "%s is not the key of this root", path);
	secret_free(file);
	if (e)
		authority_clear(&root);
	else
		*out = root;
	return e;
}
