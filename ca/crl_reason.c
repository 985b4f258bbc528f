#include "ca/crl.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[] = {
	[REASON_UNSPECIFIED] = "unspecified",
	[REASON_KEY_COMPROMISE] = "keyCompromise",
	[REASON_CA_COMPROMISE] = "cACompromise",
	[REASON_AFFILIATION_CHANGED] = "affiliationChanged",
	[REASON_SUPERSEDED] = "superseded",
	[REASON_CESSATION] = "cessationOfOperation",
	[REASON_HOLD] = "certificateHold",
};

enum { REASONS = sizeof names / sizeof names[0] };

const char *crl_reason_name(enum crl_reason r)
{
	return (unsigned)r < REASONS ? names[r] : NULL;
}

/* "keyCompromise" is also written "key-compromise": a capital may be a hyphen and the small letter. */
static bool same_name(const char *text, const char *name)
{
	for (; *name; name++, text++) {
		if (*text == '-' && isupper((unsigned char)*name) && text[1] == tolower((unsigned char)*name))
			text++;
		else if (*text != *name)
			return false;
	}
	return *text == '\0';
}

enum err crl_reason_from_name(const char *name, enum crl_reason *out)
{
	for (unsigned i = 0; i < REASONS; i++) {
		if (same_name(name, names[i])) {
			*out = (enum crl_reason)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}
