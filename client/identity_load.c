/* identity_load: an identity from wherever its parts are. */
#include "client/identity.h"
#include "client/pem.h"

static counterfoil_code open_pkcs12(counterfoil_bytes file, struct password *password, struct pkcs12_parts *parts,
				    counterfoil_error *error)
{
	counterfoil_bytes secret = {NULL, 0};
	counterfoil_code code = password_have(password, &secret, error);
	return code ? code : pkcs12_open(file, secret, parts, error);
}

static counterfoil_code open_bytes(const struct buf *file, const counterfoil_identity_options *from,
				   struct pkcs12_parts *parts, counterfoil_error *error)
{
	const counterfoil_bytes bytes = {file->data, file->len};
	struct password password = {.from = from};
	struct buf key = BUF_INIT(PKCS12_FILE_MAX);
	counterfoil_code code;
	if (!place_is_given(&from->key) && !pem_is_meant(bytes)) {
		code = open_pkcs12(bytes, &password, parts, error);
	} else if (!pem_is_meant(bytes)) {
		code = outcome(error, COUNTERFOIL_NOT_PEM, "the certificate is not in PEM: a key of its own goes with one that is");
	} else {
		code = place_is_given(&from->key) ? place_read(&from->key, "private key in PEM", &key, error) : COUNTERFOIL_OK;
		if (!code)
			code = pem_open(bytes, (counterfoil_bytes){key.data, key.len}, &password, parts, error);
	}
	password_clear(&password);
	buf_free(&key);
	return code;
}

static bool options_take(const counterfoil_identity_options *given, counterfoil_identity_options *whole)
{
	if (!given || given->size != sizeof *given)
		return false;
	*whole = *given;
	return place_is_fit(&whole->file) && place_is_given(&whole->file) && place_is_fit(&whole->key) &&
	       place_is_fit(&whole->password) &&
	       place_is_given(&whole->password) + (whole->password_fd != NULL) + (whole->ask != NULL) <= 1;
}

counterfoil_code counterfoil_identity_load(const counterfoil_identity_options *given, counterfoil_identity **identity,
					   counterfoil_error *error)
{
	counterfoil_identity_options from;
	struct pkcs12_parts parts = {0};
	if (!identity)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the identity");
	*identity = NULL;
	if (!options_take(given, &from))
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "options are missing, size is not set, or a place is given in two ways, or none for the file");
	struct buf file = BUF_INIT(PKCS12_FILE_MAX);
	counterfoil_code code = place_read(&from.file, "file for one key", &file, error);
	if (!code && file.len == 0)
		code = outcome(error, COUNTERFOIL_NOT_PKCS12, "%.300s is empty", from.file.path ? from.file.path : "the file");
	if (!code)
		code = open_bytes(&file, &from, &parts, error);
	buf_free(&file);
	return code ? code : identity_make(&parts, identity, error);
}
