#include "client/generation.h"

#include <stdlib.h>

counterfoil_code generation_new(const struct transport_settings *settings, const counterfoil_identity *identity,
				X509_STORE *trust, struct generation **out, counterfoil_error *error)
{
	struct generation *made = calloc(1, sizeof *made);
	if (!made)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	atomic_init(&made->holders, 1);
	atomic_init(&made->tell_at, INT64_MIN);
	atomic_flag_clear(&made->revoked_told);
	made->identity = identity_hold(identity);
	made->trust = X509_STORE_up_ref(trust) ? trust : NULL;
	struct transport_settings own = *settings;
	own.identity = made->identity;
	own.trust = made->trust;
	counterfoil_code code = made->trust ? transport_new(&own, &made->transport, error)
					    : outcome(error, COUNTERFOIL_FAILED, NULL);
	if (code)
		generation_release(made);
	else
		*out = made;
	return code;
}

void generation_hold(struct generation *generation)
{
	atomic_fetch_add(&generation->holders, 1);
}

void generation_release(struct generation *generation)
{
	if (!generation || atomic_fetch_sub(&generation->holders, 1) > 1)
		return;
	transport_free(generation->transport);
	X509_STORE_free(generation->trust);
	counterfoil_identity_free(generation->identity);
	free(generation);
}

void generation_retire(struct generation *generation)
{
	transport_retire(generation->transport);
}
