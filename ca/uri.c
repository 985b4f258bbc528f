#include "ca/uri.h"

#include "ca/profile.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { TRUST_DOMAIN_MAX = 255 };

enum err uri_check_spiffe(const char *uri, struct errbuf *why)
{
	static const char scheme[] = "spiffe://";
	if (strlen(uri) > URI_MAX || strncmp(uri, scheme, sizeof scheme - 1) != 0)
		return fail(why, ERR_INVALID, "the SAN URI is not %s... of at most %d bytes", scheme, URI_MAX);
	const char *at = uri + sizeof scheme - 1;
	size_t len = strspn(at, LOWER DIGITS ".-_");
	if (len == 0 || len > TRUST_DOMAIN_MAX || at[len] != '/')
		return fail(why, ERR_INVALID, "the SAN URI's trust domain has characters other than a-z 0-9 . - _: %s", uri);
	for (at += len; *at; at += len) {
		at++; /* the '/' */
		len = strspn(at, LOWER UPPER DIGITS ".-_");
		if (len == 0 || (at[len] != '/' && at[len] != '\0'))
			return fail(why, ERR_INVALID, "the SAN URI's path has an empty segment or a character other than "
				    "a-z A-Z 0-9 . - _: %s", uri);
		if (at[0] == '.' && (len == 1 || (len == 2 && at[1] == '.')))
			return fail(why, ERR_INVALID, "the SAN URI's path has the segment . or ..: %s", uri);
	}
	return ERR_OK;
}

enum err uri_check_http(const char *uri, struct errbuf *why)
{
	static const char scheme[] = "http://";
	static const char known[] = LOWER UPPER DIGITS "-._~:/?#[]@!$&'()*+,;=%";
	size_t len = strlen(uri);
	if (len > URI_MAX || strncmp(uri, scheme, sizeof scheme - 1) != 0)
		return fail(why, ERR_INVALID, "an address in a certificate is not %s... of at most %d bytes: %s", scheme,
			    URI_MAX, uri);
	if (strspn(uri, known) != len)
		return fail(why, ERR_INVALID, "an address in a certificate has a character that no URI has: %s", uri);
	if (strspn(uri + sizeof scheme - 1, LOWER UPPER DIGITS ".-[:]") == 0)
		return fail(why, ERR_INVALID, "an address in a certificate has no host: %s", uri);
	return ERR_OK;
}

/* Whatever was put together must be a SPIFFE ID, also when a caller forgot to check a part. */
enum err profile_uri(const struct profile *p, const struct profile_name *names, char out[512], struct errbuf *why)
{
	for (const struct profile_name *n = names; n->name; n++)
		if (!n->value || !n->value[0] || strchr(n->value, '/'))
			return fail(why, ERR_INVALID, "the %s is none, or has a '/' in it", n->name);
	enum err rc = profile_fill(p->uri, names, out, 512, why);
	return rc ? rc : uri_check_spiffe(out, why);
}
