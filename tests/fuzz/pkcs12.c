/* A PKCS#12 from anywhere, with a password that the corpus's files have. Few rounds: time is not what is looked for here. */
#include "client/pkcs12.h"
#include "tests/fuzz/target.h"

#include <openssl/err.h>
#include <string.h>

enum { ROUNDS = 10000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const passwords[] = {"fuzz", ""};
	for (size_t i = 0; i < 2; i++) {
		struct pkcs12_parts parts;
		counterfoil_error error;
		int64_t rounds = ROUNDS;
		counterfoil_code code = pkcs12_open_within(&rounds, (counterfoil_bytes){data, size},
							   (counterfoil_bytes){passwords[i], strlen(passwords[i])}, &parts, &error);
		HOLDS(rounds >= 0 && rounds <= ROUNDS && error.code == code);
		HOLDS(code ? !parts.key && !parts.certificate && !parts.others && error.text[0]
			   : X509_check_private_key(parts.certificate, parts.key) == 1);
		pkcs12_parts_clear(&parts);
		HOLDS(ERR_peek_error() == 0);
		ERR_clear_error();
	}
	return 0;
}
