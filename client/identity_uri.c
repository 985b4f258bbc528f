/* identity_uri: the short names in the URI that this authority puts into a certificate. */
#include "client/identity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DOMAIN_MAX = 255, SLUG_MAX = 63 };

/* What stands between slashes behind the domain: words as they are, and names. */
struct step {
	const char *word;      /* NULL: a name, kept as the fact */
	counterfoil_fact fact;
};

static const struct step of_client[] = {{"org", 0}, {NULL, COUNTERFOIL_FACT_ORGANISATION_SLUG},
					{"service", 0}, {NULL, COUNTERFOIL_FACT_SERVICE_SLUG},
					{"client", 0}, {NULL, COUNTERFOIL_FACT_CLIENT_SLUG}};
static const struct step of_staff[] = {{"staff", 0}, {NULL, COUNTERFOIL_FACT_STAFF}};

static size_t segment(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static bool is_name(const char *at, size_t len)
{
	return len > 0 && len <= SLUG_MAX && at[0] != '-' && at[len - 1] != '-';
}

static bool fits(const char *at, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (*at++ != '/')
			return false;
		size_t len = segment(at);
		if (steps[i].word ? len != strlen(steps[i].word) || strncmp(at, steps[i].word, len) != 0 : !is_name(at, len))
			return false;
		at += len;
	}
	return *at == '\0';
}

static bool keep_name(const char *at, size_t len, char **fact)
{
	char *name = strndup(at, len);
	if (!name)
		return false;
	free(*fact);
	*fact = name;
	return true;
}

static counterfoil_code keep(const char *at, const struct step *steps, size_t count, char **facts)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = segment(++at);
		if (!steps[i].word && !keep_name(at, len, &facts[steps[i].fact]))
			return COUNTERFOIL_OUT_OF_MEMORY;
		at += len;
	}
	return COUNTERFOIL_OK;
}

counterfoil_code certificate_uri_facts(const char *uri, char *facts[IDENTITY_FACTS])
{
	static const char scheme[] = "spiffe://";
	if (strncmp(uri, scheme, sizeof scheme - 1) != 0)
		return COUNTERFOIL_OK;
	const char *at = uri + sizeof scheme - 1;
	size_t domain = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
	if (domain == 0 || domain > DOMAIN_MAX)
		return COUNTERFOIL_OK;
	at += domain;
	if (fits(at, of_client, sizeof of_client / sizeof *of_client))
		return keep(at, of_client, sizeof of_client / sizeof *of_client, facts);
	if (fits(at, of_staff, sizeof of_staff / sizeof *of_staff))
		return keep(at, of_staff, sizeof of_staff / sizeof *of_staff, facts);
	return COUNTERFOIL_OK;
}
