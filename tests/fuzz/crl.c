/* A revocation list from a file or a row, under an issuer of the same name whose key is made anew in each run. */
#include "ca/authority.h"
#include "ca/crl.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct authority_names names = {.organisation = "Fixture Authority", .root_name = "Fixture Root"};
	static struct authority root;
	struct crl_head head;
	size_t entries = 0;
	struct errbuf why = {0};
	if (!root.certificate)
		HOLDS(authority_make_root(&names, 1795313618, &root, NULL) == ERR_OK);
	HOLDS(crl_read(data, size, root.certificate, &head, &entries, &why) != ERR_OK);
	HOLDS(why.text[0]);
	return 0;
}
