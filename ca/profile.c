#include "ca/profile.h"

#include <openssl/x509v3.h>
#include <string.h>

#define DAYS(n) ((int64_t)(n) * 24 * 60 * 60)

enum {
	BACKDATE = 300, /* for clients whose clock is a little late */
	EC = 1u << KEY_P256 | 1u << KEY_P384,
	ANY_KEY = EC | 1u << KEY_RSA2048 | 1u << KEY_RSA3072,
};

#define ANY_OWN_KEY {.curves = EC, .rsa_least = 2048, .rsa_most = 4096}

static const struct profile table[PROFILE_COUNT] = {
	[PROFILE_ROOT] = {.name = "root",
			  .purpose = "the anchor of trust; signs issuing CAs and its own CRL, and rests offline",
			  .ca = true,
			  .path_length = 1,
			  .key_usage = X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN,
			  .life = DAYS(7305),
			  .backdate = BACKDATE,
			  .key_types = 1u << KEY_P384},
	[PROFILE_ISSUING] = {.name = "issuing",
			     .purpose = "signs the certificates of clients, staff, servers and the OCSP responder",
			     .ca = true,
			     .path_length = 0,
			     .key_usage = X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN,
			     .life = DAYS(3652),
			     .backdate = BACKDATE,
			     .key_types = EC},
	[PROFILE_CLIENT] = {.name = "client",
			    .purpose = "an application that calls a service of its organisation",
			    .key_usage = X509v3_KU_DIGITAL_SIGNATURE,
			    .eku_nid = NID_client_auth,
			    .life = DAYS(730),
			    .backdate = BACKDATE,
			    .key_types = ANY_KEY,
			    .own = ANY_OWN_KEY},
	[PROFILE_STAFF] = {.name = "staff",
			   .purpose = "a person who works with the console and the staff API",
			   .key_usage = X509v3_KU_DIGITAL_SIGNATURE,
			   .eku_nid = NID_client_auth,
			   .life = DAYS(730),
			   .backdate = BACKDATE,
			   .key_types = ANY_KEY,
			   .own = ANY_OWN_KEY},
	[PROFILE_SERVER] = {.name = "server",
			    .purpose = "a TLS server, such as our own listeners",
			    .key_usage = X509v3_KU_DIGITAL_SIGNATURE,
			    .eku_nid = NID_server_auth,
			    .life = DAYS(365),
			    .backdate = BACKDATE,
			    .key_types = ANY_KEY,
			    .own = ANY_OWN_KEY},
	[PROFILE_OCSP] = {.name = "ocsp",
			  .purpose = "signs OCSP answers in the issuing CA's name (RFC 6960 4.2.2.2)",
			  .key_usage = X509v3_KU_DIGITAL_SIGNATURE,
			  .eku_nid = NID_OCSP_sign,
			  .ocsp_no_check = true,
			  .life = DAYS(30),
			  .backdate = BACKDATE,
			  .key_types = EC},
};

const struct profile *profile_get(enum profile_id id)
{
	return (unsigned)id < PROFILE_COUNT ? &table[id] : NULL;
}

enum err profile_from_name(const char *name, enum profile_id *out)
{
	for (unsigned id = 0; id < PROFILE_COUNT; id++) {
		if (strcmp(table[id].name, name) == 0) {
			*out = (enum profile_id)id;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}
