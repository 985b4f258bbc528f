/* What is done while a key is in a token that does not answer: nothing is begun that needs a signature. */
#include "issuer/signer/serve.h"

static enum err check(struct signer *s, const char *name, struct errbuf *why)
{
	return s->has.token && name ? signer_token_check(s->has.token, name, why) : ERR_OK;
}

enum err signer_issuing_check(struct signer *s, struct errbuf *why)
{
	return signer_ca_check(s, &s->cas[0], why);
}

enum err signer_ca_check(struct signer *s, const struct signer_ca *ca, struct errbuf *why)
{
	return check(s, ca->key_name, why);
}

enum err signer_ocsp_check(struct signer *s, struct errbuf *why)
{
	return check(s, s->has.settings->key_ocsp, why);
}

enum err signer_signature(struct signer *s, const struct signer_ca *ca, enum err rc, struct errbuf *why)
{
	return rc == ERR_CRYPTO && signer_ca_check(s, ca, why) ? ERR_UNAVAILABLE : rc;
}
