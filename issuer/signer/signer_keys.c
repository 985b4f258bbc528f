/* The keys of subjects: from the pool where it has the type, else made on the spot. KEYS: what the pool holds. */
#include "issuer/signer/serve.h"

enum { REST_MS = 1000 };
#define RSA_TYPES (1u << KEY_RSA2048 | 1u << KEY_RSA3072)

enum err signer_keys_start(struct signer *s, struct errbuf *why)
{
	const struct key_pool_plan plan = {
		.types = s->has.profiles[PROFILE_CLIENT].key_types & RSA_TYPES,
		.wanted = (unsigned)s->has.settings->rsa_keys_ready,
		.make = key_generate,
		.rest_ms = REST_MS,
	};
	return plan.types ? key_pool_new(&plan, &s->keys, why) : ERR_OK;
}

bool signer_keys_end(struct signer *s)
{
	struct key_pool *keys = s->keys;
	s->keys = NULL;
	return key_pool_end(keys);
}

enum err signer_key(struct signer *s, enum key_type type, EVP_PKEY **out)
{
	if (s->keys && (RSA_TYPES & 1u << type))
		return key_pool_take(s->keys, type, out);
	return key_generate(type, out);
}

enum err signer_on_keys(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	(void)why;
	enum err rc = unpack_end(request);
	if (rc)
		return rc;
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++) {
		struct key_pool_state state = {0};
		if (s->keys)
			state = key_pool_look(s->keys, (enum key_type)t);
		pack_u32(answer, state.wanted);
		pack_u32(answer, state.ready);
		pack_u64(answer, state.made);
		pack_u64(answer, state.awaited);
	}
	pack_u8(answer, (uint8_t)(s->keys ? key_pool_fault(s->keys) : ERR_OK));
	return ERR_OK;
}
