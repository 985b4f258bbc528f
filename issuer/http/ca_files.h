/* ca_files: the certificates and the root's list that the status listener serves, made once from what was read at
 * start. */
#ifndef ISSUER_HTTP_CA_FILES_H
#define ISSUER_HTTP_CA_FILES_H

#include "base/buf.h"
#include "issuer/http/crl_edition.h"
#include "issuer/issuers.h"

enum { CA_FILE_NAME_SIZE = 32 };

struct ca_file {
	char name[CA_FILE_NAME_SIZE];
	const char *type;
	struct buf bytes;
	int64_t last_modified; /* not-before or thisUpdate */
	int64_t good_until;    /* a list's nextUpdate; 0 for a certificate */
	char etag[ETAG_SIZE];
};

struct ca_files;
/* root_crl in DER or PEM. ERR_MALFORMED names what cannot be read. */
enum err ca_files_new(const struct buf *root_pem, const struct issuers *all, const struct buf *root_crl,
		      struct ca_files **out, struct errbuf *why) MUST_CHECK;
void ca_files_free(struct ca_files *f);

struct chain_trust;
/* The root, and every issuing CA below it; but for what the root has revoked. ERR_REFUSED: the list is not of that root. The
 * caller frees it. */
enum err ca_files_trust(const struct ca_files *f, struct chain_trust **out, struct errbuf *why) MUST_CHECK;

/* "root.cer", "root.pem", and of each issuing CA "issuing.cer", "issuing-1a2b3c4d.cer" and so on by its label, and .pem;
 * "chain.pem": the present CA and the root, as TLS sends them; "chain.p7c": the same as PKCS#7; "all.pem": every issuing CA and
 * the root, for whoever verifies clients; "root.crl"; else NULL. */
const struct ca_file *ca_files_find(const struct ca_files *f, const char *name);

#endif
