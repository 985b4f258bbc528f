/* What the signer keeps ready, for those who look at the numbers: the front must not wait for the signer to show them. */
#include "issuer/clerk/clerk.h"

#include "issuer/signer/signer.h"

enum err clerk_keys(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct signer_keys keys;
	enum err e = signer_keys(c->signer, &keys, why);
	(void)now;
	if (e)
		return e;
	for (unsigned type = 0; type < KEY_TYPE_COUNT; type++) {
		struct shared_keys *to = &c->shared->keys[type];
		atomic_store(&to->wanted, keys.of[type].wanted);
		atomic_store(&to->ready, keys.of[type].ready);
		atomic_store(&to->made, keys.of[type].made);
		atomic_store(&to->awaited, keys.of[type].awaited);
	}
	atomic_store(&c->shared->keys_fault, keys.fault);
	return ERR_OK;
}
