/* issuers: the issuing CAs of an installation, by their certificates. One issues; the next stands ready before it does; those
 * that did before have retired, and go on saying which of their certificates are revoked until the last of them has
 * expired.
 *
 * Files: the present one is ca.issuing. In the folder ca.others the next one is "next-ID.pem" and each retired one
 * "ID.pem", where ID is the first 16 digits of its key's identifier; their keys are "ID.key" in keys.others. What ca.issuing
 * says counts: a file that says it again is passed over. So the change from one CA to the next is one rename.
 *
 * A key that has no certificate yet is "pending-ID.key": no CA's, and no "ID.key" is ever certified again. */
#ifndef ISSUER_ISSUERS_H
#define ISSUER_ISSUERS_H

#include "ca/certificate.h"
#include "ca/issuer_label.h"
#include "issuer/settings.h"

enum {
	ISSUERS_RETIRED_MOST = 8,
	ISSUERS_MOST = ISSUERS_RETIRED_MOST + 2,
	ISSUER_NAME_SIZE = 65,
	ISSUER_PEM_MOST = 65536,
};

enum issuer_standing { ISSUER_PRESENT, ISSUER_NEXT, ISSUER_RETIRED };
const char *issuer_standing_name(enum issuer_standing s); /* "present", "next", "retired" */

struct issuer {
	enum issuer_standing standing;
	X509 *certificate;
	uint8_t fingerprint[FINGERPRINT_BYTES]; /* SHA-256 of its DER */
	char name[ISSUER_NAME_SIZE];            /* certificate.issuer: that in lower-case hexadecimal */
	char label[ISSUER_LABEL_SIZE];          /* what its list is called */
	char id[ISSUER_ID_SIZE];                /* what its files are called */
	int64_t from, until;                    /* its certificate's life */
};

/* The first is the present one. */
struct issuers {
	struct issuer at[ISSUERS_MOST];
	size_t count;
};

/* What a CA is called in certificate.issuer and crl.issuer, the root in the latter: SHA-256 of its certificate in
 * lower-case hexadecimal. ERR_CRYPTO. */
enum err issuer_name_of(const X509 *certificate, char out[ISSUER_NAME_SIZE]) MUST_CHECK;

/* The first certificate of a PEM text; the present one is added first. One that is there already is passed over. ERR_INVALID:
 * another has its label; ERR_TOO_LARGE: no place. */
enum err issuers_add(struct issuers *set, enum issuer_standing standing, const void *pem, size_t len,
		     struct errbuf *why) MUST_CHECK;
void issuers_clear(struct issuers *set);

const struct issuer *issuers_named(const struct issuers *set, const char *name); /* or NULL */
const struct issuer *issuers_called(const struct issuers *set, const char *label);
/* Whose signature a certificate claims to have: its issuer's name and key identifier. NULL: none of ours. */
const struct issuer *issuers_of(const struct issuers *set, const X509 *certificate);
const struct issuer *issuers_next(const struct issuers *set);

/* Those files of a folder of others that are named as above, in the order of their names. ERR_USAGE: it is not a folder, or
 * others may write to it, or there are too many. A folder that is not there has none. */
struct issuer_file {
	enum issuer_standing standing; /* of a certificate */
	char name[ISSUER_ID_SIZE + 16];
	char path[4096];
};
struct issuer_files {
	struct issuer_file at[2 * ISSUERS_MOST];
	size_t count;
};
enum err issuer_certificates(const struct settings *s, struct issuer_files *out, struct errbuf *why) MUST_CHECK;
enum err issuer_keys(const struct settings *s, struct issuer_files *out, struct errbuf *why) MUST_CHECK;

/* Those that wait for a certificate. */
enum err issuer_keys_pending(const struct settings *s, struct issuer_files *out, struct errbuf *why) MUST_CHECK;
/* The path of "ID.key" or of "pending-ID.key", whether it is there or not. ERR_TOO_LARGE. */
enum err issuer_key_file(const struct settings *s, const char *id, bool pending, char out[4096]) MUST_CHECK;

/* The present one's "next-ID.pem", into out, when it is still there: a change over to it was cut off. It says nothing new, and
 * does not count beside another that is to be the next. */
bool issuer_unfinished(const struct settings *s, const struct issuers *known, char out[4096]);

/* The key of a CA: the file of keys.others that has its id, or else what keys.issuing says. ERR_TOO_LARGE. */
enum err issuer_key_path(const struct settings *s, const char *id, char out[4096]) MUST_CHECK;

/* Has one of the CAs no file of its own there, so that keys.issuing is needed? Also when they cannot be read. */
bool issuer_key_shared(const struct settings *s);

/* All of them, for commands on this machine. In the daemon they come as granted descriptors. */
enum err issuers_load(const struct settings *s, struct issuers *out, struct errbuf *why) MUST_CHECK;

struct child;
/* The same in the daemon: what was granted to this process. */
enum err issuers_take(struct child *c, struct issuers *out, struct errbuf *why) MUST_CHECK;

#endif
