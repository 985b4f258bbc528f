#include "ca/uri.h"

#include "ca/certificate.h"

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
static enum err checked(int written, char out[512])
{
	if (written < 0 || written > URI_MAX)
		return ERR_TOO_LARGE;
	return uri_check_spiffe(out, NULL);
}

static bool one_segment(const char *text)
{
	return text[0] && !strchr(text, '/');
}

enum err client_uri(const char *domain, const char *org, const char *service, const char *client, char out[512])
{
	if (!one_segment(domain) || !one_segment(org) || !one_segment(service) || !one_segment(client))
		return ERR_INVALID;
	return checked(snprintf(out, 512, "spiffe://%s/org/%s/service/%s/client/%s", domain, org, service, client), out);
}

enum err staff_uri(const char *domain, const char *staff_id, char out[512])
{
	if (!one_segment(domain) || !one_segment(staff_id))
		return ERR_INVALID;
	return checked(snprintf(out, 512, "spiffe://%s/staff/%s", domain, staff_id), out);
}
