/* Certificates and a key in PEM from anywhere, in one text and, cut at a NUL, in two. Nothing is decrypted: no password. */
#include "client/pem.h"
#include "tests/fuzz/target.h"

#include <openssl/err.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const counterfoil_identity_options none = {.size = sizeof none};
	struct password password = {.from = &none};
	const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
	counterfoil_bytes first = {data, cut ? (size_t)(cut - data) : size}, second = {NULL, 0};
	if (cut)
		second = (counterfoil_bytes){cut + 1, size - first.len - 1};
	struct pkcs12_parts parts;
	counterfoil_error error;
	counterfoil_code code = pem_open(first, second, &password, &parts, &error);
	HOLDS(error.code == code);
	HOLDS(code ? !parts.key && !parts.certificate && !parts.others && error.text[0]
		   : X509_check_private_key(parts.certificate, parts.key) == 1);
	pkcs12_parts_clear(&parts);
	password_clear(&password);
	HOLDS(ERR_peek_error() == 0);
	ERR_clear_error();
	return 0;
}
