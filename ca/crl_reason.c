#include "ca/crl.h"

#include <string.h>

static const struct {
	const char *name, *hyphenated;
} table[] = {
	[REASON_UNSPECIFIED] = {"unspecified", "unspecified"},
	[REASON_KEY_COMPROMISE] = {"keyCompromise", "key-compromise"},
	[REASON_CA_COMPROMISE] = {"cACompromise", "ca-compromise"},
	[REASON_AFFILIATION_CHANGED] = {"affiliationChanged", "affiliation-changed"},
	[REASON_SUPERSEDED] = {"superseded", "superseded"},
	[REASON_CESSATION] = {"cessationOfOperation", "cessation-of-operation"},
	[REASON_HOLD] = {"certificateHold", "certificate-hold"},
};

enum { REASONS = sizeof table / sizeof table[0] };

const char *crl_reason_name(enum crl_reason r)
{
	return (unsigned)r < REASONS ? table[r].name : NULL;
}

enum err crl_reason_from_name(const char *name, enum crl_reason *out)
{
	for (unsigned i = 0; i < REASONS; i++) {
		if (strcmp(table[i].name, name) == 0 || strcmp(table[i].hyphenated, name) == 0) {
			*out = (enum crl_reason)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}
