/* profile: what kinds of certificate this authority makes, as one table (RFC 5280). */
#ifndef CA_PROFILE_H
#define CA_PROFILE_H

#include "ca/key.h"

#include <stdbool.h>

enum profile_id {
	PROFILE_ROOT,    /* self-signed, pathLen 1, 20 years, P-384 */
	PROFILE_ISSUING, /* pathLen 0, 10 years, P-256 */
	PROFILE_CLIENT,  /* clientAuth, SAN URI spiffe://DOMAIN/org/ORG/service/SERVICE/client/CLIENT, 2 years */
	PROFILE_STAFF,   /* clientAuth, SAN URI spiffe://DOMAIN/staff/ID, 2 years */
	PROFILE_SERVER,  /* serverAuth, SAN DNS names and IP addresses, 1 year (398 days at most) */
	PROFILE_OCSP,    /* OCSPSigning, noCheck, 30 days */
	PROFILE_COUNT
};

struct profile {
	const char *name;      /* "client" */
	const char *purpose;   /* one line for people */
	bool ca;
	int path_length;       /* for a CA */
	unsigned key_usage;    /* X509v3_KU_* bits of OpenSSL's <openssl/x509v3.h> */
	int eku_nid;           /* 0 for none */
	bool ocsp_no_check;
	int64_t life;          /* seconds */
	int64_t backdate;      /* seconds that not-before lies in the past: 300 */
	unsigned key_types;    /* bit (1u << enum key_type) for each that is made here */
	struct own_keys own;   /* what a request may bring */
};

const struct profile *profile_get(enum profile_id id);
enum err profile_from_name(const char *name, enum profile_id *out) MUST_CHECK; /* ERR_INVALID */

#endif
