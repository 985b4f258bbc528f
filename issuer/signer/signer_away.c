/* What is done while a key is in a token that does not answer: nothing is begun that needs a signature. */
#include "issuer/signer/serve.h"

static enum err check(struct signer *s, const char *name, struct errbuf *why)
{
	return s->has.token && name ? signer_token_check(s->has.token, name, why) : ERR_OK;
}

enum err signer_issuing_check(struct signer *s, struct errbuf *why)
{
	return check(s, s->has.settings->key_issuing, why);
}

enum err signer_ocsp_check(struct signer *s, struct errbuf *why)
{
	return check(s, s->has.settings->key_ocsp, why);
}

enum err signer_signature(struct signer *s, enum err rc, struct errbuf *why)
{
	return rc == ERR_CRYPTO && signer_issuing_check(s, why) ? ERR_UNAVAILABLE : rc;
}
