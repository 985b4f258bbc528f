/* What a peer presents in its handshake. The trust is made anew in each run, so nobody can have signed an input. */
#include "ca/authority.h"
#include "ca/chain.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { NOW = 1795313618 };

static struct chain_trust *trust_make(void)
{
	static const struct authority_names names = {
		.organisation = "Fixture Authority", .root_name = "Fixture Root", .issuing_name = "Fixture Issuing"};
	struct authority root = {0}, issuing = {0};
	struct buf pem = BUF_INIT(65536);
	struct chain_trust *trust = NULL;
	HOLDS(authority_make_root(&names, NOW, &root, NULL) == ERR_OK);
	HOLDS(authority_make_issuing(&names, &root, NOW, &issuing, NULL) == ERR_OK);
	X509 *const both[] = {root.certificate, issuing.certificate};
	for (size_t i = 0; i < 2; i++) {
		uint8_t *der = NULL;
		int len = i2d_X509(both[i], &der);
		HOLDS(len > 0 && certificate_der_to_pem(der, (size_t)len, &pem) == ERR_OK);
		OPENSSL_free(der);
	}
	HOLDS(chain_trust_new(pem.data, pem.len, &trust, NULL) == ERR_OK);
	authority_clear(&root);
	authority_clear(&issuing);
	buf_free(&pem);
	return trust;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct chain_trust *trust;
	struct certificate_facts facts;
	struct errbuf why = {0};
	struct buf out = BUF_INIT(65536);
	const struct der_view views[] = {{data, size}, {data, size}};
	if (!trust)
		trust = trust_make();
	if (certificate_read(data, size, &facts, &why) == ERR_OK) {
		HOLDS(strlen(facts.common_name) < NAME_SIZE && strlen(facts.subject) < sizeof facts.subject);
		HOLDS(certificate_der_to_pem(data, size, &out) == ERR_OK);
	}
	HOLDS(chain_verify(trust, views, 1, CHAIN_CLIENT, NOW, &why) != ERR_OK);
	HOLDS(chain_verify(trust, views, 2, CHAIN_SERVER, NOW, &why) != ERR_OK);
	buf_clear(&out);
	if (certificate_pem_to_der(data, size, 0, &out) == ERR_OK)
		HOLDS(out.len > 0);
	buf_free(&out);
	return 0;
}
