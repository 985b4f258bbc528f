#include "client/command/facts.h"
#include "base/clock.h"

static const struct {
	const char *name;
	counterfoil_fact fact;
	int optional; /* left out when the certificate does not have it */
} rows[] = {
	{"common_name", COUNTERFOIL_FACT_COMMON_NAME, 0},
	{"organisation", COUNTERFOIL_FACT_ORGANISATION, 0},
	{"unit", COUNTERFOIL_FACT_UNIT, 0},
	{"uri", COUNTERFOIL_FACT_URI, 0},
	{"organisation_slug", COUNTERFOIL_FACT_ORGANISATION_SLUG, 1},
	{"service_slug", COUNTERFOIL_FACT_SERVICE_SLUG, 1},
	{"client_slug", COUNTERFOIL_FACT_CLIENT_SLUG, 1},
	{"staff", COUNTERFOIL_FACT_STAFF, 1},
	{"serial", COUNTERFOIL_FACT_SERIAL, 0},
	{"issuer", COUNTERFOIL_FACT_ISSUER, 0},
	{"sha256", COUNTERFOIL_FACT_FINGERPRINT, 0},
	{"crl_url", COUNTERFOIL_FACT_CRL_URL, 1},
};

static void add_text(json_t *facts, size_t row, const char *text)
{
	json_t *json = text[0] || !rows[row].optional ? json_string(text) : NULL;
	if (json)
		json_object_set_new(facts, rows[row].name, json);
	else if (text[0]) /* not UTF-8 */
		json_object_set_new(facts, rows[row].name, json_null());
}

static void add_life(json_t *facts, int64_t not_before, int64_t not_after, int64_t now)
{
	json_object_set_new(facts, "not_before", json_integer(not_before));
	json_object_set_new(facts, "not_after", json_integer(not_after));
	json_object_set_new(facts, "days_left", json_integer(clock_days_left(not_after, now)));
}

json_t *facts_of_peer(const counterfoil_peer *peer, int64_t now)
{
	json_t *facts = json_object();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		add_text(facts, i, counterfoil_peer_fact(peer, rows[i].fact));
	add_life(facts, counterfoil_peer_not_before(peer), counterfoil_peer_not_after(peer), now);
	return facts;
}

json_t *facts_json(const counterfoil_identity *identity, int64_t now)
{
	json_t *facts = json_object();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		add_text(facts, i, counterfoil_identity_fact(identity, rows[i].fact));
	add_life(facts, counterfoil_identity_not_before(identity), counterfoil_identity_not_after(identity), now);
	json_int_t authorities = 0;
	while (counterfoil_identity_certificate(identity, (size_t)authorities + 1).data)
		authorities++;
	json_object_set_new(facts, "ca_certificates", json_integer(authorities));
	return facts;
}
