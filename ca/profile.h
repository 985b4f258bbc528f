/* profile: what kinds of certificate this authority makes (RFC 5280): one text file each, counterfoil-profile(5).
 *
 * Those of certs/ are built in, and are what profile_get gives. An installation has its own copies, which the signer, and
 * commands on the host, read at their start (profile_read) and name in certificate_fields.rules. What a kind of certificate
 * is for cannot be changed by a file: a CA stays one, a client's never signs another. Values, without pointers to free. */
#ifndef CA_PROFILE_H
#define CA_PROFILE_H

#include "ca/key.h"

#include <stdbool.h>

enum profile_id {
	PROFILE_ROOT,    /* self-signed */
	PROFILE_ISSUING, /* the root's only kind */
	PROFILE_CLIENT,  /* clientAuth, SAN URI */
	PROFILE_STAFF,   /* clientAuth, SAN URI */
	PROFILE_SERVER,  /* serverAuth, SAN DNS names and IP addresses */
	PROFILE_OCSP,    /* OCSPSigning, noCheck */
	PROFILE_COUNT
};

enum { PROFILE_MAX_BYTES = 16384, PROFILE_TEXT = 256, PROFILE_PARTS = 5, PROFILE_USES = 4, PROFILE_PERMITTED = 8, PROFILE_HOST = 128 };

/* One attribute of the subject: text with places such as {organisation}; {organisation?} leaves the whole attribute out when
 * there is none. */
struct profile_part {
	int nid;
	char pattern[PROFILE_TEXT];
};

/* Names that whatever is issued below may have (RFC 5280 4.2.1.10): a host of URIs, those below it when it begins with a
 * dot; or a DNS name and those below it. */
struct profile_permitted {
	bool uri; /* else DNS */
	char host[PROFILE_HOST];
};

struct profile {
	enum profile_id id;
	const char *name;        /* "client" */
	char purpose[PROFILE_TEXT]; /* one line for people */
	bool ca;
	int path_length;         /* for a CA */
	unsigned key_usage;      /* X509v3_KU_* bits of OpenSSL's <openssl/x509v3.h> */
	int uses[PROFILE_USES];  /* extended key usages, in this order; use_count of them */
	size_t use_count;
	bool ocsp_no_check;
	struct profile_permitted permitted[PROFILE_PERMITTED]; /* of a CA; names of other types are not bound */
	size_t permitted_count;
	int64_t life;            /* seconds */
	int64_t backdate;        /* seconds that not-before lies in the past */
	unsigned key_types;      /* bit (1u << enum key_type) for each that is made here */
	enum key_type key_first; /* what is made unless another is asked for */
	struct own_keys own;     /* what a request may bring */
	struct profile_part subject[PROFILE_PARTS];
	size_t subject_count;
	char uri[PROFILE_TEXT];  /* the subjectAltName URI; "": none */
	bool hosts;              /* subjectAltName DNS names and IP addresses */
	char crl[PROFILE_TEXT], issuer[PROFILE_TEXT], ocsp[PROFILE_TEXT]; /* addresses; "": left out */
};

/* The built-in one; NULL for no such id. Static. */
const struct profile *profile_get(enum profile_id id);
/* Its text, as init copies it into an installation. Static. */
const char *profile_text(enum profile_id id);
enum err profile_from_name(const char *name, enum profile_id *out) MUST_CHECK; /* ERR_INVALID */

/* A profile file's text. ERR_USAGE with "FILE:LINE: ..." that names the fault and what is allowed there. */
enum err profile_read(enum profile_id id, const char *text, size_t len, const char *file, struct profile *out,
		      struct errbuf *why) MUST_CHECK;
/* What it makes, in plain words: lines that end in a line feed, appended. */
enum err profile_explain(const struct profile *p, struct buf *out) MUST_CHECK;

/* The places of a pattern filled in: `names` ends with a NULL name; a value may be NULL. ERR_INVALID: a place that is not
 * among the names or has no value; ERR_TOO_LARGE: it does not fit into `size` bytes with its NUL. */
struct profile_name {
	const char *name, *value;
};
enum err profile_fill(const char *pattern, const struct profile_name *names, char *out, size_t size,
		      struct errbuf *why) MUST_CHECK;
/* The subjectAltName URI, a SPIFFE ID: no value may be empty or have a '/'. */
enum err profile_uri(const struct profile *p, const struct profile_name *names, char out[512], struct errbuf *why) MUST_CHECK;
/* Has it a place {NAME?} whose value is NULL? */
bool profile_left_out(const char *pattern, const struct profile_name *names);

#endif
